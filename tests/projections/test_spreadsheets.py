"""What finance opens: no text of ours is a formula in LibreOffice, and every amount is a number that adds up."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import text

from tests.conftest import empty
from tests.libreoffice import opened
from tracker.core import csv_text
from tracker.db import as_json, db
from tracker.projections.finance import files, transactions
from tracker.projections.finance import workbook as workbook_file
from tracker.projections.finance.checksheet import Written
from tracker.projections.finance.cut import Cut, cut
from tracker.projections.finance.file import MonthFile
from tracker.projections.finance.workbook import workbook

pytestmark = pytest.mark.office
OCTOBER = cut("2026-10", ZoneInfo("Europe/Kyiv"), datetime(2026, 11, 25, tzinfo=UTC))
NAMES = 100_000
HOSTILE_COLUMNS = (
    "balance_transaction_id reporting_category type exchange_rate source_id payment_intent_id customer_id campaign"
    " pledge_id plan country payment_method_type description"
).split()
"""Every column of text that is somebody else's."""
AMOUNTS = ("gross", "fee", "net", "tax", "customer_facing_amount")
RUNS = (
    *csv_text.RUNS,
    *"=1+1 +1+1 -1+1 @SUM(A1) {=1+1} ==1 =-1 ％=1 |=1 ;=1 ,=1 #=1 '=1 \"=1 “=1 -1 +1 -1.50 1-1 =A1 =\"a\"".split(),
    '=HYPERLINK("http://a.example";"x")', "=cmd|'/C calc'!A0", '=DDE("soffice";"a";"b")',
    "+cmd|' /C x'!A0", "=\u202e1",
)  # fmt: skip
LEADS = (
    "",
    " ",
    "   ",
    "\t",
    "\r",
    "\n",
    "\r\n",
    "'",
    '"',
    '""',
    "\u00a0",
    "\u2003",
    "\u200b",
    "\ufeff",
    "\u202e",
    "א",
    "💛",
)
ENDS = ("", " ", "é", "\r\n=1+1", "\n=1", ",=1", '",=1', "\t=1", ";=1", "’")


def hostile(dice: Random) -> str:
    return dice.choice(LEADS) + dice.choice(RUNS) + dice.choice(ENDS) + str(dice.randint(0, 10**6))


@pytest.fixture
def nothing_closed(projecting: Flask) -> Iterator[None]:
    """A database without a closed month: files are worked out."""
    with projecting.app_context():
        yield
        db.session.remove()


