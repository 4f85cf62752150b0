"""A shop in which everything has happened that leaves an object, and where each is found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests

from .conftest import Shop

PATHS = (
    "products customers prices coupons promotion_codes subscriptions?status=all"
    " subscriptions?status=all&expand[]=data.discounts invoices?expand[]=data.payments invoiceitems"
    " invoice_payments payment_intents charges refunds disputes credit_notes balance_transactions payouts topups"
    " checkout/sessions?expand[]=data.line_items events webhook_endpoints billing_portal/configurations"
    " payment_methods account balance"
).split()
_DEBITS = "DE89370400440532013000 DE62370400440532013001 DE35370400440532013002 DE40370400440532013009".split()


def live(shop: Shop) -> None:
    """Let everything happen once."""
    _members(shop)
    _changes(shop)
    _purchases(shop)
    paused = shop.join()
    shop.v1.subscriptions.pause(paused.id)
    shop.sandbox.clock.advance(days=40)
    _afterwards(shop)
    shop.sandbox.deliver_to("http://127.0.0.1:9/")


def _members(shop: Shop) -> None:
    v1 = shop.v1
    good = shop.join()
    for card in ("4000000000000341", "4000000000000259", "4000000000007726", "4000000000005126"):
        shop.join("price_yearly" if card.endswith("0259") else "price_monthly", card=card)
    shop.join(subscription_data={"trial_period_days": 7})
    shop.open_session()
    for iban in _DEBITS:
        shop.submit(shop.open_session(), iban=iban)
    v1.subscriptions.update(good.id, {"cancel_at_period_end": True})
    v1.customers.balance_transactions.create(good.customer, {"amount": -100, "currency": "eur"})
    v1.billing_portal.sessions.create({"customer": good.customer})


def _changes(shop: Shop) -> None:
    v1 = shop.v1
    coupon = v1.coupons.create({"percent_off": 12.5, "duration": "repeating", "duration_in_months": 3}).id
    amount = v1.coupons.create({"amount_off": 50, "currency": "eur", "duration": "once", "name": "Half"}).id
    promotion = v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": amount}}).id
    changed = shop.join(discounts=[{"coupon": coupon}])
    shop.join(discounts=[{"promotion_code": promotion}])
    item = {"id": changed["items"].data[0].id, "quantity": 2}
    shop.sandbox.clock.advance(days=3)
    v1.subscriptions.update(changed.id, {"items": [item], "proration_behavior": "always_invoice"})
    item = {"id": item["id"], "quantity": 1}
    v1.subscriptions.update(changed.id, {"items": [item]})


def _purchases(shop: Shop) -> None:
    v1 = shop.v1
    price = v1.prices.create({"product": "prod_member", "currency": "usd", "unit_amount": 900}).id
    shop.submit(shop.open_session(mode="payment", line_items=[{"price": price, "quantity": 2}]))
    who = v1.customers.create({"email": "eve@example.org", "payment_method": "pm_card_visa"}).id
    v1.invoice_items.create({"customer": who, "amount": 700, "currency": "eur"})
    made = v1.invoices.create({"customer": who, "pending_invoice_items_behavior": "include"})
    v1.invoices.pay(made.id)
    v1.invoice_items.create({"customer": who, "amount": 300, "currency": "eur"})
    v1.topups.create({"amount": 5000, "currency": "eur"})
    v1.payouts.create({"amount": 1000, "currency": "eur", "method": "instant"})


def _afterwards(shop: Shop) -> None:
    v1 = shop.v1
    for charge in shop.charges():
        if charge.status == "succeeded" and not charge.disputed:
            v1.refunds.create({"charge": charge.id, "amount": 10})
    for bill in v1.invoices.list({"limit": 100}).data:
        if bill.status == "open" and bill.amount_remaining > 100:
            v1.credit_notes.create({"invoice": bill.id, "amount": 100})
    payments = v1.invoice_payments.list({"status": "paid", "expand": ["data.payment.payment_intent"]}).data
    for payment in payments:
        if payment.payment.payment_intent.status == "succeeded":
            ways = {"refund_amount": 1, "credit_amount": 2, "out_of_band_amount": 3}
            v1.credit_notes.create({"invoice": payment.invoice, "amount": 6, **ways})
    shop.sandbox.clock.advance(days=4)
    [payout, *_] = [one for one in v1.payouts.list().data if one.automatic]
    for path, wish in (
        (f"payouts/{payout.id}", {"status": "failed"}),
        ("balance", {"type": "stripe_fee", "amount": -99}),
    ):
        assert requests.post(f"{shop.sandbox.url}/_test/{path}", json=wish, timeout=5).ok
    for dispute, status in zip(v1.disputes.list().data, ("appeal_under_review", "won"), strict=False):
        requests.post(f"{shop.sandbox.url}/_test/disputes/{dispute.id}", json={"status": status}, timeout=5)
    pending = next(one for one in v1.subscriptions.list().data if not one.pause_collection)
    v1.subscriptions.update(pending.id, {"pause_collection": {"behavior": "void"}})


def objects(shop: Shop, version: str | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """(where, object) of everything the API shows, and of what its events tell."""
    headers = {"Authorization": f"Bearer {shop.sandbox.api_key}"} | (
        {"Stripe-Version": version} if version else {}
    )
    for path in PATHS:
        for one in _pages(f"{shop.sandbox.url}/v1/{path}", headers):
            yield str(one["object"]), one
            if one["object"] == "event":
                yield f"{one['type']}: {one['data']['object']['object']}", one["data"]["object"]
            for inner in one.get("lines", {}).get("data", []) + _expanded(one):
                yield str(inner["object"]), inner


def _pages(url: str, headers: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Every object of a list, or the single one."""
    if url.endswith(("/account", "/balance")):
        yield requests.get(url, headers=headers, timeout=10).json()
        return
    page: dict[str, Any] = {"has_more": True}
    wish: dict[str, Any] = {"limit": 100}
    while page["has_more"]:
        page = requests.get(url, wish, headers=headers, timeout=10).json()
        yield from page["data"]
        wish |= {"starting_after": page["data"][-1]["id"]} if page["data"] else {}


def _expanded(one: dict[str, Any]) -> list[dict[str, Any]]:
    found = [discount for discount in one.get("discounts", []) if isinstance(discount, dict) and "id" in discount]
    items = one["items"]["data"] if one["object"] == "subscription" else []
    return found + items + one.get("line_items", {}).get("data", [])
