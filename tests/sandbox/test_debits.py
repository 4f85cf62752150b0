"""Bank debits: days on their way, then there or back, and sometimes back after they were there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import stripe

from tracker.sandbox import cards
from tracker.sandbox.server import Sandbox
from tracker.sandbox.world import Settings

from .conftest import NOV_3, Shop, stock

IBAN = {account.outcome: account.iban for account in cards.ACCOUNTS.values()}
DAY = 86_400
T0 = int(NOV_3.timestamp())


def by_debit(shop: Shop, outcome: str = "pays", **more: Any) -> Any:
    """A reader who joins by bank debit; answers the completed session."""
    session = shop.open_session(**more)
    assert shop.submit(session, iban=IBAN[outcome]).status_code == 303
    return shop.v1.checkout.sessions.retrieve(session.id)


def once(shop: Shop, outcome: str) -> Any:
    price = shop.v1.prices.create({"product": "prod_member", "currency": "eur", "unit_amount": 900})
    return by_debit(shop, outcome, mode="payment", line_items=[{"price": price.id, "quantity": 1}])


def test_a_debit_on_its_way_leaves_nothing_on_the_balance(shop: Shop) -> None:
    session = once(shop, "pays")
    assert (session.status, session.payment_status) == ("complete", "unpaid")
    intent = shop.v1.payment_intents.retrieve(session.payment_intent)
    assert (intent.status, intent.amount_received) == ("processing", 0)
    [charge] = shop.charges()
    assert (charge.status, charge.paid, charge.balance_transaction) == ("pending", False, None)
    assert charge.payment_method_details.type == "sepa_debit"
    assert shop.v1.balance_transactions.list().data == []
    told = shop.event_types()
    assert told.index("charge.pending") < told.index("checkout.session.completed")


def test_it_arrives_days_later_and_is_booked_then(shop: Shop) -> None:
    session = once(shop, "pays")
    shop.sandbox.clock.advance(days=5)
    assert shop.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    [charge] = shop.charges()
    entry = charge.balance_transaction
    assert (charge.status, charge.created, entry.created) == ("succeeded", T0, T0 + 5 * DAY)
    assert (entry.type, entry.reporting_category, entry.amount, entry.fee) == ("payment", "charge", 900, 35)
    assert shop.event_types()[-4:] == [
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
        "checkout.session.async_payment_succeeded",
    ]


def test_it_fails_days_later_and_never_was_money(shop: Shop) -> None:
    session = once(shop, "fails")
    shop.sandbox.clock.advance(days=5)
    assert shop.v1.checkout.sessions.retrieve(session.id).payment_status == "unpaid"
    intent = shop.v1.payment_intents.retrieve(session.payment_intent)
    assert (intent.status, intent.last_payment_error.payment_method.type) == (
        "requires_payment_method",
        "sepa_debit",
    )
    [charge] = shop.charges()
    assert (charge.status, charge.failure_code) == ("failed", "insufficient_funds")
    assert shop.v1.balance_transactions.list().data == []
    assert shop.event_types()[-1] == "checkout.session.async_payment_failed"


def test_a_late_failure_takes_the_money_back_by_an_entry_of_its_own(shop: Shop) -> None:
    session = once(shop, "fails_late")
    shop.sandbox.clock.advance(days=25)
    [charge] = shop.v1.charges.list({"expand": ["data.failure_balance_transaction"]}).data
    back = charge.failure_balance_transaction
    assert (charge.status, charge.failure_code) == ("failed", "debit_not_authorized")
    assert (back.type, back.reporting_category) == ("payment_failure_refund", "charge_failure")
    assert (back.amount, back.fee, back.created, back.source) == (-900, 0, T0 + 25 * DAY, charge.id)
    booked = shop.v1.balance_transactions.list({"source": charge.id}).data
    assert sum(entry.amount for entry in booked) == 0
    assert shop.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_a_debit_can_be_disputed(shop: Shop) -> None:
    once(shop, "disputes")
    shop.sandbox.clock.advance(days=6)
    [dispute] = shop.v1.disputes.list().data
    assert (dispute.amount, "payment_method_details" in dispute) == (900, False)


def test_a_subscription_is_active_while_its_first_debit_is_on_its_way(shop: Shop) -> None:
    session = by_debit(shop)
    assert session.payment_status == "unpaid"
    subscription = shop.v1.subscriptions.retrieve(session.subscription)
    [bill] = shop.invoices(subscription)
    assert (subscription.status, bill.status, bill.amount_remaining) == ("active", "open", 500)
    shop.sandbox.clock.advance(days=5)
    [bill] = shop.invoices(subscription)
    assert (bill.status, bill.status_transitions.paid_at) == ("paid", T0 + 5 * DAY)
    assert shop.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    assert "checkout.session.async_payment_succeeded" in shop.event_types()


def test_a_first_debit_that_fails_makes_it_past_due_and_is_tried_again(shop: Shop) -> None:
    session = by_debit(shop, "fails")
    shop.sandbox.clock.advance(days=5)
    subscription = shop.v1.subscriptions.retrieve(session.subscription)
    [bill] = shop.invoices(subscription)
    assert (subscription.status, bill.status, bill.next_payment_attempt) == ("past_due", "open", T0 + 6 * DAY)
    shop.sandbox.clock.advance(days=1)
    [bill] = shop.invoices(subscription)
    assert (bill.attempt_count, shop.charges()[0].status) == (2, "pending")
    with_card = shop.v1.payment_methods.attach("pm_card_visa", {"customer": subscription.customer})
    shop.v1.subscriptions.update(subscription.id, {"default_payment_method": with_card.id})
    shop.sandbox.clock.advance(days=8)
    assert shop.subscription(subscription).status == "active"
    assert shop.invoices(subscription)[0].status == "paid"


def test_renewals_are_debited_too(shop: Shop) -> None:
    subscription = shop.v1.subscriptions.retrieve(by_debit(shop).subscription)
    shop.sandbox.clock.advance(days=31)
    assert [bill.status for bill in shop.invoices(subscription)] == ["open", "paid"]
    assert shop.subscription(subscription).status == "active"
    shop.sandbox.clock.advance(days=5)
    assert [bill.status for bill in shop.invoices(subscription)] == ["paid", "paid"]
    assert [charge.balance_transaction.type for charge in shop.charges()] == ["payment", "payment"]


def test_after_a_late_failure_the_invoice_stays_paid(shop: Shop) -> None:
    subscription = shop.v1.subscriptions.retrieve(by_debit(shop, "fails_late").subscription)
    shop.sandbox.clock.advance(days=25)
    assert shop.charges()[0].status == "failed"
    assert shop.invoices(subscription)[-1].status == "paid"


@pytest.fixture
def strict() -> Iterator[Shop]:
    with Sandbox(now=NOV_3, settings=Settings(reopens_invoices=True)) as sandbox:
        yield stock(sandbox)


def test_or_it_is_owed_again_when_the_account_says_so(strict: Shop) -> None:
    subscription = strict.v1.subscriptions.retrieve(by_debit(strict, "fails_late").subscription)
    strict.sandbox.clock.advance(days=25)
    [bill] = strict.invoices(subscription)
    assert (bill.status, bill.status_transitions.paid_at) == ("open", None)
    assert strict.subscription(subscription).status == "past_due"


def test_a_session_for_cards_takes_no_debit_and_dollars_have_none(shop: Shop) -> None:
    session = shop.open_session(payment_method_types=["card"])
    assert shop.submit(session, iban=IBAN["pays"]).status_code == 409
    price = shop.v1.prices.create({"product": "prod_member", "currency": "usd", "unit_amount": 900})
    dollars = shop.open_session(mode="payment", line_items=[{"price": price.id, "quantity": 1}])
    assert dollars.payment_method_types == ["card"]


def test_a_test_account_can_be_kept_and_billed_without_checkout(shop: Shop) -> None:
    customer = shop.v1.customers.create({"email": "ada@example.org"})
    wish = {"type": "sepa_debit", "sepa_debit": {"iban": IBAN["pays"]}, "billing_details": {"name": "Ada"}}
    method = shop.v1.payment_methods.create(wish)
    assert (method.type, method.sepa_debit.last4, method.sepa_debit.country) == ("sepa_debit", "3000", "DE")
    items = [{"price": "price_monthly"}]
    made = shop.v1.subscriptions.create(
        {"customer": customer.id, "items": items, "default_payment_method": method.id}
    )
    assert made.status == "active"
    with pytest.raises(stripe.CardError, match="test accounts only"):
        shop.v1.payment_methods.create({"type": "sepa_debit", "sepa_debit": {"iban": "DE00"}})


def test_a_debit_can_be_steered_at_any_time(shop: Shop) -> None:
    sessions = [once(shop, "pays") for _ in range(2)]
    later, never = shop.charges()

    def steer(charge: Any, status: str) -> int:
        body = {"status": status}
        return requests.post(f"{shop.sandbox.url}/_test/charges/{charge.id}", json=body, timeout=5).status_code

    assert [steer(later, "succeeded"), steer(never, "failed"), steer(later, "failed")] == [200, 200, 200]
    assert [charge.status for charge in shop.charges()] == ["failed", "failed"]
    booked = shop.v1.balance_transactions.list().data
    assert [entry.type for entry in booked] == ["payment_failure_refund", "payment"]
    shop.sandbox.clock.advance(days=9)
    assert len(shop.v1.balance_transactions.list({"type": "payment"}).data) == 1
    statuses = [shop.v1.checkout.sessions.retrieve(session.id).payment_status for session in sessions]
    assert statuses == ["unpaid", "paid"]
    assert steer(later, "succeeded") == 400


def test_an_account_may_book_debits_when_they_are_sent() -> None:
    with Sandbox(now=NOV_3, settings=Settings(books_debits_at_once=True)) as sandbox:
        shop = stock(sandbox)
        once(shop, "pays")
        once(shop, "fails")
        fails, pays = shop.charges()
        assert (pays.status, pays.balance_transaction.created) == ("pending", T0)
        sandbox.clock.advance(days=5)
        booked = shop.v1.balance_transactions.list({"source": fails.id}).data
        assert [(entry.type, entry.amount) for entry in booked] == [
            ("payment_failure_refund", -900),
            ("payment", 900),
        ]
        assert len(shop.v1.balance_transactions.list({"source": pays.id}).data) == 1
