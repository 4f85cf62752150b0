"""Past forecasts, tried again: what the profile would have said of as long a window, and what came."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tracker.core.forecast.drives import YEAR
from tracker.core.forecast.history import History

if TYPE_CHECKING:
    from numpy.typing import NDArray

LAGS = (0.5, 0.3, 0.2)
"""Weight of the last year, the one before, and the third."""
RECENT = 56
STEP = 7
SLACK = 20
"""A year that lacks so many days is still a year."""
TRUE_GROWTH = 0.3
"""Standard deviation of a year's growth in logs; growth seen in few joins is drawn to none by as much."""
MOST = 2 * TRUE_GROWTH
"""Growth seen beyond two deviations is a moved campaign or a burst more than it is growth; it levels off here."""


@dataclass(frozen=True, slots=True)
class Windows:
    """One row an origin, the last is now; sums of joins over `ahead` days from it."""

    origins: "NDArray[np.int64]"
    profile: "NDArray[np.float64]"
    came: "NDArray[np.float64]"
    """Of now: nothing."""
    growths: "NDArray[np.float64]"
    """(n, 2): logs of this year by last, in the part of the year outside the window, and in the last 56 days."""
    noise: "NDArray[np.float64]"
    """Variance, in logs, that the chance of single days alone gives such a sum."""

    @property
    def missed(self) -> "NDArray[np.float64]":
        return np.log((self.came + 0.5) / (self.profile + 0.5))


def scales(ordinary: "NDArray[np.float64]", origins: "NDArray[np.int64]") -> "NDArray[np.float64]":
    """(3, n): the last year's ordinary joins by those of one, two and three years back; NaN where not known."""
    sums = np.concatenate(([0.0], np.cumsum(ordinary)))
    found = np.full((len(LAGS), len(origins)), np.nan)
    last = sums[origins] - sums[np.maximum(origins - YEAR, 0)]
    for lag in range(len(LAGS)):
        start, end = origins - YEAR * (lag + 1), origins - YEAR * lag
        known = (start >= -SLACK) | (lag == 0)
        year = sums[np.maximum(end, 0)] - sums[np.maximum(start, 0)]
        found[lag] = np.where(known, (last + 5.0) / (year + 5.0), np.nan)
    return found


def tried(history: History, aligned: "NDArray[np.float64]", ahead: int, dispersion: float) -> Windows:
    """Every week's window that is over and had a year before it; `aligned` as of `joins.align`, drives in it."""
    now, first = history.days, int(np.flatnonzero(~np.isnan(aligned[0]))[0])
    origins = np.arange(now - ahead, first + RECENT // 2, -STEP)[::-1] if ahead <= YEAR - STEP else np.zeros(0)
    origins = np.append(origins, now).astype(np.int64)
    sums = np.concatenate((np.zeros((len(LAGS), 1)), np.cumsum(np.nan_to_num(aligned), axis=1)), axis=1)
    known = np.concatenate((np.zeros((len(LAGS), 1)), np.cumsum(~np.isnan(aligned), axis=1)), axis=1)
    within = sums[:, origins + ahead] - sums[:, origins]
    weights = np.array(LAGS)[:, None] * (known[:, origins + ahead] - known[:, origins] == ahead)
    scale = scales(history.ordinary, origins)
    weights = np.where(np.isnan(scale), 0.0, weights)
    total = np.maximum(weights.sum(axis=0), 1e-9)
    profile = (weights * np.nan_to_num(scale) * within).sum(axis=0) / total
    came = np.concatenate(([0.0], np.cumsum(history.joins)))
    ends = np.minimum(origins + ahead, now)
    squares = np.concatenate(([0.0], np.cumsum(np.nan_to_num(aligned[0]) ** 2)))
    noise = 1.0 / (profile + 0.5)
    noise = noise + dispersion * (squares[origins + ahead] - squares[origins]) / (within[0] + 0.5) ** 2
    return Windows(origins, profile, came[ends] - came[origins], _growths(history, aligned[0], origins, ahead, dispersion), noise)


def _growths(
    history: History, last_year: "NDArray[np.float64]", origins: "NDArray[np.int64]", ahead: int, dispersion: float
) -> "NDArray[np.float64]":
    """Drawn to none where few joins tell: an errors-in-variables shrinkage by the share of the variance that is true."""
    then = last_year[: history.days]
    both = ~np.isnan(then)
    sums = [np.concatenate(([0.0], np.cumsum(np.where(both, part, 0.0)))) for part in (history.calm, then)]
    days = np.concatenate(([0], np.cumsum(both)))
    columns = []
    for length in (max(RECENT, YEAR - ahead), RECENT):
        start = np.maximum(origins - length, 0)
        now, before = (one[origins] - one[start] for one in sums)
        chance = 1 / (now + 1) + 1 / (before + 1) + 2 * dispersion / np.maximum(days[origins] - days[start], 1)
        columns.append(MOST * np.tanh(np.log((now + 0.5) / (before + 0.5)) / MOST) * TRUE_GROWTH**2 / (TRUE_GROWTH**2 + chance))
    return np.column_stack(columns)
