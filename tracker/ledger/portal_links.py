"""Links that open Stripe's portal for one customer, once; only the hash of a link's token is kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, LargeBinary, Text, delete, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from tracker.db import Instant, Model

KEPT = timedelta(days=1)
"""So long after its end a link can be told from one that never was."""


class PortalLink(Model):
    """One link; used once, and not after `expires_at`."""

    __tablename__ = "portal_link"
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    """SHA-256 of the token."""
    customer_id: Mapped[str] = mapped_column(Text)
    campaign: Mapped[str] = mapped_column(Text)
    letter_id: Mapped[int] = mapped_column(BigInteger)
    """The letter it went with: its second try makes the first one's links worthless."""
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, slots=True)
class Link:
    """Whom a link is for, and until when."""

    digest: bytes
    customer: str
    campaign: str
    letter: int
    expires_at: datetime


def put(session: Session, link: Link) -> None:
    """Keep a link; the caller commits before it is sent."""
    session.add(
        PortalLink(
            digest=link.digest,
            customer_id=link.customer,
            campaign=link.campaign,
            letter_id=link.letter,
            expires_at=link.expires_at,
        )
    )
    session.flush()


def is_open(session: Session, digest: bytes, campaign: str, now: datetime) -> bool:
    """Whether the link would still open something; nothing is used up by asking."""
    row = session.get(PortalLink, digest, populate_existing=True)
    return row is not None and row.campaign == campaign and row.used_at is None and row.expires_at > now


USE = text("""
    UPDATE portal_link SET used_at = :now
    WHERE digest = :digest AND campaign = :campaign AND used_at IS NULL AND expires_at > :now
    RETURNING customer_id
""")


def use(session: Session, digest: bytes, campaign: str, now: datetime) -> str | None:
    """The customer of a link, once; None for one that was used, is over or never was.

    Until the caller commits, another who holds the same link waits; a rollback gives the link back.
    """
    found: str | None = session.scalar(USE, {"digest": digest, "campaign": campaign, "now": now})
    return found


def withdraw(session: Session, letter_id: int) -> None:
    """Make the links of a letter worthless; the caller commits."""
    session.execute(delete(PortalLink).where(PortalLink.letter_id == letter_id))


def purge(session: Session, now: datetime) -> None:
    """Forget links that ended a day ago; the caller commits."""
    session.execute(delete(PortalLink).where(PortalLink.expires_at < now - KEPT))
