"""RULES 7: the books are held against Stripe's own balance, read as the month turns."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from tests.line.conftest import House
from tests.line.finance_files import checks, month
from tests.line.test_bookings import alter
from tests.line.test_statement import book
from tracker import flow
from tracker.db import db
from tracker.intake.stripe.gateway import Gateway, StripeRefusedError, StripeUnreachableError
from tracker.ledger import balances
from tracker.projections.finance.check import Check

DECEMBER = datetime(2026, 11, 30, 22, tzinfo=UTC)
"""00:00 of 1 December in Kyiv."""


def found(house: House, name: str = "2026-11") -> Check:
    return checks(month(house, name))["balance_at_cut"]


def told(check: Check) -> str:
    return check.text % check.values


def readings(house: House) -> list[balances.Reading]:
    return balances.between(db.session(), DECEMBER - timedelta(days=60), house.now() + timedelta(days=60))


def in_december(house: House) -> list[balances.Reading]:
    return [one for one in readings(house) if one.at >= DECEMBER]


def turn(house: House, at: datetime = DECEMBER) -> None:
    """Minute by minute over the edge of the month."""
    house.sandbox.clock.set(int(at.timestamp()) - 60)
    for _ in range(3):
        flow.minute(house.line)
        house.sandbox.clock.advance(seconds=60)


@pytest.fixture
def over(house: House) -> House:
    """November is over, and the balance was read as it ended."""
    house.connect()
    house.join("ada@example.org")
    book(house, "stripe_fee", -20)
    turn(house)
    flow.sync(house.line, full=False)
    return house


def test_the_balance_is_read_within_the_first_minute_of_a_month_and_not_again(house: House) -> None:
    house.connect()
    house.join("ada@example.org")
    flow.minute(house.line)
    before = readings(house)
    turn(house)
    [reading] = readings(house)[len(before) :]
    assert timedelta() <= reading.at - DECEMBER <= timedelta(seconds=60)
    assert [(one.currency, one.total_minor) for one in reading.amounts] == [("EUR", 0)]


def test_our_entries_add_up_to_stripes_balance(over: House) -> None:
    check = found(over)
    assert check.is_green and "to the cent: 0.00 EUR" in told(check) and "2026-12-01 00:00:00 +0200" in told(check)


def test_what_is_booked_after_the_cut_and_before_the_reading_is_accounted_for(house: House) -> None:
    house.connect()
    house.join("ada@example.org")
    house.sandbox.clock.set(int(DECEMBER.timestamp()) + 5)
    house.join("bo@example.org", "price_yearly")
    house.sandbox.clock.advance(seconds=20)
    flow.minute(house.line)
    house.join("cleo@example.org")
    house.sandbox.clock.advance(seconds=20)
    flow.sync(house.line, full=False)
    assert found(house).is_green and ": 49.00 EUR" in told(found(house))  # Bo's, without Cleo's


def test_of_one_second_just_those_before_the_reading_count(house: House) -> None:
    """The clock stands still: before and after the reading money is booked in the same second."""
    house.connect()
    house.sandbox.clock.set(int(DECEMBER.timestamp()) + 5)
    first = book(house, "adjustment", 500)
    flow.minute(house.line)
    book(house, "adjustment", 700)
    flow.sync(house.line, full=False)
    reading = in_december(house)[0]
    assert reading.newest_ids == (first,) and reading.amounts[0].total_minor == 500
    assert found(house).is_green


def while_reading(monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any], times: int) -> None:
    """Something happens at Stripe right after it told its balance."""
    real, left = Gateway.get, [times]

    def get(self: Gateway, path: str, params: Any = None) -> Any:
        answer = real(self, path, params)
        if path == "/v1/balance" and left[0]:
            left[0] -= 1
            act()
        return answer

    monkeypatch.setattr(Gateway, "get", get)


def test_money_that_moves_while_the_balance_is_read_has_it_read_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.connect()
    house.sandbox.clock.set(int(DECEMBER.timestamp()) + 5)
    book(house, "adjustment", 500)
    while_reading(monkeypatch, lambda: book(house, "adjustment", 1), 2)
    flow.minute(house.line)
    [reading] = in_december(house)
    assert reading.amounts[0].total_minor == 502
    flow.sync(house.line, full=False)
    assert found(house).is_green


def test_where_money_never_stands_still_no_reading_is_better_than_a_wrong_one(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.connect()
    house.sandbox.clock.set(int(DECEMBER.timestamp()) + 5)
    while_reading(monkeypatch, lambda: book(house, "adjustment", 1), 4)
    flow.minute(house.line)
    assert in_december(house) == []
    flow.minute(house.line)
    assert len(in_december(house)) == 1


def test_an_entry_that_we_miss_is_red_by_its_cents_and_green_after_a_sync(over: House) -> None:
    alter("DELETE FROM entry WHERE reporting_category = 'fee'")
    check = found(over)
    assert not check.is_green and "-0.20 EUR more at Stripe" in told(check)
    flow.sync(over.line, full=True)
    assert found(over).is_green


def test_a_reading_that_was_wrong_does_not_hold_the_month_up_once_a_later_one_agrees(over: House) -> None:
    alter(
        "INSERT INTO balance SELECT at - interval '1 second', currency, available_minor + 5, pending_minor,"
        f" apart_minor, newest_at, newest_ids FROM balance WHERE at >= '{DECEMBER}' ORDER BY at LIMIT 1"
    )
    assert found(over).is_green


def test_a_month_from_before_we_listened_is_not_compared_and_not_red(house: House) -> None:
    house.join("ada@example.org")
    house.sandbox.clock.advance(days=70)
    house.connect()
    check = found(house)
    assert check.is_green and "Not compared" in told(check)


def test_without_a_reading_for_three_days_it_is_not_compared(house: House) -> None:
    house.connect()
    house.join("ada@example.org")
    house.sandbox.clock.set(int((DECEMBER + timedelta(days=3, seconds=1)).timestamp()))
    flow.minute(house.line)
    assert "Not compared" in told(found(house))
    assert "to the cent" in told(found(house, "2026-12"))


@pytest.mark.parametrize("error", [StripeRefusedError("no such permission"), StripeUnreachableError("503, busy")])
def test_a_key_that_may_not_read_the_balance_stops_nothing_else_and_is_said(
    house: House, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    house.connect()
    house.join("ada@example.org")
    real = Gateway.get

    def get(self: Gateway, path: str, params: Any = None) -> Any:
        if path == "/v1/balance":
            raise error
        return real(self, path, params)

    with monkeypatch.context() as patch:
        patch.setattr(Gateway, "get", get)
        turn(house)
        assert house.count() == 1
        check = found(house)
        assert check.is_green and "could not be read" in told(check) and str(error) in told(check)
    flow.minute(house.line)
    assert "to the cent" in told(found(house))


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {"object": "list"},
        {"object": "balance", "livemode": True, "available": [], "pending": []},
        {"object": "balance", "livemode": False, "available": None, "pending": []},
        {"object": "balance", "livemode": False, "available": [{"amount": 1.5, "currency": "eur"}], "pending": []},
        {"object": "balance", "livemode": False, "available": [{"amount": "5", "currency": "eur"}], "pending": []},
        {"object": "balance", "livemode": False, "available": [{"amount": 5}], "pending": []},
    ],
)
def test_an_odd_answer_is_no_reading(house: House, monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    house.connect()
    before = readings(house)
    real = Gateway.get
    monkeypatch.setattr(
        Gateway,
        "get",
        lambda self, path, params=None: answer if path == "/v1/balance" else real(self, path, params),
    )
    turn(house)
    assert readings(house) == before and "could not be read" in told(found(house))


def test_what_can_be_paid_out_instantly_is_counted_once_and_prefunding_apart(
    over: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Gateway.get

    def get(self: Gateway, path: str, params: Any = None) -> Any:
        answer = real(self, path, params)
        if path == "/v1/balance":
            moved = {"amount": 30, "currency": "eur"}
            answer["available"][0]["amount"] -= 30
            answer["instant_available"] = [{"amount": 999, "currency": "eur"}]
            answer["connect_reserved"] = [{"amount": 11, "currency": "eur"}]
            answer["refund_and_dispute_prefunding"] = {"available": [moved], "pending": []}
        return answer

    monkeypatch.setattr(Gateway, "get", get)
    over.sandbox.clock.advance(hours=1)
    flow.sync(over.line, full=False)
    last = readings(over)[-1].amounts[0]
    assert last.apart_minor == 30 and found(over).is_green
    assert balances.differences(readings(over)[-1], balances.ours(db.session(), readings(over)[-1])) == {}


@pytest.mark.parametrize("sql", ["UPDATE balance SET available_minor = 0", "DELETE FROM balance"])
def test_a_reading_can_be_neither_changed_nor_removed(over: House, sql: str) -> None:
    with pytest.raises(DBAPIError, match="never changed or removed"):
        alter(sql)
    db.session.rollback()
