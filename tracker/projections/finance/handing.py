"""Handing a month's files out: frozen where it is closed, kept where a worker made them, else worked out now."""

import csv
import io
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from sqlalchemy.orm import Session

from tracker.db import db
from tracker.ledger import month_jobs, months
from tracker.ledger.months import Figures, Version
from tracker.projections.finance import files, jobs, manifest
from tracker.projections.finance.cut import Cut
from tracker.projections.finance.drawing import Drawing
from tracker.projections.finance.snapshot import one_snapshot

NAMES = (*(file.name for file in files.FILES), manifest.NAME)


@dataclass(frozen=True, slots=True)
class Handed:
    """A file on its way out."""

    pieces: Iterator[bytes]
    """UTF-8, never half a line."""
    length: int | None
    """Bytes, where that is known beforehand."""


@dataclass(frozen=True, slots=True)
class Preview:
    """The beginning of a file as a table."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    has_more: bool


def known(name: str) -> bool:
    """Whether a month has a file of that name."""
    return name == manifest.NAME or files.named(name) is not None


def handed(cut: Cut, name: str, version: int | None = None, job_id: int | None = None) -> Handed | None:
    """The file; None where there is none of that name, version or job.

    `version`: as an earlier closing froze it. `job_id`: as a worker made it, whatever came since.
    """
    session = db.session()
    if version is not None:
        asked = next((one for one in months.versions(session, cut.month) if one.version == version), None)
        return _frozen(asked, name) if asked else None
    standing = months.standing(session, cut.month)
    if standing is not None and (found := _frozen(standing, name)) is not None:
        return found
    if standing is None and (made := _made(cut, name, job_id)) is not None:
        return made
    if job_id is not None:
        return None
    if name == manifest.NAME:
        return Handed(_whole(manifest.text(cut)), None)
    file = files.named(name)
    return Handed(files.pieces(file, cut), None) if file else None


def _frozen(version: Version, name: str) -> Handed | None:
    length = next((one.length for one in months.figures(db.session(), version) if one.name == name), None)
    if length is None:
        return None
    return Handed(_apart(lambda session: months.pieces(session, version, name) or iter(())), length)


def _made(cut: Cut, name: str, job_id: int | None) -> Handed | None:
    found = jobs.kept(cut)
    if found is None or (job_id is None and not found.is_fresh) or (job_id is not None and found.job.id != job_id):
        return None
    length = next((one.length for one in found.figures if one.name == name), None)
    if length is None:
        return None
    return Handed(_apart(lambda session: month_jobs.pieces(session, found.job.id, name)), length)


def _apart(read: Callable[[Session], Iterator[bytes]]) -> Iterator[bytes]:
    """Read by a session of its own, which ends with the reading: the view's is over when the last byte leaves."""
    engine = db.engine

    def pieces() -> Iterator[bytes]:
        with Session(engine) as session:
            yield from read(session)

    return pieces()


def _whole(told: str) -> Iterator[bytes]:
    yield told.encode()


def figures(cut: Cut, version: Version | None = None) -> list[Figures]:
    """What each file comes to: as frozen by a version, else worked out now, in one snapshot. Reads all of them."""
    if version is not None:
        return months.figures(db.session(), version)
    with one_snapshot():
        return [_drawn(Drawing(file, cut)) for file in files.FILES]


def _drawn(drawing: Drawing) -> Figures:
    for _ in drawing.pieces():
        pass
    return drawing.figures()


def preview(cut: Cut, name: str, most: int) -> Preview | None:
    """The first rows of a CSV file, of what would be handed out now; None where there is none of that name."""
    found = handed(cut, name) if files.named(name) else None
    if found is None:
        return None
    with closing(_lines(found.pieces)) as lines:
        rows = [tuple(row) for row in islice(csv.reader(lines), most + 2)]
    return Preview(rows[0], tuple(rows[1 : most + 1]), len(rows) > most + 1)


def table(cut: Cut, name: str) -> list[dict[str, str]]:
    """A small file of the month as its rows, by column."""
    found = handed(cut, name) if files.named(name) else None
    return list(csv.DictReader(_lines(found.pieces))) if found else []


def _lines(pieces: Iterator[bytes]) -> Generator[str]:
    """Lines with their ends, as the reader of CSV wants them: it is drawn from no further than it is read."""
    for piece in pieces:
        yield from io.StringIO(piece.decode(), newline="")
