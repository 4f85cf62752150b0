"""When readers join in the demo's story: the year's seasons, the week, the hour and the campaigns.

Everything is counted in days of the publisher's zone. A "quiet day" is an ordinary weekday without campaign,
with the weight 1; what is drawn from these weights are joins, and abandoned Checkouts.
"""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate
from zoneinfo import ZoneInfo

from tracker.sandbox.articles import ARTICLES, PLACEMENTS, pull
from tracker.sandbox.drives import drives

_DAY = 86_400
_HISTORY_DAYS = 731  # two years
_LONGEST_DAYS = 1_400  # a year long past must not make a history too long to seed
_GROWTH = 1.35  # a quiet day brings so many times what it brought a year before

# Of a month's quiet day, relative to the year's: summer is quiet, the days get busier towards the winter.
_MONTHS = (0.95, 0.92, 1.0, 1.02, 0.95, 0.88, 0.62, 0.58, 1.02, 1.12, 1.18, 1.15)
_WEEKDAYS = (1.12, 1.14, 1.10, 1.05, 0.97, 0.74, 0.88)
_HOURS = (10, 6, 4, 3, 3, 7, 18, 38, 58, 66, 62, 58, 62, 60, 52, 50, 54, 60, 66, 78, 92, 88, 58, 26)
_HOUR_WEIGHTS = list(accumulate(_HOURS))
_drives = cache(drives)


@dataclass(frozen=True, slots=True)
class Days:
    """The days of a history with the weight of each, and what brings readers on it."""

    first_on: date
    midnights: tuple[int, ...]  # unix seconds of 00:00 in the zone
    cumulative: tuple[float, ...]
    campaigning: tuple[bool, ...]


def _launch_weight(age: int) -> float:
    """The first weeks of a membership: founders come in their thousands, then it becomes everyday work."""
    fading: float = 8.0 * 0.5 ** (age / 6) + 1.2 * 0.5 ** (age / 40)
    return fading


def _surge(days_before_now: int) -> float:
    total = 0.0
    for article in ARTICLES:
        age = article.days_before - days_before_now
        if article.surge and 0 <= age <= 6:
            total += float(article.surge * 0.55**age)
    return total


def days_of(now: int, year: int, zone: ZoneInfo) -> Days:
    """All days from the membership's launch to `now` (inside the last day), with their weights.

    The launch is two years before `now`, or in September two years before the campaign's where that is earlier:
    the year before the campaign's is told whole.
    """
    today = datetime.fromtimestamp(now, UTC).astimezone(zone).date()
    first = min(today - timedelta(days=_HISTORY_DAYS), date(year - 2, 9, 1))
    first = max(first, today - timedelta(days=_LONGEST_DAYS))
    length = (today - first).days + 1
    weights, midnights, campaigning = [], [], []
    for age in range(length):
        day = first + timedelta(days=age)
        drive = sum(one.weight(day) for one in _drives(day.year))
        level = _GROWTH ** ((day - date(year, 1, 1)).days / 365)
        ordinary = level * _MONTHS[day.month - 1] * (1 + _surge(length - 1 - age) + drive)
        weights.append((ordinary + _launch_weight(age)) * _WEEKDAYS[day.weekday()])
        midnights.append(int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()))
        campaigning.append(drive > 0 or age < 21)
    return Days(first, tuple(midnights), tuple(accumulate(weights)), tuple(campaigning))


def traffic(day: date) -> float:
    """How many read the paper on `day`, relative to a quiet day: campaigns bring joins more than readers."""
    drive: float = sum(one.weight(day) for one in _drives(day.year))
    return _MONTHS[day.month - 1] * _WEEKDAYS[day.weekday()] * (1 + 0.3 * drive)


def instants(rng: random.Random, days: Days, *, since: int, until: int, count: int) -> list[tuple[int, int]]:
    """`count` draws of (day index, unix second) with `since <= second < until`, in no order."""
    drawn: list[tuple[int, int]] = []
    positions = range(len(days.midnights))
    while len(drawn) < count:
        missing = count - len(drawn)
        chosen = rng.choices(positions, cum_weights=days.cumulative, k=missing)
        hours = rng.choices(range(24), cum_weights=_HOUR_WEIGHTS, k=missing)
        for position, hour in zip(chosen, hours, strict=True):
            at = days.midnights[position] + hour * 3600 + int(rng.random() * 3600)
            if since <= at < until:
                drawn.append((position, at))
    return drawn


class Sources:
    """Draws where a join began; the articles' pull is worked out once for each day."""

    def __init__(self, days: Days) -> None:
        self._days = days
        self._today = days.first_on + timedelta(days=len(days.midnights) - 1)
        self._by_day: dict[int, list[float]] = {}
        self._quiet = list(accumulate(share for _, share, _, _ in PLACEMENTS))
        self._busy = list(accumulate(share for _, _, share, _ in PLACEMENTS))

    def source(self, rng: random.Random, position: int) -> tuple[str, str]:
        """(article path or "", placement) of a join on day `position`."""
        shares = self._busy if self._days.campaigning[position] else self._quiet
        placement, _, _, needs_article = rng.choices(PLACEMENTS, cum_weights=shares)[0]
        if not needs_article:
            return "", placement
        if position not in self._by_day:
            back = len(self._days.midnights) - 1 - position
            self._by_day[position] = list(accumulate(pull(a, a.days_before - back) for a in ARTICLES))
        article = rng.choices(ARTICLES, cum_weights=self._by_day[position])[0]
        return article.path(self._today), placement
