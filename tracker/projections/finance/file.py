"""What a file of a month is: its name, its columns and its rows, drawn by whoever asks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tracker.projections.finance.cut import Cut

Row = Sequence[str]
"""Finished cells, text already safe for a spreadsheet (core/csv_text.py), one for each column."""


@dataclass(frozen=True, slots=True)
class MonthFile:
    """One of the files of every month."""

    name: str
    """With its ending: statement.csv."""
    columns: tuple[str, ...]
    rows: Callable[[Cut], Iterator[Row]]
    """In one order for ever, read in the session's present snapshot; as the database hands them out."""
    sums: tuple[str, ...] = ()
    """Columns of amounts that the manifest adds up, by currency where there is a column `currency`."""
    total: str = ""
    """A column whose value `total`, `opening` or `closing` marks rows that the sums leave out."""
