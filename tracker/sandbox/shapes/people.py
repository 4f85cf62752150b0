"""Customers, and the endpoints that are told about them."""

from __future__ import annotations

from typing import Any

from tracker.sandbox.shapes.common import Scene, address
from tracker.sandbox.store import Record


def customer(r: Record, scene: Scene) -> dict[str, Any]:
    return {
        "id": r["id"],
        "object": "customer",
        "address": r.get("address") or address(r.get("country")),
        "balance": r.get("balance", 0),
        "created": r["created"],
        "currency": r.get("currency"),
        "customer_account": None,
        "default_source": None,
        "delinquent": r.get("delinquent", False),
        "description": r.get("description"),
        "discount": None,
        "email": r.get("email"),
        "invoice_prefix": invoice_prefix(r["id"]),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": r.get("payment_method"),
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": r.get("metadata", {}),
        "name": r.get("name"),
        "next_invoice_sequence": r.get("invoices", 0) + 1,
        "phone": r.get("phone"),
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def invoice_prefix(customer_id: str) -> str:
    """Eight characters that open the numbers of a customer's invoices."""
    return customer_id[-8:].upper()


def webhook_endpoint(r: Record, scene: Scene) -> dict[str, Any]:
    return {
        "id": r["id"],
        "object": "webhook_endpoint",
        "api_version": r.get("api_version"),
        "application": None,
        "created": r["created"],
        "description": r.get("description"),
        "enabled_events": r["enabled_events"],
        "livemode": False,
        "metadata": r.get("metadata", {}),
        "status": r["status"],
        "url": r["url"],
    }
