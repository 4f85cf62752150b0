"""Stripe's messages: stored word for word, once, before Stripe gets its answer; each is a hint (RULES 8)."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tracker.intake import events
from tracker.intake.events import Event, NotAnEventError
from tracker.intake.signature import NotVerifiedError, verify
from tracker.ledger import changes, landmarks, objects, people
from tracker.ledger.tables import Message, SweptEvent

__all__ = ["NotAnEventError", "NotVerifiedError", "Receipt", "hear", "receive", "store", "verify"]

LARGEST_BODY = 1024 * 1024
"""Bytes; Stripe's own messages are far smaller."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message."""

    event_id: str
    is_new: bool
    """False for a repeat: its first arrival did everything."""
    quarantine: str | None
    """Why it is kept but not used."""


def receive(
    session: Session, body: bytes, header: str, secrets: Sequence[str], *, is_live: bool, now: datetime
) -> Receipt:
    """Check, read, store and commit one message as it came over the wire.

    NotVerifiedError or NotAnEventError leave no row; a SQLAlchemyError means that it could not be stored.
    """
    verify(body, header, secrets, now)
    receipt = store(session, body, events.parse(body), is_live=is_live, now=now)
    session.commit()
    return receipt


def store(session: Session, body: bytes, event: Event, *, is_live: bool, now: datetime) -> Receipt:
    """The message and its hint in the caller's one transaction; a repeat changes nothing."""
    reason = _quarantine(session, event, is_live)
    added = session.scalar(
        insert(Message)
        .values(
            id=event.id,
            type=event.type,
            object_id=event.object_id,
            created_at=event.created_at,
            received_at=now,
            api_version=event.api_version,
            sha256=hashlib.sha256(body).digest(),
            body=body,
            quarantine=reason,
            marked=True,
        )
        .on_conflict_do_nothing(index_elements=[Message.id])
        .returning(Message.id)
    )
    if added is not None and reason is None:
        _take(session, [event])
    return Receipt(event.id, added is not None, reason)


def hear(session: Session, raws: Iterable[dict[str, Any]]) -> int:
    """Take events from Stripe's list as hints, where no message brought them; the caller commits.

    Each is noted as swept, once; answers how many were news. One that cannot be read is passed over: the
    nightly lists find what it meant.
    """
    told = {event.id: event for event in map(_readable, raws) if event is not None}
    if not told:
        return 0
    rows = [
        {
            "id": event.id,
            "type": event.type,
            "object_id": event.object_id if event.kind else None,
            "created_at": event.created_at,
        }
        for event in told.values()
    ]
    noted = insert(SweptEvent).on_conflict_do_nothing(index_elements=[SweptEvent.id]).returning(SweptEvent.id)
    swept = set(session.scalars(noted, rows))
    delivered = set(session.scalars(select(Message.id).where(Message.id.in_(swept), Message.quarantine.is_(None))))
    news = [told[event_id] for event_id in swept - delivered]
    _take(session, news)
    return len(news)


def _take(session: Session, heard: Sequence[Event]) -> None:
    """Mark the objects that these events name, and record the changes that leave no time in their object.

    Objects, transitions, persons: the order in which a refresh writes them, so that neither blocks the other.
    """
    objects.want(session, [(event.kind, event.object_id) for event in heard if event.kind and event.object_id])
    changed = [event.change for event in heard if event.change is not None]
    for change in changed:
        changes.record(session, change)
    # The refresh may find the object as it already stands here; the change alone must reach the count.
    people.mark_stale_by_ids(session, [change.object for change in changed])


def _quarantine(session: Session, event: Event, is_live: bool) -> str | None:
    """Why this deployment must not use the event (RULES 5), or None."""
    if event.livemode is not is_live:
        return (
            "a message of live mode, our key is of test mode"
            if event.livemode
            else ("a message of test mode, our key is of live mode")
        )
    if event.account is None:
        return None
    ours = landmarks.value(session, landmarks.CONNECTED).get("account")
    return None if event.account == ours else f"a message of another account, {event.account}"


def _readable(raw: dict[str, Any]) -> Event | None:
    try:
        return events.read(raw)
    except NotAnEventError:
        return None
