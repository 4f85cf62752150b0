"""What staff must know of our ears: the last message, what waits, what was lost, what differs."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, text

from tracker.db import db
from tracker.intake import unsettled
from tracker.intake.stripe import sweep
from tracker.ledger import books, landmarks, objects
from tracker.ledger.tables import Message


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that a person must look at."""

    kind: str
    object_id: str
    since: datetime


@dataclass(frozen=True, slots=True)
class StripeHealth:
    """The contract's fields of /api/v1/health/stripe."""

    last_event_at: datetime | None
    lag_seconds: int | None
    """How long after Stripe's own time the last message was stored."""
    events_stored: int
    unprocessed: int
    marked: int
    unsettled: int
    lost_last_24h: int
    drift: list[str]
    alarms: list[Alarm]
    last_sync_at: datetime | None


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the dashboard tells of our ears: cheap to read, however many messages there are."""

    last_event_at: datetime | None
    marked: int
    unsettled: int
    drift: int
    last_sync_at: datetime | None


def pulse() -> Pulse:
    """How well we hear Stripe, in five figures."""
    session = db.session()
    return Pulse(
        last_event_at=session.scalar(select(Message.created_at).order_by(Message.received_at.desc()).limit(1)),
        marked=objects.marked_count(session),
        unsettled=objects.unsettled_count(session),
        drift=len(objects.still_wrong(session, landmarks.value(session, landmarks.LAST_SYNC).get("drift", []))),
        last_sync_at=landmarks.at(session, landmarks.LAST_SYNC),
    )


def stripe_health(now: datetime) -> StripeHealth:
    """How well we hear Stripe, as of `now`."""
    session = db.session()
    last = session.execute(
        select(Message.created_at, Message.received_at).order_by(Message.received_at.desc()).limit(1)
    ).first()
    stored, unmarked = session.execute(
        select(func.count(), func.count().filter(Message.marked.is_(False), Message.quarantine.is_(None)))
    ).one()
    day_ago = now - timedelta(days=1)
    return StripeHealth(
        last_event_at=last.created_at if last else None,
        lag_seconds=max(0, round((last.received_at - last.created_at).total_seconds())) if last else None,
        events_stored=stored,
        unprocessed=unmarked,
        marked=objects.marked_count(session),
        unsettled=objects.unsettled_count(session),
        lost_last_24h=sum(1 for event in sweep.lost(session, now) if event.created_at >= day_ago),
        drift=objects.still_wrong(session, landmarks.value(session, landmarks.LAST_SYNC).get("drift", [])),
        alarms=_alarms(now),
        last_sync_at=landmarks.at(session, landmarks.LAST_SYNC),
    )


def _alarms(now: datetime) -> list[Alarm]:
    """Objects that hold an unknown, entries of unknown kind or that Stripe contradicts, messages kept aside."""
    followed = unsettled.since(db.session())
    found = [
        Alarm("unknown", row.id, followed.get(row.id, row.since))
        for row in db.session.execute(
            text(
                "SELECT o.id, coalesce(m.received_at, :now) AS since FROM stripe_object o LEFT JOIN LATERAL ("
                " SELECT received_at FROM message WHERE object_id = o.id ORDER BY received_at DESC LIMIT 1) m"
                " ON true WHERE o.problem IS NOT NULL AND o.done >= o.wanted ORDER BY o.id LIMIT 1000"
            ),
            {"now": now},
        )
    ]
    found += [
        Alarm("entry_unlisted" if row.alarm == books.UNLISTED else "entry_differs", row.id, row.created_at)
        for row in db.session.execute(
            text("SELECT id, created_at, alarm FROM entry WHERE alarm IS NOT NULL ORDER BY id LIMIT 1000")
        )
    ]
    found += [Alarm("unknown_type", row.id, row.created_at) for row in books.unknown_kinds(db.session(), now)]
    found += [
        Alarm("quarantined", row.id, row.received_at)
        for row in db.session.execute(
            select(Message.id, Message.received_at).where(Message.quarantine.is_not(None)).limit(1000)
        )
    ]
    return found
