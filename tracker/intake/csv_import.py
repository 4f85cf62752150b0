"""A CSV file of offline records: read row by row, errors by line and column, all or nothing, told twice once.

UTF-8 with or without its mark, commas or semicolons, any line end, cells with line breaks in quotes. The columns
are those of the contract, in any order.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.orm import Session

from tracker.core import offline as cells
from tracker.core.findings import N_, Finding, shown
from tracker.core.offline import COLUMNS, Told
from tracker.intake import offline

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


@dataclass(frozen=True, slots=True)
class Report:
    """What the file comes to; with errors nothing was changed."""

    new: Sequence[Told] = ()
    fulfilled: Sequence[Told] = ()
    unchanged: int = 0
    errors: Sequence[LineError] = ()

    @property
    def figures(self) -> dict[str, int]:
        """How many rows are new, unchanged, fulfilled."""
        return {"new": len(self.new), "unchanged": self.unchanged, "fulfilled": len(self.fulfilled)}

    @property
    def is_news(self) -> bool:
        """Whether recording it changes anything."""
        return bool(self.new or self.fulfilled)


@dataclass(slots=True)
class _Read:
    """The file's rows as understood, each reference once."""

    told: list[Told] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    """Where each of them begins."""
    repeated: int = 0
    """Rows that tell an earlier one of the file word for word."""
    errors: list[LineError] = field(default_factory=list)


def run(session: Session, data: bytes, by: str, now: datetime, *, dry_run: bool) -> Report:
    """Record the whole file, or nothing where one line does not fit or in a dry run. The caller commits."""
    read = _read(data, offline.todays(session, now))
    if read.errors:
        judged = offline.judge(session, read.told)  # what else is wrong is told at once, not one by one
    elif dry_run:
        judged = offline.judge(session, read.told)
    else:
        try:
            judged = offline.record(session, read.told, by, now)
        except offline.OfflineError as error:
            judged = offline.Judged(findings=error.findings)
    errors = [*read.errors, *(LineError(read.lines[place], finding) for place, finding in judged.findings)]
    if errors:
        return Report(errors=sorted(errors, key=lambda error: error.line))
    return Report(judged.new, judged.fulfilled, len(judged.unchanged) + read.repeated)


def _read(data: bytes, todays: Mapping[str, date]) -> _Read:
    read = _Read()
    seen: dict[str, int] = {}
    for line, row in _rows(data):
        if isinstance(row, Finding):
            read.errors.append(LineError(line, row))
            continue
        told = cells.read(row, todays)
        if isinstance(told, list):
            read.errors += [LineError(line, finding) for finding in told]
            continue
        first = seen.setdefault(told.fact.reference, len(read.told))
        if first < len(read.told):
            _note_repeat(read, line, told, first)
            continue
        read.told.append(told)
        read.lines.append(line)
    if not read.errors and not read.told:
        read.errors.append(LineError(1, Finding("", N_("no row under the header; fill in at least one"))))
    return read


def _note_repeat(read: _Read, line: int, told: Told, first: int) -> None:
    earlier = read.told[first]
    was = {**cells.cells_of(earlier.fact), "email": earlier.email}
    found = {**cells.cells_of(told.fact), "email": told.email}
    column = cells.difference(was, found)
    if column is None:
        read.repeated += 1
        return
    text = N_("“%(found)s”, but line %(line)d has “%(was)s” under the same reference %(reference)s; keep one")
    values = {"found": found[column], "was": was[column], "line": read.lines[first]}
    read.errors.append(LineError(line, Finding(column, text, {**values, "reference": told.fact.reference})))


def _rows(data: bytes) -> Iterator[tuple[int, dict[str, str] | Finding]]:
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
                wrong = _header(columns)
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
        yield 1, Finding("", N_("the file is empty; begin it with the header %(header)s"), {"header": _HEADER})


_HEADER = ",".join(COLUMNS)


def _delimiter(text: str) -> str:
    """Comma, or semicolon as spreadsheets write it where the comma is the decimal mark: the header tells."""
    header = text.lstrip("\r\n")[:10_000].splitlines()[:1]
    return ";" if header and header[0].count(";") > header[0].count(",") else ","


def _header(columns: Sequence[str]) -> list[Finding]:
    found = []
    for number, name in enumerate(columns):
        if name not in COLUMNS:
            text = N_("“%(found)s” is no column of ours; there are %(header)s")
            found.append(Finding("", text, {"found": shown(name), "header": _HEADER}))
        elif name in columns[:number]:
            found.append(Finding(name, N_("stands twice in the header; keep one")))
    for name in COLUMNS:
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
