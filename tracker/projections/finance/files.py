"""All the files of a month, in the order in which they are listed, and the one door to what is in them."""

import csv
import io
from collections.abc import Iterator

from tracker.db import db
from tracker.ledger import months
from tracker.projections.finance import deferred, members, offline, payouts, statement, transactions
from tracker.projections.finance.cut import Cut
from tracker.projections.finance.drawing import Drawing
from tracker.projections.finance.file import MonthFile

FILES: tuple[MonthFile, ...] = (
    transactions.FILE,
    statement.FILE,
    payouts.FILE,
    deferred.FILE,
    members.FILE,
    offline.FILE,
)


def named(name: str) -> MonthFile | None:
    """The file of that name; None where a month has no such file."""
    return next((file for file in FILES if file.name == name), None)


def pieces(file: MonthFile, cut: Cut) -> Iterator[bytes]:
    """The file, about a mebibyte at a time: as it was frozen where the month is closed, else worked out now.

    A file that the month did not have when it was closed has its header alone.
    """
    version = months.standing(db.session(), cut.month)
    if version is None:
        return Drawing(file, cut).pieces()
    frozen = months.pieces(db.session(), version, file.name)
    return iter([f"{','.join(file.columns)}\r\n".encode()]) if frozen is None else frozen


def rows(file: MonthFile, cut: Cut) -> Iterator[list[str]]:
    """The cells of what `pieces` holds, row by row, the header first."""
    for piece in pieces(file, cut):
        yield from csv.reader(io.StringIO(piece.decode(), newline=""), strict=True)
