"""Checkout sessions and portal sessions."""

from __future__ import annotations

from typing import Any

from tracker.sandbox.shapes.catalog import price
from tracker.sandbox.shapes.common import Scene, address, listed
from tracker.sandbox.store import Record

_NOTHING: dict[str, Any] = {
    "adaptive_pricing": {"enabled": False},
    "after_expiration": None,
    "allow_promotion_codes": None,
    "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
    "billing_address_collection": None,
    "client_secret": None,
    "collected_information": None,
    "consent": None,
    "consent_collection": None,
    "currency_conversion": None,
    "custom_fields": [],
    "custom_text": {
        "after_submit": None,
        "shipping_address": None,
        "submit": None,
        "terms_of_service_acceptance": None,
    },
    "customer_account": None,
    "invoice_creation": None,
    "livemode": False,
    "origin_context": None,
    "payment_link": None,
    "payment_method_collection": "always",
    "payment_method_configuration_details": None,
    "permissions": None,
    "phone_number_collection": {"enabled": False},
    "recovered_from": None,
    "saved_payment_method_options": None,
    "setup_intent": None,
    "shipping_address_collection": None,
    "shipping_cost": None,
    "shipping_options": [],
    "ui_mode": "hosted_page",
    "wallet_options": None,
}


def subtotal(r: Record) -> int:
    """What would be paid today without discounts, in minor units; in a trial only what is bought once."""
    today = [one for one in r["items"] if not r.get("trial_days") or not one["price"].get("interval")]
    return sum(one["price"]["unit_amount"] * one.get("quantity", 1) for one in today)


def off(r: Record) -> int:
    """What the discounts take off today."""
    return sum(one.get("off", 0) for one in r["items"] if not r.get("trial_days"))


def total(r: Record) -> int:
    """What is paid today, in minor units."""
    return subtotal(r) - off(r)


def line_items(r: Record, scene: Scene) -> dict[str, Any]:
    """What is bought; on the session itself only when expanded."""
    return listed([_item(one, scene) for one in r["items"]], f"/v1/checkout/sessions/{r['id']}/line_items")


def _item(one: Record, scene: Scene) -> dict[str, Any]:
    quantity = one.get("quantity", 1)
    amount = one["price"]["unit_amount"] * quantity
    return {
        "id": one["id"],
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": one.get("off", 0),
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount - one.get("off", 0),
        "currency": one["price"]["currency"],
        "description": one.get("description"),
        "metadata": {},
        "price": price(one["price"], scene),
        "quantity": quantity,
    }


def _details(r: Record) -> dict[str, Any] | None:
    email = r.get("paid_email") or r.get("customer_email")
    if email is None:
        return None
    return {
        "address": address(r.get("country")),
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": r.get("name"),
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }


def checkout_session(r: Record, scene: Scene) -> dict[str, Any]:
    paying = r["mode"] == "payment"
    return {
        **_NOTHING,
        "id": r["id"],
        "object": "checkout.session",
        "amount_subtotal": subtotal(r),
        "amount_total": total(r),
        "cancel_url": r.get("cancel_url"),
        "client_reference_id": r.get("client_reference_id"),
        "created": r["created"],
        "currency": r["items"][0]["price"]["currency"],
        "customer": r.get("customer"),
        "customer_creation": r.get("customer_creation", "if_required" if paying else "always"),
        "customer_details": _details(r),
        "customer_email": r.get("customer_email"),
        "discounts": [{"coupon": coupon, "promotion_code": code} for coupon, code in r.get("granted", [])],
        "expires_at": r["expires_at"],
        "invoice": r.get("invoice"),
        "locale": r.get("locale"),
        "metadata": r.get("metadata", {}),
        "mode": r["mode"],
        "payment_intent": r.get("payment_intent"),
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": r.get("methods") or ["card"],
        "payment_status": r.get("payment_status", "unpaid"),
        "status": r["status"],
        "submit_type": r.get("submit_type"),
        "subscription": r.get("subscription"),
        "success_url": r.get("success_url"),
        "total_details": {"amount_discount": off(r), "amount_shipping": 0, "amount_tax": 0},
        "url": f"{scene.url}/c/pay/{r['id']}" if r["status"] == "open" else None,
    }


def portal_session(r: Record, scene: Scene) -> dict[str, Any]:
    return {
        "id": r["id"],
        "object": "billing_portal.session",
        "configuration": "bpc_1Ttestserver0000",
        "created": r["created"],
        "customer": r["customer"],
        "customer_account": None,
        "flow": None,
        "livemode": False,
        "locale": None,
        "on_behalf_of": None,
        "return_url": r.get("return_url"),
        "url": f"{scene.url}/p/session/{r['id']}",
    }
