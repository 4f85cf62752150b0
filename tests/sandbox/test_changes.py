"""Changes of plan: what is given back, what is charged, and when."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from .conftest import NOV_3, Shop

T0 = int(NOV_3.timestamp())
DAY = 86_400


def price(shop: Shop, amount: int, interval: str = "month") -> str:
    wish = {
        "product": "prod_member",
        "currency": "eur",
        "unit_amount": amount,
        "recurring": {"interval": interval},
    }
    return str(shop.v1.prices.create(wish).id)


def change(shop: Shop, subscription: Any, to: str | None = None, **more: Any) -> Any:
    item: dict[str, Any] = {"id": subscription["items"].data[0].id} | ({"price": to} if to else {})
    item |= {"quantity": more.pop("quantity")} if "quantity" in more else {}
    return shop.v1.subscriptions.update(subscription.id, {"items": [item], **more})


def half_way(shop: Shop) -> Any:
    """A monthly member of 5.00, half of November's period left."""
    subscription = shop.join()
    shop.sandbox.clock.advance(days=15)
    return subscription


def test_prorations_wait_for_the_next_invoice(shop: Shop) -> None:
    subscription = half_way(shop)
    change(shop, subscription, price(shop, 900))
    waiting = shop.v1.invoice_items.list({"pending": True}).data
    assert sorted(item.amount for item in waiting) == [-250, 450]
    assert all(item.proration for item in waiting)
    shop.sandbox.clock.advance(days=16)
    bill = shop.invoices(subscription)[0]
    assert (bill.billing_reason, bill.total) == ("subscription_cycle", 900 - 250 + 450)
    lines = {line.amount: line for line in bill.lines.data}
    back = lines[-250].parent.invoice_item_details
    assert (back.proration, back.subscription) == (True, subscription.id)
    assert (lines[-250].period.start, lines[-250].period.end) == (T0 + 15 * DAY, T0 + 30 * DAY)
    assert lines[900].parent.type == "subscription_item_details"
    assert shop.v1.invoice_items.list({"pending": True}).data == []


def test_or_they_are_invoiced_at_once(shop: Shop) -> None:
    subscription = half_way(shop)
    changed = change(shop, subscription, price(shop, 900), proration_behavior="always_invoice")
    bill = shop.invoices(subscription)[0]
    assert (bill.billing_reason, bill.status, bill.total) == ("subscription_update", "paid", 200)
    assert [line.amount for line in bill.lines.data] == [-250, 450]
    assert all(line.parent.subscription_item_details.proration for line in bill.lines.data)
    assert changed.latest_invoice == bill.id
    assert changed["items"].data[0].current_period_end == T0 + 30 * DAY


def test_or_nothing_is_settled(shop: Shop) -> None:
    subscription = half_way(shop)
    change(shop, subscription, price(shop, 900), proration_behavior="none")
    shop.sandbox.clock.advance(days=16)
    assert [bill.total for bill in shop.invoices(subscription)] == [900, 500]


def test_a_cheaper_plan_gives_credit(shop: Shop) -> None:
    subscription = half_way(shop)
    change(shop, subscription, price(shop, 100), proration_behavior="always_invoice")
    bill = shop.invoices(subscription)[0]
    assert (bill.total, bill.amount_due, bill.status, bill.ending_balance) == (-200, 0, "paid", -200)
    assert shop.v1.customers.retrieve(subscription.customer).balance == -200


def test_another_interval_begins_a_new_period_now(shop: Shop) -> None:
    subscription = half_way(shop)
    changed = change(shop, subscription, "price_yearly")
    item = changed["items"].data[0]
    assert (changed.billing_cycle_anchor, item.current_period_start) == (T0 + 15 * DAY,) * 2
    assert item.current_period_end == T0 + (15 + 365) * DAY
    bill = shop.invoices(subscription)[0]
    assert [line.amount for line in bill.lines.data] == [-250, 5000]
    assert (bill.total, bill.status) == (4750, "paid")
    shop.sandbox.clock.advance(days=400)
    assert [one.total for one in shop.invoices(subscription)] == [5000, 4750, 500]


def test_more_of_the_same_costs_the_difference(shop: Shop) -> None:
    subscription = half_way(shop)
    changed = change(shop, subscription, quantity=3, proration_behavior="always_invoice")
    assert changed["items"].data[0].quantity == 3
    assert [line.amount for line in shop.invoices(subscription)[0].lines.data] == [-250, 750]
    shop.sandbox.clock.advance(days=16)
    assert shop.invoices(subscription)[0].total == 1500


def test_items_come_and_go(shop: Shop) -> None:
    subscription = half_way(shop)
    first = subscription["items"].data[0].id
    extra = price(shop, 300)
    wish = {"proration_behavior": "always_invoice"}
    both = shop.v1.subscriptions.update(subscription.id, {"items": [{"price": extra}], **wish})
    assert [item.price.id for item in both["items"].data] == ["price_monthly", extra]
    assert shop.invoices(subscription)[0].total == 150
    gone = shop.v1.subscriptions.update(subscription.id, {"items": [{"id": first, "deleted": True}], **wish})
    assert [item.price.id for item in gone["items"].data] == [extra]
    assert shop.invoices(subscription)[0].total == -250
    with pytest.raises(stripe.InvalidRequestError, match="at least one item"):
        items = [{"id": gone["items"].data[0].id, "deleted": True}]
        shop.v1.subscriptions.update(subscription.id, {"items": items})
    with pytest.raises(stripe.InvalidRequestError, match="same interval"):
        shop.v1.subscriptions.update(subscription.id, {"items": [{"price": "price_yearly"}]})


def test_what_is_given_back_of_a_discounted_plan_is_what_was_paid(shop: Shop) -> None:
    code = shop.v1.coupons.create({"percent_off": 50, "duration": "forever"}).id
    subscription = shop.join(discounts=[{"coupon": code}])
    shop.sandbox.clock.advance(days=15)
    change(shop, subscription, price(shop, 900), proration_behavior="always_invoice")
    bill = shop.invoices(subscription)[0]
    assert ([line.amount for line in bill.lines.data], bill.total) == ([-125, 225], 100)


def test_the_billing_day_can_be_moved_to_now(shop: Shop) -> None:
    subscription = half_way(shop)
    moved = shop.v1.subscriptions.update(subscription.id, {"billing_cycle_anchor": "now"})
    assert moved.billing_cycle_anchor == T0 + 15 * DAY
    assert shop.invoices(subscription)[0].total == 250
