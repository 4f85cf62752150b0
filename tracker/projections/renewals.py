"""What is due, what is at risk, who stayed: from the tally and the open renewals.

Every function needs an application context. Days are in the campaign's zone.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from tracker.core.calendar import add_months
from tracker.core.campaign import Campaign, day_start, local_day
from tracker.core.growth import Amount, AtRisk, Cohort, Due, RenewalRow, Renewed, Week
from tracker.core.terms import months_in
from tracker.projections import counting
from tracker.projections.asking import one, rows

DUE_TODAY = """
    SELECT due_on AS day, length, is_first, standing, count(*) AS n FROM renewal
    WHERE campaign = :campaign AND due_at >= :now AND due_at < :until GROUP BY 1, 2, 3, 4
"""
DUE_LATER = """
    SELECT day, key, n FROM tally
    WHERE campaign = :campaign AND measure = 'due' AND day > :today AND day <= :last ORDER BY day, key
"""
RENEWED = """
    SELECT measure, key, CAST(sum(n) AS bigint) AS n FROM tally
    WHERE campaign = :campaign AND measure IN ('ended', 'kept') AND day BETWEEN :first AND :last GROUP BY 1, 2
"""
COHORTS = """
    SELECT day, CAST(key AS integer) AS months, n FROM tally
    WHERE campaign = :campaign AND measure = 'retention' AND day <= :today
"""
IN_GRACE = """
    SELECT count(*) AS n FROM standing
    WHERE campaign = :campaign AND standing = 'grace' AND starts_at < :now AND ends_at >= :now
"""
_LATE = """
    FROM renewal r WHERE r.campaign = :campaign AND r.due_at < :now AND r.until_at >= :now AND EXISTS (
        SELECT 1 FROM standing s WHERE s.campaign = :campaign AND s.person_id = r.person_id
        AND s.standing = 'grace' AND s.starts_at < :now AND s.ends_at >= :now)
"""
_AHEAD = """
    FROM renewal r WHERE r.campaign = :campaign AND r.due_at >= :now AND r.due_at < :until
"""
_LEAVING = f"{_AHEAD} AND r.standing = 'leaving'"
_PAY = "SELECT currency, length, CAST(sum(amount_minor) AS bigint) AS amount, count(*) AS n"
LATE_PAY, LEAVING_PAY = (f"{_PAY} {what} GROUP BY 1, 2" for what in (_LATE, _LEAVING))
_ROW = """
    SELECT person_id AS person, membership_id AS membership, plan, since_at AS since, due_at, until_at, length,
        standing, currency, amount_minor
"""
_PAGE = "ORDER BY due_at, membership_id LIMIT :limit OFFSET :offset"
ROWS = {
    "late": f"{_ROW} {_LATE} {_PAGE}",
    "due": f"{_ROW} {_AHEAD} {_PAGE}",
    "leaving": f"{_ROW} {_LEAVING} {_PAGE}",
}
"""What may be looked at row by row: payments that are late, what is due, what is set to end."""


def cohorts(campaign: Campaign, now: datetime) -> list[Cohort]:
    """A row for each month that anybody joined in, as far as the whole month has reached its return."""
    today = local_day(now, campaign.zone)
    found: dict[date, dict[int, int]] = defaultdict(dict)
    for row in rows(COHORTS, campaign, today=today):
        found[row["day"]][row["months"]] = row["n"]
    told = []
    for month, kept in sorted(found.items()):
        following = day_start(month, campaign.zone)
        reached = 0
        while add_months(following, reached + 2, campaign.zone) <= now:
            reached += 1
        told.append(Cohort(month, tuple(kept.get(number, 0) for number in range(reached + 1))))
    if told and told[-1].month == today.replace(day=1):
        told[-1] = Cohort(told[-1].month, (_joined_since(campaign, told[-1].month, now),))
    return [cohort for cohort in told if cohort.kept[0]]


def _joined_since(campaign: Campaign, day: date, now: datetime) -> int:
    """This month's until now: who is to join later in it, a membership told ahead, is not here yet."""
    before = counting.moved_before(campaign, day_start(day, campaign.zone))
    return counting.moved_before(campaign, now).joined - before.joined


