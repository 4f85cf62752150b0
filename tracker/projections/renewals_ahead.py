"""Renewals as the forecast takes them: on the day that coverage ends where they fail, at the rates of the last
years.

Who is to leave is known only in part: of those who have not cancelled yet some will before their term ends, the
more the longer it still runs; and whose payment fails stays covered while Stripe tries again.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tracker.core.campaign import Campaign
from tracker.core.forecast.inputs import Due, Renewed
from tracker.core.growth import Due as Open
from tracker.core.growth import Renewed as Ended
from tracker.core.terms import months_in
from tracker.projections import renewals
from tracker.projections.asking import one, rows

YEARS = timedelta(days=730)
"""How people stayed long ago says little of now."""
USUAL_GRACE = 15
"""Days that a failed payment is tried again, where none was given up yet."""
DAYS_A_MONTH = 30.44

GIVEN_UP = """
    SELECT CAST(round(avg(extract(epoch FROM ends_at - starts_at) / 86400)) AS integer) AS days FROM coverage g
    WHERE campaign = :campaign AND kind = 'grace' AND ends_at < :now AND ends_at >= :since
        AND ends_at > starts_at + interval '3 days' AND NOT EXISTS (SELECT 1 FROM coverage t
            WHERE t.campaign = :campaign AND t.person_id = g.person_id AND t.kind = 'term'
                AND t.membership_id = g.membership_id AND t.starts_at = g.ends_at)
"""
LATE = """
    SELECT due_on AS day, length, is_first, count(*) AS n FROM renewal
    WHERE campaign = :campaign AND due_at < :now AND until_at >= :now GROUP BY 1, 2, 3
"""
_OF_TERM = """
    CAST(greatest(1, round(extract(epoch FROM t.ends_at - t.starts_at) / 86400 / :a_month)) AS integer) AS months,
    NOT EXISTS (SELECT 1 FROM coverage b WHERE b.campaign = t.campaign AND b.person_id = t.person_id
        AND b.membership_id = t.membership_id AND b.kind = 'term' AND b.ends_at <= t.starts_at) AS is_first,
    count(*) AS n
"""
RAN = """
    SELECT CAST(t.ends_at AT TIME ZONE :zone AS date) AS day, :of_term FROM coverage t
    WHERE t.campaign = :campaign AND t.kind = 'term' AND t.starts_at < :at
        AND t.ends_at >= :at AND t.ends_at < :until
    GROUP BY 1, 2, 3
"""
WAS_LATE = """
    SELECT CAST(t.ends_at AT TIME ZONE :zone AS date) AS day, :of_term
    FROM coverage g JOIN coverage t ON t.campaign = g.campaign AND t.person_id = g.person_id
        AND t.membership_id = g.membership_id AND t.kind = 'term' AND t.ends_at = g.starts_at
    WHERE g.campaign = :campaign AND g.kind = 'grace' AND g.starts_at < :at AND g.ends_at >= :at
    GROUP BY 1, 2, 3
