"""A file of a month on its way out: its bytes in pieces, and what they come to."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

from tracker.core import csv_text
from tracker.core.money import decimal_text
from tracker.ledger.months import Figures
from tracker.projections.finance.cut import Cut
from tracker.projections.finance.file import MonthFile, Row

PIECE = 1024 * 1024
"""Bytes; a piece ends with the line that reaches it."""
ALL = "all"
"""Whose sums they are where a file has no currency."""
_NOT_SUMMED = ("total", "opening", "closing")


class Drawing:
    """One reading of a file, computed; its figures are right once every piece was taken."""

    def __init__(self, file: MonthFile, cut: Cut) -> None:
        self._file, self._cut = file, cut
        self._rows = self._length = 0
        self._hash = hashlib.sha256()
        self._sums: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(file.sums, 0))

    def pieces(self) -> Iterator[bytes]:
        """The file, about a mebibyte at a time, never half a line."""
        held: list[str] = []
        size = 0
        for line in csv_text.lines(chain([self._file.columns], self._counted())):
            held.append(line)
            size += len(line)
            if size >= PIECE:
                yield self._sealed("".join(held).encode())
                held, size = [], 0
        if held:
            yield self._sealed("".join(held).encode())

    def figures(self) -> Figures:
        """What the pieces taken so far come to."""
        sums = {
            currency: {column: _text(total, currency) for column, total in columns.items()}
            for currency, columns in sorted(self._sums.items())
        }
        return Figures(self._file.name, self._rows, sums, self._length, self._hash.hexdigest())

    def _sealed(self, piece: bytes) -> bytes:
        self._hash.update(piece)
        self._length += len(piece)
        return piece

    def _counted(self) -> Iterator[Row]:
        """The rows, counted and added up as they pass."""
        columns = self._file.columns
        summed = [(name, columns.index(name)) for name in self._file.sums]
        currency_at = columns.index("currency") if "currency" in columns else None
        mark_at = columns.index(self._file.total) if self._file.total else None
        for row in self._file.rows(self._cut):
            self._rows += 1
            if summed and (mark_at is None or row[mark_at] not in _NOT_SUMMED):
                sums = self._sums[ALL if currency_at is None else row[currency_at]]
                for name, place in summed:
                    sums[name] += int(row[place].replace(".", "") or 0)  # all digits of one currency: exact
            yield row


def _text(total: int, currency: str) -> str:
    return str(total) if currency == ALL else decimal_text(total, currency)
