"""Finance's pages and addresses as a curious or clumsy hand tries them: refused in words, nothing half-written."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from month_house import OCTOBER, books, close, many, rows, send, work
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from staff_house import House
from test_finance_month import page

from tracker.db import db
from tracker.ledger import month_jobs
from tracker.projections.finance import closing, drawing, jobs

MONTHS = (
    "2026-1",
    "2026-13",
    "2026-00",
    "0000-01",
    "0001-01",
    "9999-12",
    "2027-01",
    "٢٠٢٦-١٠",
    "２０２６-１０",
    "2026-10\n",
    "2026-10 ",
    "2026-10\x00",
    "..",
    "../2026-10",
    "2026-10'--",
    "-2026-10",
    "2026_10",
    "%",
    "x" * 2000,
)
NAMES = (
    "../manifest.json",
    "manifest.json\x00",
    "STATEMENT.CSV",
    "statement.csv ",
    "statement.csv%00",
    ".csv",
    "💶",
)
NUMBERS = ("0", "-1", "1.0", "x", "²", "١", "99999999999999999999", "1\x00", "999999999")


@pytest.fixture
def house(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(jobs, "LARGE", 100)
    monkeypatch.setattr(drawing, "PIECE", 4096)
    with books(database_url) as found:
        yield found


@pytest.mark.parametrize("month", MONTHS)
def test_what_is_no_month_or_to_come_is_refused_everywhere(house: House, month: str) -> None:
    said = quote(month, safe="")
    client = house.client("admin")
    for tail in ("", "/close", "/reopen", "/statement.csv", "/manifest.json", "/statement.csv/preview"):
        assert client.get(f"/finance/months/{said}{tail}").status_code in (400, 404), tail
    assert client.get(f"/finance/months/{said}.xlsx").status_code in (400, 404)
    for act in ("close", "reopen", "files"):
        assert send(house, "admin", f"{said}/{act}", reason="because").status_code in (400, 404, 405)
    api = house.client("finance")
    assert api.get(f"/api/v1/finance/months/{said}").status_code in (400, 404)
    assert api.get(f"/api/v1/finance/months/{said}/statement.csv").status_code in (400, 404)
    assert rows(house, "SELECT 1 FROM month_version UNION ALL SELECT 1 FROM month_job") == []


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_a_month_does_not_have_is_not_found(house: House, name: str) -> None:
    client = house.client("finance")
    for prefix in ("/finance", "/api/v1/finance"):
        for tail in ("", "?version=1", "?excel=1", "/preview"):
            found = client.get(f"{prefix}/months/{OCTOBER}/{quote(name, safe='')}{tail}")
            assert found.status_code == 404, tail


@pytest.mark.parametrize("given", NUMBERS)
@pytest.mark.parametrize("asked", ["version", "made"])
def test_a_version_or_a_making_that_is_not_this_month_s_gives_nothing(
    house: House, asked: str, given: str
) -> None:
    many(house, 101)
    send(house, "finance", f"{OCTOBER}/files")
    work(house)
    found = house.client("finance").get(f"/finance/months/{OCTOBER}/statement.csv?{asked}={quote(given)}")
    assert found.status_code in (400, 404)


def test_what_was_made_or_frozen_for_one_month_is_not_taken_under_another(house: House) -> None:
    many(house, 101)
    send(house, "finance", f"{OCTOBER}/files")
    work(house)
    ((job_id,),) = rows(house, "SELECT id FROM month_job")
    close(house)
    work(house)
    client = house.client("finance")
    for month in ("2026-09", "2026-11"):
        for query in (f"made={job_id}", "version=1"):
            assert client.get(f"/finance/months/{month}/statement.csv?{query}").status_code == 404


def test_one_job_is_asked_for_by_twenty_requests_at_once_and_done_once(house: House) -> None:
    many(house, 101)
    with ThreadPoolExecutor(20) as pool:
        codes = list(pool.map(lambda _: send(house, "finance", f"{OCTOBER}/files").status_code, range(20)))
    assert codes == [303] * 20
    assert rows(house, "SELECT count(*) FROM month_job") == [(1,)]
    log = rows(house, "SELECT action FROM audit WHERE detail ->> 'month' = :month", month=OCTOBER)
    assert log == [("asked for a month's files",)]
    work(house)
    assert rows(house, "SELECT tries FROM month_job") == [(1,)]


@pytest.mark.parametrize("act", ["files", "close"])
def test_a_database_that_goes_away_during_a_job_ends_no_job_and_the_next_round_does_it(
    house: House, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    """A failover is no fault of the month: nobody has to ask again."""
    many(house, 101)
    send(house, "finance", f"{OCTOBER}/{act}")
    real = drawing.Drawing.figures

    def away(drawn: drawing.Drawing) -> object:
        db.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return real(drawn)

    with monkeypatch.context() as broken:
        broken.setattr(drawing.Drawing, "figures", away)
        with pytest.raises(DBAPIError):
            work(house)
    assert rows(house, "SELECT 1 FROM month_job WHERE ended_at IS NULL") == [(1,)]
    assert rows(house, "SELECT 1 FROM made_part UNION ALL SELECT 1 FROM month_part") == []
    assert "could not be done" not in page(house)
    work(house)
    assert rows(house, "SELECT 1 FROM month_job WHERE ended_at IS NULL") == []
    assert rows(house, "SELECT tries FROM month_job") == [(2,)]


def test_a_database_that_goes_away_at_every_round_is_given_up_in_words(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(house, 101)
    send(house, "finance", f"{OCTOBER}/files")

    def away(_: drawing.Drawing) -> object:
        return db.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with monkeypatch.context() as broken:
        broken.setattr(drawing.Drawing, "figures", away)
        for _ in range(month_jobs.MOST_TRIES):
            with pytest.raises(DBAPIError):
                work(house)
        work(house)
    assert "Its worker ended 3 times" in page(house)


def test_a_frozen_file_that_is_damaged_is_refused_in_words_and_never_handed_out(house: House) -> None:
    close(house)
    rows(
        house,
        "SET LOCAL session_replication_role = replica; UPDATE month_part SET packed = '\\x00'"
        " WHERE name IN ('statement.csv', 'deferred-revenue.csv')",
    )
    client = house.client("finance")
    for address in ("/statement.csv", "/statement.csv/preview", "", ".xlsx"):
        found = client.get(f"/finance/months/{OCTOBER}{address}")
        assert found.status_code == 500 and "damaged" in found.text, address


def test_closing_while_another_closing_runs_is_told_in_words(house: House) -> None:
    with house.app.app_context():
        engine = db.engine
    with engine.connect() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": closing.ONE_CLOSES})
        found = send(house, "finance", f"{OCTOBER}/close")
    assert found.status_code == 409 and "try again later" in found.text
