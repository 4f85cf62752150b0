"""The tally, kept by differences, is what a rebuild gives; what it answers is what counting gives (RULES 4, 8)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.projections import reference
from tests.projections.worlds import NOW, World, edit
from tracker.core.campaign import Metric, day_start, local_day
from tracker.core.coverage import Kind
from tracker.core.growth import Moves
from tracker.core.person import PersonFacts
from tracker.core.tally import DIMENSIONS, SOURCES
from tracker.ledger import campaigns, people
from tracker.projections import asking, coverage, growth, money_raised, queries, revenue, rows

Invent = Callable[[int, str], World]
ZONES = ["Europe/Kyiv", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "America/Santiago"]
FEW = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
SEEDS, PLACES = st.integers(0, 10**6), st.sampled_from(ZONES)


def later(world: World) -> datetime:
    """Some instant of the days that the world has, or of the month to come."""
    return NOW - timedelta(seconds=world.dice.randrange(-30 * 86_400, 500 * 86_400))


@FEW
@given(SEEDS, PLACES)
def test_the_tally_kept_by_differences_is_what_a_rebuild_gives(invent: Invent, seed: int, zone: str) -> None:
    world = invent(seed, zone)
    for _ in range(3):
        edit(world, 25)
        assert coverage.live_hash(world.session) == coverage.rebuilt_hash(world.session)
    summed = "SELECT count(*) FROM tally WHERE n = 0"
    assert world.session.scalar(text(summed)) == 0
    kept = coverage.live_hash(world.session)
    coverage.rebuild(world.session, world.now)
    assert coverage.live_hash(world.session) == kept


@FEW
@given(SEEDS, PLACES)
def test_counts_at_any_instant_are_those_of_counting_everybody(invent: Invent, seed: int, zone: str) -> None:
    world = invent(seed, zone)
    edges = [day_start(local_day(later(world), world.campaign.zone), world.campaign.zone) for _ in range(4)]
    for at in [later(world) for _ in range(12)] + edges + [one + timedelta(seconds=1) for one in edges] + [NOW]:
        for metric in (Metric.ACTIVE_MEMBERS, Metric.NEW_MEMBERS):
            asked = replace(world.campaign, metric=metric)
            truth = asking.one(reference.COUNTS[metric], asked, at=at)["count"]
            assert queries.count_at(asked, at) == truth, (metric, at)
        since = later(world)
        truth = asking.one(reference.BRIDGE, world.campaign, since=min(since, at), until=at)
        assert queries.joined_since(world.campaign, since, at) == truth["joined"]
        found = queries.progress(world.campaign, at)
        assert (
            found.opening + found.joined + found.returned - found.left == found.count
            or at < world.campaign.starts_at
        )
        beside = asking.one(reference.NEIGHBOURS, world.campaign, at=at)
        assert {name: getattr(found, name) for name in beside} == beside, at


@FEW
@given(SEEDS, PLACES)
def test_days_are_those_of_counting_everybody(invent: Invent, seed: int, zone: str) -> None:
    world = invent(seed, zone)
    for _ in range(4):
        now, days = later(world), sorted(local_day(later(world), world.campaign.zone) for _ in range(2))
        end_at = min(day_start(days[1] + timedelta(days=1), world.campaign.zone), now)
        asked = {"first": days[0], "last": min(days[1], local_day(now, world.campaign.zone)), "until": end_at}
        moved = {row["day"]: row for row in asking.rows(reference.MOVEMENTS, world.campaign, **asked)}
        found = queries.daily(world.campaign, days[0], days[1], now)
        for day in found:
            truth = moved.get(day.day, {"joined": 0, "returned": 0, "gone": 0})
            assert (day.joined, day.returned, day.left) == (truth["joined"], truth["returned"], truth["gone"])
            assert day.opening == queries.count_at(world.campaign, day_start(day.day, world.campaign.zone))
            ends = min(day_start(day.day + timedelta(days=1), world.campaign.zone), now)
            assert day.closing == queries.count_at(world.campaign, ends)
        assert set(moved) <= {day.day for day in found}


@FEW
@given(SEEDS, PLACES)
def test_sources_are_those_of_asking_every_person(invent: Invent, seed: int, zone: str) -> None:
    world = invent(seed, zone)
    for _ in range(4):
        now, (first, last) = later(world), sorted(local_day(later(world), world.campaign.zone) for _ in range(2))
        at_once = queries.sources_by(world.campaign, first, last, SOURCES, now)
        for by in SOURCES:
            values: dict[str, Any] = {"first": first, "last": last, "ripe": now - timedelta(days=90)}
            values["since"] = day_start(first, world.campaign.zone)
            values["until"] = min(day_start(last + timedelta(days=1), world.campaign.zone), now)
            truth = asking.rows(reference.SOURCES.replace(":by", by), world.campaign, **values)
            found = queries.sources(world.campaign, first, last, by, now)
            assert at_once[by] == found
            told = [(one.key, one.views, one.clicks, one.pledges, one.joined, one.retained) for one in found]
            names = ("key", "views", "clicks", "pledges", "joined")
            assert told == [
                (*(row[name] for name in names), row["retained"] if row["ripe"] else None) for row in truth
            ]


def days_end(world: World, day: date, now: datetime) -> datetime:
    return min(day_start(day + timedelta(days=1), world.campaign.zone), now)


def shown(moves: Moves) -> dict[str, int]:
    """What is not 0 of the moves."""
    return {name: n for name in growth.MEASURES if (n := getattr(moves, name))}


def in_groups(world: World, dimension: str, at: datetime) -> dict[str, int]:
    found = world.session.execute(
        text(f"SELECT {dimension}, count(*) FROM segment WHERE starts_at < :at AND ends_at >= :at GROUP BY 1"),
        {"at": at},
    )
    return {row[0]: row[1] for row in found}


@FEW
@given(SEEDS, PLACES)
def test_bridges_by_group_open_and_close_with_the_persons_in_it(invent: Invent, seed: int, zone: str) -> None:
    world = invent(seed, zone)
    place = world.campaign.zone
    for dimension in DIMENSIONS:
        now, (first, last) = later(world), sorted(local_day(later(world), place) for _ in range(2))
        first = min(first, local_day(now, place))
        found = growth.bridge_by(world.campaign, dimension, first, last, now)
        opening = in_groups(world, dimension, min(day_start(first, place), now))
        closing = in_groups(world, dimension, min(day_start(last + timedelta(days=1), place), now))
        assert {one.key: one.moves.opening for one in found if one.moves.opening} == opening
        assert {one.key: one.moves.closing for one in found if one.moves.closing} == closing
        for key in list(closing)[:2]:
            days = growth.daily_of(world.campaign, {dimension: key}, first, last, now)
            slow = growth._matched(world.campaign, {dimension: key}, first, days_end(world, last, now))
            assert [dict(slow.get(day.day, {})) for day in days] == [shown(day.moves) for day in days]
            for day in days:
                ends = min(day_start(day.day + timedelta(days=1), place), now)
                assert day.moves.closing == in_groups(world, dimension, ends).get(key, 0)


@FEW
@given(SEEDS, PLACES)
def test_several_filters_open_and_close_with_the_persons_whom_all_name(
    invent: Invent, seed: int, zone: str
) -> None:
    world = invent(seed, zone)
    filters = {"plan": "monthly", "country": "UA"}
    first, last = date(2026, 3, 1), local_day(NOW, world.campaign.zone)
    both = text(
        "SELECT count(*) FROM segment WHERE plan = 'monthly' AND country = 'UA'"
        " AND starts_at < :at AND ends_at >= :at"
    )
    for day in growth.daily_of(world.campaign, filters, first, last, NOW):
        ends = min(day_start(day.day + timedelta(days=1), world.campaign.zone), NOW)
        assert day.moves.closing == world.session.scalar(both, {"at": ends}), day


@FEW
@given(SEEDS, PLACES)
def test_recurring_revenue_opens_and_closes_with_what_the_running_terms_bring(
    invent: Invent, seed: int, zone: str
) -> None:
    """By month as by day; at the last close it is what everybody's facts say."""
    world = invent(seed, zone)
    first, last = date(2026, 1, 1), date(2026, 11, 18)
    days = revenue.by_day(world.campaign, first, last, NOW)
    months = revenue.by_month(world.campaign, first, last, NOW)
    for told in (days, months):
        for before, after in pairwise(told):
            assert before.closing == after.opening
            assert after.opening + sum(after.moves.values()) == after.closing
    assert (days[0].opening, days[-1].closing) == (months[0].opening, months[-1].closing)
    assert days[-1].closing == running(world, day_start(date(2026, 11, 19), world.campaign.zone))


