"""Finance's page and files: the same cents everywhere, whole or not at all."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator

import pytest
import time_machine
from staff_house import NOON, House, entry, running, year_end

from tracker.projections.finance import files, transactions, workbook
from tracker.web import sheets


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with running(database_url) as found, time_machine.travel(NOON, tick=True):
        found.keep(campaign=year_end())
        found.keep(
            entry("txn_1", 1000, 50),
            entry("txn_2", 250, 30, description="=HYPERLINK(1)"),
            entry("txn_3", -1000, 0),
            entry("txn_4", 500, 40, month="2026-11"),
        )
        found.is_whole()
        yield found


def test_each_month_stands_with_its_state_its_sums_and_its_files(house: House) -> None:
    page = house.client("finance").get("/finance").text
    assert "November 2026" in page and "running" in page and "October 2026" in page and "open" in page
    assert "€2.50" in page and "€0.80" in page and "€1.70" in page
    assert "/finance/months/2026-10/transactions.csv?excel=1" in page
    assert "still being read" not in page


def test_while_the_ledger_is_read_the_page_says_that_nothing_is_final(database_url: str) -> None:
    with running(database_url) as house:
        page = house.client("finance").get("/finance").text
        assert "The ledger is still being read" in page and "not final" in page


def test_the_file_has_the_pages_sums_and_a_known_length(house: House) -> None:
    answer = house.client("finance").get("/finance/months/2026-10/transactions.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [row["net"] for row in rows] == ["9.50", "2.20", "-10.00"]
    assert answer.content_length == len(answer.data) and answer.text.count("\r\n") == 4
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="transactions-2026-10.csv"'


def test_text_that_a_spreadsheet_would_run_is_made_safe_and_numbers_are_not_touched(house: House) -> None:
    text = house.client("finance").get("/finance/months/2026-10/transactions.csv").text
    assert "'=HYPERLINK(1)" in text and ",-10.00," in text


def test_excel_gets_its_mark_and_the_same_bytes_after_it(house: House) -> None:
    client = house.client("finance")
    plain = client.get("/finance/months/2026-10/transactions.csv").data
    assert client.get("/finance/months/2026-10/transactions.csv?excel=1").data == b"\xef\xbb\xbf" + plain
    assert client.get("/api/v1/finance/months/2026-10/transactions.csv").data == plain


@pytest.mark.parametrize(
    ("month", "code", "words"),
    [
        ("2026-13", 400, "write it as YYYY-MM"),
        ("26-1", 400, "write it as YYYY-MM"),
        ("2026-1１", 400, "write it as YYYY-MM"),
        ("2026-12", 404, "has not begun"),
    ],
)
def test_a_month_that_is_none_or_to_come_is_refused_in_words(
    house: House, month: str, code: int, words: str
) -> None:
    for path in ("/finance/months", "/api/v1/finance/months"):
        answer = house.client("finance").get(f"{path}/{month}/transactions.csv")
        assert answer.status_code == code and words in answer.text


def test_a_month_without_entries_is_a_file_with_its_header_alone(house: House) -> None:
    text = house.client("finance").get("/finance/months/2020-01/transactions.csv").text
    assert text == ",".join(transactions.COLUMNS) + "\r\n"


def test_the_workbook_has_every_file_as_a_sheet_and_a_sheet_of_checks(house: House) -> None:
    answer = house.client("finance").get("/finance/months/2026-10.xlsx")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="2026-10.xlsx"'
    assert answer.content_length == len(answer.data)
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        sheets = re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())
        assert b"<f>" not in book.read("xl/worksheets/sheet2.xml")
    assert sheets == ["check", *(file.name.removesuffix(".csv") for file in files.FILES)]
    assert house.client("finance").get("/finance/months/2026-12.xlsx").status_code == 404
    assert house.client("finance").get("/finance/months/2026-13.xlsx").status_code == 400


def test_a_month_that_no_sheet_holds_is_refused_with_the_file_to_take(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 3)
    answer = house.client("finance").get("/finance/months/2026-10.xlsx")
    assert answer.status_code == 413 and "take the CSV file" in answer.text


def test_a_file_that_breaks_on_the_way_is_an_error_and_never_half_a_month() -> None:
    def breaking() -> Iterator[str]:
        yield "a,b\r\n"
        raise ConnectionError("the database went away")

    with pytest.raises(ConnectionError):
        sheets.csv_file("half.csv", breaking(), is_for_excel=False)


def test_a_file_larger_than_memory_is_sent_in_parts() -> None:
    lines = ("x" * 1022 + "\r\n" for _ in range(8 * 1024))
    response = sheets.csv_file("large.csv", lines, is_for_excel=False)
    sizes = [len(part) for part in response.response]  # type: ignore[union-attr]
    assert sum(sizes) == response.content_length == 8 * 1024 * 1024 and max(sizes) == 64 * 1024


def test_a_file_whose_end_shows_it_to_be_damaged_is_never_sent_whole(house: House) -> None:
    def damaged() -> Iterator[bytes]:
        yield b"a,b\r\n"
        yield b"1,2\r\n"
        raise ConnectionError("not what was frozen")

    with house.app.test_request_context():
        response = sheets.known_file("half.csv", damaged(), 10, is_for_excel=False)
        sent = []
        with pytest.raises(ConnectionError):
            sent.extend(response.response)  # type: ignore[arg-type]
        assert response.content_length == 10 and len(b"".join(sent)) < 10  # type: ignore[arg-type]
