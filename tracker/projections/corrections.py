"""Later changes of past days' counts, each with the day it was noticed and its reason (RULES 4)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from tracker.core.calendar import local_day
from tracker.core.campaign import Campaign
from tracker.ledger import campaigns, landmarks
from tracker.projections.tables import Correction

DAY = timedelta(days=1)
RULES = "rules"
"""The reason where no single fact changed: the campaign's own rules, or the product's."""


@dataclass(frozen=True, slots=True)
class Covering:
    """One stretch in days: it counts at the close of each day from `starts_on` until the day before `ends_on`."""

    campaign: str
    starts_on: date
    ends_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Corrected:
    """A line of the log: from first_day to last_day every closing count moved by `delta`."""

    noticed_on: date
    reason: str
    first_day: date
    last_day: date
    delta: int


def note(session: Session, was: Iterable[Covering], now_is: Iterable[Covering], now: datetime) -> None:
    """Compare stretches before and after; what differs on past days that were shown is written down."""
    shown = _shown(session, now)
    steps: dict[tuple[str, str], dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for sign, stretches in ((-1, was), (1, now_is)):
        for one in stretches:
            days = shown.get(one.campaign)
            if days and max(one.starts_on, days.first) < min(one.ends_on, days.last + DAY):
                moved = steps[one.campaign, one.reason]
                moved[max(one.starts_on, days.first)] += sign
                moved[min(one.ends_on, days.last + DAY)] -= sign
    for (campaign, reason), moved in steps.items():
        _write(session, campaign, shown[campaign].today, reason, moved)


def closings(session: Session, now: datetime) -> dict[str, dict[date, int]]:
    """The count at the close of each past day that was shown, by campaign."""
    return {
        slug: {
            row.day: row.closing
            for row in session.execute(text(CLOSINGS), {"campaign": slug, "first": days.first, "last": days.last})
        }
        for slug, days in _shown(session, now).items()
    }


CLOSINGS = """
    SELECT CAST(day AS date) AS day, (SELECT count(*) FROM stretch WHERE campaign = :campaign
        AND starts_on <= CAST(day AS date) AND ends_on > CAST(day AS date)) AS closing
    FROM generate_series(CAST(:first AS date), CAST(:last AS date), interval '1 day') AS day
"""


def note_closings(session: Session, before: Mapping[str, Mapping[date, int]], now: datetime) -> None:
    """Write down which past days a rebuild changed: none, unless rules were changed or an error was planted."""
    shown = _shown(session, now)
    for slug, counts in closings(session, now).items():
        moved: dict[date, int] = defaultdict(int)
        for day, count in counts.items():
            moved[day] += count - before.get(slug, {}).get(day, count)
            moved[day + DAY] -= count - before.get(slug, {}).get(day, count)
        _write(session, slug, shown[slug].today, RULES, moved)


def of(session: Session, campaign: Campaign, limit: int = 200) -> list[Corrected]:
    """The log, the latest first; movements of one day and reason that cover the same days are one line."""
    rows = session.execute(
        text(
            "SELECT noticed_on, reason, first_day, last_day, CAST(sum(delta) AS integer) AS delta FROM correction"
            " WHERE campaign = :campaign GROUP BY 1, 2, 3, 4 HAVING sum(delta) <> 0"
            " ORDER BY noticed_on DESC, first_day DESC, last_day DESC, reason LIMIT :limit"
        ),
        {"campaign": campaign.slug, "limit": limit},
    )
    return [Corrected(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class _Shown:
    """The past days of a campaign whose count was shown, and today."""

    first: date
    last: date
    today: date


def _shown(session: Session, now: datetime) -> dict[str, _Shown]:
    """By campaign; none before the account was read."""
    whole = landmarks.at(session, landmarks.WHOLE)
    if whole is None:
        return {}
    found = {}
    for campaign in campaigns.every(session):
        today = local_day(now, campaign.zone)
        first = max(local_day(whole, campaign.zone), campaign.starts_on)
        last = min(today - DAY, campaign.ends_on)
        if first <= last:
            found[campaign.slug] = _Shown(first, last, today)
    return found


def _write(session: Session, campaign: str, today: date, reason: str, moved: Mapping[date, int]) -> None:
    rows = [
        {"campaign": campaign, "noticed_on": today, "reason": reason}
        | {"first_day": first, "last_day": last, "delta": delta}
        for first, last, delta in _ranges(moved)
    ]
    if rows:
        session.execute(insert(Correction), rows)


def _ranges(moved: Mapping[date, int]) -> Iterable[tuple[date, date, int]]:
    """(first, last, delta) from steps of delta by day; zeros left out."""
    total = 0
    days = sorted(day for day, step in moved.items() if step)
    for day, following in pairwise(days):
        total += moved[day]
        if total:
            yield day, following - DAY, total