@pytest.fixture
def october(projecting: Flask) -> Iterator[Cut]:
    """A month of bookings each of whose names is hostile."""
    dice = Random(6)
    with projecting.app_context():
        names = {
            name: [hostile(dice) for _ in range(NAMES // len(HOSTILE_COLUMNS) + 1)] for name in HOSTILE_COLUMNS
        }
        rows = [
            {"n": n, **dict(zip(HOSTILE_COLUMNS, given, strict=True)), "minor": dice.randint(-(10**9), 10**9)}
            | {"currency": dice.choice(("EUR", "JPY", "KWD", "ISK"))}
            for n, given in enumerate(zip(*names.values(), strict=True))
        ]
        for statement in PLANTED:
            db.session.execute(text(statement), {"rows": as_json(rows)})
        db.session.commit()
        yield OCTOBER
        db.session.remove()
    empty(projecting)


_GIVEN = """jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (n int, minor bigint, currency text,
    balance_transaction_id text, reporting_category text, type text, exchange_rate text, source_id text,
    payment_intent_id text, customer_id text, campaign text, pledge_id text, plan text, country text,
    payment_method_type text, description text)"""
PLANTED = (
    f"""
    INSERT INTO entry (id, type, reporting_category, currency, amount_minor, fee_minor, net_minor, created_at,
        status, source_id, exchange_rate, description, booked_month, digest)
    SELECT balance_transaction_id || n, type, reporting_category, currency, minor, minor / 30, minor - minor / 30,
        CAST('2026-10-05 12:00+00' AS timestamptz) + n * interval '1 second', 'available', source_id || n,
        exchange_rate, description, '2026-10', '' FROM {_GIVEN}
    """,
    f"""
    INSERT INTO stripe_object (id, kind, payment_intent_id, fields)
    SELECT source_id || n, 'charge', payment_intent_id || n, jsonb_build_object('customer', customer_id || n,
        'method_type', payment_method_type, 'card_country', country, 'currency', 'USD', 'amount_minor', minor)
    FROM {_GIVEN}
    """,
    f"""
    INSERT INTO stripe_object (id, kind, payment_intent_id, fields)
    SELECT 'cs_' || n, 'checkout.session', payment_intent_id || n, jsonb_build_object('campaign', campaign,
        'pledge', pledge_id, 'items', jsonb_build_array(jsonb_build_object('price', plan, 'amount_minor', 1)))
    FROM {_GIVEN}
    """,
)


def test_no_hostile_name_is_a_formula_and_every_amount_is_a_number(october: Cut, tmp_path: Path) -> None:
    written = b"".join(files.pieces(transactions.FILE, october)).decode()
    file = tmp_path / "transactions.csv"
    file.write_bytes(written.encode())
    header, *told = csv.reader(io.StringIO(written, newline=""))
    (sheet,) = opened(file, tmp_path).values()
    assert [cell.text for cell in sheet[0]] == header and len(sheet) == len(told) + 1
    assert len(told) * len(HOSTILE_COLUMNS) >= NAMES
    assert sum(cell.formula is not None for row in sheet for cell in row) == 0
    for name in HOSTILE_COLUMNS:
        assert all(row[header.index(name)] for row in told), f"{name} is empty: nothing was tried"
    for name in AMOUNTS:
        place = header.index(name)
        assert {row[place].kind for row in sheet[1:]} == {"float"}
        read = [Decimal(row[place].value or "") for row in sheet[1:]]
        assert read == [Decimal(row[place]) for row in told]


def test_without_our_care_they_would_be_formulas(tmp_path: Path) -> None:
    """The same reading finds formulas where nobody made text safe: so it would find ours."""
    file = tmp_path / "careless.csv"
    file.write_bytes(b"name,amount\r\n=1+1,12.50\r\n=SUM(B2),1.00\r\n")
    (sheet,) = opened(file, tmp_path).values()
    assert [cell.formula is not None for row in sheet for cell in row] == [False, False, True, False, True, False]


def test_a_workbook_adds_up_by_its_own_formulas(october: Cut, tmp_path: Path) -> None:
    """LibreOffice works all formulas out anew; each comes to what was added up without it."""
    file = tmp_path / "2026-10.xlsx"
    with file.open("wb") as into:
        workbook(october, into, (transactions.FILE, STATEMENT))
    sheets = opened(file, tmp_path)
    assert list(sheets) == ["check", "transactions", "statement"]
    _, header, *checks = sheets["check"]
    assert [cell.text for cell in header] == ["file", "currency", "check", "by formula", "must be", "agrees"]
    assert len(checks) > 20 and {row[5].text for row in checks} == {"yes"}
    assert all(row[3].formula and row[3].value == row[4].value for row in checks)
    for name in ("transactions", "statement"):
        assert not any(cell.formula for row in sheets[name] for cell in row)
    told = list(files.rows(transactions.FILE, october))
    for row, cells in zip(sheets["transactions"][1:], told[1:], strict=True):
        for column, cell, value in zip(told[0], row, cells, strict=False):
            if column in AMOUNTS:
                assert cell.kind == "float" and Decimal(cell.value or "") == Decimal(value)
            elif value:
                assert cell.kind == "string" and (column != "created" or cell.text == value)


@pytest.mark.usefixtures("nothing_closed")
def test_a_workbook_whose_sheets_do_not_add_up_says_no(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add = Written.add

    def add_more(written: Written, row: Sequence[str]) -> None:
        add(written, row)
        written.sums["EUR", "amount"] += Decimal("0.01")

    monkeypatch.setattr(Written, "add", add_more)
    file = tmp_path / "wrong.xlsx"
    one = MonthFile("one.csv", ("currency", "amount"), lambda _: iter([("EUR", "5.00")]), sums=("amount",))
    with file.open("wb") as into:
        workbook(OCTOBER, into, (one,))
    assert [row[5].text for row in opened(file, tmp_path)["check"][2:]] == ["yes", "NO"]


def _statement(cut: Cut) -> Iterator[Sequence[str]]:
    """Of what stands in transactions.csv, with 5.00 to begin with."""
    header, *told = files.rows(transactions.FILE, cut)
    currency, minor = header.index("currency"), {name: header.index(name) for name in ("gross", "fee", "net")}
    for one in sorted({row[currency] for row in told}):
        sums = {name: sum(Decimal(row[at]) for row in told if row[currency] == one) for name, at in minor.items()}
        yield (one, "opening", "0", "0", "0", "5")
        yield (one, "charge", "1", *(str(sums[name]) for name in minor))
        yield (one, "closing", "0", "0", "0", str(5 + sums["net"]))


STATEMENT = MonthFile(
    "statement.csv",
    ("currency", "reporting_category", "count", "gross", "fee", "net"),
    _statement,
    sums=("gross", "fee", "net"),
    total="reporting_category",
)


@pytest.mark.usefixtures("nothing_closed")
def test_numbers_too_long_for_a_spreadsheet_stand_as_text_and_the_checks_say_so(tmp_path: Path) -> None:
    rows = [("EUR", "12345678901234.56", "x"), ("EUR", "0.10", "y")]
    long = MonthFile("long.csv", ("currency", "amount", "id"), lambda _: iter(rows), sums=("amount",))
    file = tmp_path / "long.xlsx"
    with file.open("wb") as into:
        workbook(OCTOBER, into, (long,))
    sheets = opened(file, tmp_path)
    assert [(row[1].kind, row[1].text) for row in sheets["long"][1:]] == [
        ("string", "12345678901234.56"),
        ("float", "0.10"),
    ]
    assert sheets["check"][-1][5].text.startswith("not checked: numbers of more than 15 digits stand as text")


@pytest.mark.usefixtures("nothing_closed")
def test_a_month_that_no_sheet_holds_is_refused_in_words_and_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workbook_file, "SHEET_ROWS", 4)
    four = MonthFile("rows.csv", ("id",), lambda _: iter([("a",)] * 4))
    into = io.BytesIO()
    with pytest.raises(workbook_file.TooLongError, match=r"rows\.csv of 2026-10 has more than 3 rows"):
        workbook(OCTOBER, into, (four,))
    assert into.getvalue() == b""
