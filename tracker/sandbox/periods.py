"""Billing periods as Stripe anchors them: the same day of the month at the same UTC second.

Where a month is too short for the anchor's day, its last day is used; the anchor's day comes back afterwards
(31 January, 28 February, 31 March).
"""

from calendar import monthrange
from datetime import UTC, datetime


def period_end(anchor: int, interval: str, number: int) -> int:
    """The end of the `number`-th period (1 is the first) after `anchor`, in unix seconds.

    `interval` is "month" or "year".
    """
    start = datetime.fromtimestamp(anchor, UTC)
    months = start.month - 1 + number * (12 if interval == "year" else 1)
    year, month = start.year + months // 12, months % 12 + 1
    day = min(start.day, monthrange(year, month)[1])
    return int(start.replace(year=year, month=month, day=day).timestamp())
