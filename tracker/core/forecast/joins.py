"""The joins to come, a day at a time: the profile of up to three earlier years, at the level of now."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

import numpy as np

from tracker.core.forecast import growth
from tracker.core.forecast.drives import YEAR, added
from tracker.core.forecast.history import History, moving_mean, read
from tracker.core.forecast.inputs import Inputs
from tracker.core.forecast.phases import earlier
from tracker.core.forecast.season import days_from, share_of
from tracker.core.forecast.windows import LAGS, STEP, scales, tried

if TYPE_CHECKING:
    from numpy.typing import NDArray

REGULAR = 4.0
"""A day of an earlier year is believed as a count beside its surroundings' mean that is worth four joins."""

SD = 14
DISPERSION = 0.3
"""Of a day, where too few are known to measure it."""
FEWEST, LEAST_SHARE = 4.0, 0.02
"""Joins on the coming days' counterparts, and their share of the last year's mean, that say something at least."""
WEEK = 7 / 365
"""What stands in for days that are not known weighs a week of a year."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Joins a day from the first day that is not over to the deadline, before any noise."""

    ordinary: "NDArray[np.float64]"
    driven: "NDArray[np.float64]"
    """What the drives add to the ordinary."""
    even: float
    """Ordinary joins a day were every day of the year alike."""
    level: growth.Level
    dispersion: float
    """Of a day: its variance is mean + dispersion x mean squared (gamma-Poisson)."""
    method: Literal["profile", "season curve"]

    @property
    def daily(self) -> "NDArray[np.float64]":
        return self.ordinary + self.driven


@dataclass(frozen=True, slots=True)
class Aligned:
    """What earlier years say of each known day and each to come: one row a year back, NaN where not known."""

    ordinary: "NDArray[np.float64]"
    driven: "NDArray[np.float64]"

    @property
    def whole(self) -> "NDArray[np.float64]":
        return self.ordinary + self.driven


def align(history: History, inputs: Inputs, ahead: int) -> Aligned:
    """Shape of both: (3, known days + `ahead`)."""
    multiple, extra = added(history, inputs.drives, ahead, len(LAGS))
    surroundings = moving_mean(history.ordinary, np.ones(history.days, bool), 14)
    smooth = (REGULAR + history.ordinary) * surroundings / (REGULAR + surroundings)
    days = np.arange(history.days + ahead) + history.first
    ordinary, driven = np.full((2, len(LAGS), len(days)), np.nan)
    for lag in range(len(LAGS)):
        place = earlier(days, lag + 1) - history.first
        known = (place >= 0) & (place < history.days)
        ordinary[lag, known] = smooth[place[known]]
        driven[lag, known] = smooth[place[known]] * (multiple[known] - 1) + extra[lag, known]
    return Aligned(ordinary, np.maximum(driven, -ordinary))


def outlook(inputs: Inputs, ahead: int) -> Outlook:
    """The coming `ahead` days by the earlier years' profile, or by the season curve where there is no year yet."""
    history = read(inputs.joins, inputs.on, inputs.drives)
    if history.days >= YEAR // 2:
        aligned = align(history, inputs, ahead)
        known = ~np.isnan(aligned.ordinary[:, history.days :]).all(axis=0)
        if known.mean() >= 0.5 and _is_telling(history, aligned, ahead):
            return _by_profile(inputs, history, aligned, ahead)
    return _by_season(inputs, history, ahead)


def _is_telling(history: History, aligned: Aligned, ahead: int) -> bool:
    """Whether earlier years brought enough to have a shape: the handful of a quiet launch has none."""
    years = aligned.ordinary[:, history.days :]
    told = float(np.nansum(years) / max((~np.isnan(years)).sum() / ahead, 1e-9))
    lately = history.ordinary[-YEAR:].sum() * ahead / YEAR
    return bool(told >= max(FEWEST, LEAST_SHARE * lately))


