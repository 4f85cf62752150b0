"""The sheet of checks in a month's workbook: formulas over the other sheets, beside sums made without them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tracker.core.money import digits
from tracker.projections.finance.file import MonthFile, Row

DIGITS = 15
"""What a spreadsheet keeps of a number; a longer one stands as text, and its column is not checked."""
CLOSES: dict[str, Mapping[str, int]] = {
    "transactions.csv": {"gross": 1, "fee": -1, "net": -1},
    "payouts.csv": {"difference": 1},
    "deferred-revenue.csv": {"opening": 1, "billed": 1, "recognised": -1, "refunded": -1, "closing": -1},
    "members.csv": {
        "opening": 1, "joined": 1, "returned": 1, "left": -1, "moved_in": 1, "moved_out": -1, "closing": -1,
    },
}  # fmt: skip
"""File -> columns whose sums, each with its sign, come to 0."""
_MARKS = ("opening", "closing", "total")
_HEADER = ("file", "currency", "check", "by formula", "must be", "agrees")


def _letters(column: int) -> str:
    """A spreadsheet's name of a column: 0 is A, 25 Z, 26 AA."""
    before, last = divmod(column, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + last)


def is_exact(number: str) -> bool:
    """Whether a spreadsheet keeps all digits of this decimal string."""
    return len(number.lstrip("-0.").replace(".", "")) <= DIGITS


@dataclass(slots=True)
class Written:
    """A file as it stands on its sheet, and what its amounts come to."""

    file: MonthFile
    sheet: str
    rows: int = 0
    sums: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    """(currency, column) -> exact sum, of the columns that the manifest adds up."""
    long: set[str] = field(default_factory=set)
    """Columns with a number that stands as text."""

    def add(self, row: Row) -> None:
        """Take one more row into account."""
        cells = dict(zip(self.file.columns, row, strict=True))
        self.rows += 1
        self.long |= {name for name in self.file.sums if not is_exact(cells[name])}
        if cells.get(self.file.total) not in _MARKS:
            for name in self.file.sums:
                self.sums[cells.get("currency", ""), name] += Decimal(cells[name] or 0)

    @property
    def currencies(self) -> list[str]:
        return sorted({currency for currency, _ in self.sums})

    def range(self, column: str) -> str:
        """All cells of a column, for a formula."""
        name = _letters(self.file.columns.index(column))
        return f"'{self.sheet}'!${name}$2:${name}${max(self.rows, 1) + 1}"

    def sum(self, column: str, currency: str, *marks: str) -> str:
        """A formula of the column's sum in a currency; of the rows so marked, or of those that are not."""
        wanted = [f'{self.range("currency")},"{currency}"'] if currency else []
        if self.file.total:
            shown = [f"={mark}" for mark in marks] or [f"<>{mark}" for mark in _MARKS]
            wanted += [f'{self.range(self.file.total)},"{condition}"' for condition in shown]
        values = self.range(column)
        return f"SUMIFS({values},{','.join(wanted)})" if wanted else f"SUM({values})"


@dataclass(frozen=True, slots=True)
class _Check:
    file: str
    currency: str
    what: str
    formula: str
    must_be: Decimal
    is_made: bool = True


def write_checks(sheet: Any, bold: Any, month: str, written: Sequence[Written]) -> None:
    """A line a check; its formula and what it must come to, which was added up without the spreadsheet."""
    sheet.set_column(0, 5, 26)
    sheet.write_string(0, 0, month, bold)
    for column, name in enumerate(_HEADER):
        sheet.write_string(1, column, name, bold)
    for row, check in enumerate(_checks(written), 2):
        for column, words in enumerate((check.file, check.currency, check.what)):
            sheet.write_string(row, column, words)
        if not check.is_made or not is_exact(str(check.must_be)):
            sheet.write_string(row, 4, str(check.must_be))
            sheet.write_string(row, 5, f"not checked: numbers of more than {DIGITS} digits stand as text")
            continue
        places = digits(check.currency) if check.currency else 0
        sheet.write_formula(row, 3, f"=ROUND({check.formula},{places})", None, float(check.must_be))
        sheet.write_number(row, 4, float(check.must_be))
        sheet.write_formula(row, 5, f'=IF(D{row + 1}=E{row + 1},"yes","NO")', None, "yes")


def _checks(written: Sequence[Written]) -> Iterator[_Check]:
    for one in written:
        name = one.file.name
        rows = f"COUNTA({one.range(one.file.columns[0])})"
        yield _Check(name, "", "rows, as in the manifest", rows, Decimal(one.rows))
        for (currency, column), total in sorted(one.sums.items()):
            what = f"sum of {column}, as in the manifest"
            yield _Check(name, currency, what, one.sum(column, currency), total, column not in one.long)
        yield from _closing(one)
    by_name = {one.file.name: one for one in written}
    if {"transactions.csv", "statement.csv"} <= by_name.keys():
        entries, statement = by_name["transactions.csv"], by_name["statement.csv"]
        for currency in entries.currencies:
            formula = f"{entries.sum('net', currency)}-{statement.sum('net', currency)}"
            what = "net of all transactions less the statement's"
            is_made = "net" not in entries.long | statement.long
            yield _Check("statement.csv", currency, what, formula, Decimal(0), is_made)


def _closing(one: Written) -> Iterator[_Check]:
    """Opening and what happened come to closing; within a row, or over the rows of a statement."""
    signs = CLOSES.get(one.file.name, {})
    for currency in one.currencies or [""]:
        if signs:
            formula = "".join(
                f"{'-' if sign < 0 else '+'}{one.sum(name, currency)}" for name, sign in signs.items()
            )
            what = " ".join(f"{'-' if sign < 0 else '+'} {name}" for name, sign in signs.items()).removeprefix(
                "+ "
            )
            is_made = not one.long & signs.keys()
            yield _Check(one.file.name, currency, f"{what} = 0", formula.removeprefix("+"), Decimal(0), is_made)
        if one.file.name == "statement.csv":
            net = one.sum("net", currency)
            formula = f"{one.sum('net', currency, 'opening')}+{net}-{one.sum('net', currency, 'closing')}"
            yield _Check(
                one.file.name, currency, "opening + net - closing = 0", formula, Decimal(0), "net" not in one.long
            )
