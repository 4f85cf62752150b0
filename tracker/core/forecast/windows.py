"""Past forecasts, tried again: what the profile would have said of as long a window, and what came."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tracker.core.forecast.drives import YEAR
from tracker.core.forecast.history import History
from tracker.core.forecast.seen import RECENT, SLACK, Seen, growth, running

if TYPE_CHECKING:
    from numpy.typing import NDArray

LAGS = (0.5, 0.3, 0.2)
"""Weight of the last year, the one before, and the third."""
STEP = 7
SEASON_DAYS = 14
"""Standard deviation of the days by which a window's season may differ from now's and still tell of it."""


@dataclass(frozen=True, slots=True)
class Windows:
    """One column an origin, the last is now; sums of joins over `ahead` days from it."""

    by_lag: "NDArray[np.float64]"
    """(3, n): what each earlier year says, at the level of the last year; NaN where not known."""
    came: "NDArray[np.float64]"
    """Of now: nothing."""
    seen: Seen
    chance: "NDArray[np.float64]"
    """Variance, in logs, that the chance of single days alone gives such a sum."""
    independent: "NDArray[np.float64]"
    """What each past window counts for: those of a season in one year together one, of other seasons none."""

    def missed(self, weights: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """Log of what came by the profile of the years so weighted, grown by what lasts; for the past windows."""
        known = weights[:, None] * ~np.isnan(self.by_lag)
        profile = (known * np.nan_to_num(self.by_lag)).sum(axis=0) / np.maximum(known.sum(axis=0), 1e-9)
        return np.asarray((np.log((self.came + 0.5) / (profile + 0.5)) - self.seen.lasting)[:-1])


def scales(joins: "NDArray[np.float64]", origins: "NDArray[np.int64]") -> "NDArray[np.float64]":
    """(3, n): the last year's joins by those of one, two and three years back; NaN where not known."""
    sums = running(joins)
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
    said = running(np.nan_to_num(aligned))
    known = running((~np.isnan(aligned)).astype(float))
    within = said[:, ends] - said[:, origins]
    by_lag = np.where(known[:, ends] - known[:, origins] == ahead, within, np.nan)
    squares = running(np.nan_to_num(aligned[:1]) ** 2)[0]
    chance = 1.0 / (within[0] + 0.5) + dispersion * (squares[ends] - squares[origins]) / (within[0] + 0.5) ** 2
    joins = running(history.joins)
    apart = np.abs((origins[:-1] - now + YEAR / 2) % YEAR - YEAR / 2)
    return Windows(
        by_lag * scales(history.calm, origins),
        joins[np.minimum(ends, now)] - joins[origins],
        growth(history, aligned[0], origins, ahead, dispersion),
        chance,
        np.exp(-((apart / SEASON_DAYS) ** 2) / 2) * STEP / (SEASON_DAYS * (2 * np.pi) ** 0.5),
    )
