"""All files of a month as one XLSX workbook: a sheet each, and a sheet of checks whose formulas add them up.

Text is text and never a formula; ids stay whole; amounts are numbers with their currency's digits. Its words are
English wherever it is read, as the column names are: it is laid beside Stripe's own reports.
"""

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any

from tracker.projections.finance import files
from tracker.projections.finance.checksheet import Written, is_exact, write_checks
from tracker.projections.finance.cut import Cut
from tracker.projections.finance.file import MonthFile

SHEET_ROWS = 1_048_576
"""Of a sheet, its header among them."""
CELL_CHARACTERS = 32_767

AMOUNTS = frozenset(
    """gross fee net tax customer_facing_amount exchange_rate amount entries_net difference opening billed
    recognised refunded closing count entries joined returned left moved_in moved_out""".split()
)
"""Columns of numbers; every other is text."""
_NUMBER = re.compile(r"-?[0-9]+(?:\.([0-9]+))?")
_OPTIONS = {"constant_memory": True, "use_zip64": True}


class TooLongError(Exception):
    """A file of the month has more rows than a sheet; the text says what to take instead."""


def workbook(cut: Cut, into: IO[bytes], listed: Sequence[MonthFile] = files.FILES) -> None:
    """Write the workbook; TooLongError before anything is written where a sheet would overflow."""
    import xlsxwriter  # takes a while to read, and most processes never write a workbook

    with tempfile.TemporaryDirectory(prefix="tracker-workbook-") as folder:
        book = xlsxwriter.Workbook(into, {**_OPTIONS, "tmpdir": folder})
        look = Look.of(book)
        checks = book.add_worksheet("check")
        written = [_sheet(book, look, file, cut) for file in listed]
        write_checks(checks, look.bold, cut.month, written)
        book.close()


@dataclass(frozen=True, slots=True)
class Look:
    """The formats of cells."""

    bold: Any
    places: dict[int, Any]
    """Digits after the dot -> the format of such a number."""

    @classmethod
    def of(cls, book: Any) -> "Look":
        places = {n: book.add_format({"num_format": f"#,##0.{'0' * n}" if n else "#,##0"}) for n in (0, 2, 3)}
        return cls(book.add_format({"bold": True}), places)


def _sheet(book: Any, look: Look, file: MonthFile, cut: Cut) -> Written:
    sheet = book.add_worksheet(file.name.removesuffix(".csv"))
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(file.columns) - 1, 16)
    for column, name in enumerate(file.columns):
        sheet.write_string(0, column, name, look.bold)
    written = Written(file, sheet.get_name())
    numbers = [name in AMOUNTS for name in file.columns]
    for place, row in enumerate(islice(files.rows(file, cut), 1, None), 1):
        if place >= SHEET_ROWS:
            raise TooLongError(
                f"{file.name} of {cut.month} has more than {SHEET_ROWS - 1:,} rows, and a sheet holds no more:"
                " take the CSV file"
            )
        for column, cell in enumerate(row):
            _write(sheet, look, place, column, cell, numbers[column])
        written.add(row)
    return written


def _write(sheet: Any, look: Look, row: int, column: int, cell: str, is_number: bool) -> None:
    found = _NUMBER.fullmatch(cell) if is_number else None
    if found and is_exact(cell):
        sheet.write_number(row, column, float(cell), look.places.get(len(found[1] or "")))
    elif cell:
        sheet.write_string(row, column, cell[:CELL_CHARACTERS])
