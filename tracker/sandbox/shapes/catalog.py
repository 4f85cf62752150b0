"""Products and prices."""

from __future__ import annotations

from typing import Any

from tracker.sandbox.shapes.common import Scene
from tracker.sandbox.store import Record


def product(r: Record, scene: Scene) -> dict[str, Any]:
    return {
        "id": r["id"],
        "object": "product",
        "active": bool(r.get("active", 1)),
        "created": r["created"],
        "default_price": r.get("default_price"),
        "description": r.get("description"),
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": r.get("metadata", {}),
        "name": r["name"],
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": None,
        "updated": r.get("updated", r["created"]),
        "url": None,
    }


def _recurring(r: Record) -> dict[str, Any] | None:
    if not r.get("interval"):
        return None
    return {
        "interval": r["interval"],
        "interval_count": r.get("interval_count", 1),
        "meter": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def price(r: Record, scene: Scene) -> dict[str, Any]:
    return {
        "id": r["id"],
        "object": "price",
        "active": bool(r.get("active", 1)),
        "billing_scheme": "per_unit",
        "created": r["created"],
        "currency": r["currency"],
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": r.get("lookup_key"),
        "metadata": r.get("metadata", {}),
        "nickname": r.get("nickname"),
        "product": r["product"],
        "recurring": _recurring(r),
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if r.get("interval") else "one_time",
        "unit_amount": r["unit_amount"],
        "unit_amount_decimal": str(r["unit_amount"]),
    }


def plan(r: Record) -> dict[str, Any]:
    """The older face of a recurring price, still on every subscription item."""
    return {
        "id": r["id"],
        "object": "plan",
        "active": bool(r.get("active", 1)),
        "amount": r["unit_amount"],
        "amount_decimal": str(r["unit_amount"]),
        "billing_scheme": "per_unit",
        "created": r["created"],
        "currency": r["currency"],
        "interval": r["interval"],
        "interval_count": r.get("interval_count", 1),
        "livemode": False,
        "metadata": r.get("metadata", {}),
        "meter": None,
        "nickname": r.get("nickname"),
        "product": r["product"],
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }
