"""Growth by group: bridges of plans, countries, articles and placements, and days of those whom filters name.

Whole days come from the tally, the day that ends now from its rows. Every function needs an application context.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from tracker.core.campaign import Campaign, day_start, local_day
from tracker.core.growth import GroupBridge, GroupDay, Joins, Moves
from tracker.core.tally import DIMENSIONS
from tracker.projections.asking import rows

MEASURES = ("joined", "returned", "moved_in", "left", "moved_out")

TALLIED = """
    SELECT key, split_part(measure, ':', 1) AS measure, day < :first AS is_before, CAST(sum(n) AS bigint) AS n
    FROM tally WHERE campaign = :campaign AND measure = ANY(:measures) AND day <= :whole GROUP BY 1, 2, 3
"""
TALLIED_DAYS = """
    SELECT split_part(measure, ':', 1) AS measure, CASE WHEN day >= :first THEN day END AS day,
        CAST(sum(n) AS bigint) AS n
    FROM tally WHERE campaign = :campaign AND measure = ANY(:measures) AND day <= :whole AND key = :key
    GROUP BY 1, 2
"""
# A move within a group is none: the person's segment before it, or after it, has the same key. Asked as a join,
# as `OR NOT EXISTS` makes the database read every segment there is for the few of one day.
LIVE = """
    SELECT key, measure, count(*) AS n FROM (
        SELECT one.:by AS key, CASE one.begins WHEN 'moved' THEN 'moved_in' ELSE one.begins END AS measure
        FROM segment one LEFT JOIN segment was ON one.begins = 'moved' AND was.campaign = :campaign
            AND was.person_id = one.person_id AND was.ends_at = one.starts_at AND was.:by = one.:by
        WHERE one.campaign = :campaign AND one.starts_at >= :since AND one.starts_at < :until
            AND was.person_id IS NULL
        UNION ALL
        SELECT one.:by, CASE one.ends WHEN 'moved' THEN 'moved_out' ELSE one.ends END
        FROM segment one LEFT JOIN segment next ON one.ends = 'moved' AND next.campaign = :campaign
            AND next.person_id = one.person_id AND next.starts_at = one.ends_at AND next.:by = one.:by
        WHERE one.campaign = :campaign AND one.ends_at >= :since AND one.ends_at < :until
            AND next.person_id IS NULL
    ) moved GROUP BY 1, 2
"""
MATCHED = """
    WITH matched AS MATERIALIZED (
        SELECT person_id, starts_at, ends_at, starts_on, ends_on, begins, ends FROM segment
        WHERE campaign = :campaign AND starts_at < :until AND :filters
    )
    SELECT measure, CASE WHEN day >= :first THEN day END AS day, count(*) AS n FROM (
        SELECT one.starts_on AS day, CASE one.begins WHEN 'moved' THEN 'moved_in' ELSE one.begins END AS measure
        FROM matched one WHERE one.begins <> 'moved' OR NOT EXISTS (SELECT 1 FROM matched was
            WHERE was.person_id = one.person_id AND was.ends_at = one.starts_at)
        UNION ALL
        SELECT one.ends_on, CASE one.ends WHEN 'moved' THEN 'moved_out' ELSE one.ends END
        FROM matched one WHERE one.ends_at < :until AND (one.ends <> 'moved' OR NOT EXISTS (
            SELECT 1 FROM matched next WHERE next.person_id = one.person_id AND next.starts_at = one.ends_at))
    ) moved GROUP BY 1, 2
"""
JOINS = """
    SELECT day, coalesce(sum(n) FILTER (WHERE measure = 'joined'), 0)::bigint AS joined,
        coalesce(sum(n) FILTER (WHERE measure = 'returned'), 0)::bigint AS returned
    FROM tally WHERE campaign = :campaign AND measure IN ('joined', 'returned') AND key = '' AND day <= :until
    GROUP BY day ORDER BY day
