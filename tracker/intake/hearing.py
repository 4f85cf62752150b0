"""How well we hear Stripe, down to the ids: what stands behind each figure of `health.py`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.intake import rejections, unsettled
from tracker.intake.stripe import comparison, sweep, trouble
from tracker.ledger import landmarks, objects

SHOWN = 200
VERIFIED = "verified"
"""The landmark of the last rebuild check: `equal`, and the two hashes."""

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """The first rows of a list that may be long, and how many there are."""

    rows: Sequence[Row]
    total: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - len(self.rows)


@dataclass(frozen=True, slots=True)
class Unsettled:
    """An object that waits for a fetch or holds something unknown."""

    id: str
    kind: str
    trouble: trouble.Trouble
    problem: str | None
    """The words kept with it, in English, with Stripe's own."""
    since: datetime
    attempts: int
    """Fetches that failed, one after the other."""
    retry_at: datetime | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored message that was not used."""

    id: str
    type: str
    reason: str | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Compared:
    """The last comparison with Stripe's lists, whoever began it."""

    at: datetime | None
    drift: Listing[str]
    repaired: Listing[str]


@dataclass(frozen=True, slots=True)
class Verified:
    """The last weekly rebuild check."""

    at: datetime
    is_equal: bool


@dataclass(frozen=True, slots=True)
class Hearing:
    """Everything staff may ask about; `None` where it never happened."""

    unsettled: Listing[Unsettled]
    unprocessed: Listing[Kept]
    quarantined: Listing[Kept]
    lost: Listing[sweep.LostEvent]
    rejected: Sequence[rejections.Rejected]
    compared: Compared
    asked: comparison.Comparison | None
    verified: Verified | None
    is_loaded: bool
    """The whole account was read once."""


def hearing(session: Session, now: datetime) -> Hearing:
    """As of `now`."""
    lost = sweep.lost(session, now)
    return Hearing(
        unsettled=_unsettled(session, now),
        unprocessed=_kept(session, "NOT marked AND quarantine IS NULL"),
        quarantined=_kept(session, "quarantine IS NOT NULL"),
        lost=Listing(lost[-SHOWN:][::-1], len(lost)),
        rejected=rejections.last_day(session, now),
        compared=_compared(session),
        asked=comparison.last(session),
        verified=_verified(session),
        is_loaded=landmarks.at(session, landmarks.LEDGER_WHOLE) is not None,
    )


def _unsettled(session: Session, now: datetime) -> Listing[Unsettled]:
    followed = unsettled.since(session)

    def row(found: Any) -> Unsettled:
        heard = found.heard_at or now
        since = min(followed.get(found.id, heard), heard) if found.is_marked else followed.get(found.id, heard)
        kind_of_trouble = trouble.of(found.problem)
        return Unsettled(
            found.id, found.kind, kind_of_trouble, found.problem, since, found.attempts, found.retry_at
        )

    return _listing(
        session,
        f"stripe_object o WHERE {unsettled.UNSETTLED}",
        "o.id, o.kind, o.problem, o.attempts, o.retry_at, o.done < o.wanted AS is_marked,"
        " (SELECT max(received_at) FROM message WHERE object_id = o.id) AS heard_at",
        "o.problem IS NULL, o.attempts DESC, o.id",
        row,
    )


def _kept(session: Session, which: str) -> Listing[Kept]:
    return _listing(
        session,
        f"message WHERE {which}",
        "id, type, quarantine, received_at",
        "received_at DESC, id",
        lambda found: Kept(*found),
    )


def _listing(session: Session, source: str, columns: str, order: str, make: Callable[[Any], Row]) -> Listing[Row]:
    """The first rows and the number of all; every word of the SQL is ours."""
    total = int(session.scalars(text(f"SELECT count(*) FROM {source}")).one())  # noqa: S608
    first = text(f"SELECT {columns} FROM {source} ORDER BY {order} LIMIT {SHOWN}")  # noqa: S608
    return Listing([make(found) for found in session.execute(first)] if total else [], total)


def _compared(session: Session) -> Compared:
    found = landmarks.value(session, landmarks.LAST_SYNC)
    drift = objects.still_wrong(session, found.get("drift", []))
    repaired = found.get("repaired_ids", [])
    return Compared(
        landmarks.at(session, landmarks.LAST_SYNC),
        Listing(drift[:SHOWN], len(drift)),
        Listing(repaired[:SHOWN], int(found.get("repaired", len(repaired)))),
    )


def _verified(session: Session) -> Verified | None:
    at = landmarks.at(session, VERIFIED)
    return Verified(at, bool(landmarks.value(session, VERIFIED).get("equal"))) if at else None
