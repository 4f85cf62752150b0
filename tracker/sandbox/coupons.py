"""Coupons and the codes that customers type for them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from tracker.sandbox.errors import invalid, required
from tracker.sandbox.params import Params
from tracker.sandbox.store import Record
from tracker.sandbox.world import World

DURATIONS = ("forever", "once", "repeating")


def create(world: World, params: Params) -> dict[str, Any]:
    """So many per cent, or an amount in one currency, off: once, for some months, or for ever."""
    duration = str(params.choice("duration", DURATIONS, "once"))
    record: Record = {
        "id": params.text("id") or world.ids.tail()[-8:],
        "duration": duration,
        "months": params.integer("duration_in_months"),
        "name": params.text("name"),
        "max_redemptions": params.integer("max_redemptions"),
        "redeem_by": params.integer("redeem_by"),
        "products": params.child("applies_to").texts("products") or None,
        "metadata": params.metadata(),
    }
    if duration == "repeating" and not record["months"]:
        raise required("duration_in_months")
    if world.store.get("coupon", record["id"]):
        raise invalid("Coupon already exists.", param="id", code="resource_already_exists")
    return world.show("coupon", world.add("coupon", record | _value(params), "coupon.created"))


def _value(params: Params) -> Record:
    percent, amount = params.text("percent_off"), params.integer("amount_off")
    if (percent is None) == (amount is None):
        raise invalid("You must pass either percent_off or amount_off.", param="percent_off")
    if percent is None:
        return {"amount_off": amount, "currency": params.need("currency").lower()}
    try:
        exact = Decimal(percent)
    except InvalidOperation:
        raise invalid(f"Invalid decimal: {percent}", param="percent_off") from None
    if not 0 < exact <= 100:
        raise invalid("percent_off is more than 0 and at most 100.", param="percent_off")
    return {"percent_off": f"{exact.normalize():f}"}


def update(world: World, params: Params, identifier: str) -> dict[str, Any]:
    coupon = world.find("coupon", identifier)
    fields: Record = {"metadata": params.metadata(coupon.get("metadata"))}
    if "name" in params:
        fields["name"] = params.text("name")
    return world.show("coupon", world.change("coupon", coupon, "coupon.updated", **fields))


def delete(world: World, params: Params, identifier: str) -> dict[str, Any]:
    """Nobody can redeem it any more; discounts that were given go on."""
    coupon = world.find("coupon", identifier)
    told = dict(coupon)
    world.change("coupon", coupon, deleted=1)
    world.emit("coupon.deleted", "coupon", told)
    return world.show("coupon", coupon)


def create_promotion(world: World, params: Params) -> dict[str, Any]:
    promotion = params.child("promotion")
    coupon = world.find("coupon", promotion.need("coupon"), "promotion[coupon]")
    record: Record = {
        "coupon": coupon["id"],
        "code": params.text("code") or world.ids.tail()[-8:].upper(),
        "customer": params.text("customer"),
        "expires_at": params.integer("expires_at"),
        "max_redemptions": params.integer("max_redemptions"),
        "active": int(params.flag("active", True)),
        "metadata": params.metadata(),
    }
    return world.show("promotion_code", world.add("promotion_code", record, "promotion_code.created"))
