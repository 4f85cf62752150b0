"""RULES 6 and 7 on random worlds: statements, payouts and Stripe's balance close to 0, whatever moves them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from tests.conftest import empty
from tests.line import schedules
from tests.line.finance_files import checks, table
from tests.line.in_process import InProcessGateway
from tests.line.worlds import World
from tracker import config, flow
from tracker.app import create_app
from tracker.core import balance_types, money
from tracker.db import db
from tracker.projections.finance import files, statement
from tracker.projections.finance.cut import Cut, cut

ZONES = ("Europe/Kyiv", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "America/Santiago")
SETTLED = ((), ("usd",), ("jpy", "kwd"), ("usd", "jpy", "kwd", "isk", "ugx"))
LEAP = datetime(2028, 2, 3, 9, tzinfo=UTC)
"""A world from here goes over 29 February and over the clock change of March."""
KINDS = tuple(sorted(balance_types.TYPES - {"payout", "payout_cancel", "payout_failure"}))


@pytest.fixture(scope="module")
def app(database_url: str) -> Iterator[Flask]:
    made = create_app(
        config.load(database_url=database_url, secret_key="x" * 32, stripe_secret_key="sk_test_x"), needed={}
    )
    yield made
    empty(made)
    with made.app_context():
        db.engine.dispose()


def line_of(app: Flask, world: World, zone: str) -> flow.Line:
    """A product that has just been set up for that world's account; no campaign, hence nothing to draw."""
    schedules.clear()
    settings = config.load(
        database_url=app.extensions["line"].settings.database_url,
        secret_key="x" * 32,
        stripe_secret_key="sk_test_x",
        timezone=zone,
    )
    return flow.Line(settings, InProcessGateway(world.sandbox), world.now)


def move_money(world: World, dice: Random) -> None:
    """What no reader causes: rows of any kind, payouts by hand, payouts that come back."""
    ask = world.sandbox.ask
    currency = dice.choice(("eur", "eur", *world.sandbox.world.settings.also_settles))
    kind = dice.random()
    if kind < 0.5:
        row: dict[str, Any] = {"type": dice.choice(KINDS), "amount": dice.randint(-900, 1500) * 100}
        row |= {"fee": dice.choice((0, 0, 7)), "currency": currency, "available_in_days": dice.choice((0, 0, 3))}
        world.sandbox.must("POST", "/_test/balance", row)
    elif kind < 0.8:
        how = {"method": "instant"} if dice.random() < 0.5 else {}
        ask("POST", "/v1/payouts", {"amount": dice.randint(1, 90) * 100, "currency": currency, **how})
    else:
        made = world.sandbox.must("GET", "/v1/payouts")["data"]
        if made:
            status = dice.choice(("failed", "paid", "canceled"))
            ask("POST", f"/_test/payouts/{dice.choice(made)['id']}", {"status": status})


def months_of(world: World, started: datetime, zone: str) -> list[Cut]:
    first, last = (f"{at.astimezone(ZoneInfo(zone)):%Y-%m}" for at in (started, world.now()))
    found = [cut(last, ZoneInfo(zone), world.now())]
    while found[0].month > first:
        found.insert(0, cut(found[0].before, ZoneInfo(zone), world.now()))
    return found


def at_stripe(world: World) -> dict[str, int]:
    held = world.sandbox.must("GET", "/v1/balance")
    sums: dict[str, int] = {}
    for one in [*held["available"], *held["pending"]]:
        sums[one["currency"].upper()] = sums.get(one["currency"].upper(), 0) + one["amount"]
    return {currency: amount for currency, amount in sums.items() if amount}


def minor(text: str, currency: str) -> int:
    """A cell as minor units; the cell must be written just as the currency has digits."""
    assert money.decimal_text(int(text.replace(".", "")), currency) == text
    return int(text.replace(".", ""))


def close(world: World, months: list[Cut]) -> None:
    """Every month of the world closes, follows from the one before, and all of them are Stripe's balance."""
    before: dict[str, int] = {}
    for one in months:
        rows = table("statement.csv", one)
        for currency in {row["currency"] for row in rows}:
            ours = [row for row in rows if row["currency"] == currency]
            assert [ours[0]["reporting_category"], ours[-1]["reporting_category"]] == ["opening", "closing"]
            opening, *moved, closing = [minor(row["net"], currency) for row in ours]
            assert opening == before.get(currency, 0) and opening + sum(moved) == closing, (one.month, currency)
            before[currency] = closing
            assert left(one, currency) == -sum(
                minor(row["gross"], currency)
                for row in ours
                if row["reporting_category"] in (balance_types.PAID_OUT, balance_types.PAYOUT_RETURNED)
            )
        for name, check in checks(one).items():
            assert check.is_green, (one.month, name, check.text % check.values)
    assert {currency: amount for currency, amount in before.items() if amount} == at_stripe(world)


