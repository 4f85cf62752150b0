"""Discounts at work: which of them an invoice gets, and how they fall on its lines."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tracker.sandbox import periods
from tracker.sandbox.errors import invalid
from tracker.sandbox.params import Params
from tracker.sandbox.shapes.discounts import is_spent
from tracker.sandbox.store import Record
from tracker.sandbox.world import World


def asked(world: World, params: Params) -> list[tuple[Record, str | None]]:
    """(coupon, promotion code id) of every entry of a `discounts` parameter."""
    found = []
    for one in params.children("discounts"):
        promotion = one.text("promotion_code")
        if promotion:
            chosen = world.find("promotion_code", promotion, "discounts[0][promotion_code]")["coupon"]
        else:
            chosen = one.need("coupon")
        coupon = world.find("coupon", chosen, "discounts[0][coupon]")
        if coupon.get("deleted") or is_spent(coupon, world.now()):
            raise invalid(f"Coupon {chosen} is expired or used up and cannot be used.", code="coupon_expired")
        found.append((coupon, promotion))
    return found


def grant(world: World, wanted: Sequence[tuple[Record, str | None]], **owner: Any) -> list[str]:
    """Ids of new discounts, one for each coupon. `owner`: customer, subscription, checkout_session, invoice."""
    granted = []
    for coupon, promotion in wanted:
        now = world.now()
        months = coupon.get("months")
        facts = {
            "coupon": coupon["id"],
            "promotion_code": promotion,
            "start": now,
            "end": periods.after(now, "month", months, 1) if months else None,
            **owner,
        }
        world.change("coupon", coupon, redeemed=coupon.get("redeemed", 0) + 1)
        discount = world.add("discount", facts, *(["customer.discount.created"] if owner.get("customer") else []))
        granted.append(discount["id"])
    return granted


def apply(world: World, ids: Sequence[str], lines: list[Record], currency: str, at: int) -> list[str]:
    """Write each line's share of every discount in force into it; answers the ids that were in force."""
    used = []
    for identifier in ids:
        discount = world.find("discount", identifier)
        if discount.get("end") is not None and discount["end"] <= at:
            continue
        coupon = world.find("coupon", discount["coupon"])
        if coupon.get("amount_off") and coupon["currency"] != currency:
            continue
        for line, amount in shares(coupon, lines):
            line.setdefault("discounts", []).append([identifier, amount])
        used.append(identifier)
    return used


def shares(coupon: Record, lines: list[Record]) -> list[tuple[Record, int]]:
    """(line, minor units off) where the coupon applies; nothing falls below zero."""
    products = coupon.get("products")
    open_lines = [
        (line, left)
        for line in lines
        if line.get("discountable", True) and (left := net(line)) > 0
        if products is None or line["product"] in products
    ]
    if percent := coupon.get("percent_off"):
        return [(line, percentage(left, percent)) for line, left in open_lines]
    return _spread(coupon["amount_off"], open_lines)


def percentage(amount: int, percent: str) -> int:
    """So many per cent of an amount, rounded half up."""
    exact = Decimal(amount) * Decimal(percent) / 100
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def _spread(amount: int, lines: list[tuple[Record, int]]) -> list[tuple[Record, int]]:
    """An amount over the lines by their size, to the last unit."""
    whole = sum(left for _, left in lines)
    rest = min(amount, whole)
    result = []
    for line, left in lines:
        part = rest if whole <= left else rest * left // whole
        result.append((line, part))
        rest, whole = rest - part, whole - left
    return result


def net(line: Record) -> int:
    """A line's amount after its discounts, in minor units."""
    return int(line["amount"]) - sum(int(amount) for _, amount in line.get("discounts", []))


def kept(world: World, ids: Sequence[str], used: Sequence[str], at: int) -> list[str]:
    """What stays on a subscription after an invoice: `once` is used up, `repeating` ends with its months."""
    left = []
    for identifier in ids:
        discount = world.find("discount", identifier)
        coupon = world.find("coupon", discount["coupon"])
        is_over = discount.get("end") is not None and discount["end"] <= at
        if not is_over and not (coupon["duration"] == "once" and identifier in used):
            left.append(identifier)
    return left