def due(campaign: Campaign, now: datetime, last: date | None = None) -> list[Due]:
    """What is due from now to the end of `last` (without: of the campaign), by day, length, turn and standing."""
    last = campaign.ends_on if last is None else last
    today = local_day(now, campaign.zone)
    until = day_start(min(today, last) + timedelta(days=1), campaign.zone)
    found = [
        Due(row["day"], row["length"], row["is_first"], row["standing"], row["n"])
        for row in rows(DUE_TODAY, campaign, now=now, until=until)
    ]
    for row in rows(DUE_LATER, campaign, today=today, last=last):
        length, turn, standing = row["key"].split("/")
        found.append(Due(row["day"], length, turn == "first", standing, row["n"]))
    return sorted(found, key=lambda one: (one.day, one.length, not one.is_first, one.standing))


def renewed(campaign: Campaign, first: date, last: date, now: datetime) -> list[Renewed]:
    """Of the terms that ended from `first` to `last` how many were renewed; at most those whose grace is over."""
    decided = local_day(now, campaign.zone) - timedelta(days=campaign.grace_days + 1)
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows(RENEWED, campaign, first=first, last=min(last, decided)):
        counts[row["key"]][row["measure"]] = row["n"]
    told = []
    for key, by_measure in sorted(counts.items()):
        length, turn, standing = key.split("/")
        ended = by_measure.get("ended", 0)
        told.append(Renewed(length, turn == "first", standing, ended, by_measure.get("kept", 0)))
    return told


def at_risk(campaign: Campaign, now: datetime) -> AtRisk:
    """Failed payments, cancellations ahead, and renewals by week until the deadline."""
    late = rows(LATE_PAY, campaign, now=now)
    leaving = rows(LEAVING_PAY, campaign, now=now, until=campaign.ends_at)
    return AtRisk(
        in_grace=in_grace(campaign, now),
        in_grace_pay=_amounts(late),
        leaving=sum(row["n"] for row in leaving),
        leaving_pay=_amounts(leaving),
        weeks=_weeks(due(campaign, now)),
    )


def in_grace(campaign: Campaign, now: datetime) -> int:
    """Persons who are counted by the grace for a late payment alone."""
    return int(one(IN_GRACE, campaign, now=now)["n"])


def at_risk_rows(
    campaign: Campaign, what: str, now: datetime, limit: int = 100, offset: int = 0
) -> list[RenewalRow]:
    """The subscriptions behind a number, the earliest due first. ValueError for another `what` than in ROWS."""
    if what not in ROWS:
        raise ValueError(f"{what!r}: ask for late, due or leaving")
    found = rows(ROWS[what], campaign, now=now, until=campaign.ends_at, limit=limit, offset=offset)
    return [RenewalRow(**row) for row in found]


def _amounts(found: Iterable[Mapping[str, Any]]) -> tuple[Amount, ...]:
    totals: dict[str, Fraction] = defaultdict(Fraction)
    for row in found:
        totals[row["currency"]] += Fraction(row["amount"]) / months_in(row["length"])
    return tuple(Amount(currency, a_month) for currency, a_month in sorted(totals.items()))


def _weeks(found: Iterable[Due]) -> tuple[Week, ...]:
    counts: dict[date, dict[str, int]] = {}
    for each in found:
        monday = each.day - timedelta(days=each.day.weekday())
        by_standing = counts.setdefault(monday, {"fine": 0, "failing": 0, "leaving": 0})
        by_standing[each.standing] += each.count
    return tuple(Week(monday, **by_standing) for monday, by_standing in sorted(counts.items()))
