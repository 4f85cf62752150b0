"""The rows of persons behind a number of the dashboard: ids, plan, where from, since when; never who they are.

Every function needs an application context. Days are in the campaign's zone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tracker.core.campaign import Campaign, day_start
from tracker.core.tally import DIMENSIONS
from tracker.projections.asking import rows

KINDS = ("joined", "returned", "left", "covered")
_SELECT = """
    SELECT person_id AS person, membership_id AS membership, plan, country, article, placement, starts_at, ends_at
    FROM segment WHERE campaign = :campaign AND {which}{filters}
    ORDER BY {order} DESC, person_id LIMIT :limit OFFSET :offset
"""
WHICH = {
    "joined": ("begins = 'joined' AND starts_at >= :since AND starts_at < :until", "starts_at"),
    "returned": ("begins = 'returned' AND starts_at >= :since AND starts_at < :until", "starts_at"),
    "left": ("ends = 'left' AND ends_at >= :since AND ends_at < :until", "ends_at"),
    "covered": ("starts_at < :until AND ends_at >= :until", "starts_at"),
}


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person's stretch of one plan behind a number."""

    person: str
    membership: str
    plan: str
    country: str
    article: str
    placement: str
    starts_at: datetime
    ends_at: datetime


def moved(
    campaign: Campaign,
    kind: str,
    days: tuple[date, date],
    filters: Mapping[str, str],
    now: datetime,
    *,
    limit: int = 100,
    offset: int = 0,
) -> list[PersonRow]:
    """Who joined, returned or left on these days, the latest first, or was covered at their end. ValueError for
    another kind or filter."""
    if kind not in WHICH or any(name not in DIMENSIONS for name in filters):
        raise ValueError(
            f"{kind!r}, {sorted(filters)}: ask for joined, returned, left or covered, by known filters"
        )
    which, order = WHICH[kind]
    only = "".join(f" AND {name} = :is_{name}" for name in filters)
    values = {f"is_{name}": key for name, key in filters.items()}
    found = rows(
        _SELECT.format(which=which, filters=only, order=order),
        campaign,
        since=day_start(days[0], campaign.zone),
        until=min(day_start(days[1] + timedelta(days=1), campaign.zone), now),
        limit=limit,
        offset=offset,
        **values,
    )
    return [PersonRow(**row) for row in found]
