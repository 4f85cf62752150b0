"""A CSV of offline records: errors by line and column, all or nothing, the same file twice once (CONTRACT)."""

import csv
import io
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.offline_rows import ADA
from tracker.core.campaign import Campaign
from tracker.core.offline import COLUMNS
from tracker.intake import csv_import, csv_rows, offline
from tracker.intake.csv_import import Report
from tracker.ledger import campaigns

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KYIV = ZoneInfo("Europe/Kyiv")
HEADER = ",".join(COLUMNS)


@pytest.fixture(autouse=True)
def two_campaigns(session: Session) -> None:
    running = Campaign(
        slug="year-end",
        name="The year's end",
        goal=10,
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 12, 31),
        timezone="Europe/Kyiv",
        products=("prod_member",),
    )
    campaigns.put(session, running)
    campaigns.put(session, replace(running, slug="spring", timezone="Pacific/Kiritimati"))
    session.commit()


def row(reference: str, **cells: str) -> dict[str, str]:
    return {**dict.fromkeys(COLUMNS, ""), **ADA, "reference": reference, **cells}


def sheet(rows: Iterable[dict[str, str]], columns: Iterable[str] = COLUMNS, **dialect: Any) -> bytes:
    made = io.StringIO()
    writer = csv.DictWriter(made, list(columns), **dialect)
    writer.writeheader()
    writer.writerows(rows)
    return made.getvalue().encode()


def take(session: Session, data: bytes, *, dry_run: bool = False) -> Report:
    report = csv_import.run(session, data, "eve@paper.example", NOON, KYIV, dry_run=dry_run)
    if report.errors:
        session.rollback()
    else:
        session.commit()
    return report


def errors(session: Session, data: bytes) -> list[str]:
    report = take(session, data)
    assert not report.is_news and report.errors and stored(session) == 0
    return [str(error) for error in report.errors]


def stored(session: Session) -> int:
    return int(session.scalars(text("SELECT count(*) FROM offline_record")).one())


def test_a_file_is_recorded_whole_and_the_same_file_again_changes_nothing(session: Session) -> None:
    data = sheet([row("R-1"), row("R-2", person_ref="bob", campaign="spring", email="bob@news.example")])
    assert take(session, data, dry_run=True).figures == {"new": 2, "unchanged": 0, "fulfilled": 0}
    assert stored(session) == 0
    assert take(session, data).figures == {"new": 2, "unchanged": 0, "fulfilled": 0}
    assert take(session, data).figures == {"new": 0, "unchanged": 2, "fulfilled": 0}
    assert stored(session) == 2
    assert set(session.scalars(text("SELECT person_id FROM stale_person"))) == {"ada", "bob"}
    assert session.scalars(text("SELECT email FROM contact")).all() == ["bob@news.example"]


def test_a_later_file_fulfils_the_pledges_of_an_earlier_one(session: Session) -> None:
    take(session, sheet([row("R-1", paid_on=""), row("R-2", paid_on="")]))
    report = take(session, sheet([row("R-1"), row("R-2", paid_on=""), row("R-3")]))
    assert report.figures == {"new": 1, "unchanged": 1, "fulfilled": 1}


