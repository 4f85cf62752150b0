"""Closed months: what was handed out, byte for byte. Rows here are written once; triggers refuse the rest.

A month may have several versions, each closed, and each but the last reopened since.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKeyConstraint, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Instant, Model


class MonthVersion(Model):
    """One closing of a month; it stands until it is reopened, and stays readable afterwards."""

    __tablename__ = "month_version"
    month: Mapped[str] = mapped_column(Text, primary_key=True)
    """YYYY-MM"""
    version: Mapped[int] = mapped_column(primary_key=True)
    """1, 2, ... of this month."""
    closed_at: Mapped[datetime] = mapped_column(Instant)
    closed_by: Mapped[str] = mapped_column(Text)
    rules_version: Mapped[str] = mapped_column(Text)
    inputs: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """What the rules were applied to: zone, campaigns' products and grace days, products' metadata."""
    reopened_at: Mapped[datetime | None] = mapped_column(Instant)
    reopened_by: Mapped[str | None] = mapped_column(Text)
    reopened_reason: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        CheckConstraint(
            "(reopened_at IS NULL) = (reopened_by IS NULL) AND (reopened_at IS NULL) = (reopened_reason IS NULL)",
            name="reopened",
        ),
    )


class MonthFileRow(Model):
    """What a file of a closed month comes to."""

    __tablename__ = "month_file"
    month: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    """With its ending: statement.csv."""
    place: Mapped[int]
    """Where it stands in the list of the month's files."""
    rows: Mapped[int] = mapped_column(BigInteger)
    sums: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """Currency -> column -> the exact sum as a decimal text."""
    length: Mapped[int] = mapped_column(BigInteger)
    """Bytes."""
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (
        ForeignKeyConstraint(
            ["month", "version"],
            ["month_version.month", "month_version.version"],
            # The version's row comes last: it shuts the month, and whoever books waits for it.
            deferrable=True,
            initially="DEFERRED",
        ),
    )


class MonthPart(Model):
    """A stretch of a frozen file, compressed; about a mebibyte before that, and never half a line."""

    __tablename__ = "month_part"
    month: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    """From 0 on."""
    packed: Mapped[bytes] = mapped_column(LargeBinary)
    """zlib"""
    __table_args__ = (
        ForeignKeyConstraint(
            ["month", "version", "name"],
            ["month_file.month", "month_file.version", "month_file.name"],
            deferrable=True,
            initially="DEFERRED",
        ),
    )


class ClosedEntry(Model):
    """Where a balance transaction of a closed month was booked: one that went missing comes back to that place."""

    __tablename__ = "closed_entry"
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    month: Mapped[str] = mapped_column(Text)
    prior_period: Mapped[bool] = mapped_column(Boolean)
