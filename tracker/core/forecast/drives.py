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


def added(
    history: History, drives: Sequence[Drive], ahead: int
) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """For each known day and `ahead` days after: a multiple of the day itself, and mean ordinary days on top.

    The multiple is a declared lift, the rest is measured. A drive of the past is given what those before it would
    have promised, so that past forecasts can be tried on it.
    """
    total = history.days + ahead
    extra, multiple = np.zeros(total), np.ones(total)
    past = [drive for drive in drives if _is_whole(drive, history)]
    for drive in drives:
        where = span(drive, history.first, total)
        if drive.lift is not None:
            multiple[where] = drive.lift
        elif where.stop > where.start:
            before = [one for one in past if one.last_on < drive.first_on]
            start = drive.first_on.toordinal() - history.first
            extra[where] += _promised(drive, before, history)[where.start - start : where.stop - start]
    return multiple, extra


def _promised(drive: Drive, before: Sequence[Drive], history: History) -> "NDArray[np.float64]":
    """A mean of the three likest earlier drives, stretched to this one's days; the likest weighs most.

    Of a longer drive neither the total nor the rate stays: the total grows with the root of its length.
    """
    if not before:
        return np.full(drive.days, UNKNOWN_LIFT - 1.0)
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
    year = history.ordinary[max(0, where.stop - YEAR) : where.stop]
    mean = max(float(year.mean()), 1.0 / YEAR)
    return np.asarray((history.joins[where] - history.ordinary[where]) / mean)


def _stretched(shape: "NDArray[np.float64]", days: int) -> "NDArray[np.float64]":
    """The same course over so many days: its total grows or shrinks with the root of the length."""
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
