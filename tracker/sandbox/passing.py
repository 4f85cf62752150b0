"""Readers who pass by: what the banner's script tells of those who see it, click it or close it.

`readers.py` sends it to the running product; the demo writes it for the days before it was started (`before`).
"""

import math
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Any
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from tracker.sandbox.articles import ARTICLES, Article, pull
from tracker.sandbox.seasons import traffic

BEACON, EMBED = "/e/beacon", "v1"
BANNERS = {"article-top": 0.50, "article-end": 0.22, "slim-bar": 0.28}
"""Placements that are a banner, and the share of views that each has."""
INVENTED = "v0"
"""What is written for days before the demo was started names a version of the script that never was."""
_CLOSES = 0.02  # of those who see it
_CLICKS_FOR_A_PLEDGE = (1.4, 2.2)
_VIEWS_FOR_A_CLICK = {"article-top": (28, 44), "article-end": (18, 30), "slim-bar": (55, 85)}
_VIEWS_ON_A_QUIET_DAY = 2_200  # by readers of articles that bring nobody that day


def passers(rng: random.Random, site: str, campaign: str, *, at: int, about: int) -> list[list[dict[str, str]]]:
    """The beacons of `about` so many readers who pass by around the unix second `at`, each one's in a list."""
    today = datetime.fromtimestamp(at, UTC).date()
    weights = list(accumulate(_interest(article, article.days_before) for article in ARTICLES))
    told = []
    many = rng.randint(about - about // 2, about + about // 2)
    for article in rng.choices(ARTICLES, cum_weights=weights, k=many):
        own = {"campaign": campaign, "article": urljoin(site, article.path(today)), "embed": EMBED}
        own["placement"] = rng.choices([*BANNERS], weights=[*BANNERS.values()])[0]
        kinds = ("view", "close") if rng.random() < _CLOSES else ("view",)
        told.append([{**own, "kind": kind} for kind in kinds])
    return told


@dataclass(frozen=True, slots=True)
class Seen:
    """So many of one kind in one place on one day of the publisher's zone."""

    day: date
    kind: str
    """view | click | close"""
    article: str
    """Its path at the publisher's site."""
    placement: str
    count: int


Pledged = Counter[tuple[date, str, str]]
"""Pledges by day, article and placement."""


def before(pledged: Pledged, *, now: int, timezone: str, days: int, seed: int = 25000) -> list[Seen]:
    """What the banner's script would have told on the `days` before the day of the unix second `now`.

    Every pledge that a banner brought was clicked and seen. Today is left out, because it is counted.
    """
    today = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(timezone)).date()
    rng = random.Random(f"{seed} {today} {timezone} {days}")
    return [seen for back in range(days, 0, -1) for seen in _day(rng, pledged, today, back)]


def pledged_by_day(pledges: Iterable[dict[str, Any]], timezone: str) -> Pledged:
    """Count pledges as `/_test/pledges` hands them out, by the day in the zone."""
    zone = ZoneInfo(timezone)
    return Counter(
        (datetime.fromtimestamp(one["created"], UTC).astimezone(zone).date(), one["article"], one["placement"])
        for one in pledges
    )


def _day(rng: random.Random, pledged: Pledged, today: date, back: int) -> list[Seen]:
    day = today - timedelta(days=back)
    views = _VIEWS_ON_A_QUIET_DAY * traffic(day)
    out = [article for article in ARTICLES if article.days_before >= back]
    interest = [_interest(article, article.days_before - back) for article in out]
    seen = []
    for article, read in zip(out, interest, strict=True):
        path = article.path(today)
        for placement, part in BANNERS.items():
            clicks = math.ceil(pledged[day, path, placement] * rng.uniform(*_CLICKS_FOR_A_PLEDGE))
            shown = clicks * rng.uniform(*_VIEWS_FOR_A_CLICK[placement])
            shown += views * read / sum(interest) * part * rng.uniform(0.85, 1.15)
            counts = {"view": round(shown), "click": clicks, "close": _about(rng, shown * _CLOSES)}
            seen += [Seen(day, kind, path, placement, count) for kind, count in counts.items() if count]
    return seen


def _about(rng: random.Random, expected: float) -> int:
    """A count with this mean, as rare events vary."""
    return max(0, round(rng.gauss(expected, expected**0.5)))


def _interest(article: Article, age_days: int) -> float:
    """How much an article is read `age_days` after its publication: unlike joining, nearly all of it at first."""
    return pull(article, age_days) ** 0.8 if age_days >= 0 else 0.0
