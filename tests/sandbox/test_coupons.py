"""Coupons: per cent and amounts, once, for some months, for ever, and for nothing at all."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from .conftest import Shop


def coupon(shop: Shop, **wish: Any) -> str:
    return str(shop.v1.coupons.create(wish).id)


def bills(shop: Shop, subscription: Any) -> list[Any]:
    """Oldest first."""
    return shop.invoices(subscription)[::-1]


def test_a_percentage_for_ever_is_on_every_invoice(shop: Shop) -> None:
    code = coupon(shop, percent_off=25, duration="forever", name="Quarter")
    subscription = shop.join(discounts=[{"coupon": code}])
    shop.sandbox.clock.advance(days=62)
    for bill in bills(shop, subscription):
        assert (bill.subtotal, bill.total, bill.amount_paid) == (500, 375, 375)
        assert [one.amount for one in bill.total_discount_amounts] == [125]
        [line] = bill.lines.data
        assert (line.amount, line.discount_amounts[0].amount, line.subtotal) == (500, 125, 500)
    assert len(bills(shop, subscription)) == 3


def test_a_discount_names_its_coupon_under_source(shop: Shop) -> None:
    code = coupon(shop, id="SPRING", percent_off=50, duration="forever")
    subscription = shop.join(discounts=[{"coupon": code}])
    [known] = shop.v1.subscriptions.retrieve(subscription.id, {"expand": ["discounts.source.coupon"]}).discounts
    assert (known.source.type, known.source.coupon.percent_off) == ("coupon", 50.0)
    assert (known.subscription, known.customer, known.end) == (subscription.id, subscription.customer, None)
    assert shop.v1.coupons.retrieve(code).times_redeemed == 1


def test_once_is_once_and_some_months_are_some_months(shop: Shop) -> None:
    once = shop.join(discounts=[{"coupon": coupon(shop, amount_off=200, currency="eur", duration="once")}])
    code = coupon(shop, percent_off=10, duration="repeating", duration_in_months=2)
    twice = shop.join(discounts=[{"coupon": code}])
    shop.sandbox.clock.advance(days=93)
    assert [bill.total for bill in bills(shop, once)] == [300, 500, 500, 500]
    assert [bill.total for bill in bills(shop, twice)] == [450, 450, 500, 500]
    assert shop.subscription(once).discounts == []


def test_everything_off_is_a_paid_invoice_over_nothing_without_payment(shop: Shop) -> None:
    code = coupon(shop, percent_off=100, duration="forever")
    session = shop.open_session(discounts=[{"coupon": code}])
    assert (session.amount_subtotal, session.amount_total) == (500, 0)
    shop.submit(session)
    session = shop.v1.checkout.sessions.retrieve(session.id)
    assert session.payment_status == "no_payment_required"
    [bill] = shop.v1.invoices.list({"subscription": session.subscription}).data
    assert (bill.status, bill.total, bill.amount_paid, bill.subtotal) == ("paid", 0, 0, 500)
    assert shop.charges() == []
    customer = shop.v1.customers.create({"email": "ada@example.org"})
    wish = {"customer": customer.id, "items": [{"price": "price_monthly"}], "discounts": [{"coupon": code}]}
    assert shop.v1.subscriptions.create(wish).status == "active"


def test_an_amount_is_spread_over_the_lines_to_the_last_cent(shop: Shop) -> None:
    code = coupon(shop, amount_off=100, currency="eur", duration="forever")
    customer = shop.v1.customers.create({"email": "a@example.org", "payment_method": "pm_card_visa"})
    prices = [
        shop.v1.prices.create(
            {"product": "prod_member", "currency": "eur", "unit_amount": cents, "recurring": {"interval": "month"}}
        ).id
        for cents in (333, 333, 334)
    ]
    items = [{"price": price} for price in prices]
    made = shop.v1.subscriptions.create(
        {
            "customer": customer.id,
            "items": items,
            "discounts": [{"coupon": code}],
            "default_payment_method": "pm_card_visa",
        }
    )
    [bill] = shop.invoices(made)
    assert [line.discount_amounts[0].amount for line in bill.lines.data] == [33, 33, 34]
    assert bill.total == 900


def test_a_purchase_takes_a_promotion_code(shop: Shop) -> None:
    code = coupon(shop, percent_off=20, duration="once")
    promotion = shop.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": code}, "code": "HELLO"})
    price = shop.v1.prices.create({"product": "prod_member", "currency": "eur", "unit_amount": 1000})
    items = [{"price": price.id, "quantity": 1}]
    session = shop.open_session(mode="payment", line_items=items, discounts=[{"promotion_code": promotion.id}])
    shop.submit(session)
    assert shop.charges()[0].amount == 800
    [item] = shop.v1.checkout.sessions.line_items.list(session.id).data
    assert (item.amount_discount, item.amount_total) == (200, 800)
    session = shop.v1.checkout.sessions.retrieve(session.id)
    assert (session.total_details.amount_discount, session.discounts[0].coupon) == (200, code)


def test_a_coupon_that_is_used_up_or_badly_made_is_refused(shop: Shop) -> None:
    code = coupon(shop, percent_off=10, duration="once", max_redemptions=1)
    shop.join(discounts=[{"coupon": code}])
    assert shop.v1.coupons.retrieve(code).valid is False
    with pytest.raises(stripe.InvalidRequestError, match="used up"):
        shop.open_session(discounts=[{"coupon": code}])
    with pytest.raises(stripe.InvalidRequestError, match="either percent_off or amount_off"):
        coupon(shop, duration="once")
    with pytest.raises(stripe.InvalidRequestError, match="duration_in_months"):
        coupon(shop, percent_off=5, duration="repeating")


def test_a_discount_may_come_later_and_go_again(shop: Shop) -> None:
    subscription = shop.join()
    code = coupon(shop, percent_off=50, duration="forever")
    shop.v1.subscriptions.update(subscription.id, {"discounts": [{"coupon": code}]})
    shop.sandbox.clock.advance(days=31)
    shop.v1.subscriptions.update(subscription.id, {"discounts": ""})
    shop.v1.coupons.delete(code)
    shop.sandbox.clock.advance(days=31)
    assert [bill.total for bill in bills(shop, subscription)] == [500, 250, 500]
    assert shop.v1.coupons.list().data == []
