"""Refunds in every status, and what each leaves on the balance."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import stripe

from .conftest import Shop


def paid(shop: Shop, card: str = "4242424242424242") -> Any:
    shop.join(card=card)
    return shop.charges()[0]


def steer(shop: Shop, refund: Any, **wish: str) -> requests.Response:
    return requests.post(f"{shop.sandbox.url}/_test/refunds/{refund.id}", json=wish, timeout=5)


def booked(shop: Shop, refund: Any) -> list[tuple[str, int]]:
    """(type, amount) of the refund's balance transactions, oldest first."""
    found = shop.v1.balance_transactions.list({"source": refund.id}).data[::-1]
    return [(entry.type, entry.amount) for entry in found]


def test_a_failed_refund_brings_the_money_back_by_an_entry_of_its_own(shop: Shop) -> None:
    charge = paid(shop)
    refund = shop.v1.refunds.create({"charge": charge.id, "amount": 200})
    assert steer(shop, refund, status="failed").ok
    refund = shop.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    assert (refund.status, refund.failure_reason) == ("failed", "lost_or_stolen_card")
    assert refund.failure_balance_transaction.reporting_category == "refund_failure"
    assert booked(shop, refund) == [("refund", -200), ("refund_failure", 200)]
    assert shop.v1.charges.retrieve(charge.id).amount_refunded == 0
    assert shop.event_types()[-4:] == [
        "charge.updated",
        "refund.updated",
        "charge.refund.updated",
        "refund.failed",
    ]
    assert steer(shop, refund, status="succeeded").status_code == 400


def test_some_cards_let_refunds_wait_and_some_let_them_fail(shop: Shop) -> None:
    waits = shop.v1.refunds.create({"charge": paid(shop, "4000000000007726").id})
    fails = shop.v1.refunds.create({"charge": paid(shop, "4000000000005126").id})
    assert (waits.status, waits.pending_reason, fails.status) == ("pending", "processing", "succeeded")
    shop.sandbox.clock.advance(days=3)
    assert shop.v1.refunds.retrieve(waits.id).status == "succeeded"
    assert shop.v1.refunds.retrieve(fails.id).status == "failed"
    assert booked(shop, waits) == [("refund", -500)]


def test_a_refund_that_waits_for_the_reader_moves_nothing_until_then(shop: Shop) -> None:
    wish = {"amount": 100, "instructions_email": "ada@example.org"}
    one, other = (shop.v1.refunds.create({"charge": paid(shop).id, **wish}) for _ in range(2))
    assert (one.status, one.balance_transaction, booked(shop, one)) == ("requires_action", None, [])
    assert shop.v1.refunds.cancel(one.id).status == "canceled"
    assert booked(shop, one) == []
    assert steer(shop, other, status="succeeded").ok
    assert booked(shop, other) == [("refund", -100)]
    with pytest.raises(stripe.InvalidRequestError, match="requires action"):
        shop.v1.refunds.cancel(other.id)


def test_a_canceled_refund_can_be_made_again(shop: Shop) -> None:
    charge = paid(shop)
    first = shop.v1.refunds.create({"charge": charge.id, "instructions_email": "ada@example.org"})
    shop.v1.refunds.cancel(first.id)
    again = shop.v1.refunds.create({"charge": charge.id})
    assert (again.amount, shop.v1.charges.retrieve(charge.id).refunded) == (500, True)


def test_a_purchase_without_invoice_is_refunded_in_parts(shop: Shop) -> None:
    price = shop.v1.prices.create({"product": "prod_member", "currency": "eur", "unit_amount": 900})
    session = shop.open_session(mode="payment", line_items=[{"price": price.id, "quantity": 1}])
    shop.submit(session)
    intent = shop.v1.checkout.sessions.retrieve(session.id).payment_intent
    for amount in (300, 600):
        shop.v1.refunds.create({"payment_intent": intent, "amount": amount})
    assert shop.charges()[0].refunded is True


def test_the_refund_of_a_debit_is_an_entry_of_its_own_type(shop: Shop) -> None:
    session = shop.open_session()
    shop.submit(session, iban="DE89370400440532013000")
    charge = shop.charges()[0]
    with pytest.raises(stripe.InvalidRequestError, match="brought no money"):
        shop.v1.refunds.create({"charge": charge.id})
    shop.sandbox.clock.advance(days=5)
    refund = shop.v1.refunds.create({"charge": charge.id, "expand": ["balance_transaction"]})
    entry = refund.balance_transaction
    assert (entry.type, entry.reporting_category, entry.amount) == ("payment_refund", "refund", -500)
