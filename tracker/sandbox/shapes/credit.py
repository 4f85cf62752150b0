"""The customer's credit balance, and invoice items that wait for an invoice."""

from __future__ import annotations

from typing import Any

from tracker.sandbox.shapes.common import Scene
from tracker.sandbox.store import Record


def customer_balance_transaction(r: Record, scene: Scene) -> dict[str, Any]:
    """Why the balance changed; below zero is credit, as on Stripe."""
    return {
        "id": r["id"],
        "object": "customer_balance_transaction",
        "amount": r["amount"],
        "checkout_session": None,
        "created": r["created"],
        "credit_note": r.get("credit_note"),
        "currency": r["currency"],
        "customer": r["customer"],
        "customer_account": None,
        "description": r.get("description"),
        "ending_balance": r["ending"],
        "invoice": r.get("invoice"),
        "livemode": False,
        "metadata": r.get("metadata", {}),
        "type": r["type"],
    }


def _parent(r: Record) -> dict[str, Any] | None:
    if not r.get("subscription"):
        return None
    details = {"subscription": r["subscription"], "subscription_item": r.get("item")}
    return {"subscription_details": details, "type": "subscription_details"}


def invoiceitem(r: Record, scene: Scene) -> dict[str, Any]:
    quantity = r.get("quantity", 1)
    is_proration = r.get("proration", False)
    drawn = {
        "id": r["id"],
        "object": "invoiceitem",
        "amount": r["amount"],
        "currency": r["currency"],
        "customer": r["customer"],
        "customer_account": None,
        "date": r["created"],
        "description": r.get("description"),
        "discountable": r.get("discountable", True),
        "discounts": [],
        "invoice": r.get("invoice"),
        "livemode": False,
        "metadata": r.get("metadata", {}),
        "net_amount": r["amount"],
        "parent": _parent(r),
        "period": {"end": r["end"], "start": r["start"]},
        "pricing": {
            "price_details": {"price": r["price"], "product": r["product"]},
            "type": "price_details",
            "unit_amount_decimal": str(r["amount"] // quantity),
        },
        "proration": is_proration,
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "tax_rates": [],
        "test_clock": None,
    }
    if is_proration:
        drawn["proration_details"] = {"credited_items": None, "discount_amounts": []}
    return drawn
