"""Stripe's messages: stored word for word, once, before Stripe gets its answer; each is a hint (RULES 8)."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tracker.db import as_json
from tracker.intake import events
from tracker.intake.events import Event, NotAnEventError
from tracker.intake.signature import NotVerifiedError, verify
from tracker.ledger import changes, landmarks, objects, people
from tracker.ledger.tables import Message, SweptEvent

if TYPE_CHECKING:
    import psycopg

__all__ = [
    "Letter",
    "NotAnEventError",
    "NotVerifiedError",
    "Receipt",
    "check",
    "hear",
    "is_plain",
    "receive",
    "receive_plain",
    "verify",
]

LARGEST_BODY = 1024 * 1024
"""Bytes; Stripe's own messages are far smaller."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message shown to be Stripe's, as it came over the wire, and the event that stands in it."""

    body: bytes
    event: Event


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message."""

    event_id: str
    is_new: bool
    """False for a repeat: its first arrival did everything."""
    quarantine: str | None
    """Why it is kept but not used."""


def check(body: bytes, header: str, secrets: Sequence[str], now: datetime) -> Letter:
    """Whether Stripe wrote it, and what. NotVerifiedError or NotAnEventError; the database is not asked."""
    verify(body, header, secrets, now)
    return Letter(body, events.parse(body))


def is_plain(letter: Letter) -> bool:
    """Whether `receive_plain` can take it: it only marks its object, and is of our own account."""
    return letter.event.change is None and letter.event.account is None


def receive_plain(
    connection: "psycopg.Connection[Any]", letters: Sequence[Letter], *, is_live: bool, now: datetime
) -> list[Receipt]:
    """`receive` for plain letters over a connection that commits by itself: one round trip to the database.

    Raises psycopg.Error; then none is stored, or the answer was lost, and asking again is safe.
    """
    reasons = [_mode(letter.event, is_live) for letter in letters]
    return _receipts(letters, reasons, _store(connection, letters, reasons, now))


def receive(session: Session, letters: Sequence[Letter], *, is_live: bool, now: datetime) -> list[Receipt]:
    """Store and commit messages with their hints and changes, all or none; a repeat changes nothing.

    Answers a receipt for each, in their order. After SQLAlchemyError or psycopg.Error none of them is stored.
    """
    reasons = [_mode(letter.event, is_live) or _account(session, letter.event) for letter in letters]
    added = _store(session.connection().connection.driver_connection, letters, reasons, now)
    receipts = _receipts(letters, reasons, added)
    news = [
        letter.event
        for letter, receipt in zip(letters, receipts, strict=True)
        if receipt.is_new and receipt.quarantine is None
    ]
    _record_changes(session, news)
    session.commit()
    return receipts


def _store(connection: Any, letters: Sequence[Letter], reasons: Sequence[str | None], now: datetime) -> set[str]:
    """Keep those whose event is not stored yet and mark what they name; answers the ids of these events.

    Straight through the driver: on a renewal day SQLAlchemy's part of this one statement would be half of it.
    """
    told = [
        {
            "place": place,
            "id": event.id,
            "type": event.type,
            "kind": event.kind,
            "object": event.object_id,
            "created_at": event.created_at,
            "version": event.api_version,
            "quarantine": reason,
        }
        for place, (event, reason) in enumerate(zip((one.event for one in letters), reasons, strict=True), start=1)
    ]
    bodies = [letter.body for letter in letters]
    digests = [hashlib.sha256(body).digest() for body in bodies]
    found = connection.execute(STORE, (now, as_json(told), bodies, digests)).fetchone()
    return set(found[0])


STORE = "SELECT store_messages(%s, %s::jsonb, %b, %b)"


def _receipts(letters: Sequence[Letter], reasons: Sequence[str | None], added: set[str]) -> list[Receipt]:
    """Of two letters with one id the first is new."""
    receipts = []
    for letter, reason in zip(letters, reasons, strict=True):
        receipts.append(Receipt(letter.event.id, letter.event.id in added, reason))
        added.discard(letter.event.id)
    return receipts


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
    objects.want(session, [(event.kind, event.object_id) for event in news if event.kind and event.object_id])
    _record_changes(session, news)
    return len(news)


def _record_changes(session: Session, heard: Sequence[Event]) -> None:
    """Record the changes that leave no time in their object; the objects are marked already.

    Objects, transitions, persons: the order in which a refresh writes them, so that neither blocks the other.
    """
    changed = [event.change for event in heard if event.change is not None]
    if not changed:
        return
    for change in changed:
        changes.record(session, change)
    # The refresh may find the object as it already stands here; the change alone must reach the count.
    people.mark_stale(session, people.owners(session, [change.object for change in changed]), "Subscription")


def _mode(event: Event, is_live: bool) -> str | None:
    """Why this deployment must not use an event of the other mode (RULES 5), or None."""
    if event.livemode is is_live:
        return None
    told, ours = ("live", "test") if event.livemode else ("test", "live")
    return f"a message of {told} mode, our key is of {ours} mode"


def _account(session: Session, event: Event) -> str | None:
    """Why this deployment must not use an event of another account (RULES 5), or None."""
    if event.account is None:
        return None
    ours = landmarks.value(session, landmarks.CONNECTED).get("account")
    return None if event.account == ours else f"a message of another account, {event.account}"


def _readable(raw: dict[str, Any]) -> Event | None:
    try:
        return events.read(raw)
    except NotAnEventError:
        return None
