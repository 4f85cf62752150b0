"""How a year's joins fall on its months, where nothing better is known: the sector's season curve."""

from collections.abc import Sequence
from datetime import date, timedelta

# Share of a year's joins by month, January first: the sector's default until a publisher has history of its own.
# December brings 26 % (sector range 17-34 %), the summer little.
SEASON = (0.075, 0.065, 0.070, 0.065, 0.065, 0.060, 0.055, 0.055, 0.065, 0.075, 0.090, 0.260)


def share_of(day: date, season: Sequence[float] = SEASON) -> float:
    """The day's share of a year's joins, in the season's own unit: its month's, evenly over the month's days."""
    return season[day.month - 1] / _days_in_month(day)


def days_from(first: date, last: date) -> list[date]:
    """Every day from the one to the other, both included; none where the last comes before the first."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _days_in_month(day: date) -> int:
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return (following - date(day.year, day.month, 1)).days