"""

Kind = tuple[int, bool]
"""Months of the term, and whether it is the first renewal."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How one kind of renewal went: the share kept of those not cancelled before, and the share cancelled
    before."""

    kept: float
    cancelled: float


def due(campaign: Campaign, since: datetime, ended: list[Ended]) -> tuple[Due, ...]:
    """All open renewals from `since`, the beginning of a day, until the deadline."""
    found: Counter[tuple[date, int, bool, str]] = Counter()
    grace = _grace(campaign, since)
    today = since.astimezone(campaign.zone).date()
    known = _rates(ended)
    owed: dict[tuple[Kind, str], float] = defaultdict(float)
    for each in renewals.due(campaign, since):
        months = months_of(each.length)
        if each.standing == "leaving":
            found[each.day, months, each.is_first, "leaving"] += each.count
            continue
        kind = (months, each.is_first)
        at_end, later = _parted(
            each, known.get(kind, Rates(0.9, 0.1)), (each.day - today).days / (months * DAYS_A_MONTH)
        )
        found[each.day, *kind, "fine"] += _whole(owed, (kind, "end"), at_end)
        found[each.day + grace, *kind, "fine"] += _whole(owed, (kind, "later"), later)
    for row in rows(LATE, campaign, now=since):
        day = max(row["day"] + grace, today + timedelta(days=1))
        found[day, months_of(row["length"]), row["is_first"], "failing"] += row["n"]
    return _told(found)


def due_then(campaign: Campaign, since: datetime, ended: list[Ended]) -> tuple[Due, ...]:
    """What ran at `since`, the beginning of a day of the past, and ends by the deadline; told by what was paid.

    Who had cancelled by then is no longer known, nor whom Stripe was still asking again for how long: so all
    lapse at the rate of whole terms, and late payments are given the usual time.
    """
    found: Counter[tuple[date, int, bool, str]] = Counter()
    grace = _grace(campaign, since)
    today = since.astimezone(campaign.zone).date()
    known = _rates(ended)
    asked: dict[str, Any] = {"at": since, "zone": campaign.zone.key, "a_month": DAYS_A_MONTH}
    owed: dict[tuple[Kind, str], float] = defaultdict(float)
    ran = rows(RAN.replace(":of_term", _OF_TERM), campaign, until=campaign.ends_at, **asked)
    for row in sorted(ran, key=lambda row: (row["day"], row["months"], row["is_first"])):
        each = Open(row["day"], str(row["months"]), row["is_first"], "fine", row["n"])
        kind = (row["months"], each.is_first)
        at_end, later = _parted(each, known.get(kind, Rates(0.9, 0.1)), 1.0)
        found[each.day, *kind, "fine"] += _whole(owed, (kind, "end"), at_end)
        found[each.day + grace, *kind, "fine"] += _whole(owed, (kind, "later"), later)
    for row in rows(WAS_LATE.replace(":of_term", _OF_TERM), campaign, **asked):
        day = max(row["day"] + grace, today + timedelta(days=1))
        found[day, row["months"], row["is_first"], "failing"] += row["n"]
    return _told(found)


def renewed(ended: list[Ended]) -> tuple[Renewed, ...]:
    """The rates: who cancelled before the end is among those who were fine once; failing ones apart."""
    counts: dict[tuple[int, bool, str], Counter[str]] = {}
    for each in ended:
        standing = "failing" if each.standing == "failing" else "fine"
        kind = counts.setdefault((months_of(each.length), each.is_first, standing), Counter())
        kind["due"] += each.due
        kind["kept"] += each.kept
    return tuple(
        Renewed(months, is_first, standing, kind["due"], kind["kept"])  # type: ignore[arg-type]  # as above
        for (months, is_first, standing), kind in sorted(counts.items())
    )


def ended(campaign: Campaign, yesterday: date, now: datetime, span: timedelta = YEARS) -> list[Ended]:
    """What became of the terms that ended in so long before."""
    return renewals.renewed(campaign, yesterday - span, yesterday, now)


def months_of(length: str) -> int:
    """Whole months of a term's length, at least one."""
    return max(1, round(months_in(length)))


def _told(found: Mapping[tuple[date, int, bool, str], int]) -> tuple[Due, ...]:
    return tuple(
        Due(day, months, is_first, standing, persons)  # type: ignore[arg-type]  # one of the three above
        for (day, months, is_first, standing), persons in sorted(found.items())
        if persons
    )


def _whole(owed: dict[tuple[Kind, str], float], what: tuple[Kind, str], persons: float) -> int:
    """So many whole persons; what is over is owed to the next day: rounded day by day, single renewals would all
    count, or none."""
    owed[what] += persons
    whole = math.floor(owed[what] + 0.5)
    owed[what] -= whole
    return whole


def _parted(each: Open, rates: Rates, remaining: float) -> tuple[float, float]:
    """(those at whose term's end, those at whose grace's end) the rate of `renewed` is to be taken.

    That rate is of terms from their beginning; of what still runs, fewer are left to cancel. So as many are
    taken as lapse as many: cancellations in the rest of the term, and payments that fail.
    """
    failing = 1 - rates.kept
    cancelling = rates.kept * min(max(remaining, 0.0), 1.0) * rates.cancelled
    whole = 1 - rates.kept * (1 - rates.cancelled)
    if whole <= 0:
        return each.count, 0
    return each.count * cancelling / whole, each.count * failing / whole


def _rates(ended: list[Ended]) -> dict[Kind, Rates]:
    counts: dict[Kind, Counter[str]] = {}
    for each in ended:
        kind = counts.setdefault((months_of(each.length), each.is_first), Counter())
        kind[each.standing] += each.due
        if each.standing == "fine":
            kind["kept"] += each.kept
    return {
        kind: Rates(
            (one["kept"] + 9) / (one["fine"] + 10),
            (one["leaving"] + 1) / (one["fine"] + one["leaving"] + 10),
        )
        for kind, one in counts.items()
    }


def _grace(campaign: Campaign, now: datetime) -> timedelta:
    """How long coverage goes on after a term whose renewal is never paid."""
    days = one(GIVEN_UP, campaign, now=now, since=now - YEARS)["days"]
    return timedelta(days=min(campaign.grace_days, USUAL_GRACE if days is None else days))
