"""Invoices with their lines, and the payments made towards them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
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
    "custom_fields": None,
    "customer_account": None,
    "customer_phone": None,
    "customer_shipping": None,
    "customer_tax_exempt": "none",
    "customer_tax_ids": [],
    "default_source": None,
    "default_tax_rates": [],
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
    "receipt_number": None,
    "rendering": None,
    "shipping_cost": None,
    "shipping_details": None,
    "statement_descriptor": None,
    "test_clock": None,
    "total_taxes": [],
}


def subtotal(r: Record) -> int:
    """The sum of the lines before discounts, in minor units."""
    return sum(int(one["amount"]) for one in r["lines"])


def total(r: Record) -> int:
    """The sum of the lines after discounts, in minor units; below zero it becomes the customer's credit."""
    return subtotal(r) - sum(discount_sums(r).values())


def due(r: Record) -> int:
    """What has to be paid: the total, moved by the customer's balance, less credit notes before payment."""
    return max(0, total(r) + int(r.get("balance_before", 0)) - int(r.get("credited_before", 0)))


def owed(r: Record) -> int:
    """What is still to pay when parts were paid already."""
    return max(0, due(r) - int(r.get("part_paid", 0)))


def discount_sums(r: Record) -> dict[str, int]:
    """Discount id -> minor units off over all lines."""
    sums: dict[str, int] = {}
    for one in r["lines"]:
        for identifier, amount in one.get("discounts", []):
            sums[identifier] = sums.get(identifier, 0) + amount
    return sums


def _amount_of(discounts: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
    return [{"amount": amount, "discount": identifier} for identifier, amount in discounts]


def line(one: Record, r: Record) -> dict[str, Any]:
    """One line: what it is for stands in `pricing.price_details`, the period it buys in `period`."""
    quantity = one.get("quantity", 1)
    granted = one.get("discounts", [])
    per_unit = Decimal(one["amount"]) / max(1, quantity)
    return {
        "id": one["id"],
        "object": "line_item",
        "amount": one["amount"],
        "currency": r["currency"],
        "description": one.get("description"),
        "discount_amounts": _amount_of(granted),
        "discountable": one.get("discountable", True),
        "discounts": [identifier for identifier, _ in granted],
        "invoice": r["id"],
        "livemode": False,
        "metadata": one.get("metadata") or (r.get("sub_metadata", {}) if one.get("item") else {}),
        "parent": _line_parent(one, r),
        "period": {"end": one["end"], "start": one["start"]},
        "pretax_credit_amounts": _pretax(granted),
        "pricing": {
            "price_details": {"price": one["price"], "product": one["product"]},
            "type": "price_details",
            "unit_amount_decimal": _decimal(per_unit),
        },
        "quantity": quantity,
        "subtotal": one["amount"],
        "taxes": [],
    }


def _decimal(value: Decimal) -> str:
    """Up to twelve places, no zeros at the end."""
    return f"{value.quantize(Decimal('1.000000000000')).normalize():f}"


def _pretax(granted: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
    return [{"amount": amount, "discount": identifier, "type": "discount"} for identifier, amount in granted]


def _line_parent(one: Record, r: Record) -> dict[str, Any]:
    known = {
        "invoice_item": one.get("ii"),
        "proration": one.get("proration", False),
        "proration_details": {"credited_items": None},
        "subscription": r.get("subscription") if one.get("item") else one.get("subscription"),
    }
    by_item = one.get("ii") is not None
    parent = "invoice_item_details" if by_item else "subscription_item_details"
    details = known if by_item else {**known, "subscription_item": one.get("item")}
    return {"invoice_item_details": None, "subscription_item_details": None, parent: details, "type": parent}


def lines(r: Record) -> dict[str, Any]:
    return listed([line(one, r) for one in r["lines"]], f"/v1/invoices/{r['id']}/lines")


def _parent(r: Record) -> dict[str, Any] | None:
    if not r.get("subscription"):
        return None
    details = {"metadata": r.get("sub_metadata", {}), "subscription": r["subscription"]}
    return {"quote_details": None, "subscription_details": details, "type": "subscription_details"}


def _amounts(r: Record) -> dict[str, Any]:
    before, after = subtotal(r), total(r)
    amount = due(r)
    paid_off = owed(r) if r.get("off_stripe") else 0
    paid = amount - paid_off if r["status"] == "paid" else r.get("part_paid", 0)
    granted = list(discount_sums(r).items())
    return {
        "amount_due": amount,
        "amount_paid": paid,
        "amount_paid_off_stripe": paid_off,
        "amount_remaining": amount - paid - paid_off,
        "discounts": r.get("discounts", []),
        "ending_balance": None if r["status"] == "draft" else r.get("balance_after", 0),
        "post_payment_credit_notes_amount": r.get("credited_after", 0),
        "pre_payment_credit_notes_amount": r.get("credited_before", 0),
        "starting_balance": r.get("balance_before", 0),
        "subtotal": before,
        "subtotal_excluding_tax": before,
        "total": after,
        "total_discount_amounts": _amount_of(granted),
        "total_excluding_tax": after,
        "total_pretax_credit_amounts": _pretax(granted),
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
        "collection_method": r.get("collection", "charge_automatically"),
        "created": r["created"],
        "currency": r["currency"],
        "customer": r["customer"],
        "customer_address": address(r.get("country")),
        "customer_email": r.get("email"),
        "customer_name": r.get("name"),
        "default_payment_method": r.get("payment_method"),
        "description": r.get("description"),
        "due_date": r.get("due_date"),
        "effective_at": r.get("finalized_at"),
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
        "is_default": not r.get("part", False),
        "livemode": False,
        "payment": {"payment_intent": r["payment_intent"], "type": "payment_intent"},
        "status": r["status"],
        "status_transitions": {"canceled_at": r.get("canceled_at"), "paid_at": r.get("paid_at")},
    }
