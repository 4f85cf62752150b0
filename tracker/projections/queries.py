"""What the faces may ask; answers are frozen dataclasses, drawn elsewhere as HTML, CSV or JSON.

Every function needs an application context. Instants are aware UTC; days are in the campaign's zone.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from tracker.core.campaign import Campaign, Metric, day_start, local_day
from tracker.core.progress import Day, Loading, Progress, Source
from tracker.core.tally import RETAINED_AFTER, SOURCES
from tracker.db import db
from tracker.ledger import campaigns as stored_campaigns
from tracker.ledger import landmarks, objects
from tracker.projections import asking, counting, money_raised, statements

FRESH = timedelta(minutes=10)
"""So long after the last check the live count goes with the clock; then it stands still at `as_of` (RULES 5)."""


def campaigns() -> list[Campaign]:
    """All campaigns, the latest start first."""
    return stored_campaigns.every(db.session())


def campaign(slug: str) -> Campaign | None:
    """The campaign of that slug, or None."""
    return stored_campaigns.find(db.session(), slug)


def as_of() -> datetime | None:
    """The last instant up to which Stripe was checked and everything stored was processed."""
    return landmarks.at(db.session(), landmarks.AS_OF)


def connected_at() -> datetime | None:
    """When the account began to be read, None before; in the demo its invented story ends that day."""
    return landmarks.at(db.session(), landmarks.CONNECTED)


def live_instant(now: datetime) -> datetime:
    """The instant that the faces count at: now, or where we stand still since we stopped hearing from Stripe."""
    checked = as_of()
    return checked if checked is not None and now - checked > FRESH else now


def live_progress(campaign: Campaign, now: datetime) -> Progress:
    """The count that every face shows now; an ended campaign stands at its deadline (RULES 5)."""
    found = progress(campaign, min(live_instant(now), campaign.ends_at))
    return replace(found, state=campaign.state(found.count, now))


def progress(campaign: Campaign, at: datetime) -> Progress:
    """The count just before `at` with its neighbours and the bridge since the campaign's first day."""
    count = count_at(campaign, at) if is_whole() else None
    state = campaign.state(count, at)
    if count is None:
        return Progress(campaign.slug, campaign.metric, campaign.goal, None, at, as_of(), state)
    opening, joined, returned, left = _bridge(campaign, campaign.starts_at, at)
    figures = asking.one(statements.NEIGHBOURS, campaign, at=at)
    found = Progress(
        campaign=campaign.slug,
        metric=campaign.metric,
        goal=campaign.goal,
        count=count,
        at=at,
        as_of=as_of(),
        state=state,
        opening=opening,
        joined=joined,
        returned=returned,
        left=left,
        unsettled=objects.unsettled_count(db.session()),
        **figures,
    )
    if campaign.metric is not Metric.AMOUNT_RAISED:
        return found
    money = money_raised.before(campaign, at)
    return replace(found, offline=money.offline, other_currencies=money.others)


def offline_members(campaign: Campaign, now: datetime) -> int | None:
    """How many are counted now through offline memberships alone; None while there is no true number."""
    if not is_whole():
        return None
    at = min(live_instant(now), campaign.ends_at)
    return int(asking.one(statements.NEIGHBOURS, campaign, at=at)["offline"])


def is_whole() -> bool:
    """Whether everything the count needs was read at least once; before that there is no true number."""
    session = db.session()
    return (
        landmarks.at(session, landmarks.WHOLE) is not None and landmarks.at(session, landmarks.REBUILD_DUE) is None
    )


def count_at(campaign: Campaign, at: datetime) -> int:
    """The campaign's metric just before `at` (RULES 4)."""
    if campaign.metric is Metric.AMOUNT_RAISED:
        return money_raised.before(campaign, at).count
    return counting.count(campaign, at)


def joined_since(campaign: Campaign, since: datetime, until: datetime) -> int:
    """Persons who joined after `since` and by `until`, returning ones apart."""
    return _bridge(campaign, since, until)[1]


def daily(campaign: Campaign, first: date, last: date, now: datetime) -> list[Day]:
    """A row for each day from `first` to `last`, both included, at most until today, which ends now."""
    zone = campaign.zone
    end_at = min(day_start(last + timedelta(days=1), zone), now)
    last = min(last, local_day(now, zone))
    if not is_whole() or last < first:
        return []
    is_inferred = _inferred_days(campaign, now)
    days = counting.days(campaign, first, last, end_at)
    return [replace(day, inferred=day.inferred or is_inferred(day.day)) for day in days]


def _inferred_days(campaign: Campaign, now: datetime) -> Callable[[date], bool]:
    """RULES 8: days before connection, days of which messages may be missing, and those of inferred changes."""
    session, zone = db.session(), campaign.zone
    connected = landmarks.at(session, landmarks.CONNECTED) or now
    spans = [(date.min, local_day(connected, zone))]
    spans += [(local_day(one.since, zone), local_day(one.until, zone)) for one in landmarks.silences(session)]
    spans += [(row["first"] or date.min, row["last"]) for row in asking.rows(statements.INFERRED, campaign)]
    return lambda day: any(first <= day <= last for first, last in spans)


