"""The subscriptions API."""

from __future__ import annotations

from typing import Any

from tracker.sandbox import billing, customers, pauses
from tracker.sandbox.errors import invalid
from tracker.sandbox.params import Params
from tracker.sandbox.payments import refusal
from tracker.sandbox.store import Record
from tracker.sandbox.world import DAY, World

_UPDATED = "customer.subscription.updated"


def create(world: World, params: Params) -> dict[str, Any]:
    customer = customers.live(world, params.need("customer"))
    listed = params.children("items")
    if not listed:
        params.need("items")
    items = []
    for place, one in enumerate(listed):
        price = world.find("price", one.need("price"), f"items[{place}][price]")
        if not price.get("interval"):
            raise invalid("The price specified is set to `type=one_time`.", param=f"items[{place}][price]")
        items.append({"price": price, "quantity": one.integer("quantity", 1)})
    chosen = params.text("default_payment_method") or customer.get("payment_method")
    card = customers.attach_card(world, chosen, customer) if chosen else None
    if card is None and not _trial_end(world, params):
        message = "This customer has no attached payment source or default payment method."
        raise invalid(message, code="resource_missing")
    subscription = billing.start(
        world,
        customer,
        items,
        card,
        metadata=params.metadata(),
        trial_end=_trial_end(world, params),
        cancel_at_period_end=params.flag("cancel_at_period_end") or None,
    )
    if subscription["status"] == "incomplete" and params.text("payment_behavior") == "error_if_incomplete":
        error = refusal(_first_intent(world, subscription))
        error.keeps = False
        raise error
    return world.show("subscription", subscription)


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
    if "metadata" in params:
        fields["metadata"] = params.metadata(subscription.get("metadata"))
    if "items" in params:
        fields["items"] = _items(world, subscription, params.children("items"))
    return world.show("subscription", world.change("subscription", subscription, _UPDATED, **fields))


def _cancel_at(world: World, subscription: Record, at: int | None) -> Record:
    if at is not None:
        world.plan(at, "cancel", subscription["id"])
    return {"cancel_at": at, "canceled_at": world.now() if at else None, "cancel_at_period_end": False}


def _items(world: World, subscription: Record, listed: list[Params]) -> list[Record]:
    """Price or quantity for the coming periods; the present one is left as paid (no proration)."""
    items = {item["id"]: dict(item) for item in subscription["items"]}
    for one in listed:
        identifier = one.text("id") or next(iter(items))
        if identifier not in items:
            raise invalid(f"No such subscription item: '{identifier}'", param="items[0][id]")
        if chosen := one.text("price"):
            items[identifier]["price"] = world.find("price", chosen, "items[0][price]")
        items[identifier]["quantity"] = one.integer("quantity", items[identifier].get("quantity", 1))
    return list(items.values())


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
