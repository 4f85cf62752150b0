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
SEASON_DAYS = 14
"""Standard deviation of the days by which a window's season may differ from now's and still tell of it."""
SLACK = 20
"""A year that lacks so many days is still a year."""
TRUE_GROWTH = 0.3
"""Standard deviation of a year's growth in logs; growth seen in few joins is drawn to none by as much."""
MOST = 2 * TRUE_GROWTH
"""Growth seen beyond two deviations is a moved campaign or a burst more than it is growth; it levels off here."""


@dataclass(frozen=True, slots=True)
class Windows:
    """One column an origin, the last is now; sums of joins over `ahead` days from it."""

    by_lag: "NDArray[np.float64]"
    """(3, n): what each earlier year says, at the level of the last year; NaN where not known."""
    came: "NDArray[np.float64]"
    """Of now: nothing."""
    growths: "NDArray[np.float64]"
    """(n, 2): logs of this year by last, in the part of the year outside the window, and in the last 56 days."""
    chance: "NDArray[np.float64]"
    """Variance, in logs, that the chance of single days alone gives such a sum."""
    independent: "NDArray[np.float64]"
    """What each past window counts for: those of a season in one year together one, of other seasons none."""

    def missed(self, weights: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """Log of what came by the profile of the years so weighted, for the past windows."""
        known = weights[:, None] * ~np.isnan(self.by_lag)
        profile = (known * np.nan_to_num(self.by_lag)).sum(axis=0) / np.maximum(known.sum(axis=0), 1e-9)
        return np.asarray(np.log((self.came + 0.5) / (profile + 0.5))[:-1])


def scales(joins: "NDArray[np.float64]", origins: "NDArray[np.int64]") -> "NDArray[np.float64]":
    """(3, n): the last year's joins by those of one, two and three years back; NaN where not known."""
    sums = _sums(joins)
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
    past = np.arange(now - ahead, first + RECENT // 2, -STEP)[::-1] if ahead <= YEAR - STEP else np.zeros(0)
    origins = np.append(past, now).astype(np.int64)
    ends = origins + ahead
    said = _sums(np.nan_to_num(aligned))
    known = _sums((~np.isnan(aligned)).astype(float))
    within = said[:, ends] - said[:, origins]
    by_lag = np.where(known[:, ends] - known[:, origins] == ahead, within, np.nan)
    squares = _sums(np.nan_to_num(aligned[:1]) ** 2)[0]
    chance = 1.0 / (within[0] + 0.5) + dispersion * (squares[ends] - squares[origins]) / (within[0] + 0.5) ** 2
    joins = _sums(history.joins)
    apart = np.abs((origins[:-1] - now + YEAR / 2) % YEAR - YEAR / 2)
    return Windows(
        by_lag * scales(history.calm, origins),
        joins[np.minimum(ends, now)] - joins[origins],
        _growths(history, aligned[0], origins, ahead, dispersion),
        chance,
        np.exp(-((apart / SEASON_DAYS) ** 2) / 2) * STEP / (SEASON_DAYS * (2 * np.pi) ** 0.5),
    )


def _sums(values: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Running sums along the days, from none: the sum of days a to b is one difference."""
    return np.concatenate((np.zeros((*values.shape[:-1], 1)), np.cumsum(values, axis=-1)), axis=-1)


def _growths(
    history: History, last_year: "NDArray[np.float64]", origins: "NDArray[np.int64]", ahead: int, dispersion: float
) -> "NDArray[np.float64]":
    """Drawn to none where few joins tell: shrunk by the true share of the variance (errors in variables)."""
    then = last_year[: history.days]
    both = ~np.isnan(then)
    sums = [_sums(np.where(both, part, 0.0)) for part in (history.calm, then)]
    days = _sums(both.astype(float))
    columns = []
    for length in (max(RECENT, YEAR - ahead), RECENT):
        start = np.maximum(origins - length, 0)
        now, before = (one[origins] - one[start] for one in sums)
        chance = 1 / (now + 1) + 1 / (before + 1) + 2 * dispersion / np.maximum(days[origins] - days[start], 1)
        seen = MOST * np.tanh(np.log((now + 0.5) / (before + 0.5)) / MOST)
        columns.append(seen * TRUE_GROWTH**2 / (TRUE_GROWTH**2 + chance))
    return np.column_stack(columns)
