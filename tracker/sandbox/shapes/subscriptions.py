"""Subscriptions: the period stands on each item, a pause in `status_details`."""

from __future__ import annotations

from typing import Any

from tracker.sandbox.shapes.catalog import plan, price
from tracker.sandbox.shapes.common import Scene, listed
from tracker.sandbox.store import Record

_PAYMENT_SETTINGS = {
    "payment_method_options": {"card": {"network": None, "request_three_d_secure": "automatic"}},
    "payment_method_types": ["card"],
    "save_default_payment_method": "off",
}
_BILLING_MODE = {"flexible": {"proration_discounts": "included"}, "type": "flexible"}
_NOTHING: dict[str, Any] = {
    "application": None,
    "application_fee_percent": None,
    "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
    "billing_cycle_anchor_config": None,
    "billing_mode": _BILLING_MODE,
    "billing_schedules": [],
    "billing_thresholds": None,
    "customer_account": None,
    "default_source": None,
    "default_tax_rates": [],
    "description": None,
    "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
    "livemode": False,
    "next_pending_invoice_item_invoice": None,
    "on_behalf_of": None,
    "payment_settings": _PAYMENT_SETTINGS,
    "pending_invoice_item_interval": None,
    "pending_setup_intent": None,
    "pending_update": None,
    "schedule": None,
    "test_clock": None,
    "transfer_data": None,
}


def _item(one: Record, r: Record, scene: Scene) -> dict[str, Any]:
    return {
        "id": one["id"],
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": r["created"],
        "current_period_end": r["end"],
        "current_period_start": r["start"],
        "discounts": [],
        "metadata": {},
        "plan": plan(one["price"]),
        "price": price(one["price"], scene),
        "quantity": one.get("quantity", 1),
        "subscription": r["id"],
        "tax_rates": [],
    }


def _pause(r: Record) -> dict[str, Any] | None:
    if r.get("paused_at") is None or r["status"] != "paused":
        return None
    paused = {
        "subscription": {"type": r.get("pause_reason", "pause_requested")},
        "transitioned_at": r["paused_at"],
        "type": "subscription",
    }
    return {"paused": paused}


def subscription(r: Record, scene: Scene) -> dict[str, Any]:
    items = [_item(one, r, scene) for one in r["items"]]
    return {
        **_NOTHING,
        "id": r["id"],
        "object": "subscription",
        "billing_cycle_anchor": r["anchor"],
        "cancel_at": r.get("cancel_at"),
        "cancel_at_period_end": r.get("cancel_at_period_end", False),
        "canceled_at": r.get("canceled_at"),
        "cancellation_details": {
            "comment": None,
            "feedback": None,
            "reason": r.get("cancel_reason"),
        },
        "collection_method": r.get("collection", "charge_automatically"),
        "created": r["created"],
        "currency": r["items"][0]["price"]["currency"],
        "customer": r["customer"],
        "days_until_due": r.get("days_until_due"),
        "default_payment_method": r.get("payment_method"),
        "discounts": r.get("discounts", []),
        "ended_at": r.get("ended_at"),
        "items": listed(items, f"/v1/subscription_items?subscription={r['id']}"),
        "latest_invoice": r.get("latest_invoice"),
        "metadata": r.get("metadata", {}),
        "pause_collection": r.get("pause_collection"),
        "start_date": r["created"],
        "status": r["status"],
        "status_details": _pause(r),
        "trial_end": r.get("trial_end"),
        "trial_settings": {
            "end_behavior": {"missing_payment_method": r.get("trial_without_card", "create_invoice")}
        },
        "trial_start": r.get("trial_start"),
    }
