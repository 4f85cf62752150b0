"""A CSV file of offline records: read row by row, errors by line and column, all or nothing, told twice once.

The columns are those of the contract; how the file may be written, `csv_rows.py` says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from tracker.core import offline as cells
from tracker.core.findings import N_, Finding
from tracker.core.offline import COLUMNS, Told
from tracker.intake import csv_rows, offline
from tracker.intake.csv_rows import LineError

LARGEST = csv_rows.LARGEST


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


def run(session: Session, data: bytes, by: str, now: datetime, zone: ZoneInfo, *, dry_run: bool) -> Report:
    """Record the whole file, or nothing where one line does not fit or in a dry run. The caller commits."""
    read = _read(data, offline.todays(session, now))
    if read.errors:
        judged = offline.judge(session, read.told)  # what else is wrong is told at once, not one by one
    elif dry_run:
        judged = offline.judge(session, read.told)
    else:
        try:
            judged = offline.record(session, read.told, by, now, zone)
        except offline.OfflineError as error:
            judged = offline.Judged(findings=error.findings)
    errors = [*read.errors, *(LineError(read.lines[place], finding) for place, finding in judged.findings)]
    if errors:
        return Report(errors=sorted(errors, key=lambda error: error.line))
    return Report(judged.new, judged.fulfilled, len(judged.unchanged) + read.repeated)


def _read(data: bytes, todays: Mapping[str, date]) -> _Read:
    read = _Read()
    seen: dict[str, int] = {}
    for line, row in csv_rows.rows(data, COLUMNS):
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
