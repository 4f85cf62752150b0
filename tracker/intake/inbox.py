"""Stripe's messages: stored word for word, once, before Stripe gets its answer; each is a hint (RULES 8)."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tracker.intake import events
from tracker.intake.events import Event, NotAnEventError
from tracker.intake.signature import NotVerifiedError, verify
from tracker.ledger import changes, landmarks, objects, people
from tracker.ledger.tables import Message, SweptEvent

__all__ = ["Letter", "NotAnEventError", "NotVerifiedError", "Receipt", "check", "hear", "receive", "verify"]

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


def receive(session: Session, letters: Sequence[Letter], *, is_live: bool, now: datetime) -> list[Receipt]:
    """Store and commit messages with their hints, all in one transaction; a repeat changes nothing.

    Answers a receipt for each, in their order. After a SQLAlchemyError none of them is stored.
    """
    reasons = [_quarantine(session, letter.event, is_live) for letter in letters]
    added = _store(session, letters, reasons, now)
    receipts, news = [], []
    for letter, reason in zip(letters, reasons, strict=True):
        is_new = letter.event.id in added
        added.discard(letter.event.id)
        receipts.append(Receipt(letter.event.id, is_new, reason))
        if is_new and reason is None:
            news.append(letter.event)
    _take(session, news)
    session.commit()
    return receipts


def _store(session: Session, letters: Sequence[Letter], reasons: Sequence[str | None], now: datetime) -> set[str]:
    """Keep those whose event is not stored yet; answers its ids. Of two letters with one id the first is kept."""
    rows = {
        letter.event.id: (letter.event, hashlib.sha256(letter.body).digest(), letter.body, reason)
        for letter, reason in reversed(list(zip(letters, reasons, strict=True)))
    }
    told, digests, bodies, kept_aside = zip(*rows.values(), strict=True)
    values = {
        "now": now,
        "ids": list(rows),
        "types": [event.type for event in told],
        "objects": [event.object_id for event in told],
        "created": [event.created_at for event in told],
        "versions": [event.api_version for event in told],
        "digests": list(digests),
        "bodies": list(bodies),
        "reasons": list(kept_aside),
    }
    return set(session.connection().scalars(STORE, values))


# By id, so that two who are told the same at once wait for each other, and neither blocks the other.
STORE = text("""
    INSERT INTO message
        (id, type, object_id, created_at, received_at, api_version, sha256, body, quarantine, marked)
    SELECT id, type, object_id, created_at, :now, api_version, sha256, body, quarantine, true FROM unnest(
        CAST(:ids AS text[]), CAST(:types AS text[]), CAST(:objects AS text[]), CAST(:created AS timestamptz[]),
        CAST(:versions AS text[]), CAST(:digests AS bytea[]), CAST(:bodies AS bytea[]), CAST(:reasons AS text[])
    ) AS told (id, type, object_id, created_at, api_version, sha256, body, quarantine)
    ORDER BY id ON CONFLICT (id) DO NOTHING RETURNING id
""")


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
    people.mark_stale(session, people.owners(session, [change.object for change in changed]), "Subscription")


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
