"""The forecast's own record: what it said beside what came, for people and for the next forecast."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate

from tracker.core.campaign import Campaign, Metric, local_day
from tracker.core.forecast.answer import LEADS, VERSION, Fan, Forecast
from tracker.core.forecast.inputs import Miss
from tracker.db import db
from tracker.ledger import forecasts
from tracker.projections import growth, money_raised, queries

WEEK, YEAR = 7, 365.25
FARTHEST = 42
"""Days of the year between a past forecast and now: three deviations of `windows.SEASON_DAYS`."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One past forecast beside what came."""

    made_on: date
    ends_on: date
    """Its deadline; of a hindcast a year's earlier, maybe."""
    is_hindcast: bool
    """Made long after its day, of what was known on it."""
    p10: float
    p50: float
    p90: float
    chance: float | None
    """These four of the deadline; None for another deadline, which had no goal of ours."""
    lead: int
    """Days ahead that it is judged at here."""
    low: float
    expected: float
    high: float
    """Its 80 % band and median for that day."""
    came: int | None
    """What was counted at the end of that day; None before it is over."""

    @property
    def is_held(self) -> bool | None:
        """Whether the 80 % band held what came."""
        return None if self.came is None else self.low <= self.came <= self.high


def judged(campaign: Campaign, now: datetime) -> list[Judged]:
    """The first forecast of each day beside what came at each lead that has come."""
    read = [
        (made_on, reason == forecasts.HINDCAST, forecasts.read(values, Forecast))
        for made_on, reason, values in forecasts.of_days(db.session(), campaign.slug)
    ]
    told = [(made_on, is_hindcast, forecast) for made_on, is_hindcast, forecast in read if forecast is not None]
    if not told:
        return []
    came = _came(campaign, told[0][0], now)
    return [
        _beside(campaign, forecast, lead, band, came(forecast, band.on), is_hindcast=is_hindcast)
        for _, is_hindcast, forecast in told
        for lead, band in _bands(forecast)
    ]


def misses(told: Sequence[tuple[str, Sequence[tuple[date, int]]]], on: date, ahead: int) -> tuple[Miss, ...]:
    """Kept promises whose days are over, of this season and about as long a lead; campaigns with their joins.

    Every seventh day's: neighbours miss together. Hindcasts are none of them: the method tries the same days
    again itself, and what is known once shall not count twice.
    """
    found = []
    for slug, joins in told:
        days = [day for day, _ in joins]
        so_far = dict(zip(days, accumulate(count for _, count in joins), strict=True))
        for made_on, after in forecasts.joins_told(db.session(), slug, VERSION):
            ago = (on - made_on).days
            apart = abs(ago / YEAR - round(ago / YEAR)) * YEAR
            for lead, expected in after if not ago % WEEK and apart <= FARTHEST else ():
                end = made_on + timedelta(days=lead - 1)
                if ahead / 2 <= lead <= ahead * 2 and lead <= ago and end in so_far:
                    came = so_far[end] - so_far.get(made_on - timedelta(days=1), 0)
                    error = math.log((max(came, 0) + 0.5) / (max(expected, 0) + 0.5))
                    found.append(Miss(made_on, lead, round(error, 4)))
    return tuple(found)


def came_a_day(campaign: Campaign, until: date) -> list[tuple[date, int]]:
    """What came on each whole day: persons, or whole major units of money."""
    if campaign.metric is Metric.AMOUNT_RAISED:
        return money_raised.a_day(campaign, until)
    is_first = campaign.metric is Metric.NEW_MEMBERS
    told = growth.joins_history(campaign, until)
    return [(one.day, one.joined + (0 if is_first else one.returned)) for one in told]


def _came(campaign: Campaign, first: date, now: datetime) -> Callable[[Forecast, date], int | None]:
    """What was counted at the end of a day; of what is only added to, what it began with and what came."""
    last = min(local_day(now, campaign.zone) - timedelta(days=1), campaign.ends_on)
    if campaign.metric is Metric.ACTIVE_MEMBERS:
        closings = {day.day: day.closing for day in queries.daily(campaign, first, last, now)}
        return lambda _, day: closings.get(day)
    joins = came_a_day(campaign, last)
    so_far = dict(zip([day for day, _ in joins], accumulate(count for _, count in joins), strict=True))

    def came(forecast: Forecast, day: date) -> int | None:
        before = so_far.get(forecast.on - timedelta(days=1), 0)
        began = forecast.p50 - sum(persons for _, persons in forecast.drivers)
        return began + so_far[day] - before if day in so_far else None

    return came


def _bands(forecast: Forecast) -> list[tuple[int, Fan]]:
    fan = {one.on: one for one in forecast.fan}
    leads = sorted({*LEADS, (forecast.ends_on - forecast.on).days + 1})
    days = [(lead, forecast.on + timedelta(days=lead - 1)) for lead in leads]
    return [(lead, fan[day]) for lead, day in days if day in fan]


def _beside(
    campaign: Campaign, forecast: Forecast, lead: int, band: Fan, came: int | None, *, is_hindcast: bool
) -> Judged:
    return Judged(
        forecast.on,
        forecast.ends_on,
        is_hindcast,
        forecast.p10,
        forecast.p50,
        forecast.p90,
        forecast.chance if forecast.ends_on == campaign.ends_on or not is_hindcast else None,
        lead,
        band.p10,
        band.p50,
        band.p90,
        came,
    )
