"""Pauses: of collecting, of the subscription, and how each ends."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tracker.sandbox.server import Sandbox
from tracker.sandbox.world import Settings

from .conftest import NOV_3, Shop, stock

T0 = int(NOV_3.timestamp())
DAY = 86_400


def trial(shop: Shop, behavior: str) -> Any:
    customer = shop.v1.customers.create({"email": "ada@example.org"})
    return shop.v1.subscriptions.create(
        {
            "customer": customer.id,
            "items": [{"price": "price_monthly"}],
            "trial_period_days": 7,
            "trial_settings": {"end_behavior": {"missing_payment_method": behavior}},
        }
    )


@pytest.mark.parametrize("behavior", ["keep_as_draft", "void", "mark_uncollectible"])
def test_paused_collection_resumes_by_itself(shop: Shop, behavior: str) -> None:
    subscription = shop.join()
    pause = {"behavior": behavior, "resumes_at": T0 + 40 * DAY}
    paused = shop.v1.subscriptions.update(subscription.id, {"pause_collection": pause})
    assert (paused.pause_collection.behavior, paused.pause_collection.resumes_at) == (behavior, T0 + 40 * DAY)
    shop.sandbox.clock.advance(days=40)
    assert shop.subscription(subscription).pause_collection is None
    shop.sandbox.clock.advance(days=22)
    closed = {"keep_as_draft": "draft", "void": "void", "mark_uncollectible": "uncollectible"}[behavior]
    assert [bill.status for bill in shop.invoices(subscription)] == ["paid", closed, "paid"]
    with pytest.raises(stripe.InvalidRequestError, match="in the future"):
        past = {"behavior": behavior, "resumes_at": T0}
        shop.v1.subscriptions.update(subscription.id, {"pause_collection": past})


def test_a_trial_without_card_pauses_when_asked_to_and_says_since_when(shop: Shop) -> None:
    subscription = trial(shop, "pause")
    shop.sandbox.clock.advance(days=7)
    paused = shop.subscription(subscription)
    details = paused.status_details.paused
    assert (paused.status, details.transitioned_at) == ("paused", T0 + 7 * DAY)
    assert details.subscription.type == "trial_end_without_payment_method"
    assert shop.event_types()[-1] == "customer.subscription.paused"
    shop.v1.customers.update(paused.customer, {"invoice_settings": {"default_payment_method": "pm_card_visa"}})
    resumed = shop.v1.subscriptions.resume(subscription.id)
    assert (resumed.status, shop.invoices(subscription)[0].status) == ("active", "paid")
    assert "customer.subscription.resumed" in shop.event_types()


def test_or_it_ends_or_is_billed(shop: Shop) -> None:
    ends, billed = trial(shop, "cancel"), trial(shop, "create_invoice")
    shop.sandbox.clock.advance(days=7, hours=1)
    assert shop.subscription(ends).status == "canceled"
    assert shop.subscription(billed).status == "past_due"


def test_a_pause_that_was_asked_for_says_so(shop: Shop) -> None:
    subscription = shop.join()
    paused = shop.v1.subscriptions.pause(subscription.id)
    assert paused.status_details.paused.subscription.type == "pause_requested"
    shop.sandbox.clock.advance(days=40)
    assert len(shop.invoices(subscription)) == 1


def test_an_account_may_pause_what_cannot_be_collected() -> None:
    with Sandbox(now=NOV_3, settings=Settings(after_retries="pause")) as sandbox:
        shop = stock(sandbox)
        subscription = shop.join(card="4000000000000341")
        shop.sandbox.clock.advance(days=45)
        paused = shop.subscription(subscription)
        assert paused.status_details.paused.subscription.type == "final_payment_failure"
        bill = shop.invoices(subscription)[0]
        shop.v1.invoices.pay(bill.id, {"payment_method": "pm_card_visa"})
        assert shop.subscription(subscription).status == "active"


def weekly(shop: Shop) -> Any:
    """A member by the week whose renewals fail: a second invoice is open when the first is given up."""
    week = {"product": "prod_member", "currency": "eur", "unit_amount": 150, "recurring": {"interval": "week"}}
    price = shop.v1.prices.create(week).id
    return shop.join(card="4000000000000341", line_items=[{"price": price, "quantity": 1}])


def test_a_second_invoice_that_cannot_be_collected_leaves_the_pause_as_old_as_it_is() -> None:
    with Sandbox(now=NOV_3, settings=Settings(after_retries="pause")) as sandbox:
        shop = stock(sandbox)
        subscription = weekly(shop)
        shop.sandbox.clock.advance(days=35)
        paused = shop.subscription(subscription)
        assert paused.status_details.paused.transitioned_at == T0 + 14 * DAY + 3600
        assert shop.event_types().count("customer.subscription.paused") == 1


def test_once_the_period_is_over_a_payment_does_not_resume_what_was_paused() -> None:
    with Sandbox(now=NOV_3, settings=Settings(after_retries="pause")) as sandbox:
        shop = stock(sandbox)
        subscription = weekly(shop)
        shop.sandbox.clock.advance(days=35)
        shop.v1.invoices.pay(shop.invoices(subscription)[0].id, {"payment_method": "pm_card_visa"})
        assert shop.subscription(subscription).status == "paused"
        wish = {"default_payment_method": "pm_card_visa"}
        shop.v1.subscriptions.update(subscription.id, wish)
        shop.v1.subscriptions.resume(subscription.id)
        shop.sandbox.clock.advance(days=8)
        assert [bill.status for bill in shop.invoices(subscription)[:2]] == ["paid", "paid"]
