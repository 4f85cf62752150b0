"""Cursors and landmarks of what we have heard: when we were connected, how far each sweep has come, `as_of`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.db import as_json
from tracker.ledger.tables import SyncState

OVERLAP = timedelta(minutes=10)
"""How far before a landmark is looked again: clocks differ, and lists may lag."""
CONNECTED = "connected"
"""When the first sync began: messages before it may be missing."""
WHOLE = "whole"
"""When the first sync had everything the count needs."""
LEDGER_WHOLE = "ledger_whole"
"""When the first sync had all of the money."""
EVENTS = "events"
"""Up to when Stripe's events were listed."""
AS_OF = "as_of"
"""The last instant up to which Stripe was checked and everything stored was processed (RULES 5)."""
LAST_SYNC = "last_sync"
"""When the last comparison with Stripe's lists began that came to its end."""
BALANCE = "balance"
"""When Stripe was last asked for its balance, and what stood in the way."""
REBUILD_DUE = "rebuild_due"
"""A new version's read models are empty: nothing is told before everybody was worked out anew."""
SILENCES = "silences"
"""The stretches for which Stripe kept no events any more when we listened again."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Messages of this stretch may be missing for ever; what changed in it is only seen, not told (RULES 8)."""

    since: datetime
    until: datetime


def at(session: Session, name: str) -> datetime | None:
    """The instant of a landmark, None before it was reached."""
    row = session.get(SyncState, name)
    return row.at if row else None


def value(session: Session, name: str) -> dict[str, Any]:
    """What is noted at a landmark; empty before anything was."""
    row = session.get(SyncState, name)
    return dict(row.value) if row and row.value else {}


def put(session: Session, name: str, at: datetime | None, value: dict[str, Any] | None = None) -> None:
    """Note a landmark; commit it together with the work it speaks of."""
    session.execute(
        text(
            "INSERT INTO sync_state (name, at, value) VALUES (:name, :at, CAST(:value AS jsonb))"
            " ON CONFLICT (name) DO UPDATE SET at = excluded.at, value = excluded.value"
        ),
        {"name": name, "at": at, "value": as_json(value)},
    )
    session.expire_all()


def clear(session: Session, name: str) -> None:
    """As if it had never been reached."""
    session.execute(text("DELETE FROM sync_state WHERE name = :name"), {"name": name})
    session.expire_all()


def advance(session: Session, name: str, at: datetime) -> None:
    """Move a landmark forward, never back, whoever else moves it."""
    session.execute(
        text(
            "INSERT INTO sync_state AS s (name, at) VALUES (:name, :at)"
            " ON CONFLICT (name) DO UPDATE SET at = excluded.at WHERE s.at IS NULL OR s.at < excluded.at"
        ),
        {"name": name, "at": at},
    )
    session.expire_all()


def silences(session: Session) -> list[Silence]:
    """Every stretch of which messages may be missing, in time order."""
    told = value(session, SILENCES).get("spans", [])
    return [Silence(datetime.fromisoformat(one[0]), datetime.fromisoformat(one[1])) for one in told]


def note_silence(session: Session, silence: Silence) -> None:
    """Add one; the caller commits."""
    known = {(one.since.isoformat(), one.until.isoformat()) for one in silences(session)}
    known.add((silence.since.isoformat(), silence.until.isoformat()))
    put(session, SILENCES, silence.until, {"spans": sorted(known)})
