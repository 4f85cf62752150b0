"""Publishers that never were: daily joins with known habits, to try forecasts on; each follows from its seed.

Nothing here knows how the forecast is made. A world has a level that wanders, a trend of its own that changes
with the years, a season unlike the sector's, weekdays, Giving Tuesday, the year's end, drives, and bursts.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from tracker.core.forecast.inputs import Drive
from tracker.core.forecast.season import SEASON, share_of

LAST = date(2025, 12, 31)
KINDS = {
    "steady": {},
    "growing": {"trend": 0.35},
    "shrinking": {"trend": -0.35},
    "drives moved and declared": {"moved": 40, "declared": True},
    "drives moved and untold": {"moved": 25},
    "bursts": {"bursts": 1.5},
    "short": {"years": 1.2},
    "few joins": {"mean": 0.8},
    "no drives": {"drives": 0},
}


@dataclass(frozen=True)
class World:
    """What a forecaster may see, and what came."""

    days: list[date]
    joins: list[int]
    drives: tuple[Drive, ...]

    def before(self, on: date) -> tuple[tuple[date, int], ...]:
        return tuple((day, count) for day, count in zip(self.days, self.joins, strict=True) if day < on)

    def between(self, first: date, last: date) -> int:
        return sum(count for day, count in zip(self.days, self.joins, strict=True) if first <= day <= last)


def world(kind: str, seed: int) -> World:
    """One publisher of a kind of `KINDS`, its last day that of `LAST`."""
    habits = {"trend": 0.0, "moved": 3, "declared": False, "bursts": 0.3, "years": 4.2, "mean": 25.0, "drives": 2}
    habits |= KINDS[kind]
    rng = np.random.default_rng([seed, sorted(KINDS).index(kind)])
    first = LAST - timedelta(days=int(habits["years"] * 365.25))
    days = [first + timedelta(days=n) for n in range((LAST - first).days + 1)]
    rate = (
        habits["mean"] * rng.lognormal(0, 0.8 if kind != "few joins" else 0.4) * _level(days, rng, habits["trend"])
    )
    rate = rate * _year(days, rng)
    drives = _drives(days, rng, int(habits["drives"]), int(habits["moved"]))
    for drive, course in drives:
        start = (drive.first_on - first).days
        inside = slice(max(start, 0), max(start + drive.days, 0))
        rate[inside] *= course[max(-start, 0) :][: len(rate[inside])]
    rate = rate * _bursts(len(days), rng, habits["bursts"])
    joins = rng.poisson(rng.gamma(12.0, rate / 12.0))
    told = tuple(drive for drive, _ in drives) if habits["declared"] else ()
    return World(days, joins.tolist(), told)


def _level(days: list[date], rng: np.random.Generator, trend: float) -> np.ndarray:
    """A walk of 15 % a year beside a trend that keeps half of itself from year to year."""
    slopes = trend + 0.15 * rng.standard_normal(days[-1].year - days[0].year + 1)
    steps = np.array([slopes[day.year - days[0].year] / 365 for day in days])
    walk = np.cumsum(steps + 0.15 / 365**0.5 * rng.standard_normal(len(days)))
    return np.exp(walk - walk.mean())


def _year(days: list[date], rng: np.random.Generator) -> np.ndarray:
    """Season, weekday, Giving Tuesday, the last week: each publisher's own, and no two years quite alike."""
    season = np.array(SEASON) * rng.lognormal(0, 0.25, 12)
    season[11] *= rng.uniform(0.4, 1.0)
    of_year = {year: rng.lognormal(0, 0.12, 12) for year in {day.year for day in days}}
    weekday = rng.lognormal(0, 0.15, 7)
    tuesday, last_week = rng.uniform(1, 4), rng.uniform(1, 3)
    rate = np.empty(len(days))
    for n, day in enumerate(days):
        value = (
            share_of(day, season / season.sum()) * 365 * of_year[day.year][day.month - 1] * weekday[day.weekday()]
        )
        if day.month == 12 and day.day >= 25:
            value *= last_week
        if (
            day.weekday() == 1
            and (day - timedelta(days=5)).month == 11
            and 22 <= (day - timedelta(days=5)).day <= 28
        ):
            value *= tuesday
        rate[n] = value
    return rate


def _drives(days: list[date], rng: np.random.Generator, number: int, moved: int) -> list[tuple[Drive, np.ndarray]]:
    """So many a year, in the same season up to `moved` days, each with a rush at its start and at its end."""
    found = []
    for which in range(number):
        usual, length, lift = int(rng.integers(40, 300)), int(rng.integers(8, 25)), rng.uniform(1.8, 5)
        if which == 0:
            usual = int(rng.integers(290, 325))  # the autumn's, before most deadlines
        for year in range(days[0].year, days[-1].year + 1):
            first = date(year, 1, 1) + timedelta(days=usual + int(rng.integers(-moved, moved + 1)))
            course = np.ones(length)
            course[[0, -1]] = 1.6
            strength = 1 + (lift - 1) * rng.lognormal(0, 0.25)
            drive = Drive(first, first + timedelta(days=length - 1), f"drive {which + 1}")
            found.append((drive, 1 + (strength - 1) * course))
    return found


def _bursts(days: int, rng: np.random.Generator, a_year: float) -> np.ndarray:
    """Stories that spread: 4 to 15 times the joins, gone in days, and never the same day again."""
    rate = np.ones(days)
    for start in rng.integers(0, days, rng.poisson(a_year * days / 365)):
        size, half_life = rng.uniform(3, 14), rng.uniform(0.7, 2.5)
        after = np.arange(min(14, days - start))
        rate[start : start + len(after)] += size * 0.5 ** (after / half_life)
    return rate
