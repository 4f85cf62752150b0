"""Counts of persons at any instant: whole days from the tally, the day that holds the instant from its rows.

Days are in the campaign's zone. `joined`, `returned` and `left` are those before an instant since ever; a count is
the difference, and a bridge the difference of two.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tracker.core.campaign import Campaign, Metric, day_start, local_day
from tracker.core.progress import Day
from tracker.core.tally import NEWCOMERS
from tracker.projections.asking import one, rows


@dataclass(frozen=True, slots=True)
class Moved:
    """Persons since ever, before an instant."""

    joined: int
    returned: int
    left: int

    @property
    def covered(self) -> int:
        return self.joined + self.returned - self.left


MOVED = """
    WITH whole AS (
        SELECT measure, sum(n) AS n FROM tally
        WHERE campaign = :campaign AND measure IN ('joined', 'returned', 'left') AND day < :day GROUP BY 1
    ), began AS (
        SELECT count(*) FILTER (WHERE starts_at = first_at) AS joined,
            count(*) FILTER (WHERE starts_at > first_at) AS returned
        FROM stretch WHERE campaign = :campaign AND starts_at >= :since AND starts_at < :at
    ), ended AS (
        SELECT count(*) AS gone FROM stretch WHERE campaign = :campaign AND ends_at >= :since AND ends_at < :at
    )
    SELECT CAST(coalesce((SELECT n FROM whole WHERE measure = 'joined'), 0) + joined AS bigint) AS joined,
        CAST(coalesce((SELECT n FROM whole WHERE measure = 'returned'), 0) + returned AS bigint) AS returned,
        CAST(coalesce((SELECT n FROM whole WHERE measure = 'left'), 0) + gone AS bigint) AS left
    FROM began, ended
"""
NEW_MEMBERS = """
    SELECT CAST(coalesce((SELECT sum(n) FROM tally
            WHERE campaign = :campaign AND measure = :newcomers AND day < :day), 0) AS bigint)
        + (SELECT count(*) FROM stretch
            WHERE campaign = :campaign AND starts_at >= :since AND starts_at < :at AND first_at >= :starts)
        - (SELECT count(*) FROM stretch
            WHERE campaign = :campaign AND ends_at >= :since AND ends_at < :at AND first_at >= :starts) AS count
"""
DAYS = """
    SELECT day, measure, n FROM tally
    WHERE campaign = :campaign AND measure IN ('joined', 'returned', 'left', 'inferred')
        AND day BETWEEN :first AND :last
"""
TODAY = """
    SELECT measure, CAST(sum(n) AS bigint) AS n FROM (
        SELECT CASE WHEN starts_at = first_at THEN 'joined' ELSE 'returned' END AS measure, 1 AS n, inferred
        FROM stretch WHERE campaign = :campaign AND starts_at >= :since AND starts_at < :until
        UNION ALL
        SELECT 'left', 1, inferred
        FROM stretch WHERE campaign = :campaign AND ends_at >= :since AND ends_at < :until
    ) moved GROUP BY 1
    UNION ALL
    SELECT 'inferred', count(*) FROM stretch WHERE campaign = :campaign AND inferred
        AND (starts_at >= :since AND starts_at < :until OR ends_at >= :since AND ends_at < :until)
"""


def moved_before(campaign: Campaign, at: datetime) -> Moved:
    """All that came and went before `at`."""
    day = local_day(at, campaign.zone)
    return Moved(**one(MOVED, campaign, day=day, since=day_start(day, campaign.zone), at=at))


def count(campaign: Campaign, at: datetime) -> int:
    """Persons of the campaign's metric covered just before `at` (RULES 4); not for money."""
    if campaign.metric is not Metric.NEW_MEMBERS:
        return moved_before(campaign, at).covered
    day = local_day(at, campaign.zone)
    values = {"day": day, "since": day_start(day, campaign.zone), "at": at, "newcomers": NEWCOMERS}
    return int(one(NEW_MEMBERS, campaign, **values)["count"])


def days(campaign: Campaign, first: date, last: date, until: datetime) -> list[Day]:
    """The bridge of each day from `first` to `last`; the last one ends at `until` where that is within it."""
    found: dict[date, dict[str, int]] = {}
    whole = last
    if until < day_start(last + timedelta(days=1), campaign.zone):
        whole = last - timedelta(days=1)
        since = day_start(last, campaign.zone)
        found[last] = {row["measure"]: row["n"] for row in rows(TODAY, campaign, since=since, until=until)}
    for row in rows(DAYS, campaign, first=first, last=whole):
        found.setdefault(row["day"], {})[row["measure"]] = row["n"]
    opening = moved_before(campaign, day_start(first, campaign.zone)).covered
    bridge = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        moved = found.get(day, {})
        joined, returned, left = (moved.get(measure, 0) for measure in ("joined", "returned", "left"))
        closing = opening + joined + returned - left
        bridge.append(Day(day, opening, joined, returned, left, closing, bool(moved.get("inferred"))))
        opening = closing
    return bridge