def sources(campaign: Campaign, first: date, last: date, by: str, now: datetime) -> list[Source]:
    """A row an article, placement or embed version (`by`), most joined first. ValueError for another `by`."""
    return sources_by(campaign, first, last, (by,), now)[by]


def sources_by(
    campaign: Campaign, first: date, last: date, dimensions: Sequence[str], now: datetime
) -> dict[str, list[Source]]:
    """The same for several at once, in one reading of what they are counted from."""
    for by in dimensions:
        if by not in SOURCES:
            raise ValueError(f"by={by!r}: group sources by article, placement or embed")
    found: dict[str, list[Source]] = {by: [] for by in dimensions}
    told = ("key", "views", "clicks", "pledges", "joined")
    measures = {one: [f"{one}:{by}" for by in dimensions] for one in ("joined", "retained")}
    asked = _grouped(statements.SOURCES, dimensions)
    for row in asking.rows(asked, campaign, **measures, **_instants(campaign, first, last, now)):
        retained = row["retained"] if row["ripe"] else None
        found[row["dimension"]].append(Source(**{name: row[name] for name in told}, retained=retained))
    return found


def _grouped(sql: str, dimensions: Sequence[str]) -> str:
    """The statement with its groups written in: GROUPING SETS read a table once for all of them."""
    which = " ".join(f"WHEN GROUPING({one}) = 0 THEN '{one}'" for one in dimensions)
    sets, pairs = ", ".join(f"({one})" for one in dimensions), ", ".join(f"('{one}', {one})" for one in dimensions)
    sql = sql.replace(":which", f"CASE {which} END").replace(":key", f"coalesce({', '.join(dimensions)})")
    return sql.replace(":sets", sets).replace(":pairs", pairs)


def _instants(campaign: Campaign, first: date, last: date, now: datetime) -> dict[str, Any]:
    """Which days are whole, and between which instants the rest is counted person by person."""
    zone = campaign.zone
    since, end_at = day_start(first, zone), day_start(last + timedelta(days=1), zone)
    today, ripe = local_day(now, zone), now - RETAINED_AFTER
    ripe_day = local_day(ripe, zone)
    return {
        "first": first,
        "last": last,
        "whole": last if end_at <= now else today - timedelta(days=1),
        "since": since,
        "until": min(end_at, now),
        "live_since": end_at if end_at <= now else max(since, day_start(today, zone)),
        "ripe": ripe,
        "ripe_day": ripe_day,
        "ripe_since": max(since, day_start(ripe_day, zone)),
    }


def machine_views(campaign: Campaign, first: date, last: date) -> int:
    """Views by known bots and by browsers that fetched ahead: in no other sum, shown beside them."""
    return int(asking.one(statements.MACHINE_VIEWS, campaign, first=first, last=last)["views"])


def loading() -> Loading | None:
    """The first sync's progress until the count is whole, then None."""
    return None if is_whole() else _loading(("subscription", "memberships"), ("invoice", "invoices"))


def ledger_loading() -> Loading | None:
    """The first reading of the money, None when the ledger is whole."""
    if landmarks.at(db.session(), landmarks.LEDGER_WHOLE) is not None:
        return None
    return _loading(("checkout.session", "people"), ("customer", "people"), ("balance_transaction", "ledger"))


def stripe_bridge(now: datetime) -> list[dict[str, Any]]:
    """From Stripe's own active subscribers to our count of the latest campaign, step by step with ids.

    The first step's count and those between, below zero where they take away, add up to the last's.
    """
    latest = next(iter(campaigns()), None)
    if latest is None:
        return []
    steps: dict[str, dict[str, Any]] = {
        step: {"step": step, "count": 0, "ids": []} for step in statements.BRIDGE_STEPS
    }
    for row in asking.rows(statements.STRIPE_BRIDGE, latest, at=now):
        step = steps[row["step"]]
        step["count"] += row["sign"] or 1
        step["ids"].append(row["id"])
    return [step | {"ids": sorted(step["ids"])} for step in steps.values()]


def _loading(*steps: tuple[str, str]) -> Loading:
    """The step in work; invoices are counted by the memberships whose own they reached."""
    for kind, phase in steps:
        reached = landmarks.value(db.session(), f"first:{kind}")
        if not reached.get("is_done"):
            if kind == "invoice":
                return Loading("memberships", *asking.one(statements.RESOLVED, None).values())
            return Loading(phase, int(reached.get("done", 0)), None)
    return Loading(steps[-1][1], int(reached.get("done", 0)), int(reached.get("done", 0)))


def _bridge(campaign: Campaign, since: datetime, until: datetime) -> tuple[int, int, int, int]:
    """opening + joined + returned - left = closing over [since, until)."""
    was = counting.moved_before(campaign, min(since, until))
    moved = counting.moved_before(campaign, until)
    return was.covered, moved.joined - was.joined, moved.returned - was.returned, moved.left - was.left
