"""Every forecast that was made, kept for ever with what it was made of: the record by which it is judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import BigInteger, Float, Identity, Index, Text, func, select
from sqlalchemy.dialects.postgresql import JSONB, distinct_on
from sqlalchemy.orm import Mapped, Session, mapped_column

from tracker.core.forecast.answer import Forecast
from tracker.core.forecast.inputs import Inputs
from tracker.db import Instant, Model

_Value = TypeVar("_Value", Inputs, Forecast)

HINDCAST = "hindcast"
"""The reason of one that was made long after its day, of what was known on it: tried, not promised."""


class StoredForecast(Model):
    """One forecast; never changed once written. A day may have several: the plan changed, or the goal."""

    __tablename__ = "forecast"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    campaign: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_on: Mapped[date]
    """The day in the campaign's zone: the first that was not over."""
    reason: Mapped[str] = mapped_column(Text)
    """first | night | plan: why it was made then; hindcast: it was not."""
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
    """The promise made last (`before` an instant, where one is given), or None before the first."""
    made = select(StoredForecast).where(StoredForecast.campaign == campaign, StoredForecast.reason != HINDCAST)
    if before is not None:
        made = made.where(StoredForecast.made_at < before)
    order = StoredForecast.made_at.desc(), StoredForecast.id.desc()
    row = session.scalars(made.order_by(*order).limit(1)).first()
    return None if row is None else _made(row)


def of_days(session: Session, campaign: str) -> list[tuple[date, str, Mapping[str, Any]]]:
    """(day, reason, what was told) of the first forecast of each day, in the order of time: later ones are not
    scored, for they might be made when the day's outcome was seen."""
    rows = session.execute(
        select(StoredForecast.made_on, StoredForecast.reason, StoredForecast.told)
        .where(StoredForecast.campaign == campaign)
        .ext(distinct_on(StoredForecast.made_on))
        .order_by(StoredForecast.made_on, StoredForecast.made_at, StoredForecast.id)
    )
    return [(row.made_on, row.reason, row.told) for row in rows]


def first_day(session: Session, campaign: str) -> date | None:
    """The day of the first promise."""
    return session.scalar(
        select(func.min(StoredForecast.made_on)).where(
            StoredForecast.campaign == campaign, StoredForecast.reason != HINDCAST
        )
    )


def has_hindcasts(session: Session, campaign: str) -> bool:
    """Whether they were made."""
    of_it = (StoredForecast.campaign == campaign, StoredForecast.reason == HINDCAST)
    return session.scalar(select(StoredForecast.id).where(*of_it).limit(1)) is not None


def joins_told(session: Session, campaign: str, version: int) -> list[tuple[date, list[tuple[int, int]]]]:
    """(day, (days ahead, joins by then) ...) of the first promise of each day by that version of the method."""
    rows = session.execute(
        select(StoredForecast.made_on, StoredForecast.told["joins_after"].label("after"))
        .where(StoredForecast.campaign == campaign, StoredForecast.reason != HINDCAST)
        .where(StoredForecast.told["version"].as_integer() == version)
        .ext(distinct_on(StoredForecast.made_on))
        .order_by(StoredForecast.made_on, StoredForecast.made_at, StoredForecast.id)
    )
    return [(row.made_on, [(lead, joins) for lead, joins in row.after or ()]) for row in rows]


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


def read(kept: Mapping[str, Any], what: type[_Value]) -> _Value | None:
    """What was kept, as it was; None where another version of the method wrote it, whose words we do not know."""
    try:
        return msgspec.convert(kept, what)
    except msgspec.ValidationError:
        return None
