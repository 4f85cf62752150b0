"""A comparison with Stripe's lists that staff asked for: it stands in the database until a worker has done it.

The message to the worker may be lost, and the worker be killed: whoever looks next finds that it is still wanted.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from tracker.ledger import landmarks

NAME = "comparison"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The last one that was asked for."""

    asked_by: str
    asked_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    problem: str | None = None
    """Why it could not be done; None where it was, or is not over."""

    @property
    def is_wanted(self) -> bool:
        return self.ended_at is None


def last(session: Session) -> Comparison | None:
    """The last one, None where nobody ever asked."""
    found = landmarks.value(session, NAME)
    if not found:
        return None
    instants = {name: datetime.fromisoformat(at) for name, at in found.items() if name.endswith("_at") and at}
    return Comparison(**(found | instants))


def is_wanted(session: Session) -> bool:
    """Whether one was asked for that no worker has done yet."""
    found = last(session)
    return found is not None and found.is_wanted


def ask(session: Session, who: str, now: datetime) -> bool:
    """Ask for one; False where one is on its way already. Commits."""
    if is_wanted(session):
        return False
    _put(session, Comparison(who, now), now)
    return True


def begin(session: Session, now: datetime) -> None:
    """A worker is at it. Commits."""
    found = last(session)
    if found is not None:
        _put(session, Comparison(found.asked_by, found.asked_at, now), now)


def end(session: Session, now: datetime, problem: str | None = None) -> None:
    """It is done, or could not be. Commits."""
    found = last(session)
    if found is not None:
        _put(session, Comparison(found.asked_by, found.asked_at, found.started_at, now, problem), now)


def _put(session: Session, found: Comparison, now: datetime) -> None:
    instants = {"asked_at": found.asked_at, "started_at": found.started_at, "ended_at": found.ended_at}
    told = {name: at.isoformat() if at else None for name, at in instants.items()}
    landmarks.put(session, NAME, now, {"asked_by": found.asked_by, "problem": found.problem, **told})
    session.commit()
