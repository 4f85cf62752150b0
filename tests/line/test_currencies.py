"""RULES 6: every currency with its own digits, what the reader paid beside what arrived, never added together."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.line.conftest import House
from tests.line.finance_files import cents, is_green, month, table
from tracker import flow

PAID = {"jpy": 1200, "kwd": 2990, "isk": 150_000, "ugx": 2_000_000, "usd": 700, "eur": 500}
"""Minor units as Stripe wants them: the krona and the shilling with two zeros that they do not have in life."""
WRITTEN = {"JPY": "1200", "KWD": "2.990", "ISK": "1500.00", "UGX": "20000.00", "USD": "7.00", "EUR": "5.00"}


def buy(house: House, currency: str, amount: int) -> None:
    data: dict[str, Any] = {"product": "prod_member", "currency": currency, "unit_amount": amount}
    item = {"price_data": data | {"recurring": {"interval": "month"}}, "quantity": 1}
    wish: Any = {"mode": "subscription", "line_items": [item], "success_url": "http://news.example/thanks"}
    house.pay(str(house.client.v1.checkout.sessions.create(wish).id), f"{currency}@example.org")


@pytest.fixture
def everywhere(house: House) -> House:
    """An account with a bank account for each currency; one month's money, paid out."""
    world = house.sandbox.world
    world.settings = replace(world.settings, also_settles=tuple(PAID))
    house.connect()
    for currency, amount in PAID.items():
        buy(house, currency, amount)
    house.sandbox.clock.advance(days=10)
    flow.sync(house.line, full=False)
    return house


def test_each_settlement_currency_has_a_statement_of_its_own_in_its_own_digits(everywhere: House) -> None:
    rows = table("statement.csv", month(everywhere, "2026-11"))
    charged = {row["currency"]: row["gross"] for row in rows if row["reporting_category"] == "charge"}
    assert charged == WRITTEN
    for currency in WRITTEN:
        ours = [row for row in rows if row["currency"] == currency]
        assert [row["reporting_category"] for row in ours] == ["opening", "charge", "payout", "closing"]
        assert Decimal(ours[-1]["net"]) == 0


def test_a_payout_of_every_currency_ties_in_its_own_digits(everywhere: House) -> None:
    rows = table("payouts.csv", month(everywhere, "2026-11"))
    assert {row["currency"] for row in rows} == set(WRITTEN)
    for row in rows:
        assert Decimal(row["difference"]) == 0 and row["amount"] == row["entries_net"]
        assert row["amount"].partition(".")[2].isdigit() or row["currency"] == "JPY"
    assert {row["difference"] for row in rows} == {"0", "0.00", "0.000"}
    assert all(is_green(month(everywhere, "2026-11")).values())


def test_what_the_reader_paid_stands_beside_what_arrived_with_the_rate(house: House) -> None:
    house.connect()
    for currency in ("jpy", "kwd", "usd", "ugx"):
        buy(house, currency, PAID[currency])
    flow.sync(house.line, full=False)
    rows = table("transactions.csv", month(house, "2026-11"))
    assert {row["currency"] for row in rows} == {"EUR"}
    for row in rows:
        faced = row["customer_facing_currency"]
        assert row["customer_facing_amount"] == WRITTEN[faced]
        worth = Decimal(row["customer_facing_amount"]) * Decimal(row["exchange_rate"])
        assert abs(worth - Decimal(row["gross"])) <= Decimal("0.005")
    statement = table("statement.csv", month(house, "2026-11"))
    assert cents(statement, "gross", reporting_category="charge") == cents(rows, "gross")
    assert cents(statement, "net", reporting_category="closing") == cents(rows, "net")
    assert all(is_green(month(house, "2026-11")).values())
