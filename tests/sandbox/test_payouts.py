"""Money on its way to the bank, and rows on the balance that no reader caused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import stripe

from tracker.sandbox.server import Sandbox
from tracker.sandbox.world import Settings

from .conftest import NOV_3, Shop, stock
from .test_accounts_money import balance, entries


def steer(shop: Shop, path: str, **wish: Any) -> Any:
    answer = requests.post(f"{shop.sandbox.url}/_test/{path}", json=wish, timeout=5)
    assert answer.ok, answer.text
    return answer.json()


def rich(shop: Shop) -> int:
    """A balance of 49.00 that is available; answers it in cents."""
    shop.join("price_yearly")
    shop.sandbox.clock.set(entries(shop)[0].available_on - 1)
    shop.sandbox.clock.advance(seconds=1)
    return 4900


@pytest.fixture
def by_hand() -> Iterator[Shop]:
    """An account that pays out by hand alone."""
    with Sandbox(now=NOV_3, settings=Settings(payouts=False)) as sandbox:
        yield stock(sandbox)


def test_a_payout_by_hand_arrives_after_two_days_and_holds_no_entries(by_hand: Shop) -> None:
    rich(by_hand)
    payout = by_hand.v1.payouts.create({"amount": 1000, "currency": "eur"})
    assert (payout.status, payout.automatic, payout.reconciliation_status) == ("pending", False, "not_applicable")
    assert balance(by_hand) == 3900
    with pytest.raises(stripe.InvalidRequestError, match="only be filtered on automatic"):
        by_hand.v1.balance_transactions.list({"payout": payout.id})
    by_hand.sandbox.clock.advance(days=2)
    assert by_hand.v1.payouts.retrieve(payout.id).status == "paid"
    with pytest.raises(stripe.InvalidRequestError, match="insufficient funds") as caught:
        by_hand.v1.payouts.create({"amount": 4000, "currency": "eur"})
    assert caught.value.code == "balance_insufficient"


def test_an_instant_payout_costs_and_is_there_in_half_an_hour(by_hand: Shop) -> None:
    rich(by_hand)
    wish = {"amount": 4000, "currency": "eur", "method": "instant", "expand": ["balance_transaction"]}
    payout = by_hand.v1.payouts.create(wish)
    entry = payout.balance_transaction
    assert (payout.method, entry.amount, entry.fee, entry.net) == ("instant", -4000, 50, -4050)
    by_hand.sandbox.clock.advance(minutes=30)
    assert by_hand.v1.payouts.retrieve(payout.id).status == "paid"


def test_a_payout_by_hand_can_be_called_off(by_hand: Shop) -> None:
    whole = rich(by_hand)
    payout = by_hand.v1.payouts.create({"amount": 1000, "currency": "eur"})
    assert by_hand.v1.payouts.cancel(payout.id).status == "canceled"
    assert [entry.type for entry in entries(by_hand)] == ["payout_cancel", "payout", "charge"]
    assert balance(by_hand) == whole


def test_a_payout_that_was_paid_may_still_come_back(shop: Shop) -> None:
    shop.join("price_yearly")
    shop.sandbox.clock.advance(days=3)
    [payout] = shop.v1.payouts.list().data
    steer(shop, f"payouts/{payout.id}", status="failed")
    failed = shop.v1.payouts.retrieve(payout.id, {"expand": ["failure_balance_transaction"]})
    back = failed.failure_balance_transaction
    assert (failed.status, failed.failure_code) == ("failed", "account_closed")
    assert (back.type, back.reporting_category, back.amount) == ("payout_failure", "payout_reversal", 4900)
    assert shop.event_types()[-1] == "payout.failed"
    shop.sandbox.clock.advance(days=1)
    again = shop.v1.payouts.list().data[0]
    assert again.id != payout.id
    held = shop.v1.balance_transactions.list({"payout": again.id}).data
    assert sum(entry.net for entry in held if entry.source != again.id) == again.amount == 4900


def test_after_an_instant_payout_the_automatic_one_still_ties_out(shop: Shop) -> None:
    shop.join("price_yearly")
    shop.join("price_yearly")
    steer(shop, "balance", type="adjustment", amount=500)
    instant = shop.v1.payouts.create({"amount": 300, "currency": "eur", "method": "instant"})
    shop.sandbox.clock.advance(days=3)
    automatic = [one for one in shop.v1.payouts.list().data if one.automatic]
    for payout in automatic:
        held = shop.v1.balance_transactions.list({"payout": payout.id}).data
        assert sum(entry.net for entry in held if entry.source != payout.id) == payout.amount
    assert sum(payout.amount for payout in automatic) == 2 * 4900 + 500 - 300 - 50
    assert instant.automatic is False and balance(shop) == 0


@pytest.mark.parametrize(
    ("kind", "category"),
    [("stripe_fee", "fee"), ("adjustment", "other_adjustment"), ("moon_tax", "moon_tax"), ("tax_fee", "tax")],
)
def test_any_row_can_be_on_the_balance_even_of_a_type_nobody_knows(shop: Shop, kind: str, category: str) -> None:
    made = steer(shop, "balance", type=kind, amount=-123, description="Billing fee")
    [entry] = entries(shop)
    assert (entry.id, entry.type, entry.reporting_category, entry.net) == (made["id"], kind, category, -123)
    other = steer(shop, "balance", type=kind, amount=5, fee=1, category="odd", currency="usd")
    assert (other["reporting_category"], other["net"], other["currency"]) == ("odd", 4, "usd")


def test_a_top_up_is_money_of_the_publishers_own(shop: Shop) -> None:
    made = shop.v1.topups.create({"amount": 900, "currency": "eur"})
    [entry] = shop.v1.balance_transactions.list({"expand": ["data.source"]}).data
    assert (entry.type, entry.source.id, made.balance_transaction) == ("topup", made.id, entry.id)
    assert balance(shop) == 900


def bought_in(shop: Shop, currency: str, amount: int) -> Any:
    data = {"product": "prod_member", "currency": currency, "unit_amount": amount}
    item = {"price_data": {**data, "recurring": {"interval": "month"}}, "quantity": 1}
    shop.submit(shop.open_session(line_items=[item]))
    return shop.charges()[0]


def test_currencies_without_decimals_and_with_three(shop: Shop) -> None:
    yen, dinar, shilling = (bought_in(shop, *wish) for wish in (("jpy", 1000), ("kwd", 1990), ("ugx", 1_000_000)))
    assert (yen.amount, yen.balance_transaction.amount) == (1000, 610)
    assert (dinar.amount, dinar.balance_transaction.amount) == (1990, 599)
    assert (shilling.balance_transaction.amount, shilling.balance_transaction.currency) == (240, "eur")
    for currency, amount in (("isk", 150), ("ugx", 101), ("kwd", 1999)):
        wish = {"product": "prod_member", "currency": currency, "unit_amount": amount}
        with pytest.raises(stripe.InvalidRequestError, match=currency.upper()):
            shop.v1.prices.create(wish)


def test_a_currency_with_its_own_bank_account_is_not_converted() -> None:
    with Sandbox(now=NOV_3, settings=Settings(also_settles=("usd", "jpy"))) as sandbox:
        shop = stock(sandbox)
        dollars, yen = bought_in(shop, "usd", 1000), bought_in(shop, "jpy", 1000)
        assert (dollars.balance_transaction.currency, dollars.balance_transaction.exchange_rate) == ("usd", None)
        assert (yen.balance_transaction.amount, yen.balance_transaction.currency) == (1000, "jpy")
        sandbox.clock.advance(days=3)
        assert {payout.currency for payout in shop.v1.payouts.list().data} == {"jpy", "usd"}


def test_an_account_may_keep_its_books_in_another_currency() -> None:
    with Sandbox(now=NOV_3, settings=Settings(currency="usd")) as sandbox:
        entry = bought_in(stock(sandbox), "gbp", 1000).balance_transaction
        assert (entry.amount, entry.currency, entry.exchange_rate) == (1272, "usd", 1.271739)