"""


def bridge_by(campaign: Campaign, dimension: str, first: date, last: date, now: datetime) -> list[GroupBridge]:
    """Each group's bridge from the beginning of `first` to the end of `last`, at most until now; largest first.

    ValueError for a dimension that is none of plan, country, article and placement. What is moved within a day
    and back is in and out.
    """
    _require(dimension)
    first = min(first, local_day(now, campaign.zone))
    whole, since, until = _parted(campaign, last, now)
    opening: Counter[str] = Counter()
    moved: dict[str, Counter[str]] = {}
    asked = [f"{measure}:{dimension}" for measure in MEASURES]
    for row in rows(TALLIED, campaign, measures=asked, first=first, whole=whole):
        if row["is_before"]:
            opening[row["key"]] += _sign(row["measure"]) * row["n"]
        else:
            moved.setdefault(row["key"], Counter())[row["measure"]] += row["n"]
    if since < until:
        for row in rows(LIVE.replace(":by", dimension), campaign, since=since, until=until):
            moved.setdefault(row["key"], Counter())[row["measure"]] += row["n"]
    keys = {key for key, n in opening.items() if n} | moved.keys()
    found = [GroupBridge(key, Moves(opening[key], **moved.get(key, Counter()))) for key in keys]
    return sorted(found, key=lambda one: (-one.moves.closing, one.key))


def daily_of(
    campaign: Campaign, filters: Mapping[str, str], first: date, last: date, now: datetime
) -> list[GroupDay]:
    """The bridge of each day, of those persons whose plan, country, article or placement is as the filters say.

    One filter is read from the tally; of several, each person's segments are asked. ValueError for another filter,
    or for none.
    """
    for dimension in filters:
        _require(dimension)
    if not filters:
        raise ValueError("filter by plan, country, article or placement, or ask queries.daily for everybody")
    last = min(last, local_day(now, campaign.zone))
    moved = _one_filter(campaign, filters, first, last, now) if len(filters) == 1 else None
    if moved is None:
        until = min(day_start(last + timedelta(days=1), campaign.zone), now)
        moved = _matched(campaign, filters, first, until)
    opening = sum(_sign(measure) * n for measure, n in moved.get(None, Counter()).items())
    days = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        moves = Moves(opening, **moved.get(day, Counter()))
        days.append(GroupDay(day, moves))
        opening = moves.closing
    return days


def joins_history(campaign: Campaign, until: date) -> list[Joins]:
    """Every whole day from the first that anybody joined to `until`, days without anybody too."""
    found = {row["day"]: row for row in rows(JOINS, campaign, until=until)}
    if not found:
        return []
    first = min(found)
    every = (first + timedelta(days=number) for number in range((until - first).days + 1))
    return [
        Joins(day, found[day]["joined"], found[day]["returned"]) if day in found else Joins(day, 0, 0)
        for day in every
    ]


Moved = dict[date | None, Counter[str]]
"""By day; None is all that was before the first."""


def _one_filter(campaign: Campaign, filters: Mapping[str, str], first: date, last: date, now: datetime) -> Moved:
    ((dimension, key),) = filters.items()
    whole, since, until = _parted(campaign, last, now)
    moved: Moved = {}
    asked = [f"{measure}:{dimension}" for measure in MEASURES]
    for row in rows(TALLIED_DAYS, campaign, measures=asked, first=first, whole=whole, key=key):
        moved.setdefault(row["day"], Counter())[row["measure"]] += row["n"]
    if since < until:
        day = last if since >= day_start(first, campaign.zone) else None
        for row in rows(LIVE.replace(":by", dimension), campaign, since=since, until=until):
            if row["key"] == key:
                moved.setdefault(day, Counter())[row["measure"]] += row["n"]
    return moved


def _matched(campaign: Campaign, filters: Mapping[str, str], first: date, until: datetime) -> Moved:
    sql = MATCHED.replace(":filters", " AND ".join(f"{dimension} = :is_{dimension}" for dimension in filters))
    values = {f"is_{dimension}": key for dimension, key in filters.items()}
    moved: Moved = {}
    for row in rows(sql, campaign, first=first, until=until, **values):
        moved.setdefault(row["day"], Counter())[row["measure"]] += row["n"]
    return moved


def _parted(campaign: Campaign, last: date, now: datetime) -> tuple[date, datetime, datetime]:
    """(the last whole day, from when to when the rest is counted row by row): no time, where all are whole."""
    zone = campaign.zone
    end_at, today = day_start(last + timedelta(days=1), zone), local_day(now, zone)
    if end_at <= now:
        return last, end_at, end_at
    return today - timedelta(days=1), day_start(today, zone), now


def _require(dimension: str) -> None:
    if dimension not in DIMENSIONS:
        raise ValueError(f"{dimension!r}: group or filter by plan, country, article or placement")


def _sign(measure: str) -> int:
    return -1 if measure in {"left", "moved_out"} else 1
