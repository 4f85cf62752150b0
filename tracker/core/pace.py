"""The goal's path through the year: growth follows the calendar, never a straight line (DASHBOARD)."""

from collections.abc import Sequence
from datetime import date

from tracker.core.forecast.season import SEASON, days_from, share_of


def path(
    opening: int, goal: int, starts_on: date, ends_on: date, season: Sequence[float] = SEASON
) -> list[tuple[date, float]]:
    """Where the count should stand at the end of each day to end on `goal` along the season's curve.

    Shape: one (day, persons) for every day from `starts_on` to `ends_on`, both included; the last is the goal.
    """
    days = days_from(starts_on, ends_on)
    weights = [share_of(day, season) for day in days]
    total = sum(weights)
    points, so_far = [], 0.0
    for day, weight in zip(days, weights, strict=True):
        so_far += weight
        points.append((day, opening + (goal - opening) * so_far / total))
    return points
