"""Who was covered when, worked out from the ledger; every row here can be made again from it."""

from datetime import date, datetime

from sqlalchemy import BigInteger, DateTime, Identity, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Model

Instant = DateTime(timezone=True)


class CoveragePiece(Model):
    """One membership's coverage of one kind: start < t <= end."""

    __tablename__ = "coverage"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    campaign: Mapped[str] = mapped_column(Text)
    person_id: Mapped[str] = mapped_column(Text)
    membership_id: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    """term | grace | free"""
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    plan: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        Index("ix_coverage_person", "campaign", "person_id"),
        Index("ix_coverage_kind", "campaign", "kind", "ends_at"),
    )


class CoverageStretch(Model):
    """A person's unbroken coverage by all memberships together: start < t <= end."""

    __tablename__ = "stretch"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    campaign: Mapped[str] = mapped_column(Text)
    person_id: Mapped[str] = mapped_column(Text)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    first_at: Mapped[datetime] = mapped_column(Instant)
    """When the person's first coverage ever began; equal to starts_at where this is it."""
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    """The days in the campaign's zone that hold the instants."""
    membership_id: Mapped[str] = mapped_column(Text)
    plan: Mapped[str | None] = mapped_column(Text)
    pledge_id: Mapped[str | None] = mapped_column(Text)
    inferred: Mapped[bool]
    __table_args__ = (
        Index("ix_stretch_person", "campaign", "person_id"),
        Index("ix_stretch_starts", "campaign", "starts_at", "ends_at"),
        Index("ix_stretch_ends", "campaign", "ends_at", "starts_at"),
    )


class Published(Model):
    """What readers were shown, kept for ever (RULES 4)."""

    __tablename__ = "published"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    campaign: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    count: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (Index("ix_published_campaign", "campaign", "at"),)


class Correction(Model):
    """A later change of past days (RULES 4): each closing count from first_day to last_day moved by delta."""

    __tablename__ = "correction"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    campaign: Mapped[str] = mapped_column(Text)
    noticed_on: Mapped[date]
    """The day, in the campaign's zone, on which we learned of it."""
    reason: Mapped[str] = mapped_column(Text)
    first_day: Mapped[date]
    last_day: Mapped[date]
    delta: Mapped[int]
    __table_args__ = (Index("ix_correction_campaign", "campaign", "noticed_on"),)
