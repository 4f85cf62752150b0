"""Who was covered when, worked out from the ledger; every row here can be made again from it."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Identity, Index, PrimaryKeyConstraint, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Instant, Model


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
        # Whether a person is covered is asked of thousands at once: the index alone answers.
        Index("ix_stretch_person", "campaign", "person_id", postgresql_include=["starts_at", "ends_at"]),
        Index("ix_stretch_starts", "campaign", "starts_at", "ends_at"),
        Index("ix_stretch_ends", "campaign", "ends_at", "starts_at"),
    )


class CoverageSegment(Model):
    """A part of a stretch with one covering membership and plan, and where that came from: start < t <= end."""

    __tablename__ = "segment"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    campaign: Mapped[str] = mapped_column(Text)
    person_id: Mapped[str] = mapped_column(Text)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    """The days in the campaign's zone that hold the instants."""
    begins: Mapped[str] = mapped_column(Text)
    """joined | returned | moved"""
    ends: Mapped[str] = mapped_column(Text)
    """left | moved"""
    membership_id: Mapped[str] = mapped_column(Text)
    plan: Mapped[str] = mapped_column(Text)
    article: Mapped[str] = mapped_column(Text)
    placement: Mapped[str] = mapped_column(Text)
    embed: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    """As staff told it of a membership outside Stripe."""
    country: Mapped[str] = mapped_column(Text)
    """All of these empty where it is not known."""
    inferred: Mapped[bool]
    __table_args__ = (
        Index("ix_segment_person", "campaign", "person_id"),
        Index("ix_segment_starts", "campaign", "starts_at"),
        Index("ix_segment_ends", "campaign", "ends_at"),
    )


class PersonStanding(Model):
    """While a person was covered by grace alone, for nothing alone, or through staff alone: start < t <= end."""

    __tablename__ = "standing"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    campaign: Mapped[str] = mapped_column(Text)
    person_id: Mapped[str] = mapped_column(Text)
    standing: Mapped[str] = mapped_column(Text)
    """grace | free | offline"""
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    __table_args__ = (
        Index("ix_standing_person", "campaign", "person_id"),
        Index("ix_standing_ends", "campaign", "standing", "ends_at", "starts_at"),
    )


_PAY = ["currency", "length", "amount_minor"]
_DUE = ["until_at", "person_id", *_PAY]


class OpenRenewal(Model):
    """The end of a running subscription's paid term that nothing has followed yet."""

    __tablename__ = "renewal"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    campaign: Mapped[str] = mapped_column(Text)
    person_id: Mapped[str] = mapped_column(Text)
    membership_id: Mapped[str] = mapped_column(Text)
    plan: Mapped[str] = mapped_column(Text)
    since_at: Mapped[datetime] = mapped_column(Instant)
    """When the membership first covered."""
    due_at: Mapped[datetime] = mapped_column(Instant)
    until_at: Mapped[datetime] = mapped_column(Instant)
    """The end of the grace after it, as far as it is known."""
    due_on: Mapped[date]
    length: Mapped[str] = mapped_column(Text)
    """Months as a number, or days with a `d`, that the term lasted."""
    is_first: Mapped[bool]
    standing: Mapped[str] = mapped_column(Text)
    """fine | failing | leaving"""
    currency: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    """What the term brought, after discounts, without tax."""
    __table_args__ = (
        Index("ix_renewal_person", "campaign", "person_id"),
        Index("ix_renewal_due", "campaign", "due_at", postgresql_include=_DUE),
        Index(
            "ix_renewal_leaving",
            "campaign",
            "due_at",
            postgresql_include=_PAY,
            postgresql_where=text("standing = 'leaving'"),
        ),
    )


class TallyPart(Model):
    """What one person adds to the tally, kept to be taken off again when the person is worked out anew."""

    __tablename__ = "tally_part"
    campaign: Mapped[str] = mapped_column(Text, primary_key=True)
    person_id: Mapped[str] = mapped_column(Text, primary_key=True)
    part: Mapped[str] = mapped_column(Text)
    """JSON: [measure, key, day, n], sorted."""


class Tally(Model):
    """Each daily figure of a campaign, the sum over all persons (core/tally.py); none of 0 is kept."""

    __tablename__ = "tally"
    campaign: Mapped[str] = mapped_column(Text)
    measure: Mapped[str] = mapped_column(Text)
    day: Mapped[date]
    key: Mapped[str] = mapped_column(Text)
    n: Mapped[int] = mapped_column(BigInteger)
    # Every figure of the dashboard is a sum of these: the key alone answers.
    __table_args__ = (PrimaryKeyConstraint("campaign", "measure", "day", "key", postgresql_include=["n"]),)


class Received(Model):
    """One booking that a campaign counts as money raised, by the products it was for (RULES 4)."""

    __tablename__ = "received"
    entry_id: Mapped[str] = mapped_column(Text, primary_key=True)
    campaign: Mapped[str] = mapped_column(Text, primary_key=True)
    received_at: Mapped[datetime] = mapped_column(Instant)
    day: Mapped[date]
    """In the campaign's zone."""
    currency: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    """membership | donation"""
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    """Gross; below 0 where money went back."""
    __table_args__ = (Index("ix_received_at", "campaign", "received_at"),)


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
