"""RULES 6 and 7: a month's statement has every kind of entry and closes to the cent; what is unknown is named."""

from typing import Any

import pytest
import requests

from tests.line.conftest import House
from tests.line.finance_files import cents, checks, is_green, month, table
from tests.line.test_bookings import alter
from tracker import flow
from tracker.core import balance_types
from tracker.intake import health
from tracker.sandbox import balance


def book(house: House, kind: str, amount: int, **more: Any) -> str:
    """A row on Stripe's balance that no reader caused."""
    wish = {"type": kind, "amount": amount, **more}
    answer = requests.post(f"{house.sandbox.url}/_test/balance", json=wish, timeout=5)
    assert answer.ok, answer.text
    return str(answer.json()["id"])


def test_opening_and_net_are_closing_and_stripes_own_fees_count(house: House) -> None:
    house.connect()
    house.join("ada@example.org")
    book(house, "stripe_fee", -123, description="Billing")
    house.sandbox.clock.advance(days=28)
    house.join("bo@example.org", "price_yearly")
    flow.sync(house.line, full=True)
    assert table("statement.csv", month(house, "2026-11")) == [
        line("opening", "", "", "", "0.00"),
        line("charge", "1", "5.00", "0.33", "4.67"),
        line("fee", "1", "-1.23", "0.00", "-1.23"),
        line("payout", "1", "-3.44", "0.00", "-3.44"),
        line("closing", "", "", "", "0.00"),
    ]
    december = table("statement.csv", month(house, "2026-12"))
    assert [row["reporting_category"] for row in december] == ["opening", "charge", "closing"]
    assert cents(december, "net", reporting_category="closing") == cents(
        december, "net", reporting_category="charge"
    )


def line(category: str, count: str, gross: str, fee: str, net: str) -> dict[str, str]:
    return {
        "currency": "EUR",
        "reporting_category": category,
        "count": count,
        "gross": gross,
        "fee": fee,
        "net": net,
    }


@pytest.mark.parametrize("kind", sorted(balance_types.TYPES))
def test_the_test_server_makes_every_type_of_stripes_under_a_known_category(kind: str) -> None:
    assert balance.CATEGORIES.get(kind, kind) in balance_types.CATEGORIES


def test_every_type_that_stripe_has_is_in_the_statement_and_known(house: House) -> None:
    house.connect()
    for place, kind in enumerate(sorted(balance_types.TYPES), 1):
        book(house, kind, place * (-1) ** place)
    flow.sync(house.line, full=True)
    rows = table("statement.csv", month(house, "2026-11"))
    assert sum(int(row["count"] or 0) for row in rows) == len(balance_types.TYPES)
    made = sum(place * (-1) ** place for place in range(1, len(balance_types.TYPES) + 1))
    assert cents(rows, "net", reporting_category="closing") * 100 == made
    green = is_green(month(house, "2026-11"))
    # Payouts that no payout object stands behind: they are there, and it is said.
    assert green == {"statement_closes": True, "unknown_types": True, "payouts_tie": False, "balance_at_cut": True}


def test_a_type_nobody_knows_is_in_the_statement_named_and_an_alarm(house: House) -> None:
    house.connect()
    entry = book(house, "moon_tax", -500, category="=moon")
    flow.sync(house.line, full=True)
    rows = table("statement.csv", month(house, "2026-11"))
    assert [row["reporting_category"] for row in rows] == ["opening", "'=moon", "closing"]
    assert cents(rows, "net", reporting_category="closing") == -5
    check = checks(month(house, "2026-11"))["unknown_types"]
    assert not check.is_green
    told = check.text % check.values
    assert "type moon_tax" in told and "category =moon" in told and entry in told
    assert ("unknown_type", entry) in [
        (one.kind, one.object_id) for one in health.stripe_health(house.now()).alarms
    ]


def test_a_currency_whose_digits_we_do_not_know_is_named(house: House) -> None:
    house.connect()
    book(house, "adjustment", 7, currency="xts")
    flow.sync(house.line, full=True)
    found = checks(month(house, "2026-11"))["unknown_types"]
    assert not found.is_green and "currency XTS" in found.text % found.values


def test_a_category_with_a_comma_an_emoji_or_a_line_break_is_one_cell(house: House) -> None:
    house.connect()
    for category in ("a,b", 'say "x"', "two\r\nlines", "🌙"):
        book(house, "adjustment", 1, category=category)
    flow.sync(house.line, full=True)
    rows = table("statement.csv", month(house, "2026-11"))
    assert {row["reporting_category"] for row in rows} >= {"a,b", 'say "x"', "two\r\nlines", "🌙"}


def test_a_net_that_is_not_gross_less_fee_is_red_and_a_sync_mends_it(house: House) -> None:
    house.connect()
    house.join("ada@example.org")
    flow.sync(house.line, full=True)
    alter("UPDATE entry SET net_minor = net_minor + 1")
    check = checks(month(house, "2026-11"))["statement_closes"]
    assert not check.is_green and house.scalar("SELECT min(id) FROM entry") in check.text % check.values
    flow.sync(house.line, full=True)
    assert all(is_green(month(house, "2026-11")).values())


def test_a_month_without_a_single_entry_has_a_header_alone(house: House) -> None:
    house.connect()
    assert table("statement.csv", month(house, "2026-10")) == []
    assert table("payouts.csv", month(house, "2026-10")) == []
    assert all(is_green(month(house, "2026-10")).values())
