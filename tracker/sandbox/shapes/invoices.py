"""Invoices with their lines, and the payments made towards them."""

from __future__ import annotations

from typing import Any

from tracker.sandbox.shapes.common import NO_TAX, Scene, address, listed
from tracker.sandbox.store import Record

_NOTHING: dict[str, Any] = {
    "account_country": "IE",
    "account_name": "Test server",
    "account_tax_ids": None,
    "amount_overpaid": 0,
    "amount_shipping": 0,
    "application": None,
    "automatic_tax": {**NO_TAX, "provider": None},
    "collection_method": "charge_automatically",
    "custom_fields": None,
    "customer_account": None,
    "customer_phone": None,
    "customer_shipping": None,
    "customer_tax_exempt": "none",
    "customer_tax_ids": [],
    "default_payment_method": None,
    "default_source": None,
    "default_tax_rates": [],
    "description": None,
    "discounts": [],
    "due_date": None,
    "footer": None,
    "from_invoice": None,
    "issuer": {"type": "self"},
    "last_finalization_error": None,
    "latest_revision": None,
    "livemode": False,
    "on_behalf_of": None,
    "payment_settings": {
        "default_mandate": None,
        "payment_method_options": None,
        "payment_method_types": None,
    },
    "post_payment_credit_notes_amount": 0,
    "pre_payment_credit_notes_amount": 0,
    "receipt_number": None,
    "rendering": None,
    "shipping_cost": None,
    "shipping_details": None,
    "starting_balance": 0,
    "statement_descriptor": None,
    "test_clock": None,
    "total_discount_amounts": [],
    "total_pretax_credit_amounts": [],
    "total_taxes": [],
}


def total(r: Record) -> int:
    """The sum of the lines, in minor units."""
    return sum(line["amount"] for line in r["lines"])


def line(one: Record, r: Record) -> dict[str, Any]:
    """One line: what it is for stands in `pricing.price_details`, the period it buys in `period`."""
    return {
        "id": one["id"],
        "object": "line_item",
        "amount": one["amount"],
        "currency": r["currency"],
        "description": one.get("description"),
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": r["id"],
        "livemode": False,
        "metadata": r.get("sub_metadata", {}),
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": r.get("subscription"),
                "subscription_item": one["item"],
            },
            "type": "subscription_item_details",
        },
        "period": {"end": one["end"], "start": one["start"]},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": one["price"], "product": one["product"]},
            "type": "price_details",
            "unit_amount_decimal": str(one["amount"] // max(1, one.get("quantity", 1))),
        },
        "quantity": one.get("quantity", 1),
        "subtotal": one["amount"],
        "taxes": [],
    }


def lines(r: Record) -> dict[str, Any]:
    return listed([line(one, r) for one in r["lines"]], f"/v1/invoices/{r['id']}/lines")


def _parent(r: Record) -> dict[str, Any] | None:
    if not r.get("subscription"):
        return None
    details = {"metadata": r.get("sub_metadata", {}), "subscription": r["subscription"]}
    return {"quote_details": None, "subscription_details": details, "type": "subscription_details"}


def _amounts(r: Record) -> dict[str, Any]:
    amount = total(r)
    paid_off = amount if r.get("off_stripe") else 0
    paid = amount if r["status"] == "paid" and not paid_off else 0
    return {
        "amount_due": amount,
        "amount_paid": paid,
        "amount_paid_off_stripe": paid_off,
        "amount_remaining": amount - paid - paid_off,
        "subtotal": amount,
        "subtotal_excluding_tax": amount,
        "total": amount,
        "total_excluding_tax": amount,
    }


def invoice(r: Record, scene: Scene) -> dict[str, Any]:
    is_draft = r["status"] == "draft"
    url = None if is_draft else f"{scene.url}/i/{r['id']}"
    attempts = r.get("attempts", 0)
    return {
        **_NOTHING,
        **_amounts(r),
        "id": r["id"],
        "object": "invoice",
        "attempt_count": attempts,
        "attempted": attempts > 0,
        "auto_advance": r.get("auto_advance", False),
        "automatically_finalizes_at": r.get("finalizes_at") if is_draft else None,
        "billing_reason": r["reason"],
        "created": r["created"],
        "currency": r["currency"],
        "customer": r["customer"],
        "customer_address": address(r.get("country")),
        "customer_email": r.get("email"),
        "customer_name": r.get("name"),
        "effective_at": r.get("finalized_at"),
        "ending_balance": None if is_draft else 0,
        "hosted_invoice_url": url,
        "invoice_pdf": f"{url}/pdf" if url else None,
        "lines": lines(r),
        "metadata": r.get("metadata", {}),
        "next_payment_attempt": r.get("next_attempt"),
        "number": r.get("number"),
        "parent": _parent(r),
        "period_end": r["period_end"],
        "period_start": r["period_start"],
        "status": r["status"],
        "status_transitions": _transitions(r),
        "webhooks_delivered_at": r["created"],
    }


def _transitions(r: Record) -> dict[str, Any]:
    return {
        "finalized_at": r.get("finalized_at"),
        "marked_uncollectible_at": r.get("uncollectible_at"),
        "paid_at": r.get("paid_at"),
        "voided_at": r.get("voided_at"),
    }


def invoice_payment(r: Record, scene: Scene) -> dict[str, Any]:
    """One attempt to settle an invoice; `open` until the payment intent succeeds."""
    paid = r["status"] == "paid"
    return {
        "id": r["id"],
        "object": "invoice_payment",
        "amount_paid": r["amount"] if paid else None,
        "amount_requested": r["amount"],
        "created": r["created"],
        "currency": r["currency"],
        "invoice": r["invoice"],
        "is_default": True,
        "livemode": False,
        "payment": {"payment_intent": r["payment_intent"], "type": "payment_intent"},
        "status": r["status"],
        "status_transitions": {"canceled_at": r.get("canceled_at"), "paid_at": r.get("paid_at")},
    }
