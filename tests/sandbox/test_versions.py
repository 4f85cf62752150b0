"""Older API versions: the same facts in the fields of their day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tracker.sandbox import older
from tracker.sandbox.server import Sandbox

from . import busy
from .conftest import NOV_3, Shop
from .test_in_process import join, open_shop

ACACIA, OLD, NEWEST = "2025-02-24.acacia", "2022-08-01", "2026-10-28.endive"


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(now=NOV_3, serve=False, seed=7) as sandbox:
        yield open_shop(sandbox)


def test_a_subscription_holds_its_own_period_before_2025_03_31(box: Sandbox) -> None:
    path = f"/v1/subscriptions/{join(box)['id']}"
    _, new = box.ask("GET", path)
    _, old = box.ask("GET", path, version=ACACIA)
    item = new["items"]["data"][0]
    assert (old["current_period_start"], old["current_period_end"]) == (
        item["current_period_start"],
        item["current_period_end"],
    )
    assert "current_period_end" not in old["items"]["data"][0] and "current_period_end" not in new
    assert old["plan"]["id"] == item["price"]["id"]
    assert "status_details" not in old and "status_details" in new


def test_an_invoice_names_its_payment_and_subscription_itself(box: Sandbox) -> None:
    subscription = join(box)
    _, [new] = box.must("GET", "/v1/invoices"), box.must("GET", "/v1/invoices")["data"]
    old = box.must("GET", f"/v1/invoices/{new['id']}", version=ACACIA)
    [charge] = box.must("GET", "/v1/charges", version=ACACIA)["data"]
    assert (old["subscription"], old["charge"], old["paid"]) == (subscription["id"], charge["id"], True)
    assert (charge["invoice"], charge["payment_intent"]) == (old["id"], old["payment_intent"])
    [line] = old["lines"]["data"]
    assert (line["type"], line["price"]["product"], line["plan"]["interval"]) == (
        "subscription",
        "prod_member",
        "month",
    )
    assert not {"parent", "pricing"} & line.keys() and "parent" not in old
    expanded = box.must("GET", f"/v1/invoices/{new['id']}?expand[]=charge.balance_transaction", version=ACACIA)
    assert expanded["charge"]["balance_transaction"]["net"] == 467
    assert box.must("GET", f"/v1/invoices/{new['id']}/lines", version=ACACIA)["data"][0]["price"]["id"]
    assert box.ask("GET", f"/v1/invoices/{new['id']}?expand[]=charge")[0] == 400


def test_lists_are_inside_before_2022_11_15(box: Sandbox) -> None:
    join(box)
    [charge] = box.must("GET", "/v1/charges")["data"]
    box.must("POST", "/v1/refunds", {"charge": charge["id"], "amount": 100})
    [old] = box.must("GET", "/v1/charges", version=OLD)["data"]
    assert [refund["amount"] for refund in old["refunds"]["data"]] == [100]
    intent = box.must("GET", f"/v1/payment_intents/{charge['payment_intent']}", version=OLD)
    assert [one["id"] for one in intent["charges"]["data"]] == [charge["id"]]
    assert intent["charges"]["data"][0]["invoice"] == intent["invoice"]
    assert "refunds" not in box.must("GET", "/v1/charges", version=ACACIA)["data"][0]


def test_a_discount_holds_its_coupon_and_an_invoice_says_out_of_band(box: Sandbox) -> None:
    subscription = join(box)
    coupon = box.must("POST", "/v1/coupons", {"percent_off": 10, "duration": "forever"})["id"]
    wish = {"discounts": [{"coupon": coupon}]}
    box.must("POST", f"/v1/subscriptions/{subscription['id']}", wish)
    path = f"/v1/subscriptions/{subscription['id']}?expand[]=discounts"
    assert box.must("GET", path, version=ACACIA)["discounts"][0]["coupon"]["percent_off"] == 10.0
    assert box.must("GET", path)["discounts"][0]["source"] == {"coupon": coupon, "type": "coupon"}
    plain = f"/v1/subscriptions/{subscription['id']}"
    assert box.must("GET", plain, version=OLD)["discount"]["coupon"]["id"] == coupon

    customer = subscription["customer"]
    box.must("POST", "/v1/invoiceitems", {"customer": customer, "amount": 300, "currency": "eur"})
    wish = {"customer": customer, "pending_invoice_items_behavior": "include"}
    bill = box.must("POST", "/v1/invoices", wish)["id"]
    box.must("POST", f"/v1/invoices/{bill}/pay", {"paid_out_of_band": True})
    old, new = (box.must("GET", f"/v1/invoices/{bill}", version=version) for version in (ACACIA, NEWEST))
    assert (old["paid_out_of_band"], old["amount_paid"], "amount_paid_off_stripe" in old) == (True, 300, False)
    assert (new["amount_paid_off_stripe"], new["amount_paid"]) == (300, 0)


def test_each_endpoint_hears_its_own_version(box: Sandbox) -> None:
    box.messages()
    endpoints = box.must("GET", "/v1/webhook_endpoints")["data"]
    with box.world.working():
        record = box.world.find("webhook_endpoint", endpoints[0]["id"])
        box.world.change("webhook_endpoint", record, api_version=ACACIA)
    subscription = join(box)
    box.must("POST", f"/v1/subscriptions/{subscription['id']}", {"billing_cycle_anchor": "now"})
    box.clock.advance(days=1)
    box.must("POST", f"/v1/subscriptions/{subscription['id']}", {"billing_cycle_anchor": "now"})
    events = [json.loads(body) for body in box.messages()]
    assert {event["api_version"] for event in events} == {ACACIA}
    [changed] = [event for event in events if event["type"] == "customer.subscription.updated"][-1:]
    assert "current_period_end" in changed["data"]["previous_attributes"]
    assert "current_period_end" in changed["data"]["object"]


def test_one_events_deliveries_may_differ_in_version(box: Sandbox) -> None:
    box.messages()
    faults: dict[str, Any] = {"duplicate": 5, "versions": [NEWEST, ACACIA, OLD]}
    box.must("POST", "/_test/faults", {"seed": 3, "webhooks": faults})
    join(box)
    heard = [json.loads(body) for body in box.messages() if b'"invoice.paid"' in body]
    assert len(heard) == 5 and len({event["id"] for event in heard}) == 1
    assert len({event["api_version"] for event in heard}) > 1
    for event in heard:
        assert ("subscription" in event["data"]["object"]) is (event["api_version"] != NEWEST)


def test_words_that_are_no_version_mean_the_newest() -> None:
    assert [older.day_of(words) for words in (None, "", "latest", NEWEST, "2027-01-01.fig")] == [None] * 5
    assert [older.day_of(words) for words in (ACACIA, OLD)] == ["2025-02-24", "2022-08-01"]


@pytest.mark.parametrize("version", [ACACIA, OLD])
def test_every_object_can_be_shown_in_every_version(shop: Shop, version: str) -> None:
    busy.live(shop)
    shown = {one["object"]: one for where, one in busy.objects(shop, version) if ":" not in where}
    assert shown["line_item"]["price"]["object"] == "price"
    assert "source" not in shown["discount"] and shown["discount"]["coupon"]["object"] == "coupon"
    assert ("refund" in shown["credit_note"], "refunds" in shown["charge"]) == (True, version == OLD)
    assert {"price", "subscription"} <= shown["invoiceitem"].keys()
