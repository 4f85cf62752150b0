"""Money raised, kept by what changes, is what a plain query over all bookings gives (RULES 4, 6)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.projections import reference
from tests.projections.purses import Purse, change_campaign
from tests.projections.worlds import NOW, World
from tracker.core import facts
from tracker.core.calendar import day_start, local_day
from tracker.core.campaign import Campaign
from tracker.ledger import campaigns
from tracker.projections import asking, money_raised, received

Invent = Callable[[int, str], World]
FEW = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
SEEDS = st.integers(0, 10**6)
ZONES = st.sampled_from(["Europe/Kyiv", "America/New_York", "Pacific/Apia", "America/Santiago"])


def plain(campaign: Campaign, at: datetime) -> dict[tuple[str, bool], int]:
    """Minor units by (currency, is outside Stripe), straight from all bookings; what sums up to 0 is left out."""
    asked: dict[str, Any] = {"starts": campaign.starts_at, "first_day": campaign.starts_on}
    asked |= {"members": list(campaign.products), "donations": list(campaign.donation_products)}
    found = asking.rows(reference.RAISED, campaign, at=at, **asked)
    return {(row["currency"], row["is_offline"]): row["count"] for row in found if row["count"]}


def kept(campaign: Campaign, at: datetime) -> dict[tuple[str, bool], int]:
    found = asking.rows(
        money_raised.SINCE_THE_FIRST_DAY,
        campaign,
        day=local_day(at, campaign.zone),
        since=max(day_start(local_day(at, campaign.zone), campaign.zone), campaign.starts_at),
        at=at,
    )
    return {(row["currency"], row["is_offline"]): row["amount_minor"] for row in found if row["amount_minor"]}


def holds(world: World, at: datetime) -> None:
    """The three ways in which it is read give the plain query's sums."""
    campaign, truth = world.campaign, plain(world.campaign, at)
    own, found = campaign.currency.upper(), money_raised.before(campaign, at)
    by_currency = {one: sum(n for (of, _), n in truth.items() if of == one) for one in {of for of, _ in truth}}
    assert found.count == by_currency.pop(own, 0)
    assert found.offline == truth.get((own, True), 0)
    assert found.others == {one: n for one, n in by_currency.items() if n}
    assert kept(campaign, at) == truth


def days_hold(world: World, first: date, last: date) -> None:
    """Months are the sums of their days, cut at both ends."""
    campaign = world.campaign
    ends = day_start(last + timedelta(days=1), campaign.zone)
    begins = day_start(first, campaign.zone)
    until, before = plain(campaign, ends), plain(campaign, begins)
    months = money_raised.by_month(campaign, first, last)
    for currency in {one.currency for one in months} | {of for of, _ in until}:
        mine = [one for one in months if one.currency == currency]
        grown = {is_offline: until.get((currency, is_offline), 0) - before.get((currency, is_offline), 0)
                 for is_offline in (False, True)}  # fmt: skip
        assert sum(one.membership_minor + one.donation_minor for one in mine) == grown[False], currency
        assert sum(one.offline_minor for one in mine) == grown[True], currency
        assert sum(one.total_minor for one in mine) == grown[False] + grown[True]


def in_tally(world: World) -> dict[tuple[object, ...], int]:
    asked = text("SELECT campaign, measure, day, key, n FROM tally WHERE measure = ANY(:measures)")
    found = world.session.execute(asked, {"measures": list(received.MEASURES)})
    return {tuple(row[:4]): row.n for row in found}


@FEW
@given(SEEDS, ZONES)
def test_after_any_edits_the_kept_sums_are_those_of_asking_every_booking(
    invent: Invent, seed: int, zone: str
) -> None:
    world = invent(seed, zone)
    purse = Purse(world)
    for _ in range(3):
        for _ in range(12):
            purse.edit()
        if world.dice.random() < 0.6:
            change_campaign(world)
            campaigns.put(world.session, world.campaign)
        world.follow()
        zone_of = world.campaign.zone
        for at in (NOW, world.instant(90), day_start(local_day(world.instant(60), zone_of), zone_of)):
            holds(world, at)
        first = world.campaign.starts_on + timedelta(days=world.dice.randrange(15))
        days_hold(world, first, first + timedelta(days=world.dice.randrange(60)))
        assert in_tally(world) == {key: n for key, n in received.counted(world.session).items() if n}


@FEW
@given(SEEDS)
def test_the_same_told_in_another_order_and_twice_gives_the_same_sums(invent: Invent, seed: int) -> None:
    found = []
    for order in (1, -1):
        world = invent(seed, "Europe/Kyiv")
        purse = Purse(world)
        told = purse.kept_back = []
        for n in range(15):
            purse.pay(f"m{n}")
        for charge in list(purse.paid)[::2]:
            purse.go_back(charge, "refund")
        for one in [*told[::order], *told[: len(told) // 2]]:
            if isinstance(one, facts.Entry):
                world.tell(entries=(one,))
            else:
                world.tell(one)
        world.follow()
        holds(world, NOW)
        found.append(kept(world.campaign, NOW))
    assert found[0] == found[1] != {}


def test_a_purse_has_every_kind_of_money_in_it(invent: Invent) -> None:
    """The property above would hold of an empty purse, too."""
    world = invent(3, "Europe/Kyiv")
    purse = Purse(world)
    for _ in range(160):
        purse.edit()
    world.follow()
    rows = asking.rows("SELECT currency, purpose, amount_minor FROM received", world.campaign)
    assert {row["currency"] for row in rows} == {"EUR", "USD", "JPY"}
    assert {row["purpose"] for row in rows} == {"membership", "donation"}
    assert {row["amount_minor"] < 0 for row in rows} == {True, False}
