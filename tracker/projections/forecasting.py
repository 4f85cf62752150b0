"""The forecast of a campaign: gathered from the read models, made, kept, and asked "what if".

Every one is kept with all that it was made of; what-if and the page draw from what was kept, and read nothing
anew.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from tracker.core import money, phase
from tracker.core.campaign import Campaign, Metric, day_start, local_day
from tracker.core.forecast.answer import Forecast
from tracker.core.forecast.inputs import Drive, Due, Inputs
from tracker.core.growth import Renewed as Ended
from tracker.db import db
from tracker.ledger import forecasts
from tracker.ledger.forecasts import Made
from tracker.projections import calendar_notes, forecast_record, queries, renewals_ahead

DueAhead = Callable[[Campaign, datetime, list[Ended]], tuple[Due, ...]]
DRAWS = 4_000
YEAR = timedelta(days=365)
YEARLY_MONTHS = 6
"""Shorter terms than this come due before most deadlines."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The forecast that is shown."""

    made_at: datetime
    reason: str
    inputs: Inputs
    forecast: Forecast


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What might be otherwise: joins and lapses as shares of what is expected, a drive on other days."""

    joins: float = 1.0
    lapses: float = 1.0
    drive: int | None = None
    """Which of the drives to come, by its place; None: all as planned."""
    shift: int = 0
    """Days later, or earlier below 0."""


def gather(campaign: Campaign, now: datetime) -> Inputs | None:
    """Everything the forecast is made of; None while nothing true can be said."""
    if not queries.is_whole():
        return None
    on = min(local_day(now, campaign.zone), campaign.ends_on + timedelta(days=1))
    inputs = known(campaign, on, now, renewals_ahead.due, _drives(campaign))
    ahead = (inputs.ends_on - on).days + 1
    earlier = [(one.slug, forecast_record.came_a_day(one, one.ends_on)) for one in _before(campaign, on)]
    return replace(inputs, misses=forecast_record.misses([(campaign.slug, inputs.joins), *earlier], on, ahead))


def known(campaign: Campaign, on: date, now: datetime, due: DueAhead, drives: tuple[Drive, ...]) -> Inputs:
    """What was known when `on` began, with the rates of renewals that were decided by `now`."""
    since, yesterday = day_start(on, campaign.zone), on - timedelta(days=1)
    unit = unit_of(campaign)
    inputs = Inputs(
        on=on,
        ends_on=campaign.ends_on,
        starts_on=campaign.starts_on,
        count=max(queries.count_at(campaign, since) // unit, 0),
        goal=campaign.goal // unit,
        joins=forecast_record.came_a_day(campaign, yesterday),
        metric=campaign.metric.value,
        drives=drives,
    )
    if campaign.metric is not Metric.ACTIVE_MEMBERS:
        return inputs
    ended = renewals_ahead.ended(campaign, yesterday, now)
    return replace(
        inputs,
        due=due(campaign, since, ended),
        renewed=renewals_ahead.renewed(ended),
        monthly_share=_monthly_share(renewals_ahead.ended(campaign, yesterday, now, YEAR)),
    )


def _before(campaign: Campaign, on: date) -> list[Campaign]:
    """Campaigns of the same kind that are over: their forecasts are of the same joins."""
    alike = (campaign.metric, campaign.currency)
    return [one for one in queries.campaigns() if one.ends_on < on and (one.metric, one.currency) == alike]


def unit_of(campaign: Campaign) -> int:
    """What the forecast counts in: one person, or the minor units of a whole major unit of money."""
    if campaign.metric is not Metric.AMOUNT_RAISED:
        return 1
    digits = money.digits(campaign.currency)
    return int(10**digits)


def _drives(campaign: Campaign) -> tuple[Drive, ...]:
    told = [Drive(one.first_on, one.last_on, one.name, one.lift) for one in calendar_notes.drives(campaign)]
    return tuple(sorted(told, key=lambda one: (one.first_on, one.last_on, one.name)))


def _monthly_share(ended: Sequence[Ended]) -> float:
    """Of the first terms that ended in a year, those that were short."""
    first = [one for one in ended if one.is_first and one.standing != "failing"]
    short = sum(one.due for one in first if renewals_ahead.months_of(one.length) < YEARLY_MONTHS)
    every = sum(one.due for one in first)
    return short / every if every else 0.5


def follow(session: Session, campaign: Campaign, now: datetime) -> Kept | None:
    """Make the day's forecast, or a new one where the plan has changed since; the caller commits.

    None where there is nothing to do. Only the holder of the campaign's lock should call it.
    """
    last = forecasts.latest(session, campaign.slug)
    today = local_day(now, campaign.zone)
    if last is not None and last.made_on >= today and not _is_replanned(campaign, last):
        return None
    if last is not None and last.made_on > campaign.ends_on:
        return None  # it has ended, and the last one says so
    inputs = gather(campaign, now)
    if inputs is None:
        return None
    reason = "first" if last is None else "night" if last.made_on < today else "plan"
    return make(session, campaign, inputs, now, reason)


def latest(campaign: Campaign, before: datetime | None = None) -> Kept | None:
    """The forecast that stands now, or stood just before; None before the first was made, or where another version
    of us wrote it."""
    made = forecasts.latest(db.session(), campaign.slug, before)
    if made is None:
        return None
    inputs, forecast = forecasts.read(made.inputs, Inputs), forecasts.read(made.told, Forecast)
    return Kept(made.made_at, made.reason, inputs, forecast) if inputs and forecast else None


def what_if(kept: Kept, asked: WhatIf) -> Forecast:
    """The same forecast with something otherwise; the same seed, so that only that makes the difference."""
    if asked == WhatIf():
        return kept.forecast
    from tracker.core.forecast.simulate import simulate

    drives = _moved(kept.inputs.drives, kept.inputs.on, asked)
    inputs = replace(kept.inputs, joins_factor=asked.joins, lapses_factor=asked.lapses, drives=drives)
    return simulate(inputs, draws=DRAWS, seed=kept.forecast.seed)


def to_come(drives: Sequence[Drive], on: date) -> list[Drive]:
    """The drives that are not over, by their first day."""
    return sorted((drive for drive in drives if drive.last_on >= on), key=lambda drive: drive.first_on)


def year_before(campaign: Campaign, first: date, last: date, now: datetime) -> dict[date, int]:
    """Members at the end of the day a year before that is at the same phase of the campaign."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    before = phase.year_before(days, _drives(campaign))
    closings = {
        day.day: day.closing
        for day in queries.daily(campaign, min(before), min(max(before), local_day(now, campaign.zone)), now)
    }
    pairs = zip(days, before, strict=True)
    return {day: closings[earlier] for day, earlier in pairs if closings.get(earlier)}


