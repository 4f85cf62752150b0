"""Billing periods: calendar steps in UTC from an anchor, month ends clamped, as Stripe counts them."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta


def after(anchor: int, interval: str, count: int, steps: int) -> int:
    """The instant `steps` periods of `count` intervals after `anchor` (31 January + 1 month: 28 February)."""
    start = datetime.fromtimestamp(anchor, UTC)
    if interval in ("day", "week"):
        days = count * steps * (7 if interval == "week" else 1)
        return int((start + timedelta(days=days)).timestamp())
    months = start.month - 1 + count * steps * (12 if interval == "year" else 1)
    year, month = start.year + months // 12, months % 12 + 1
    day = min(start.day, monthrange(year, month)[1])
    return int(start.replace(year=year, month=month, day=day).timestamp())


def following(anchor: int, interval: str, count: int, period_end: int) -> int:
    """The end of the period that starts at `period_end`: the first step from the anchor after it."""
    length = {"day": 1, "week": 7, "month": 30.5, "year": 365.25}[interval] * count
    steps = max(1, int((period_end - anchor) / 86_400 / length) - 1)
    while after(anchor, interval, count, steps) <= period_end:
        steps += 1
    return after(anchor, interval, count, steps)
