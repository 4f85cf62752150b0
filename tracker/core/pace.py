"""The goal's path through the year: growth follows the calendar, never a straight line (DASHBOARD)."""

from collections.abc import Sequence
from datetime import date, timedelta

# Share of a year's joins by month, January first: the sector's default until a publisher has history of its own.
# December brings 26 % (sector range 17-34 %), the summer little.
SEASON = (0.075, 0.065, 0.070, 0.065, 0.065, 0.060, 0.055, 0.055, 0.065, 0.075, 0.090, 0.260)


def path(
    opening: int, goal: int, starts_on: date, ends_on: date, season: Sequence[float] = SEASON
) -> list[tuple[date, float]]:
    """Where the count should stand at the end of each day to end on `goal` along the season's curve.

    Shape: one (day, persons) for every day from `starts_on` to `ends_on`, both included; the last is the goal.
    """
    days = [starts_on + timedelta(days=n) for n in range((ends_on - starts_on).days + 1)]
    weights = [season[day.month - 1] / _days_in_month(day) for day in days]
    total = sum(weights)
    points, so_far = [], 0.0
    for day, weight in zip(days, weights, strict=True):
        so_far += weight
        points.append((day, opening + (goal - opening) * so_far / total))
    return points


def _days_in_month(day: date) -> int:
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return (following - date(day.year, day.month, 1)).days