def left(one: Cut, currency: str) -> int:
    """What left for the bank in that month, less what came back; each tied payout differs by nothing."""
    rows = [row for row in table("payouts.csv", one) if row["currency"] == currency]
    for row in rows:
        assert (row["difference"] == "") == (row["automatic"] == "no" or row["amount"].startswith("-")), row
        assert row["difference"] in ("", money.decimal_text(0, currency))
    return sum(minor(row["amount"], currency) for row in rows)


def written(months: list[Cut]) -> dict[str, str]:
    return {
        f"{one.month} {file.name}": b"".join(files.pieces(file, one)) for one in months for file in files.FILES[:3]
    }


def turn_of(world: World, zone: ZoneInfo) -> datetime:
    """The first instant of the world's next month."""
    day = (world.now().astimezone(zone).date().replace(day=1) + timedelta(days=32)).replace(day=1)
    return cut(f"{day - timedelta(days=1):%Y-%m}", zone, world.now() + timedelta(days=40)).until


@pytest.mark.parametrize("seed", range(10))
def test_every_month_of_a_random_world_closes_however_it_was_learned(app: Flask, seed: int) -> None:
    dice = Random(f"money {seed}")
    zone = dice.choice(ZONES)
    start = LEAP + timedelta(seconds=dice.randint(0, 20 * 86_400)) if seed % 3 == 0 else None
    account = {"also_settles": dice.choice(SETTLED), "payouts": dice.random() < 0.9}
    with app.app_context(), World(seed, days=dice.randint(70, 110), start=start, **account) as world:
        try:
            started = world.now()
            line = line_of(app, world, zone)
            flow.load(line, world.now() + timedelta(days=1))
            for _ in range(dice.randint(15, 30)):
                world.step()
                move_money(world, dice)
                if dice.random() < 0.6:  # the minute's sweep, by messages of any order and none
                    flow.minute(line)
            while len(months_of(world, started, zone)) < 3:
                world.sandbox.clock.set(int(turn_of(world, ZoneInfo(zone)).timestamp()) + dice.randint(0, 59))
                flow.minute(line)
            flow.sync(line, full=True)
            months = months_of(world, started, zone)
            close(world, months)
            assert "to the cent" in checks(months[-1])["balance_at_cut"].text
            learned = written(months)
            flow.sync(line, full=dice.random() < 0.5)  # all of it once more
            assert written(months) == learned
            line = line_of(app, world, zone)
            flow.load(line, world.now() + timedelta(days=1))  # as if we had come only now
            assert written(months) == learned
        except AssertionError as error:
            raise AssertionError(f"{zone} {account}\n{error}\n{world.story()}") from error
        finally:
            db.session.remove()


def test_the_edges_of_a_leap_february_and_of_clock_changes_are_the_zones_own() -> None:
    zone = ZoneInfo("Europe/Kyiv")
    february = cut("2028-02", zone, LEAP + timedelta(days=90))
    assert february.last_on == date(2028, 2, 29) and february.until == datetime(2028, 2, 29, 22, tzinfo=UTC)
    march = cut("2028-03", zone, LEAP + timedelta(days=90))
    assert (march.until - march.since) == timedelta(days=31) - timedelta(hours=1)


def test_a_statement_of_a_currency_that_rests_is_still_told(app: Flask) -> None:
    with app.app_context(), World(1, days=70) as world:
        line = line_of(app, world, "Europe/Kyiv")
        world.sandbox.must("POST", "/_test/balance", {"type": "adjustment", "amount": 5, "currency": "usd"})
        started = world.now()
        world.wait(40 * 86_400)
        flow.load(line, world.now() + timedelta(days=1))
        later = months_of(world, started, "Europe/Kyiv")[-1]
        assert [(one.currency, one.lines) for one in statement.statements(later.month)] == [("USD", ())]
        db.session.remove()
