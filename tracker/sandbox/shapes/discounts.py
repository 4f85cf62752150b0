"""Coupons, promotion codes, and the discounts they become."""

from __future__ import annotations

from typing import Any

from tracker.sandbox.shapes.common import Scene
from tracker.sandbox.store import Record


def is_spent(r: Record, now: int) -> bool:
    """Whether a coupon can be redeemed no more."""
    limit, until = r.get("max_redemptions"), r.get("redeem_by")
    return (limit is not None and r.get("redeemed", 0) >= limit) or (until is not None and until <= now)


def coupon(r: Record, scene: Scene) -> dict[str, Any]:
    return {
        "id": r["id"],
        "object": "coupon",
        "amount_off": r.get("amount_off"),
        "created": r["created"],
        "currency": r.get("currency"),
        "duration": r["duration"],
        "duration_in_months": r.get("months"),
        "livemode": False,
        "max_redemptions": r.get("max_redemptions"),
        "metadata": r.get("metadata", {}),
        "name": r.get("name"),
        "percent_off": float(r["percent_off"]) if r.get("percent_off") else None,
        "redeem_by": r.get("redeem_by"),
        "times_redeemed": r.get("redeemed", 0),
        "valid": not is_spent(r, scene.now),
    }


def promotion_code(r: Record, scene: Scene) -> dict[str, Any]:
    return {
        "id": r["id"],
        "object": "promotion_code",
        "active": bool(r.get("active", 1)),
        "code": r["code"],
        "created": r["created"],
        "customer": r.get("customer"),
        "customer_account": None,
        "expires_at": r.get("expires_at"),
        "livemode": False,
        "max_redemptions": r.get("max_redemptions"),
        "metadata": r.get("metadata", {}),
        "promotion": {"coupon": r["coupon"], "type": "coupon"},
        "restrictions": {"first_time_transaction": False, "minimum_amount": None, "minimum_amount_currency": None},
        "times_redeemed": r.get("redeemed", 0),
    }


def discount(r: Record, scene: Scene) -> dict[str, Any]:
    """A coupon at work on a customer's subscription, session or invoice."""
    return {
        "id": r["id"],
        "object": "discount",
        "checkout_session": r.get("checkout_session"),
        "customer": r.get("customer"),
        "customer_account": None,
        "end": r.get("end"),
        "invoice": r.get("invoice"),
        "invoice_item": None,
        "promotion_code": r.get("promotion_code"),
        "source": {"coupon": r["coupon"], "type": "coupon"},
        "start": r["start"],
        "subscription": r.get("subscription"),
        "subscription_item": None,
    }
