"""A panel of the dashboard as a value: a sentence, a table, a figure. HTML, CSV, JSON and the chart draw the
same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tracker.core import money, small_cells
from tracker.web import charts, words
from tracker.web.reading import Reading
from tracker.web.words import gettext

Cell = str | bool | int | date | Fraction | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `name` is the CSV's and the API's, in English for ever; `title` is the page's."""

    name: str
    title: str
    kind: str = "count"
    """text | flag | count | signed | day | month (its first day) | ratio | percent (a Fraction of 1) | money
    (minor units of what the row's column `currency` says)"""
    is_persons: bool = False
    """Its cells count people: where outsiders look, few are hidden."""


@dataclass(frozen=True, slots=True)
class Table:
    """What a panel says, row by row; None where a cell has no value."""

    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]]
    total: tuple[Cell, ...] | None = None
    """A last row that the rows add up to."""
    is_sum_known: bool = True
    """Whoever sees it can learn the sums of its columns, here or elsewhere."""


@dataclass(frozen=True, slots=True)
class Report:
    """One panel, worked out for one look."""

    sentence: str
    table: Table | None = None
    figure: Callable[[], charts.Figure] | None = None
    """Drawn only where it is asked for."""
    aside: Table | None = None
    """A second, small table that belongs to it."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel's fixed part, and how it is worked out."""

    name: str
    title: Callable[[], str]
    definition: Callable[[], str]
    make: Callable[[Reading], Report]
    rows: str = ""
    """Kind of the rows of persons behind it, for those allowed; "" where there are none."""
    is_for_outsiders: bool = True


def csv_rows(table: Table) -> list[list[object]]:
    """The table as a CSV's cells: days as ISO 8601, money as decimal, shares with four decimals."""
    return [list(row.values()) for row in json_rows(table)]


def json_rows(table: Table) -> list[dict[str, Any]]:
    """The table for the API: the same values as the CSV's, by column; numbers are numbers, money is a string."""
    every = [*table.rows, *([table.total] if table.total else [])]
    return [
        {column.name: _plain(value, column, currency) for value, column in zip(row, table.columns, strict=True)}
        for row in every
        for currency in [_currency(row, table.columns)]
    ]


def cells(row: Sequence[Cell], columns: Sequence[Column]) -> list[dict[str, Any]]:
    """A row for the page: `text` in the reader's language, and `raw`."""
    currency = _currency(row, columns)
    return [
        {"text": shown(value, column, currency), "raw": value} for value, column in zip(row, columns, strict=True)
    ]


def shown(value: Cell, column: Column, currency: str = "") -> str:
    """A cell in the reader's language; a dash where there is no value. `currency`: of money in it."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return gettext("yes") if value else ""
    if isinstance(value, date):
        return words.month(f"{value:%Y-%m}") if column.kind == "month" else words.day(value)
    return NUMBERS.get(column.kind, _whole)(value, currency)


def _whole(value: int | Fraction, _: str) -> str:
    return words.number(round(value))


NUMBERS: dict[str, Callable[[int | Fraction, str], str]] = {
    "money": lambda value, currency: words.amount(round(value), currency),
    "percent": lambda value, _: words.percent(Fraction(value)),
    "ratio": lambda value, _: words.ratio(Fraction(value)),
    "signed": lambda value, _: words.signed(round(value)),
}


def for_outsiders(report: Report) -> Report:
    """The report with counts of few persons kept back, and what would give them away: its words and its chart,
    too."""
    table = _kept_back(report.table)
    if table == report.table and _kept_back(report.aside) == report.aside:
        return report
    few = gettext("Counts of fewer than five persons are kept back here, and what would give them away.")
    return Report(few, table, None, None, report.note)


def _kept_back(table: Table | None) -> Table | None:
    """Where one count of a row is small, all of that row's go: of a bridge, the others would give it away.

    Then whole rows more, until no column's sum gives a single row away.
    """
    if table is None:
        return None
    persons = [number for number, column in enumerate(table.columns) if column.is_persons]
    hidden: set[int] = set()
    for number in persons:
        counts = [count if isinstance(count := row[number], int) else 0 for row in table.rows]
        seen = small_cells.column([int(count) for count in counts], has_total=table.is_sum_known)
        hidden |= {place for place, count in enumerate(seen) if count is None}
    if not hidden:
        return table
    few = gettext("kept back")

    def without(row: tuple[Cell, ...]) -> tuple[Cell, ...]:
        told = zip(row, table.columns, strict=True)
        return tuple(few if column.is_persons or column.kind in PERSONAL else value for value, column in told)

    rows = [without(row) if place in hidden else row for place, row in enumerate(table.rows)]
    return replace(table, rows=rows)


PERSONAL = ("ratio", "percent")
"""Worked out from counts of persons: they would give them away."""


def _currency(row: Sequence[Cell], columns: Sequence[Column]) -> str:
    """The currency that the row tells of its money."""
    return next((str(value) for value, column in zip(row, columns, strict=True) if column.name == "currency"), "")


def _plain(value: Cell, column: Column, currency: str) -> object:
    if value is not None and column.kind == "money" and isinstance(value, int | Fraction):
        return money.decimal_text(round(value), currency)
    if isinstance(value, Fraction):
        return str(round(Decimal(value.numerator) / Decimal(value.denominator), 4))
    if isinstance(value, date) and column.kind == "month":
        return f"{value:%Y-%m}"
    return value