@pytest.mark.parametrize(
    "dialect",
    [{}, {"delimiter": ";"}, {"lineterminator": "\n"}, {"lineterminator": "\r"}, {"quoting": csv.QUOTE_ALL}],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_files_as_programs_write_them_are_read(session: Session, dialect: dict[str, Any], mark: bytes) -> None:
    rows = [row("R-1", plan='Річна, велика; "так"'), row("R-2", source="a;b,c")]
    assert take(session, mark + sheet(rows, reversed(COLUMNS), **dialect)).figures["new"] == 2
    found = offline.find(session, "R-1")
    assert found is not None and found.fact.plan == 'Річна, велика; "так"'


def test_lines_are_counted_as_the_file_has_them_also_after_cells_with_line_breaks(session: Session) -> None:
    data = sheet([row("R-1", plan="one\ntwo\nthree"), row("R-2"), row("R-3", amount="x")])
    found = errors(session, data)
    assert found[0].startswith("line 2, column plan: “one\\u000atwo\\u000athree” holds a line break")
    assert found[1].startswith("line 6, column amount: “x” is no amount; write digits and a dot")


def test_empty_lines_say_nothing_and_are_counted(session: Session) -> None:
    data = sheet([row("R-1"), dict.fromkeys(COLUMNS, ""), row("R-2", country="xx")]).replace(
        b"\r\nyear", b"\r\n\r\nyear", 1
    )
    assert [line.split(":")[0] for line in errors(session, data)] == ["line 5, column country"]


def test_ten_thousand_rows_with_one_wrong_line_name_it_and_change_nothing(session: Session) -> None:
    rows = [row(f"R-{number}", person_ref=f"p{number}") for number in range(10_000)]
    rows[6_788]["paid_on"] = "2026-13-01"
    began = perf_counter()
    assert errors(session, sheet(rows)) == [
        "line 6790, column paid_on: “2026-13-01” is no day; write it as YYYY-MM-DD, such as 2026-11-03"
    ]
    rows[6_788]["paid_on"] = "2026-11-01"
    assert take(session, sheet(rows)).figures["new"] == 10_000
    assert take(session, sheet(rows)).figures["unchanged"] == 10_000
    assert perf_counter() - began < 20


def test_one_row_that_contradicts_what_is_recorded_keeps_all_the_others_out(session: Session) -> None:
    take(session, sheet([row("R-2")]))
    report = take(session, sheet([row("R-1"), row("R-2", amount="60"), row("R-3")]))
    assert [str(error) for error in report.errors] == [
        "line 3, column amount: “60.00”, while R-2 is recorded with “50.00”; leave it out, or withdraw it first"
    ]
    assert stored(session) == 1


def test_contradictions_and_slips_are_told_together_in_the_order_of_the_file(session: Session) -> None:
    take(session, sheet([row("R-2")]))
    report = take(session, sheet([row("R-1", amount="x"), row("R-2", amount="60"), row("R-3", country="zz")]))
    assert [error.line for error in report.errors] == [2, 3, 4]


def test_one_reference_twice_in_a_file_is_one_record_or_an_error(session: Session) -> None:
    assert take(session, sheet([row("R-1"), row("R-1")]), dry_run=True).figures["unchanged"] == 1
    found = errors(session, sheet([row("R-1"), row("R-9"), row("R-1", email="a@b.example")]))
    assert found == [
        "line 4, column email: “a@b.example”, but line 2 has “” under the same reference R-1; keep one"
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", ["line 1: the file is empty; begin it with the header campaign,person_ref"]),
        (HEADER.encode(), ["line 1: no row under the header"]),
        (f"{HEADER},e-mail\r\n".encode(), ["line 1: “e-mail” is no column of ours; there are campaign,"]),
        (f"{HEADER},plan\r\n".encode(), ["line 1, column plan: stands twice in the header; keep one"]),
        (HEADER.replace(",plan", "").encode(), ["line 1, column plan: missing in the header"]),
        (HEADER.replace("plan", "Plan").encode(), ["line 1: “Plan” is no column", "line 1, column plan: missing"]),
        (f"{HEADER}\nyear-end,ada\n".encode(), ["line 2: 2 cells where the header has 12"]),
        (HEADER.encode("utf-16"), ["line 1: not UTF-8; save the file as “CSV UTF-8”"]),
        (f"{HEADER}\n\n".encode() + "Рік".encode("cp1251"), ["line 3: not UTF-8"]),
        (f'{HEADER}\n"year-end,ada\n\n'.encode(), ["line 2: a quote is not closed"]),
        (f'{HEADER}\n"year"-end,ada\n'.encode(), ["line 2: a quote is not closed, or stands within a cell"]),
        (f"{HEADER}\n{'x' * 140_000}".encode(), ["line 2: a cell is longer than 131,072 characters"]),
        (b"PK\x03\x04\x00\x00", ["line 1: “PK\\u0003"]),
    ],
)
def test_a_file_that_is_none_of_ours_is_told_why(session: Session, data: bytes, words: list[str]) -> None:
    found = errors(session, data)
    for number, said in enumerate(words):
        assert found[number].startswith(said), found


def test_a_file_longer_than_we_take_is_refused_at_once(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_rows, "MOST_ROWS", 2)
    assert "line 4: more than 2 rows; part the file" in errors(session, sheet([row(f"R-{n}") for n in range(3)]))
    monkeypatch.setattr(csv_rows, "LARGEST", 10)
    assert errors(session, sheet([row("R-1")])) == ["line 1: the file has more than 50 MiB; part it into several"]


@pytest.mark.parametrize(
    "hostile",
    ["=cmd|' /C calc'!A0", "'; DROP TABLE offline_record; --", "<script>alert(1)</script>", "{{7*7}}", "%s"],
)
def test_hostile_cells_are_text_and_nothing_else(session: Session, hostile: str) -> None:
    take(session, sheet([row(hostile, plan=hostile, person_ref=hostile)]))
    found = offline.find(session, hostile)
    assert found is not None and found.fact.plan == found.fact.person_ref == hostile


def test_a_day_to_come_is_judged_in_each_campaigns_own_zone(session: Session) -> None:
    rows = [row("R-1", paid_on="2026-11-24", campaign="spring"), row("R-2", paid_on="2026-11-24")]
    assert errors(session, sheet(rows)) == [
        "line 3, column paid_on: “2026-11-24” is still to come, today is 2026-11-23;"
        " leave it empty until the money is here"
    ]
