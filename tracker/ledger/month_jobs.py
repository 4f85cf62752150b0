"""What workers do for a month of the books: its files made ahead for whoever takes them, or its closing.

A job is asked for and committed before a worker hears of it. Files are made in one transaction that ends with the
job's own row, so a worker that is killed leaves nothing behind, and a file is there whole or not at all. They lie
in the database, which every host asks. What was written to the books since, the snapshot they were read in tells.
"""

import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Text,
    delete,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from tracker.db import Instant, Model
from tracker.ledger.months import Figures
from tracker.ledger.tables import Entry

FILES, CLOSING = "files", "closing"
"""The kinds of jobs."""
KEPT = timedelta(days=7)
"""So long made files are kept, unless they are made anew; a job's row goes with them."""
MOST_TRIES = 3
"""A job whose worker ended so often is given up: something in it ends them."""


class MonthJob(Model):
    """One job for a month, and how far it is."""

    __tablename__ = "month_job"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    month: Mapped[str] = mapped_column(Text)
    """YYYY-MM"""
    kind: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    asked_by: Mapped[str] = mapped_column(Text)
    tries: Mapped[int] = mapped_column(server_default="0")
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """Why it could not be done, as a finding's text and values; null while it runs and when it was done."""
    read_at: Mapped[datetime | None] = mapped_column(Instant)
    """As of when the files are."""
    snapshot: Mapped[str | None] = mapped_column(Text)
    """PostgreSQL's own words for what was committed then."""
    terms: Mapped[str | None] = mapped_column(Text)
    """What besides the books decides the files: rules, zone, columns."""
    __table_args__ = (
        Index("uq_month_job_open", "month", "kind", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_month_job_month", "month", "kind", "id"),
    )


class JobProgress(Model):
    """How far a job is; apart from it, for the snapshot in which files are made may not see its job change."""

    __tablename__ = "job_progress"
    job_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("month_job.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    looked_at: Mapped[datetime] = mapped_column(Instant)
    """When its worker was last heard of."""
    doing: Mapped[str] = mapped_column(Text)
    """The file that is being made."""
    done: Mapped[int] = mapped_column(BigInteger)
    """Rows so far."""


class MadeFile(Model):
    """What a file comes to that a job has made."""

    __tablename__ = "made_file"
    job_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("month_job.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    place: Mapped[int]
    rows: Mapped[int] = mapped_column(BigInteger)
    sums: Mapped[dict[str, Any]] = mapped_column(JSONB)
    length: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)


class MadePart(Model):
    """A stretch of such a file, compressed; about a mebibyte before that, and never half a line."""

    __tablename__ = "made_part"
    job_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("month_job.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    packed: Mapped[bytes] = mapped_column(LargeBinary)


class BookChange(Model):
    """A transaction that changed something of which a month's files tell; noted by the database itself."""

    __tablename__ = "book_change"
    xid: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


Index("ix_entry_prior", Entry.booked_month, Entry.id, postgresql_where=text("prior_period"))
"""The few entries of a month that belong to an earlier one are named on its page."""


OWN = "id month kind asked_at asked_by tries ended_at problem read_at snapshot terms".split()


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands."""

    id: int
    month: str
    kind: str
    asked_at: datetime
    asked_by: str
    tries: int
    looked_at: datetime | None
    doing: str
    done: int
    ended_at: datetime | None
    problem: dict[str, Any] | None
    read_at: datetime | None
    snapshot: str | None
    terms: str | None

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    @property
    def is_made(self) -> bool:
        """It ended with what was asked for."""
        return self.ended_at is not None and self.problem is None


def ask(session: Session, month: str, kind: str, who: str, now: datetime) -> bool:
    """Note that a job is wanted; False where one is under way already. The caller commits."""
    given = insert(MonthJob).values(month=month, kind=kind, asked_at=now, asked_by=who)
    once = given.on_conflict_do_nothing(
        index_elements=["month", "kind"], index_where=text("ended_at IS NULL")
    ).returning(MonthJob.id)
    return session.scalar(once) is not None


def begin(session: Session, now: datetime) -> Job | None:
    """The job that waits longest, marked as begun and committed; None where none waits. One worker at a time asks.

    What a worker had begun that ended is begun anew; the caller holds the lock by which no other works.
    """
    job_id = session.scalar(
        select(MonthJob.id).where(MonthJob.ended_at.is_(None)).order_by(MonthJob.asked_at, MonthJob.id).limit(1)
    )
    if job_id is not None:
        session.execute(update(MonthJob).where(MonthJob.id == job_id).values(tries=MonthJob.tries + 1))
        heard(session, job_id, "", 0, now)
    session.commit()
    return job(session, job_id) if job_id is not None else None


def job(session: Session, job_id: int) -> Job | None:
    """The job of that number."""
    row = session.get(MonthJob, job_id, populate_existing=True)
    return _job(session, row) if row is not None else None


def latest(session: Session, month: str, kind: str) -> Job | None:
    """The newest job of that kind for a month."""
    found = select(MonthJob).where(MonthJob.month == month, MonthJob.kind == kind).order_by(MonthJob.id.desc())
    row = session.scalars(found.limit(1).execution_options(populate_existing=True)).first()
    return _job(session, row) if row is not None else None


def made(session: Session, month: str) -> Job | None:
    """The newest job that made the month's files."""
    found = select(MonthJob).where(
        MonthJob.month == month, MonthJob.kind == FILES, MonthJob.ended_at.is_not(None), MonthJob.problem.is_(None)
    )
    row = session.scalars(found.order_by(MonthJob.id.desc()).limit(1)).first()
    return _job(session, row) if row is not None else None


def heard(session: Session, job_id: int, doing: str, done: int, now: datetime) -> None:
    """How far a job is; by a connection beside the one that makes the files. Commits."""
    told = {"doing": doing, "done": done, "looked_at": now}
    given = insert(JobProgress).values(job_id=job_id, **told)
    session.execute(given.on_conflict_do_update(index_elements=["job_id"], set_=told))
    session.commit()


def keep_part(session: Session, job_id: int, name: str, number: int, piece: bytes) -> None:
    """A stretch of a file that is being made; the caller commits all of it or nothing."""
    values = {"job_id": job_id, "name": name, "number": number, "packed": zlib.compress(piece, 1)}
    session.execute(insert(MadePart).values(values))


def keep_figures(session: Session, job_id: int, place: int, figures: Figures) -> None:
    """What the file comes to of which the parts were kept."""
    values = asdict(figures) | {"job_id": job_id, "place": place, "sha256": bytes.fromhex(figures.sha256)}
    session.execute(insert(MadeFile).values(values))


def finish(session: Session, job_id: int, terms: str, read_at: datetime, now: datetime) -> None:
    """The files are made; to be called in the snapshot they were read in. The caller commits, and all is there."""
    session.execute(
        text("""UPDATE month_job SET ended_at = :now, terms = :terms,
            read_at = :read_at, snapshot = CAST(pg_current_snapshot() AS text) WHERE id = :id"""),
        {"id": job_id, "now": now, "terms": terms, "read_at": read_at},
    )


def end(session: Session, job_id: int, problem: dict[str, Any] | None, now: datetime) -> None:
    """The job is over, done or with what stood in its way; the caller commits."""
    session.execute(update(MonthJob).where(MonthJob.id == job_id).values(ended_at=now, problem=problem))


# A dump that was restored elsewhere brings numbers of another server: those from a time to come tell nothing.
SINCE = text("""
    SELECT pg_snapshot_xmax(kept) > pg_snapshot_xmax(pg_current_snapshot()) OR EXISTS (
        SELECT 1 FROM book_change
        WHERE xid >= CAST(CAST(pg_snapshot_xmin(kept) AS text) AS bigint)
            AND NOT pg_visible_in_snapshot(CAST(CAST(xid AS text) AS xid8), kept))
    FROM CAST(:snapshot AS pg_snapshot) kept
""")


def has_changed(session: Session, found: Job) -> bool:
    """Whether anything that a month's files tell of was written since a job read it."""
    return found.snapshot is None or bool(session.scalar(SINCE, {"snapshot": found.snapshot}))


def figures(session: Session, job_id: int) -> list[Figures]:
    """What each made file comes to, in the order of the month's files."""
    rows = session.scalars(select(MadeFile).where(MadeFile.job_id == job_id).order_by(MadeFile.place))
    return [Figures(row.name, row.rows, row.sums, row.length, row.sha256.hex()) for row in rows]


def pieces(session: Session, job_id: int, name: str) -> Iterator[bytes]:
    """A made file, a part at a time, read in one question: what is made anew meanwhile does not disturb it."""
    asked = (
        select(MadePart.packed).where(MadePart.job_id == job_id, MadePart.name == name).order_by(MadePart.number)
    )
    for packed in session.scalars(asked, execution_options={"yield_per": 4}):
        yield zlib.decompress(packed)


def purge(session: Session, now: datetime) -> None:
    """Forget what was made anew since, or long ago, and the changes that no kept file asks for; commits."""
    session.execute(delete(MonthJob).where(MonthJob.ended_at < now - KEPT))
    session.execute(
        text("""DELETE FROM month_job old WHERE old.ended_at IS NOT NULL AND EXISTS (
            SELECT 1 FROM month_job new WHERE new.month = old.month AND new.kind = old.kind AND new.id > old.id
                AND new.ended_at IS NOT NULL AND (new.problem IS NULL OR old.problem IS NOT NULL))""")
    )
    session.execute(
        text("""DELETE FROM book_change WHERE xid < (
            SELECT min(CAST(CAST(pg_snapshot_xmin(seen) AS text) AS bigint))
            FROM (SELECT pg_current_snapshot() UNION ALL
                SELECT CAST(snapshot AS pg_snapshot) FROM month_job WHERE snapshot IS NOT NULL) every (seen))""")
    )
    session.commit()


def _job(session: Session, row: MonthJob) -> Job:
    far = session.get(JobProgress, row.id, populate_existing=True)
    told = {name: getattr(row, name) for name in OWN}
    if far is None:
        return Job(**told, looked_at=None, doing="", done=0)
    return Job(**told, looked_at=far.looked_at, doing=far.doing, done=far.done)
