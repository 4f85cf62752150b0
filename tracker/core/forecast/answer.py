"""What a forecast says: plain numbers and days, so that page, CSV, API and kept record show the same."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

VERSION = 2
"""Of the method; raised with each change of it."""
LEADS = (7, 28, 84)
"""Days ahead at which a forecast is judged, beside its deadline."""


@dataclass(frozen=True, slots=True)
class Fan:
    """The count at the end of one day: between p10 and p90 in 80 of 100 draws; whole persons (or major units)."""

    on: date
    p2_5: int
    p10: int
    p25: int
    p50: int
    p75: int
    p90: int
    p97_5: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """The count at the deadline in many draws: whole persons, or whole major units of money; the zone's days."""

    on: date
    ends_on: date
    goal: int
    p2_5: int
    p10: int
    p25: int
    p50: int
    p75: int
    p90: int
    p97_5: int
    chance: float
    """Of standing at the goal or above when the deadline ends: 0 to 1, and neither before it has passed."""
    expected_on: date | None
    """The day by which half of the draws have stood at the goal; None where fewer ever do."""
    needed_per_day: int
    """Joins a day that close on the goal, over the coming seven days of the `needed` curve."""
    needed: tuple[tuple[date, int], ...]
    """The same for each day until the deadline: their sum makes up the goal and the expected lapses."""
    fan: tuple[Fan, ...]
    expected_joins: int
    expected_lapses: int
    """Medians of the draws, from `on` until the deadline."""
    bins: tuple[tuple[int, int, int], ...]
    """How the draws end: (lowest, highest, draws) side by side, one of them beginning at the goal."""
    drivers: tuple[tuple[str, int], ...]
    """What moves the count from now to p50, signed; together they are p50 less the count. See `DRIVERS`."""
    method: Literal["profile", "season curve"]
    has_history: bool
    """False: no year of its own to go by, so the season curve of the sector stands in."""
    draws: int
    seed: int
    inputs_hash: str
    version: int
    """Of the method: forecasts of different versions are not one record."""
    joins_after: tuple[tuple[int, int], ...] = ()
    """(days, joins by then), the median of the draws, for `LEADS` and until the deadline: what its misses are
    measured by. Version 1 did not tell."""


DRIVERS = ("joins", "season", "drives", "cancellations", "failing", "renewals", "newcomers")
"""Ordinary joins at the year's mean, what the season and the drives add to it; scheduled cancellations, refused
payments, other renewals due, and newcomers who leave before the deadline."""
