"""All the files of a month, in the order in which they are listed, and a file's lines."""

from collections.abc import Iterator

from tracker.core import csv_text
from tracker.projections.finance import deferred, members, offline, transactions
from tracker.projections.finance.cut import Cut
from tracker.projections.finance.file import MonthFile

FILES: tuple[MonthFile, ...] = (transactions.FILE, deferred.FILE, members.FILE, offline.FILE)


def named(name: str) -> MonthFile | None:
    """The file of that name; None where a month has no such file."""
    return next((file for file in FILES if file.name == name), None)


def lines(file: MonthFile, cut: Cut) -> Iterator[str]:
    """The file as finished CSV lines, the header first."""
    yield from csv_text.lines([file.columns])
    yield from csv_text.lines(file.rows(cut))
