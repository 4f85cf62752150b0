"""The rows of a CSV file that staff hand in, each with its line, or what is wrong there, in words.

UTF-8 with or without its mark, commas or semicolons, any line end, cells with line breaks in quotes; the columns
in any order.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tracker.core.findings import N_, Finding, shown

LARGEST = 50 * 1024 * 1024
MOST_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class LineError:
    """What does not fit, and in which line of the file it begins."""

    line: int
    finding: Finding

    def __str__(self) -> str:
        column = f", column {self.finding.column}" if self.finding.column else ""
        return f"line {self.line}{column}: {self.finding}"


def rows(data: bytes, known: Sequence[str]) -> Iterator[tuple[int, dict[str, str] | Finding]]:
    """(line, the row's cells by column), or what is wrong there; a broken header or quote ends it."""
    if len(data) > LARGEST:
        yield 1, Finding("", N_("the file has more than 50 MiB; part it into several"))
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        yield line, Finding("", N_("not UTF-8; save the file as “CSV UTF-8”"))
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    columns: list[str] | None = None
    begins, count = 1, 0
    try:
        for row in reader:
            line, begins = begins, reader.line_num + 1
            if not any(cell.strip() for cell in row):
                continue
            if columns is None:
                columns = [name.strip() for name in row]
                wrong = _header(columns, known)
                yield from ((line, finding) for finding in wrong)
                if wrong:
                    return
                continue
            count += 1
            if count > MOST_ROWS:
                yield line, Finding("", N_("more than %(most)d rows; part the file"), {"most": MOST_ROWS})
                return
            yield line, _cells(columns, row)
    except csv.Error as error:
        yield begins, _broken(error)
        return
    if columns is None:
        yield (
            1,
            Finding("", N_("the file is empty; begin it with the header %(header)s"), {"header": ",".join(known)}),
        )


def _delimiter(text: str) -> str:
    """Comma, or semicolon as spreadsheets write it where the comma is the decimal mark: the header tells."""
    header = text.lstrip("\r\n")[:10_000].splitlines()[:1]
    return ";" if header and header[0].count(";") > header[0].count(",") else ","


def _header(columns: Sequence[str], known: Sequence[str]) -> list[Finding]:
    found = []
    for number, name in enumerate(columns):
        if name not in known:
            text = N_("“%(found)s” is no column of ours; there are %(header)s")
            found.append(Finding("", text, {"found": shown(name), "header": ",".join(known)}))
        elif name in columns[:number]:
            found.append(Finding(name, N_("stands twice in the header; keep one")))
    for name in known:
        if name not in columns:
            found.append(Finding(name, N_("missing in the header; add it, its cells may be empty")))
    return found


def _cells(columns: Sequence[str], row: Sequence[str]) -> dict[str, str] | Finding:
    if len(row) != len(columns):
        text = N_("%(found)d cells where the header has %(header)d; put cells with commas or semicolons in quotes")
        return Finding("", text, {"found": len(row), "header": len(columns)})
    return dict(zip(columns, row, strict=True))


def _broken(error: csv.Error) -> Finding:
    if "field larger" in str(error):
        return Finding("", N_("a cell is longer than 131,072 characters; look for a quote that is never closed"))
    return Finding("", N_("a quote is not closed, or stands within a cell; write it twice within quotes"))
