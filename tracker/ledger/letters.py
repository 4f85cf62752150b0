"""The outbox: what is to leave by mail or chat, each effect once, and what became of it.

An effect is known by its kind, its object and its transition.

A letter is marked as being sent, and that is committed, before it is handed over. Killed in between, nobody can
know whether it left: it is then told as unknown and never sent again. Only a failure that is known is tried again.
No body is kept, and the address only until the letter is settled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Identity, Index, Text, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from tracker.db import Instant, Model

LEASE = timedelta(minutes=5)
"""Longer than handing over can take; a letter that is `sending` for longer was in a process that ended."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
KEPT = timedelta(days=30)
"""So long a settled letter keeps its effect from happening again."""


MAIL, CHAT = "mail", "chat"
"""The channels."""


class StoredLetter(Model):
    """One letter and its state; the words are made when it is sent."""

    __tablename__ = "letter"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    object_id: Mapped[str] = mapped_column(Text)
    """What it is about: a Checkout session, the keyed hash of an address, a campaign with whom of the staff."""
    transition: Mapped[str] = mapped_column(Text)
    campaign: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    """Null once settled; empty for chat, whose address stands with the campaign."""
    channel: Mapped[str] = mapped_column(Text, server_default=MAIL)
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    """waiting | sending | sent | needless | refused | given up | unknown"""
    created_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    """Not before this instant; while `sending`, when its lease ends."""
    attempts: Mapped[int] = mapped_column(server_default="0")
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    __table_args__ = (
        Index("uq_letter_effect", "kind", "object_id", "transition", unique=True),
        Index("ix_letter_due", "due_at", postgresql_where=text("settled_at IS NULL")),
        Index("ix_letter_campaign", "campaign", "created_at"),
    )


@dataclass(frozen=True, slots=True)
class Effect:
    """A letter that is wanted."""

    kind: str
    object_id: str
    transition: str
    campaign: str
    locale: str
    address: str
    channel: str = MAIL


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter that this process alone is sending."""

    id: int
    effect: Effect
    created_at: datetime
    attempts: int
    """This one included."""


def put(session: Session, wanted: Effect, now: datetime) -> bool:
    """Note that a letter is wanted; False where this effect was noted before. The caller commits."""
    statement = (
        insert(StoredLetter)
        .values(
            kind=wanted.kind,
            object_id=wanted.object_id,
            transition=wanted.transition,
            campaign=wanted.campaign,
            locale=wanted.locale,
            address=wanted.address,
            channel=wanted.channel,
            created_at=now,
            due_at=now,
        )
        .on_conflict_do_nothing(index_elements=["kind", "object_id", "transition"])
        .returning(StoredLetter.id)
    )
    return session.scalar(statement) is not None


CLAIM = text("""
    UPDATE letter SET state = 'sending', attempts = attempts + 1, due_at = :until
    WHERE id = (SELECT id FROM letter WHERE state = 'waiting' AND settled_at IS NULL AND due_at <= :now
        ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, kind, object_id, transition, campaign, locale, address, channel, created_at, attempts
""")


def claim(session: Session, now: datetime) -> Claimed | None:
    """The next letter that is due, marked as being sent and committed; None where there is none."""
    row = session.execute(CLAIM, {"now": now, "until": now + LEASE}).mappings().first()
    session.commit()
    if row is None:
        return None
    told = ("kind", "object_id", "transition", "campaign", "locale", "address", "channel")
    effect = Effect(**{name: row[name] for name in told})
    return Claimed(row["id"], effect, row["created_at"], row["attempts"])


def settle(session: Session, letter_id: int, state: str, now: datetime) -> None:
    """The letter's end, and the end of its address; the caller commits."""
    session.execute(
        update(StoredLetter).where(StoredLetter.id == letter_id).values(state=state, settled_at=now, address=None)
    )


def postpone(session: Session, letter: Claimed, now: datetime) -> None:
    """It is known not to have left: try again after 30 s, 1, 2, 4 ... minutes, at most an hour."""
    pause = min(FIRST_PAUSE * 2 ** min(letter.attempts - 1, 10), LONGEST_PAUSE)
    session.execute(
        update(StoredLetter).where(StoredLetter.id == letter.id).values(state="waiting", due_at=now + pause)
    )


def lost(session: Session, now: datetime) -> list[int]:
    """Settle what a process was sending when it ended; answers the ids. The caller commits."""
    gone = (
        update(StoredLetter)
        .where(StoredLetter.state == "sending", StoredLetter.settled_at.is_(None), StoredLetter.due_at < now)
        .values(state="unknown", settled_at=now, address=None)
        .returning(StoredLetter.id)
    )
    return sorted(session.scalars(gone).all())


def purge(session: Session, now: datetime) -> None:
    """Forget what was settled long ago; the caller commits."""
    session.execute(delete(StoredLetter).where(StoredLetter.settled_at < now - KEPT))


@dataclass(frozen=True, slots=True)
class Noted:
    """What became of a letter, for those who may know; its address is not told."""

    kind: str
    object_id: str
    transition: str
    channel: str
    state: str
    created_at: datetime
    settled_at: datetime | None


def latest(session: Session, campaign: str, kinds: Sequence[str], most: int) -> list[Noted]:
    """The newest letters of these kinds about a campaign, the newest first."""
    asked = select(StoredLetter).where(StoredLetter.campaign == campaign, StoredLetter.kind.in_(list(kinds)))
    rows = session.scalars(asked.order_by(StoredLetter.created_at.desc(), StoredLetter.id.desc()).limit(most))
    told = ("kind", "object_id", "transition", "channel", "state", "created_at", "settled_at")
    return [Noted(**{name: getattr(row, name) for name in told}) for row in rows]
