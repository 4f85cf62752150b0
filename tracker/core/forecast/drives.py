"""What a drive adds to the ordinary joins: measured from earlier drives, aligned by its own phase, not by date."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from tracker.core.forecast.history import History, span
from tracker.core.forecast.inputs import Drive

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNKNOWN_LIFT = 2.0
"""Of a drive without any before it: twice the ordinary joins, until one was measured."""
YEAR = 365
FARTHEST = 150
"""Days by which a drive may have moved since an earlier year and still be that year's."""


def added(
    history: History, drives: Sequence[Drive], ahead: int, years: int
) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """For each known day and `ahead` days after: a multiple of the ordinary joins; joins on top, (years, days).

    The multiple is a declared lift, or stands in for a first drive's; the rest is measured: what the like drive of
    each earlier year added, in that year's joins. A drive of the past is given what those before it would have
    promised, so that past forecasts can be tried on it.
    """
    total = history.days + ahead
    extra, multiple = np.zeros((years, total)), np.ones(total)
    past = [drive for drive in drives if _is_whole(drive, history)]
    for drive in drives:
        where = span(drive, history.first, total)
        before = [one for one in past if one.last_on < drive.first_on]
        if drive.lift is not None or not before:
            multiple[where] = UNKNOWN_LIFT if drive.lift is None else drive.lift
        elif where.stop > where.start:
            start = drive.first_on.toordinal() - history.first
            for lag in range(years):
                promised = _of_year(drive, before, history, lag + 1)
                extra[lag, where] += promised[where.start - start : where.stop - start]
    return multiple, extra


def _of_year(drive: Drive, before: Sequence[Drive], history: History, years: int) -> "NDArray[np.float64]":
    """Joins on top of the ordinary, each day of the drive, so many years before: by that year's or any."""
    then = drive.first_on.toordinal() - YEAR * years
    like = [one for one in before if abs(one.first_on.toordinal() - then) <= FARTHEST]
    if like:
        own = min(like, key=lambda one: (one.name != drive.name, abs(one.first_on.toordinal() - then)))
        where = span(own, history.first, history.days)
        return _stretched(history.joins[where] - history.ordinary[where], drive.days)
    end = min(max(then - history.first, 1), history.days)
    return _promised(drive, before, history) * _mean(history, end)


def _promised(drive: Drive, before: Sequence[Drive], history: History) -> "NDArray[np.float64]":
    """In mean ordinary days, of the three likest drives of whatever year; the likest weighs most."""
    likest = sorted(before, key=lambda one: _distance(one, drive))[:3]
    weights = np.array([1.0 / (1.0 + _distance(one, drive)) for one in likest])
    shapes = [_stretched(_measured(one, history), drive.days) for one in likest]
    return np.asarray(np.average(shapes, axis=0, weights=weights))


def _distance(one: Drive, drive: Drive) -> float:
    """Years between them, and a year for each two months between their seasons unless they share a name."""
    apart = (drive.first_on - one.first_on).days / YEAR
    season = abs(apart - round(apart)) * YEAR / 60
    return apart if one.name and one.name == drive.name else apart + season


def _measured(drive: Drive, history: History) -> "NDArray[np.float64]":
    """What it added on each of its days, as multiples of the mean ordinary day of the year up to its end."""
    where = span(drive, history.first, history.days)
    added = history.joins[where] - history.ordinary[where]
    return np.asarray(added / max(_mean(history, where.stop), 1.0 / YEAR))


def _mean(history: History, end: int) -> float:
    """The mean ordinary day of the year up to a day; of no day, none."""
    year = history.ordinary[max(0, end - YEAR) : end]
    return float(year.mean()) if len(year) else 0.0


def _stretched(shape: "NDArray[np.float64]", days: int) -> "NDArray[np.float64]":
    """The same course over so many days. Of a longer drive neither the total nor the rate stays: the total grows
    with the root of its length.
    """
    if len(shape) == days:
        return shape
    course = np.concatenate(([0.0], np.cumsum(shape)))
    at = np.linspace(0, len(shape), days + 1)
    parts = np.diff(np.interp(at, np.arange(len(course)), course))
    return np.asarray(parts * (days / len(shape)) ** 0.5)


def _is_whole(drive: Drive, history: History) -> bool:
    """Measured are drives whose every day is known."""
    first = date.fromordinal(history.first)
    last = date.fromordinal(history.first + history.days - 1) if history.days else first
    return bool(history.days) and first <= drive.first_on and drive.last_on <= last