def make(session: Session, campaign: Campaign, inputs: Inputs, now: datetime, reason: str) -> Kept:
    """Simulate and keep it; the seed follows from campaign and day. The caller commits."""
    from tracker.core.forecast.simulate import simulate

    seed = int.from_bytes(hashlib.sha256(f"{campaign.slug} {inputs.on}".encode()).digest()[:4], "big")
    found = simulate(inputs, draws=DRAWS, seed=seed)
    made = Made(
        campaign.slug,
        now,
        inputs.on,
        reason,
        found.inputs_hash,
        seed,
        _builtins(inputs),
        _builtins(found),
    )
    forecasts.put(session, made, found.chance)
    return Kept(now, reason, inputs, found)


def _builtins(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(value)
    return found


def _is_replanned(campaign: Campaign, last: Made) -> bool:
    """Whether goal, days or drives are no longer those it was made with."""
    before = forecasts.read(last.inputs, Inputs)
    if before is None or forecasts.read(last.told, Forecast) is None:
        return True
    planned = (campaign.goal // unit_of(campaign), campaign.starts_on, campaign.ends_on, _drives(campaign))
    return (before.goal, before.starts_on, before.ends_on, before.drives) != planned


def _moved(drives: Sequence[Drive], on: date, asked: WhatIf) -> tuple[Drive, ...]:
    planned = to_come(drives, on)
    if asked.drive is None or not 0 <= asked.drive < len(planned):
        return tuple(drives)
    chosen, shift = planned[asked.drive], timedelta(days=asked.shift)
    moved = replace(chosen, first_on=chosen.first_on + shift, last_on=chosen.last_on + shift)
    return tuple(moved if drive is chosen else drive for drive in drives)
