"""How many members the demo's paper has at an instant of the campaign's year: a story that fits any day of it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tracker.sandbox import story

YEAR_ENDS_WITH = 25_500
"""Members at the end of the campaign's year, as the story would go on: near the goal, sure of nothing."""
_FEWEST = 1_000
_TOLD_WITH = 4_000  # a small story has the same course, to one in a hundred


def members_at(now: int, year: int, timezone: str) -> int:
    """Members covered at the unix second `now` of a story that ends the year with YEAR_ENDS_WITH of them.

    `timezone` is an IANA name. After the year it stays as it ended; a paper too young to have any has 1,000.
    """
    ends_at = int(datetime(year + 1, 1, 1, tzinfo=ZoneInfo(timezone)).astimezone(UTC).timestamp())
    told = story.world(now=ends_at, year=year, timezone=timezone, members=_TOLD_WITH)
    at = min(now, ends_at)
    there = sum(life.started_at < at and (life.ended_at is None or life.ended_at >= at) for life in told.lives)
    return max(_FEWEST, round(there * YEAR_ENDS_WITH / _TOLD_WITH))