def running(world: World, at: datetime) -> Fraction:
    """Everybody's terms at that instant, each worth its amount by its months; a change of plan takes its place."""
    total = Fraction(0)
    for told in people_of(world):
        covered = rows.work_out(told, world.campaign, {"prod_once": 12})
        for piece in covered.pieces:
            worth = piece.worth
            if worth is None or piece.kind is not Kind.TERM or not piece.starts_at < at <= piece.ends_at:
                continue
            if worth.until_at is None or worth.until_at >= at:
                per = worth.length
                months = Fraction(int(per[:-1]) * 12, 365) if per.endswith("d") else Fraction(int(per))
                total += Fraction(worth.amount_minor) / months
    return total


def people_of(world: World) -> list[PersonFacts]:
    return list(people.facts_of(world.session, people.all_persons(world.session)))


@FEW
@given(SEEDS, PLACES)
def test_money_raised_by_month_adds_up_to_what_came_in(invent: Invent, seed: int, zone: str) -> None:
    world = invent(seed, zone)
    asked = replace(world.campaign, metric=Metric.AMOUNT_RAISED)
    months = money_raised.by_month(asked, asked.starts_on, local_day(NOW, asked.zone))
    found = [one for one in months if one.currency == asked.currency]
    assert sum(one.total_minor for one in found) == queries.count_at(asked, NOW)
    offline = sum(one.offline_minor for one in found)
    assert offline == queries.progress(asked, NOW).offline


def test_a_campaign_in_another_zone_is_told_anew_by_a_rebuild(invent: Invent) -> None:
    world = invent(7, "Europe/Kyiv")
    campaigns.put(world.session, replace(world.campaign, timezone="Pacific/Apia"))
    coverage.rebuild(world.session, world.now)
    assert coverage.live_hash(world.session) == coverage.rebuilt_hash(world.session)
