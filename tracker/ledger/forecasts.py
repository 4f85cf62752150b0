"""Every forecast that was made, kept for ever with what it was made of: the record by which it is judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Float, Identity, Index, Text, select
from sqlalchemy.dialects.postgresql import JSONB, distinct_on
from sqlalchemy.orm import Mapped, Session, mapped_column

from tracker.db import Model


class StoredForecast(Model):
    """One forecast; never changed once written. A day may have several: the plan changed, or the goal."""

    __tablename__ = "forecast"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    campaign: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    made_on: Mapped[date]
    """The day in the campaign's zone: the first that was not over."""
    reason: Mapped[str] = mapped_column(Text)
    """first | night | plan: why it was made then."""
    inputs_hash: Mapped[str] = mapped_column(Text)
    seed: Mapped[int] = mapped_column(BigInteger)
    chance: Mapped[float] = mapped_column(Float)
    """Of the goal, 0 to 1."""
    inputs: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """All that it was made of: with the seed, the same forecast again."""
    told: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """All that it said."""
    __table_args__ = (Index("ix_forecast_campaign", "campaign", "made_at"),)


@dataclass(frozen=True, slots=True)
class Made:
    """A forecast as it stands in the record; `inputs` and `told` as they were written."""

    campaign: str
    made_at: datetime
    made_on: date
    reason: str
    inputs_hash: str
    seed: int
    inputs: Mapping[str, Any]
    told: Mapping[str, Any]


def put(session: Session, made: Made, chance: float) -> None:
    """Write it down; the caller commits."""
    session.add(
        StoredForecast(
            campaign=made.campaign,
            made_at=made.made_at,
            made_on=made.made_on,
            reason=made.reason,
            inputs_hash=made.inputs_hash,
            seed=made.seed,
            chance=chance,
            inputs=dict(made.inputs),
            told=dict(made.told),
        )
    )


def latest(session: Session, campaign: str, before: datetime | None = None) -> Made | None:
    """The one made last (`before` an instant, where one is given), or None before the first."""
    made = select(StoredForecast).where(StoredForecast.campaign == campaign)
    if before is not None:
        made = made.where(StoredForecast.made_at < before)
    order = StoredForecast.made_at.desc(), StoredForecast.id.desc()
    row = session.scalars(made.order_by(*order).limit(1)).first()
    return None if row is None else _made(row)


def of_days(session: Session, campaign: str) -> list[tuple[date, Mapping[str, Any]]]:
    """(day, what was told) of the first forecast of each day, in the order of time: later ones are not scored,
    for they might be made when the day's outcome was seen."""
    rows = session.execute(
        select(StoredForecast.made_on, StoredForecast.told)
        .where(StoredForecast.campaign == campaign)
        .ext(distinct_on(StoredForecast.made_on))
        .order_by(StoredForecast.made_on, StoredForecast.made_at, StoredForecast.id)
    )
    return [(row.made_on, row.told) for row in rows]


def _made(row: StoredForecast) -> Made:
    return Made(
        row.campaign,
        row.made_at,
        row.made_on,
        row.reason,
        row.inputs_hash,
        row.seed,
        row.inputs,
        row.told,
    )