def dispersion_of(joins: "NDArray[np.float64]") -> float:
    """How much more than by chance a day differs from the same weekday a week before, over the last three years.

    By moments: half the squared difference estimates mean + dispersion x mean squared. The largest twentieth is
    cut off, so that bursts and the first days of campaigns do not speak for all.
    """
    days = joins[-3 * YEAR :]
    if len(days) < 4 * STEP:
        return DISPERSION
    mean = (days[STEP:] + days[:-STEP]) / 2
    excess = (days[STEP:] - days[:-STEP]) ** 2 / 2 - mean
    kept = excess <= np.quantile(excess, 0.95)
    return float(np.clip(excess[kept].sum() / max((mean[kept] ** 2).sum(), 1.0), 0.005, 5.0))


def _by_profile(inputs: Inputs, history: History, aligned: Aligned, ahead: int) -> Outlook:
    dispersion = dispersion_of(history.calm)
    windows = tried(history, aligned.whole, ahead, dispersion)
    weights = growth.weigh(windows)
    level = growth.learn(windows, weights)
    ordinary, driven = _blended(history, aligned, weights)
    even = float(history.ordinary[-YEAR:].mean())
    return Outlook(
        ordinary, driven, even, growth.with_record(level, inputs.misses, inputs.on, ahead), dispersion, "profile"
    )


def _blended(
    history: History, aligned: Aligned, years: "NDArray[np.float64]"
) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """The coming days of the earlier years, each brought to the last one's level and weighing as in `years`.

    Days that no earlier year tells of, far ahead, get the mean of those that one does.
    """
    now = history.days
    scale = scales(history.calm, np.array([now]))
    known = ~np.isnan(aligned.ordinary[:, now:]) & ~np.isnan(scale)
    weights = years[:, None] * known
    total = weights.sum(axis=0)
    weights = weights / np.maximum(total, 1e-9) * np.nan_to_num(scale)
    parts = [(weights * np.nan_to_num(part[:, now:])).sum(axis=0) for part in (aligned.ordinary, aligned.driven)]
    ordinary, driven = (np.where(total > 0, part, part[total > 0].mean()) for part in parts)
    return ordinary, driven


def _by_season(inputs: Inputs, history: History, ahead: int) -> Outlook:
    """Joins a year by the curve's share of the days that are known, then along it; wide, and wider the fewer.

    The spread adds what the curve may be wrong by (a December of 17 to 34 %), a level known from few days, and
    what stands in for it where there are next to none.
    """
    first, known = history.first, history.days
    shares = np.array([share_of(date.fromordinal(first + n), inputs.season) for n in range(known + ahead)])
    shares = (shares + 0.02 * sum(inputs.season) / YEAR) / (1.02 * sum(inputs.season))
    past, coming = float(shares[:known][-YEAR:].sum()), shares[known:]
    a_year = (float(history.ordinary[-YEAR:].sum()) + WEEK * _stand_in(inputs, coming.sum())) / (past + WEEK)
    spread = (0.3**2 + 0.6**2 * 30 / (30 + known) + 0.8**2 * WEEK / (past + WEEK)) ** 0.5
    multiple, extra = added(history, inputs.drives, ahead, 1)
    ordinary = a_year * coming
    driven = np.maximum(ordinary * (multiple[known:] - 1) + extra[0, known:], -ordinary)
    level = growth.with_record(growth.Level(0.0, spread, 6.0), inputs.misses, inputs.on, ahead)
    return Outlook(ordinary, driven, a_year / YEAR, level, dispersion_of(history.calm), "season curve")


def _stand_in(inputs: Inputs, coming: float) -> float:
    """Joins a year where no day is known: by the count since the start, a third of the members, half the goal."""
    if inputs.metric != "active_members" and inputs.count and inputs.on > inputs.starts_on:
        since = days_from(inputs.starts_on, inputs.on - timedelta(days=1))
        share = sum(share_of(day, inputs.season) for day in since) / sum(inputs.season)
        return inputs.count / max(share, WEEK)
    if inputs.metric == "active_members" and inputs.count:
        return inputs.count / 3
    return max(inputs.goal - inputs.count, 0) / 2 / max(coming, WEEK)
