"""The subscriptions API."""

from __future__ import annotations

from typing import Any

from tracker.sandbox import billing, catalog, changes, customers, discounts, pauses
from tracker.sandbox.errors import invalid
from tracker.sandbox.params import Params
from tracker.sandbox.payments import refusal
from tracker.sandbox.store import Record
from tracker.sandbox.world import DAY, World

_UPDATED = "customer.subscription.updated"


def create(world: World, params: Params) -> dict[str, Any]:
    customer = customers.live(world, params.need("customer"))
    items = _bought(world, params)
    chosen = params.text("default_payment_method") or customer.get("payment_method")
    card = customers.attach_card(world, chosen, customer) if chosen else None
    trial_end = _trial_end(world, params)
    by_card = params.text("collection_method", "charge_automatically") == "charge_automatically"
    granted = discounts.asked(world, params)
    if card is None and not trial_end and by_card and not all_free(items, granted):
        message = "This customer has no attached payment source or default payment method."
        raise invalid(message, code="resource_missing")
    subscription = billing.start(
        world,
        customer,
        items,
        card,
        metadata=params.metadata(),
        trial_end=trial_end,
        trial_without_card=trial_without_card(params),
        cancel_at_period_end=params.flag("cancel_at_period_end") or None,
        granted=granted,
        collection=None if by_card else "send_invoice",
        days_until_due=None if by_card else params.integer("days_until_due", 30),
    )
    if subscription["status"] == "incomplete" and params.text("payment_behavior") == "error_if_incomplete":
        error = refusal(_first_intent(world, subscription))
        error.keeps = False
        raise error
    return world.show("subscription", subscription)


def all_free(items: list[Record], granted: list[tuple[Record, str | None]]) -> bool:
    """Whether nothing will ever be due: no card is needed for a complimentary membership."""
    whole = any(coupon.get("percent_off") == "100" for coupon, _ in granted)
    return whole or all(item["price"]["unit_amount"] == 0 for item in items)


def trial_without_card(params: Params) -> str | None:
    """What becomes of a trial that ends without a way to pay."""
    behavior = params.child("trial_settings").child("end_behavior")
    return behavior.choice("missing_payment_method", ("cancel", "create_invoice", "pause"))


def _bought(world: World, params: Params) -> list[Record]:
    listed = params.children("items")
    if not listed:
        params.need("items")
    items = []
    for place, one in enumerate(listed):
        if "price_data" in one:
            price = catalog.from_price_data(world, one.child("price_data"))
        else:
            price = world.find("price", one.need("price"), f"items[{place}][price]")
        if not price.get("interval"):
            raise invalid("The price specified is set to `type=one_time`.", param=f"items[{place}][price]")
        items.append({"price": price, "quantity": one.integer("quantity", 1)})
    return items


def _first_intent(world: World, subscription: Record) -> Record:
    invoice = world.find("invoice", subscription["latest_invoice"])
    return world.find("payment_intent", invoice["intent"])


def _trial_end(world: World, params: Params) -> int | None:
    days = params.integer("trial_period_days")
    if days:
        return world.now() + days * DAY
    return params.integer("trial_end") if params.text("trial_end") != "now" else None


def update(world: World, params: Params, identifier: str) -> dict[str, Any]:
    subscription = world.find("subscription", identifier)
    if subscription["status"] in billing.ENDED:
        raise invalid("A canceled subscription can only update its cancellation_details and metadata.")
    fields: Record = {}
    if "cancel_at_period_end" in params:
        fields |= billing.at_period_end(world, subscription, params.flag("cancel_at_period_end"))
    if "cancel_at" in params:
        fields |= _cancel_at(world, subscription, params.integer("cancel_at"))
    if "pause_collection" in params:
        fields["pause_collection"] = pauses.collection(world, subscription, params.child("pause_collection"))
    if chosen := params.text("default_payment_method"):
        owner = world.find("customer", subscription["customer"])
        fields["payment_method"] = customers.attach_card(world, chosen, owner)["id"]
    if "discounts" in params:
        wanted = discounts.asked(world, params)
        owner = {"customer": subscription["customer"], "subscription": identifier}
        fields["discounts"] = discounts.grant(world, wanted, **owner)
    if "trial_settings" in params:
        fields["trial_without_card"] = trial_without_card(params)
    if "metadata" in params:
        fields["metadata"] = params.metadata(subscription.get("metadata"))
    if "items" in params or params.text("billing_cycle_anchor") == "now":
        changes.make(world, subscription, params, fields)
    else:
        world.change("subscription", subscription, _UPDATED, **fields)
    return world.show("subscription", subscription)


def _cancel_at(world: World, subscription: Record, at: int | None) -> Record:
    if at is not None:
        world.plan(at, "cancel", subscription["id"])
    return {"cancel_at": at, "canceled_at": world.now() if at else None, "cancel_at_period_end": False}


def cancel(world: World, params: Params, identifier: str) -> dict[str, Any]:
    subscription = world.find("subscription", identifier)
    if subscription["status"] in billing.ENDED:
        raise invalid(f"No such subscription: '{identifier}'", code="resource_missing", param="id")
    billing.end(world, subscription, "cancellation_requested")
    return world.show("subscription", subscription)


def pause(world: World, params: Params, identifier: str) -> dict[str, Any]:
    subscription = world.find("subscription", identifier)
    pauses.pause(world, subscription)
    return world.show("subscription", subscription)


def resume(world: World, params: Params, identifier: str) -> dict[str, Any]:
    subscription = world.find("subscription", identifier)
    pauses.resume(world, subscription)
    return world.show("subscription", world.find("subscription", identifier))
