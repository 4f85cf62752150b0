"""CSV as finance's tools read it: CRLF, dot decimals, and no text that a spreadsheet would run."""

import csv
import io
from collections.abc import Iterable, Iterator

RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a cell may not begin with: spreadsheets take it, or its full-width form, for a formula."""


def safe(value: str) -> str:
    """A text cell that stays text: what a spreadsheet would run gets an apostrophe before it."""
    clean = value.replace("\x00", "")
    return f"'{clean}" if clean.lstrip(" ").startswith(RUNS) else clean


def lines(rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Each row as one CSV line with CRLF; cells come ready (numbers untouched, text through `safe`)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    for row in rows:
        writer.writerow(row)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
