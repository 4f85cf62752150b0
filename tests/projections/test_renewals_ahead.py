"""Renewals as the forecast takes them: real terms in the database, told apart by what is known of them (0020)."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from flask import Flask

from tests.conftest import empty
from tests.projections.worlds import NOW, PRICES, World, campaign
from tracker.core import facts
from tracker.core.calendar import add_months, day_start, local_day
from tracker.core.growth import Due as Open
from tracker.core.growth import Renewed as Ended
from tracker.db import db
from tracker.projections import renewals_ahead as ahead

TODAY = local_day(NOW, campaign("Europe/Kyiv").zone)
SINCE = day_start(TODAY, campaign("Europe/Kyiv").zone)


@pytest.fixture
def world(projecting: Flask) -> Iterator[World]:
    """Nobody yet; who is late is given thirty days."""
    with projecting.app_context():
        empty(projecting)
        made = World(db.session(), random.Random(0), campaign("Europe/Kyiv"))
        made.begin()
        yield made
        db.session.remove()
    empty(projecting)


def subscriber(
    world: World,
    name: str,
    start: datetime,
    plan: str = "monthly",
    *,
    paid: int = 1,
    is_leaving: bool = False,
    ended: datetime | None = None,
) -> None:
    """Somebody who has paid so many terms in a row since `start`; the next bill, where it is due, is open."""
    months, amount = PRICES[plan]
    sub, told = f"sub_{name}_0", []
    for number in range(paid):
        at = add_months(start, number * months, world.campaign.zone)
        told += world.invoice(sub, number, at, add_months(at, months, world.campaign.zone), at, plan, amount)
    until = add_months(start, paid * months, world.campaign.zone)
    if until < NOW and ended != until:
        told += world.invoice(sub, paid, until, until + timedelta(days=30), None, plan, amount)
    late = "past_due" if until < NOW else "active"
    world.tell(
        facts.Subscription(
            sub, f"cus_{name}", "canceled" if ended else late, start, ended, None, is_leaving,
            ended and ended - timedelta(days=2), None, None, None, None, None, (),
        ),
        *[one for one in told if not isinstance(one, facts.Refund)],
    )  # fmt: skip


def taken(world: World, ended: list[Ended] | None = None) -> Counter[tuple[date, int, bool, str]]:
    world.follow()
    known = ahead.ended(world.campaign, TODAY - timedelta(days=1), SINCE) if ended is None else ended
    found: Counter[tuple[date, int, bool, str]] = Counter()
    for one in ahead.due(world.campaign, SINCE, known):
        assert one.persons > 0 and one.on >= TODAY
        found[one.on, one.months, one.is_first, one.standing] += one.persons
    return found


def test_nobody_has_nothing_due(world: World) -> None:
    assert taken(world) == {} and ahead.renewed([]) == ()


def test_who_is_set_to_leave_goes_on_the_day_the_paid_time_ends_and_is_never_guessed(world: World) -> None:
    start = NOW - timedelta(days=10)
    subscriber(world, "p1", start, is_leaving=True)
    subscriber(world, "p2", start - timedelta(days=31), paid=2, is_leaving=True)
    on = [local_day(add_months(one, 1, world.campaign.zone), world.campaign.zone) for one in (start,)]
    found = taken(world)
    assert found[on[0], 1, True, "leaving"] == 1
    assert sum(found.values()) == 2 and {standing for *_, standing in found} == {"leaving"}
    assert {is_first for _, _, is_first, _ in found} == {True, False}


def test_a_payment_that_is_late_falls_where_its_grace_ends_and_not_before_tomorrow(world: World) -> None:
    subscriber(world, "p1", NOW - timedelta(days=36))  # due five days ago
    subscriber(world, "p2", NOW - timedelta(days=57))  # due almost a month ago: its usual grace is over
    found = taken(world)
    due_on = local_day(add_months(NOW - timedelta(days=36), 1, world.campaign.zone), world.campaign.zone)
    assert found == {
        (due_on + timedelta(days=ahead.USUAL_GRACE), 1, True, "failing"): 1,
        (TODAY + timedelta(days=1), 1, True, "failing"): 1,
    }


def test_the_usual_grace_is_as_long_as_it_was_for_those_given_up(world: World) -> None:
    for n in range(3):
        start = NOW - timedelta(days=120 + n)
        subscriber(world, f"p{n}", start, ended=add_months(start, 1, world.campaign.zone) + timedelta(days=20))
    subscriber(world, "p9", NOW - timedelta(days=36))
    (late,) = [on for on, _, _, standing in taken(world) if standing == "failing"]
    assert (
        late - local_day(add_months(NOW - timedelta(days=36), 1, world.campaign.zone), world.campaign.zone)
    ) == (timedelta(days=20))


def test_terms_are_told_by_their_length_and_their_turn(world: World) -> None:
    for n in range(40):
        subscriber(world, f"p{n}", NOW - timedelta(days=20))
        subscriber(world, f"p{100 + n}", NOW - timedelta(days=340), "yearly")
        subscriber(world, f"p{200 + n}", NOW - timedelta(days=170), "quarterly", paid=2)
    assert {(months, is_first) for _, months, is_first, _ in taken(world)} == {(1, True), (12, True), (3, False)}


@pytest.mark.parametrize(("kept", "cancelled"), [(90, 0), (60, 30), (99, 5), (20, 70)])
@pytest.mark.parametrize("each_day", [1, 7])
def test_ordinary_renewals_lapse_in_all_as_many_as_the_rates_say_however_few_a_day(
    world: World, kept: int, cancelled: int, each_day: int
) -> None:
    """Of 100 that were fine so many were kept, and so many more had cancelled before their end."""
    ended = [Ended("1", True, "fine", 100, kept), Ended("1", True, "leaving", cancelled, 0)]
    for n in range(20):
        for m in range(each_day):
            subscriber(world, f"p{n * 10 + m}", NOW - timedelta(days=n + 1))
    found = taken(world, ended)
    rates = ahead._rates(ended)[1, True]
    lapse = 1 - rates.kept * (1 - rates.cancelled)
    failing = 1 - rates.kept
    expected = 0.0
    for n in range(20):
        day = local_day(add_months(NOW - timedelta(days=n + 1), 1, world.campaign.zone), world.campaign.zone)
        runs = min(1.0, (day - TODAY).days / ahead.DAYS_A_MONTH)
        expected += each_day * (failing + rates.kept * runs * rates.cancelled)
    assert sum(found.values()) * lapse == pytest.approx(expected, abs=1.01 * lapse)


def test_a_term_that_has_almost_run_out_can_hardly_be_cancelled_any_more() -> None:
    rates = ahead.Rates(kept=0.9, cancelled=0.4)
    just_begun, half, over = (
        ahead._parted(Open(TODAY, "1", True, "fine", 100), rates, rest) for rest in (1.0, 0.5, 0.0)
    )
    assert just_begun[0] == pytest.approx(2 * half[0]) and over[0] == 0
    assert just_begun[1] == half[1] == over[1] > 0, "payments fail as often whenever one asks"
    lapse = 1 - rates.kept * (1 - rates.cancelled)
    assert sum(just_begun) * lapse == pytest.approx(100 * (0.1 + 0.9 * 0.4))


def test_where_nobody_ever_lapsed_nothing_is_divided_by_nothing() -> None:
    one = Open(TODAY, "1", True, "fine", 7)
    assert ahead._parted(one, ahead.Rates(kept=1.0, cancelled=0.0), 0.5) == (7, 0)


def test_the_rates_hold_who_cancelled_and_keep_the_failing_apart() -> None:
    ended = [
        Ended("1", True, "fine", 50, 45),
        Ended("1", True, "leaving", 10, 0),
        Ended("1", True, "failing", 8, 4),
        Ended("12", False, "fine", 6, 6),
    ]
    found = {(one.months, one.is_first, one.standing): (one.due, one.kept) for one in ahead.renewed(ended)}
    assert found == {
        (1, True, "fine"): (60, 45),
        (1, True, "failing"): (8, 4),
        (12, False, "fine"): (6, 6),
    }


@pytest.mark.parametrize(("length", "months"), [("1", 1), ("12", 12), ("16d", 1), ("7d", 1), ("365d", 12)])
def test_a_length_is_whole_months_and_at_least_one(length: str, months: int) -> None:
    assert ahead.months_of(length) == months


def test_what_was_decided_long_ago_says_nothing_of_now(world: World) -> None:
    subscriber(
        world, "p1", NOW - timedelta(days=900), ended=add_months(NOW - timedelta(days=900), 1, world.campaign.zone)
    )
    subscriber(
        world,
        "p2",
        NOW - timedelta(days=100),
        paid=2,
        ended=add_months(NOW - timedelta(days=100), 2, world.campaign.zone),
    )
    world.follow()
    found = ahead.ended(world.campaign, TODAY - timedelta(days=1), SINCE)
    assert sum(one.due for one in found if one.standing != "failing") == 2, (
        "one kept and one that left, of p2 alone"
    )
    assert sum(one.kept for one in found if one.standing != "failing") == 1
