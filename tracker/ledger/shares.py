"""Links that show a campaign's dashboard to whoever holds them; of a link's token only the hash is kept."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Identity, Index, LargeBinary, Text, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from tracker.db import Instant, Model


class ShareRow(Model):
    """One link; it opens nothing once it is revoked, or from `expires_at` on."""

    __tablename__ = "share"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    campaign: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """SHA-256 of the token: 256 random bits need no slow hash."""
    label: Mapped[str] = mapped_column(Text)
    """Whom it is for, in staff's words."""
    password_hash: Mapped[str | None] = mapped_column(Text)
    """argon2id; null where the link alone is enough."""
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    """Null: never."""
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_used_at: Mapped[datetime | None] = mapped_column(Instant)
    uses: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """How often the page behind it was shown."""
    __table_args__ = (Index("ix_share_campaign", "campaign"),)


@dataclass(frozen=True, slots=True)
class Share:
    """One link as it stands."""

    id: int
    campaign: str
    token_hash: bytes
    label: str
    password_hash: str | None
    expires_at: datetime | None
    revoked_at: datetime | None
    created_by: str
    created_at: datetime
    last_used_at: datetime | None
    uses: int

    def is_open(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class NewShare:
    """What a new link is made of; the fields as in Share."""

    campaign: str
    token_hash: bytes
    label: str
    password_hash: str | None
    expires_at: datetime | None


def add(session: Session, new: NewShare, who: str, now: datetime) -> int:
    """Keep a new link; its number. The caller commits before anybody is told the token."""
    row = ShareRow(
        campaign=new.campaign,
        token_hash=new.token_hash,
        label=new.label,
        password_hash=new.password_hash,
        expires_at=new.expires_at,
        created_by=who,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row.id


def every(session: Session, campaign: str) -> list[Share]:
    """All links of a campaign, also those that are over; the newest first."""
    asked = select(ShareRow).where(ShareRow.campaign == campaign).order_by(ShareRow.id.desc())
    return [_share(row) for row in session.scalars(asked.execution_options(populate_existing=True))]


def find(session: Session, number: int) -> Share | None:
    """The link of that number, or None."""
    return _one(session, ShareRow.id == number)


def by_hash(session: Session, token_hash: bytes) -> Share | None:
    """The link whose token has that hash, open or over, or None."""
    return _one(session, ShareRow.token_hash == token_hash)


def revoke(session: Session, number: int, now: datetime) -> bool:
    """End a link; False where it was revoked before, or never was. The caller commits."""
    ended = update(ShareRow).where(ShareRow.id == number, ShareRow.revoked_at.is_(None)).values(revoked_at=now)
    return bool(session.scalars(ended.returning(ShareRow.id)).all())


def set_password(session: Session, number: int, password_hash: str | None) -> None:
    """Another password, or none; whoever came in with the old one is out. The caller commits."""
    session.execute(update(ShareRow).where(ShareRow.id == number).values(password_hash=password_hash))


def seen(session: Session, number: int, now: datetime) -> None:
    """Count that the page behind a link was shown. The caller commits."""
    counted = update(ShareRow).where(ShareRow.id == number).values(uses=ShareRow.uses + 1, last_used_at=now)
    session.execute(counted)


def _one(session: Session, which: ColumnElement[bool]) -> Share | None:
    # A session may still hold the row from before a change.
    row = session.scalar(select(ShareRow).where(which).execution_options(populate_existing=True))
    return _share(row) if row else None


def _share(row: ShareRow) -> Share:
    return Share(
        id=row.id,
        campaign=row.campaign,
        token_hash=row.token_hash,
        label=row.label,
        password_hash=row.password_hash,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        created_by=row.created_by,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        uses=row.uses,
    )
