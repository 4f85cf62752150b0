"""The day of a year before at the same phase of the campaign: drives meet drives, and what lies between is
stretched.

Comparing by date compares a year's appeal week with another's quiet one (DASHBOARD, "Traps seen").
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Protocol

YEAR = timedelta(days=364)
"""Weekdays stay weekdays."""
APART = timedelta(days=60)
"""A drive of another name is the same drive where it began at most so far from a year before."""


class Planned(Protocol):
    """A drive in the calendar; both days belong to it."""

    @property
    def name(self) -> str: ...

    @property
    def first_on(self) -> date: ...

    @property
    def last_on(self) -> date: ...


def year_before(days: Sequence[date], drives: Sequence[Planned]) -> list[date]:
    """For each of these days, in the order of time, the day a year before at the same phase."""
    if not days:
        return []
    known = _anchors(days[0], days[-1], drives)
    return [_between(day, known) for day in days]


Anchor = tuple[date, date]
"""A day, and its counterpart a year before."""


def _anchors(first: date, last: date, drives: Sequence[Planned]) -> list[Anchor]:
    """First and last days of drives beside those of the drives before; only what keeps the order of time."""
    told = [(first, first - YEAR)]
    for drive in sorted(drives, key=lambda one: one.first_on):
        before = _before(drive, drives)
        if before is None:
            continue
        for day, was in ((drive.first_on, before.first_on), (drive.last_on, before.last_on)):
            if told[-1][0] < day < last and told[-1][1] < was < last - YEAR:
                told.append((day, was))
    return [*told, (last, last - YEAR)]


def _before(drive: Planned, drives: Sequence[Planned]) -> Planned | None:
    """Last year's drive of that name, else the one that began nearest to a year before."""

    def away(one: Planned) -> timedelta:
        return abs(drive.first_on - YEAR - one.first_on)

    near = [one for one in drives if away(one) <= APART]
    named = [one for one in near if one.name and one.name == drive.name]
    return min(named or near, key=away, default=None)


def _between(day: date, known: Sequence[Anchor]) -> date:
    place = max(min(bisect_right([one for one, _ in known], day), len(known) - 1), 1)
    (since, was), (until, becomes) = known[place - 1], known[place]
    length = (until - since).days
    return was + timedelta(days=round((day - since).days * (becomes - was).days / length)) if length else was
