"""The growth that could be seen at each origin: what of it lasts from year to year, and what is of the moment.

Growth is a publisher's own drift, which lasts, plus what each year adds, which does not: a normal hierarchy whose
variances the years themselves tell (Gelman et al., Bayesian Data Analysis, 3rd ed., 5.4). Before two years were
compared, half of the variance is drift's. Growth is believed as far as its months agree on it: a ratio of sums
errs as its parts stray from it (Cochran, Sampling Techniques, 3rd ed., 6.4), so what a few loud weeks did is
drawn to none and what every month did stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tracker.core.forecast.drives import YEAR
from tracker.core.forecast.history import History

if TYPE_CHECKING:
    from numpy.typing import NDArray

RECENT = 56
SLACK = 20
"""A year that lacks so many days is still a year."""
TRUE_GROWTH = 0.3
"""Standard deviation of a year's growth in logs; growth seen in few joins is drawn to none by as much."""
MOST = 2 * TRUE_GROWTH
"""Growth seen beyond two deviations is a moved campaign or a burst more than it is growth; it levels off here."""
MONTH, MONTHS = 28, 13
YEARS = 3
"""As many as the profile is made of: how a publisher grew before says little of now."""
DRIFT = OF_ONE_YEAR = TRUE_GROWTH**2 / 2
"""Variance of the growth that lasts, and of what one year adds to it, before the years have told."""
WORTH = 4.0
"""Years that `OF_ONE_YEAR` is worth beside those that are known."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One entry an origin, in logs a year."""

    lasting: "NDArray[np.float64]"
    """(n,): the drift, by the years known then."""
    beyond: "NDArray[np.float64]"
    """(n, 2): growth beyond it, in the part of the year outside the window, and in the last 56 days."""


def growth(
    history: History, last_year: "NDArray[np.float64]", origins: "NDArray[np.int64]", ahead: int, dispersion: float
) -> Seen:
    """This year by last at each origin; `last_year`: for each known day its like of the year before, or NaN."""
    then = last_year[: history.days]
    both = ~np.isnan(then)
    sums = [running(np.where(both, part, 0.0)) for part in (history.calm, then)]
    days = running(both.astype(float))
    strayed, months = _strayed(sums, origins)
    lasting = _lasting(history, origins, strayed * _concentrated(months), dispersion)
    columns = []
    for length in (max(RECENT, YEAR - ahead), RECENT):
        start = np.maximum(origins - length, 0)
        now, before = (one[origins] - one[start] for one in sums)
        chance = 1 / (now + 1) + 1 / (before + 1) + 2 * dispersion / np.maximum(days[origins] - days[start], 1)
        chance += strayed * _concentrated(months[: round(length / MONTH)])
        seen = _levelled(np.log((now + 0.5) / (before + 0.5)))
        columns.append(seen * TRUE_GROWTH**2 / (TRUE_GROWTH**2 + chance))
    return Seen(lasting, np.column_stack(columns) - lasting[:, None])


def running(values: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Running sums along the days, from none: the sum of days a to b is one difference."""
    return np.concatenate((np.zeros((*values.shape[:-1], 1)), np.cumsum(values, axis=-1)), axis=-1)


def _strayed(
    sums: "Sequence[NDArray[np.float64]]", origins: "NDArray[np.int64]"
) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """The variance in logs of one month around its year's growth, (n,), and the months' joins, (13, n)."""
    edges = np.maximum(origins - MONTH * np.arange(MONTHS + 1)[:, None], 0)
    now, before = (one[edges[:-1]] - one[edges[1:]] for one in sums)
    expected = before * (now.sum(axis=0) + 0.5) / (before.sum(axis=0) + 0.5)
    months = (now + expected) / 2
    squares = ((now - expected) ** 2).sum(axis=0) / np.maximum((months**2).sum(axis=0), 1e-9)
    return squares * MONTHS / (MONTHS - 1), months


def _concentrated(months: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """One by the number of equal months that would say as much: 1 where one month brought everything."""
    return np.asarray((months**2).sum(axis=0) / np.maximum(months.sum(axis=0) ** 2, 1e-9))


def _lasting(
    history: History, origins: "NDArray[np.int64]", unsure: "NDArray[np.float64]", dispersion: float
) -> "NDArray[np.float64]":
    """The drift by the last years that had one before them; the more they agree, the more of it is believed."""
    sums = running(history.calm)
    ends = origins - YEAR * np.arange(YEARS)[:, None]
    known = ends - 2 * YEAR >= -SLACK
    edges = [np.maximum(ends - YEAR * back, 0) for back in range(3)]
    now, before = sums[edges[0]] - sums[edges[1]], sums[edges[1]] - sums[edges[2]]
    grown = np.where(known, _levelled(np.log((now + 5.0) / (before + 5.0))), 0.0)
    chance = np.where(known, 1 / (now + 1) + 1 / (before + 1) + 2 * dispersion / YEAR, 0.0)
    years = known.sum(axis=0)
    mean = grown.sum(axis=0) / np.maximum(years, 1)
    apart = (known * (grown - mean) ** 2).sum(axis=0)
    of_one = (WORTH * OF_ONE_YEAR + apart) / (WORTH + np.maximum(years - 1, 0))
    of_one += unsure + chance.sum(axis=0) / np.maximum(years, 1)
    return np.asarray(mean * years * DRIFT / (years * DRIFT + of_one))


def _levelled(growth: "NDArray[np.float64]") -> "NDArray[np.float64]":
    return np.asarray(MOST * np.tanh(growth / MOST))
