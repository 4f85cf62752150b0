"""Money raised, by instant, day and month: bookings from the tally and receipts outside Stripe (RULES 4).

Amounts are minor units, below zero where more went back than came; days are in the campaign's zone. Every function
needs an application context.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tracker.core import money
from tracker.core.calendar import day_start, local_day
from tracker.core.campaign import Campaign
from tracker.core.growth import Raised
from tracker.projections.asking import rows

OFFLINE = """
    SELECT paid_on AS day, currency, 'offline' AS purpose, amount_minor FROM offline_record
    WHERE campaign = :campaign AND withdrawn_at IS NULL AND amount_minor > 0
"""
BOOKED = """
    SELECT day, key AS currency, split_part(measure, ':', 2) AS purpose, n AS amount_minor FROM tally
    WHERE campaign = :campaign AND measure IN ('received:membership', 'received:donation')
"""

SINCE_THE_FIRST_DAY = f"""
    SELECT currency, purpose = 'offline' AS is_offline, CAST(sum(amount_minor) AS bigint) AS amount_minor FROM (
        {BOOKED} AND day >= :first_day AND day < :day
        UNION ALL
        SELECT day, currency, purpose, amount_minor FROM received
        WHERE campaign = :campaign AND received_at >= :since AND received_at < :at
        UNION ALL
        {OFFLINE} AND paid_on >= :first_day AND CAST(paid_on AS timestamp) AT TIME ZONE :zone < :at
    ) raised GROUP BY 1, 2
"""  # noqa: S608  our own text

MONTHS = f"""
    SELECT CAST(date_trunc('month', CAST(day AS timestamp)) AS date) AS first, currency,
        CAST(coalesce(sum(amount_minor) FILTER (WHERE purpose = 'membership'), 0) AS bigint) AS membership_minor,
        CAST(coalesce(sum(amount_minor) FILTER (WHERE purpose = 'donation'), 0) AS bigint) AS donation_minor,
        CAST(coalesce(sum(amount_minor) FILTER (WHERE purpose = 'offline'), 0) AS bigint) AS offline_minor
    FROM (
        {BOOKED} AND day BETWEEN :first AND :last
        UNION ALL
        {OFFLINE} AND paid_on BETWEEN :first AND :last
    ) raised GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608  our own text

DAYS = f"""
    SELECT day, CAST(sum(amount_minor) AS bigint) AS amount_minor FROM (
        {BOOKED} AND key = :currency AND day <= :last
        UNION ALL
        {OFFLINE} AND currency = :currency AND paid_on <= :last
    ) raised GROUP BY day ORDER BY day
"""  # noqa: S608  our own text


@dataclass(frozen=True, slots=True)
class Sum:
    """What came in since the campaign's first day."""

    count: int
    """In the campaign's currency, receipts outside Stripe included."""
    offline: int
    """Those receipts alone."""
    others: dict[str, int]
    """By other currency; those of which nothing remains are left out."""


def before(campaign: Campaign, at: datetime) -> Sum:
    """What came in since the first day and before `at`: whole days from the tally, the last one row by row."""
    own, day = campaign.currency.upper(), local_day(at, campaign.zone)
    since = max(day_start(day, campaign.zone), campaign.starts_at)
    found = rows(SINCE_THE_FIRST_DAY, campaign, day=day, since=since, at=at)
    others: dict[str, int] = {}
    for row in found:
        if row["currency"] != own:
            others[row["currency"]] = others.get(row["currency"], 0) + row["amount_minor"]
    return Sum(
        count=sum(row["amount_minor"] for row in found if row["currency"] == own),
        offline=sum(row["amount_minor"] for row in found if row["currency"] == own and row["is_offline"]),
        others={currency: amount for currency, amount in sorted(others.items()) if amount},
    )


def by_month(campaign: Campaign, first: date, last: date) -> list[Raised]:
    """A row a month and currency in which anything came or went, oldest first; days outside first..last left
    out."""
    return [Raised(**row) for row in rows(MONTHS, campaign, first=first, last=last)]


def a_day(campaign: Campaign, last: date) -> list[tuple[date, int]]:
    """Whole major units in the campaign's currency of every day from the first with money up to `last`.

    What is over is carried to the next day: the days up to any one add up to the sum until then, rounded down.
    """
    found = _days(campaign, last)
    if not found:
        return []
    unit, first = 10 ** money.digits(campaign.currency), min(found)
    days, total = [], 0
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        was, total = total, total + found.get(day, 0)
        days.append((day, total // unit - was // unit))
    return days


def _days(campaign: Campaign, last: date) -> dict[date, Any]:
    found = rows(DAYS, campaign, currency=campaign.currency.upper(), last=last)
    return {row["day"]: row["amount_minor"] for row in found}
