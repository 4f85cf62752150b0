"""How far growth goes on, learnt from the series' own past forecasts where it has any, and how far they missed.

A Bayesian linear regression with a normal-inverse-gamma prior (Gelman et al., Bayesian Data Analysis, 3rd ed.,
14.8): the logarithm of what came by what the profile said, grown by what lasts, on the growth seen beyond that.
Where the series is short the prior speaks; where growth is out of the ordinary the prediction widens by itself;
few independent windows make it a Student t, which is the small-sample factor.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from tracker.core.forecast.drives import YEAR
from tracker.core.forecast.inputs import Miss
from tracker.core.forecast.windows import LAGS, SEASON_DAYS, Windows

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Growth beyond what lasts continues to the power 0.375, half by the year so far and half by the last 56 days,
# standard deviation 0.15 each: powers of 0.25 to 0.5 did best where they were tried.
MEAN = (0.1875, 0.1875)
DEVIATIONS = (0.15, 0.15)
NOISE = 0.25
"""Prior standard deviation of the error in logs, worth `WORTH` independent windows."""
WORTH = 4.0
FLOOR = 0.08
"""No level is known better than to 8 %: the years that were seen are few, and alike by luck."""


@dataclass(frozen=True, slots=True)
class Level:
    """Log of the joins to come by the profile's: Student t around `centre`, so wide as `spread`."""

    centre: float
    spread: float
    freedom: float


def weigh(windows: Windows) -> "NDArray[np.float64]":
    """How far to trust each of the three earlier years, (3,): `LAGS` by how well each would have done before.

    Bayesian model averaging over the windows that all three tell of: each year's marginal likelihood under the
    same prior of the error, a Student t density (Gelman et al., 7.4).
    """
    all_known = ~np.isnan(windows.by_lag[:, :-1]).any(axis=0)
    counts = windows.independent * all_known
    likelihood = np.ones(len(LAGS))
    for lag, weight in enumerate(np.eye(len(LAGS))):
        missed = windows.missed(weight) - windows.seen.beyond[:-1] @ MEAN
        squares = float(counts @ np.where(all_known, missed, 0.0) ** 2)
        likelihood[lag] = (1 + squares / (WORTH * NOISE**2)) ** (-(WORTH + counts.sum()) / 2)
    weights = np.array(LAGS) * likelihood
    return np.asarray(weights / weights.sum())


def learn(windows: Windows, weights: "NDArray[np.float64]") -> Level:
    """From all windows but the last, the level of the last, which is now, by the years so weighted.

    What single days' chance added to the misses is taken off: the draws add it again, day by day.
    """
    counts, missed = windows.independent, windows.missed(weights)
    prior = np.diag((NOISE / np.array(DEVIATIONS)) ** 2)
    mean = np.array(MEAN)
    rows, here = windows.seen.beyond[:-1], windows.seen.beyond[-1]
    precision = prior + rows.T @ (counts[:, None] * rows)
    slope = np.linalg.solve(precision, prior @ mean + rows.T @ (counts * missed))
    squares = counts @ missed**2 + mean @ prior @ mean - slope @ precision @ slope - counts @ windows.chance[:-1]
    freedom = WORTH + float(counts.sum())
    widening = 1.0 + here @ np.linalg.solve(precision, here)
    spread = (WORTH * NOISE**2 + max(float(squares), 0.0)) / freedom * float(widening)
    return Level(float(here @ slope + windows.seen.lasting[-1]), max(FLOOR, spread**0.5), freedom)


def with_record(level: Level, misses: Sequence[Miss], on: date, lead: int) -> Level:
    """The spread with our own kept misses at leads between half and twice this one, of this season.

    Forecasts of one season miss together, so those of a year count one at most, and less the farther their season
    is from now's: how a quiet spring was missed says nothing of December, as with `tried` windows.
    """
    worth, squares = 0.0, 0.0
    by_year: dict[int, list[tuple[float, float]]] = {}
    for miss in misses:
        if lead / 2 <= miss.lead <= lead * 2:
            ago = (on - miss.made_on).days / YEAR
            near = math.exp(-(((ago - round(ago)) * YEAR / SEASON_DAYS) ** 2) / 2)
            by_year.setdefault(round(ago), []).append((near, miss.log_error**2))
    for found in by_year.values():
        most = max(near for near, _ in found)
        worth += most
        squares += most * sum(near * square for near, square in found) / max(sum(near for near, _ in found), 1e-9)
    spread = ((level.freedom * level.spread**2 + squares) / (level.freedom + worth)) ** 0.5
    return Level(level.centre, max(FLOOR, spread), level.freedom + worth)
