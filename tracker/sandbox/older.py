"""Objects as older API versions show them: pure functions that turn the newest shape into an older one.

Each takes a drawn object and `look`, which answers what the object's own fields do not hold. The newest
change comes first; a version gets every change made after it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Shape = dict[str, Any]
Look = Callable[[str, str], Shape]
"""`look("charge", id)` gives its relations (`invoice`, `refunds`), `look("price", id)` the price itself."""
Turn = Callable[[Shape, Look], None]

NEWEST = "2026-10-28"
_DATED = re.compile(r"\d{4}-\d\d-\d\d(\.\w+)?")


def day_of(version: str | None) -> str | None:
    """The day of an older version; None for the newest one, and for words that are no version."""
    if not version or not _DATED.fullmatch(version) or version[:10] >= NEWEST:
        return None
    return version[:10]


def convert(node: Any, day: str, look: Look) -> Any:
    """The drawn object, in place, with everything in it, as the version of `day` shows it."""
    if isinstance(node, list):
        for one in node:
            convert(one, day, look)
    elif isinstance(node, dict):
        for since, turns in CHANGES:
            turn = turns.get(str(node.get("object")))
            if turn is not None and day < since and not node.get("deleted"):
                turn(node, look)
        for name, inner in node.items():
            if name != "metadata" and isinstance(inner, dict | list):
                convert(inner, day, look)
    return node


def _subscription_without_details(node: Shape, look: Look) -> None:
    node.pop("status_details", None)


def _dispute_without_appeal(node: Shape, look: Look) -> None:
    if node["status"].startswith("appeal_"):
        node["status"] = "lost"


def _invoice_out_of_band(node: Shape, look: Look) -> None:
    paid_off = node.pop("amount_paid_off_stripe", 0)
    node["paid_out_of_band"] = bool(paid_off)
    node["amount_paid"] += paid_off


def _discount_coupon(node: Shape, look: Look) -> None:
    node["coupon"] = look("coupon", node.pop("source")["coupon"])


def _promotion_coupon(node: Shape, look: Look) -> None:
    node["coupon"] = look("coupon", node.pop("promotion")["coupon"])


def _subscription_period(node: Shape, look: Look) -> None:
    items = node["items"]["data"]
    node["current_period_start"] = min(item["current_period_start"] for item in items)
    node["current_period_end"] = max(item["current_period_end"] for item in items)
    for item in items:
        del item["current_period_start"], item["current_period_end"]
    if len(items) == 1:
        node["plan"], node["quantity"] = dict(items[0]["plan"]), items[0]["quantity"]
    node["discount"] = look("discount", node["discounts"][0]) if _ids(node["discounts"]) else None


def _ids(discounts: list[Any]) -> bool:
    return bool(discounts) and isinstance(discounts[0], str)


def _invoice_payment_inside(node: Shape, look: Look) -> None:
    parent = node.pop("parent", None) or {}
    details = parent.get("subscription_details") or {}
    node["subscription"] = details.get("subscription")
    node["subscription_details"] = {"metadata": details.get("metadata")}
    node["paid"] = node["status"] == "paid"
    relations = look("invoice", node["id"])
    node["charge"], node["payment_intent"] = relations["charge"], relations["payment_intent"]
    node["discount"] = look("discount", node["discounts"][0]) if _ids(node["discounts"]) else None
    node["quote"], node["tax"], node["total_tax_amounts"] = None, None, []
    node.pop("total_taxes", None)
    node.pop("amount_overpaid", None)


def _line_price(node: Shape, look: Look) -> None:
    parent, pricing = node.pop("parent"), node.pop("pricing")
    by_item = parent["type"] == "invoice_item_details"
    details = parent[parent["type"]]
    node["type"] = "invoiceitem" if by_item else "subscription"
    node["invoice_item"] = details["invoice_item"]
    for name in ("proration", "proration_details", "subscription"):
        node[name] = details[name]
    if not by_item:
        node["subscription_item"] = details["subscription_item"]
    _price_whole(node, pricing, look)
    node["amount_excluding_tax"] = node.pop("subtotal")
    node["unit_amount_excluding_tax"] = pricing["unit_amount_decimal"]
    node["tax_amounts"], node["tax_rates"] = [], []
    node.pop("taxes", None)


def _price_whole(node: Shape, pricing: Shape, look: Look) -> None:
    price = look("price", pricing["price_details"]["price"])
    node["price"] = price
    recurring = price.get("recurring")
    if recurring is None:
        node["plan"] = None
        return
    same = ("id", "active", "billing_scheme", "created", "currency", "livemode", "metadata", "nickname", "product")
    node["plan"] = {
        **{name: price[name] for name in same},
        "object": "plan",
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "usage_type": "licensed",
    }


def _item_price(node: Shape, look: Look) -> None:
    parent = node.pop("parent") or {}
    node["subscription"] = (parent.get("subscription_details") or {}).get("subscription")
    _price_whole(node, node.pop("pricing"), look)
    node["unit_amount"] = node["price"]["unit_amount"]


def _belongs_to_invoice(node: Shape, look: Look) -> None:
    node["invoice"] = look(node["object"], node["id"])["invoice"]


def _note_refund(node: Shape, look: Look) -> None:
    refunds = node.pop("refunds")
    node["refund"] = refunds[0]["refund"] if refunds else None
    node.pop("total_taxes", None)
    node["tax_amounts"] = []


def _charge_refunds(node: Shape, look: Look) -> None:
    data = look("charge", node["id"])["refunds"]
    node["refunds"] = _list(data, f"/v1/charges/{node['id']}/refunds")


def _intent_charges(node: Shape, look: Look) -> None:
    data = look("payment_intent", node["id"])["charges"]
    node["charges"] = _list(data, f"/v1/charges?payment_intent={node['id']}")


def _list(data: list[Shape], url: str) -> Shape:
    return {"object": "list", "data": data, "has_more": False, "total_count": len(data), "url": url}


# (first day of the version that made the change, object -> what undoes it)
CHANGES: tuple[tuple[str, dict[str, Turn]], ...] = (
    ("2026-09-30", {"subscription": _subscription_without_details, "dispute": _dispute_without_appeal}),
    ("2026-05-27", {"invoice": _invoice_out_of_band}),
    ("2025-09-30", {"discount": _discount_coupon, "promotion_code": _promotion_coupon}),
    (
        "2025-03-31",
        {
            "subscription": _subscription_period,
            "invoice": _invoice_payment_inside,
            "line_item": _line_price,
            "invoiceitem": _item_price,
            "charge": _belongs_to_invoice,
            "payment_intent": _belongs_to_invoice,
            "credit_note": _note_refund,
        },
    ),
    ("2022-11-15", {"charge": _charge_refunds, "payment_intent": _intent_charges}),
)
