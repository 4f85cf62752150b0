"""What staff do by hand: invoices for other things, write-offs, payments elsewhere, deletions."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import stripe

from .conftest import NOV_3, Shop

T0 = int(NOV_3.timestamp())


def customer(shop: Shop, **more: Any) -> str:
    return str(shop.v1.customers.create({"email": "ada@example.org", **more}).id)


def product_price(shop: Shop, name: str, amount: int) -> str:
    product = shop.v1.products.create({"name": name})
    return str(shop.v1.prices.create({"product": product.id, "currency": "eur", "unit_amount": amount}).id)


def test_one_invoice_may_be_for_several_things(shop: Shop) -> None:
    who = customer(shop, payment_method="pm_card_visa")
    for name, amount in (("Advertisement", 20_000), ("Book", 1500)):
        price = product_price(shop, name, amount)
        shop.v1.invoice_items.create({"customer": who, "pricing": {"price": price}, "quantity": 2})
    bill = shop.v1.invoices.create({"customer": who, "pending_invoice_items_behavior": "include"})
    assert (bill.status, bill.billing_reason, bill.parent) == ("draft", "manual", None)
    assert [line.amount for line in bill.lines.data] == [40_000, 3000]
    assert len({line.pricing.price_details.product for line in bill.lines.data}) == 2
    paid = shop.v1.invoices.pay(shop.v1.invoices.finalize_invoice(bill.id).id)
    assert (paid.status, paid.amount_paid) == ("paid", 43_000)
    [payment] = shop.v1.invoice_payments.list({"invoice": bill.id}).data
    assert payment.payment.payment_intent == shop.charges()[0].payment_intent


def test_items_can_be_put_on_a_draft_and_taken_away_before(shop: Shop) -> None:
    who = customer(shop)
    bill = shop.v1.invoices.create({"customer": who})
    item = {"customer": who, "amount": 700, "currency": "eur", "description": "Poster"}
    on_it = shop.v1.invoice_items.create({**item, "invoice": bill.id})
    waiting = shop.v1.invoice_items.create(item)
    assert [line.description for line in shop.v1.invoices.retrieve(bill.id).lines.data] == ["Poster"]
    shop.v1.invoice_items.delete(waiting.id)
    assert [one.id for one in shop.v1.invoice_items.list({"customer": who}).data] == [on_it.id]
    with pytest.raises(stripe.InvalidRequestError, match="cannot be deleted"):
        shop.v1.invoice_items.delete(on_it.id)
    shop.v1.invoices.delete(bill.id)
    assert shop.v1.invoices.list().data == []
    assert [one.id for one in shop.v1.invoice_items.list({"pending": True}).data] == [on_it.id]


def test_an_invoice_sent_by_mail_is_paid_late_after_it_was_written_off(shop: Shop) -> None:
    who = customer(shop)
    wish = {"customer": who, "collection_method": "send_invoice", "days_until_due": 10, "auto_advance": True}
    shop.v1.invoice_items.create({"customer": who, "amount": 900, "currency": "eur"})
    bill = shop.v1.invoices.create({**wish, "pending_invoice_items_behavior": "include"})
    shop.sandbox.clock.advance(hours=1)
    bill = shop.v1.invoices.retrieve(bill.id)
    assert (bill.status, bill.due_date, bill.attempt_count) == ("open", T0 + 10 * 86_400, 0)
    lost = shop.v1.invoices.mark_uncollectible(bill.id)
    assert lost.status_transitions.marked_uncollectible_at == T0 + 3600
    paid = shop.v1.invoices.pay(bill.id, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.status_transitions.marked_uncollectible_at) == ("paid", T0 + 3600)


def test_an_invoice_by_hand_is_collected_and_tried_again_like_others(shop: Shop) -> None:
    who = customer(shop, payment_method="pm_card_chargeDeclined")
    shop.v1.invoice_items.create({"customer": who, "amount": 900, "currency": "eur"})
    wish = {"customer": who, "auto_advance": True, "pending_invoice_items_behavior": "include"}
    bill = shop.v1.invoices.create(wish)
    shop.sandbox.clock.advance(days=10)
    bill = shop.v1.invoices.retrieve(bill.id)
    assert (bill.status, bill.attempt_count, bill.auto_advance) == ("open", 4, False)
    assert shop.v1.invoices.void_invoice(bill.id).status == "void"


def test_a_member_may_pay_a_renewal_elsewhere(shop: Shop) -> None:
    subscription = shop.join(card="4000000000000341")
    shop.sandbox.clock.advance(days=31)
    bill = shop.invoices(subscription)[0]
    paid = shop.v1.invoices.pay(bill.id, {"paid_out_of_band": True})
    assert (paid.amount_paid, paid.amount_paid_off_stripe, paid.amount_remaining) == (0, 500, 0)
    assert shop.subscription(subscription).status == "active"
    assert [charge.status for charge in shop.charges()] == ["failed", "succeeded"]


def test_deleting_a_customer_ends_everything_at_that_instant(shop: Shop) -> None:
    first = shop.join()
    wish = {"customer": first.customer, "items": [{"price": "price_yearly"}]}
    second = shop.v1.subscriptions.create({**wish, "default_payment_method": "pm_card_visa"})
    shop.sandbox.clock.advance(days=3)
    shop.v1.customers.delete(first.customer)
    for one in (first, second):
        ended = shop.subscription(one)
        assert (ended.status, ended.ended_at) == ("canceled", T0 + 3 * 86_400)
    told = shop.event_types()
    assert told.count("customer.subscription.deleted") == 2 and told[-1] == "customer.deleted"
    shop.sandbox.clock.advance(days=60)
    assert len(shop.charges()) == 2


def test_a_subscription_billed_by_mail_is_active_and_past_due_when_nobody_pays(shop: Shop) -> None:
    wish = {"customer": customer(shop), "items": [{"price": "price_yearly"}]}
    made = shop.v1.subscriptions.create({**wish, "collection_method": "send_invoice", "days_until_due": 14})
    [bill] = shop.invoices(made)
    assert (made.status, made.collection_method, bill.status, bill.attempt_count) == (
        "active",
        "send_invoice",
        "open",
        0,
    )
    shop.sandbox.clock.advance(days=14)
    assert shop.subscription(made).status == "past_due"
    assert "invoice.overdue" in shop.event_types()
    shop.v1.invoices.pay(bill.id, {"paid_out_of_band": True})
    assert shop.subscription(made).status == "active"


def steer(shop: Shop, path: str, **wish: Any) -> requests.Response:
    return requests.post(f"{shop.sandbox.url}/_test/{path}", json=wish, timeout=5)


def test_an_invoice_may_be_paid_in_parts_each_with_a_payment_of_its_own(shop: Shop) -> None:
    subscription = shop.join(card="4000000000000341")
    shop.sandbox.clock.advance(days=31)
    bill = shop.invoices(subscription)[0]
    assert steer(shop, f"invoices/{bill.id}/part", amount=200).ok
    bill = shop.v1.invoices.retrieve(bill.id)
    assert (bill.status, bill.amount_paid, bill.amount_remaining) == ("open", 200, 300)
    assert steer(shop, f"invoices/{bill.id}/part", amount=301).status_code == 400
    paid = shop.v1.invoices.pay(bill.id, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.amount_paid, paid.amount_remaining) == ("paid", 500, 0)
    payments = shop.v1.invoice_payments.list({"invoice": bill.id}).data
    assert sorted((one.amount_paid, one.is_default, one.status) for one in payments) == [
        (200, False, "paid"),
        (300, True, "paid"),
    ]
    assert shop.subscription(subscription).status == "active"


def test_any_object_can_show_what_nobody_knows(shop: Shop) -> None:
    subscription = shop.join()
    fields = {"status": "frozen", "livemode": True}
    assert steer(shop, f"objects/{subscription.id}", fields=fields, event="customer.subscription.updated").ok
    shown = shop.subscription(subscription)
    assert (shown.status, shown.livemode) == ("frozen", True)
    event = shop.v1.events.list().data[0]
    assert (event.data.object.status, event.data.previous_attributes.status) == ("frozen", "active")
    shop.sandbox.clock.advance(days=31)
    assert len(shop.invoices(subscription)) == 2
