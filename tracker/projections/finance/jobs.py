"""A worker's work for the books: a large month's files made ahead, or its closing; one worker at a time.

All files are made in one snapshot, so that they fit each other. Nothing of them is there before all of it is.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.orm import Session

from tracker.core.findings import N_, Finding
from tracker.db import db, is_away
from tracker.ledger import month_jobs, months
from tracker.ledger.month_jobs import CLOSING, FILES, MOST_TRIES, Job
from tracker.ledger.months import Figures, Version
from tracker.projections import asking
from tracker.projections.finance import closing, deferred, files, manifest, rules
from tracker.projections.finance.cut import Cut, UnknownMonthError, cut
from tracker.projections.finance.drawing import Drawing
from tracker.projections.finance.snapshot import one_snapshot

log = structlog.get_logger()

LARGE = 20_000
"""Entries; a month with more of them is made, and closed, by a worker."""
SILENCE_SECONDS = 90
"""A worker that was not heard of for so long has ended, or is at a single slow question."""
_COUNT = "SELECT count(*) AS count FROM entry WHERE booked_month = :month"

__all__ = ["CLOSING", "FILES", "LARGE", "Job", "Kept", "ask", "is_large", "kept", "latest", "work"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A month's files as a worker has made them."""

    job: Job
    figures: tuple[Figures, ...]
    """The manifest's too, as the last."""
    is_fresh: bool
    """Nothing they tell of was written since."""


def entries(cut: Cut) -> int:
    """How many entries the month has: the rows of transactions.csv."""
    return int(asking.one(_COUNT, None, month=cut.month)["count"])


def is_large(cut: Cut) -> bool:
    """Whether the month's files are left to a worker: by the number of its entries alone."""
    return entries(cut) > LARGE


def ask(month: str, kind: str, who: str, now: datetime) -> bool:
    """Note that a worker is to do this; False where it is under way already. The caller commits."""
    return month_jobs.ask(db.session(), month, kind, who, now)


def latest(month: str, kind: str) -> Job | None:
    """The newest job of that kind for a month."""
    return month_jobs.latest(db.session(), month, kind)


def kept(cut: Cut) -> Kept | None:
    """The month's files as they were made last; None where none are kept."""
    session = db.session()
    found = month_jobs.made(session, cut.month)
    if found is None:
        return None
    is_fresh = found.terms == _terms(cut) and not month_jobs.has_changed(session, found)
    return Kept(found, tuple(month_jobs.figures(session, found.id)), is_fresh)


def work(zone: ZoneInfo, clock: Callable[[], datetime]) -> Iterator[tuple[Job, Version | None]]:
    """Do every job that waits; hands out each that was done before it is ended, a closing with its version.

    Killed after that, the job is begun anew: files are made once more, a closed month stays as it is.
    """
    session = db.session()
    while (job := month_jobs.begin(session, clock())) is not None:
        problem: Finding | None = None
        try:
            version = _done(job, cut(job.month, zone, clock()), clock)
            yield job, version
        except closing.RefusedError as error:
            problem = error.finding
        except UnknownMonthError as error:
            problem = Finding("month", N_("%(problem)s"), {"problem": str(error)})
        except Exception as error:
            if is_away(error):
                raise  # it stays open, and the next round begins it anew
            log.exception("a job for a month broke off", month=job.month, kind=job.kind)
            problem = Finding("", N_("It broke off (%(problem)s): the log says where."), {"problem": _name(error)})
        session.rollback()
        told = {"text": problem.text, "values": dict(problem.values)} if problem else None
        if told or not _is_ended(session, job):
            month_jobs.end(session, job.id, told, clock())
            session.commit()
    month_jobs.purge(session, clock())


def _done(job: Job, asked: Cut, clock: Callable[[], datetime]) -> Version | None:
    if job.tries > MOST_TRIES:
        words = N_("Its worker ended %(times)s times: look at its memory and its log, then ask again.")
        raise closing.RefusedError(Finding("", words, {"times": MOST_TRIES}))
    if job.kind == CLOSING:
        return closing.close(job.month, asked.zone, job.asked_by, clock())
    if months.standing(db.session(), job.month) is None:
        _make(job, asked, clock)
    return None


def _make(job: Job, asked: Cut, clock: Callable[[], datetime]) -> None:
    """Every file of the month, then the manifest that tells of them; all of it committed at once."""
    with one_snapshot() as session, deferred.begun(asked):
        made: list[Figures] = []
        rows = 0
        for place, file in enumerate(files.FILES):
            drawing = Drawing(file, asked)
            for number, piece in enumerate(drawing.pieces()):
                month_jobs.keep_part(session, job.id, file.name, number, piece)
                rows += piece.count(b"\n")
                _tell(job, file.name, rows, clock())
            made.append(drawing.figures())
            month_jobs.keep_figures(session, job.id, place, made[-1])
        told = manifest.of_open(asked, made).encode()
        month_jobs.keep_part(session, job.id, manifest.NAME, 0, told)
        sealed = Figures(manifest.NAME, 0, {}, len(told), hashlib.sha256(told).hexdigest())
        month_jobs.keep_figures(session, job.id, len(files.FILES), sealed)
        month_jobs.finish(session, job.id, _terms(asked), asked.now, clock())
        session.commit()


def _tell(job: Job, name: str, rows: int, now: datetime) -> None:
    """By a connection beside: what is committed there is seen at once, and the files' snapshot stays."""
    with Session(db.engine) as beside:
        month_jobs.heard(beside, job.id, name, rows, now)


def _is_ended(session: Session, job: Job) -> bool:
    found = month_jobs.job(session, job.id)
    return found is None or not found.is_open


def _terms(cut: Cut) -> str:
    """What besides the books decides what is in the files."""
    columns = "|".join(f"{file.name}:{','.join(file.columns)}" for file in files.FILES)
    told = f"{rules.VERSION}|{cut.zone.key}|{cut.is_running}|{columns}"
    return hashlib.sha256(told.encode()).hexdigest()


def _name(error: Exception) -> str:
    return type(error).__name__
