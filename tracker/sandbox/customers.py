"""Customers and their cards."""

from __future__ import annotations

from typing import Any

from tracker.sandbox import billing, cards
from tracker.sandbox.errors import StripeError, invalid, missing
from tracker.sandbox.params import Params
from tracker.sandbox.store import Record
from tracker.sandbox.world import World


def create(world: World, params: Params) -> dict[str, Any]:
    customer = world.add("customer", _facts(params), "customer.created")
    if chosen := params.text("payment_method"):
        card = attach_card(world, chosen, customer)
        world.change("customer", customer, payment_method=card["id"])
    _default_card(world, params, customer)
    return world.show("customer", customer)


def _facts(params: Params, before: Record | None = None) -> Record:
    facts: Record = {
        name: params.text(name) for name in ("email", "name", "description", "phone") if name in params
    }
    if "metadata" in params:
        facts["metadata"] = params.metadata((before or {}).get("metadata"))
    if "address" in params:
        address = params.child("address")
        names = ("city", "country", "line1", "line2", "postal_code", "state")
        facts["address"] = {name: address.text(name) for name in names}
        facts["country"] = address.text("country")
    return facts


def _default_card(world: World, params: Params, customer: Record) -> None:
    chosen = params.child("invoice_settings").text("default_payment_method")
    if chosen:
        card = attach_card(world, chosen, customer)
        world.change("customer", customer, payment_method=card["id"])


def update(world: World, params: Params, identifier: str) -> dict[str, Any]:
    customer = live(world, identifier, "id")
    world.change("customer", customer, "customer.updated", **_facts(params, customer))
    _default_card(world, params, customer)
    return world.show("customer", customer)


def delete(world: World, params: Params, identifier: str) -> dict[str, Any]:
    """Deleting ends the customer's subscriptions at once."""
    customer = live(world, identifier, "id")
    for subscription in world.store.each("subscription", customer=identifier):
        if subscription["status"] not in billing.ENDED:
            billing.end(world, subscription, "cancellation_requested")
    told = dict(customer)
    customer["deleted"] = 1
    world.store.put("customer", customer)
    world.emit("customer.deleted", "customer", told)
    return world.show("customer", customer)


def live(world: World, identifier: str, param: str = "customer") -> Record:
    """A customer that has not been deleted."""
    customer = world.find("customer", identifier, param)
    if customer.get("deleted"):
        raise missing("customer", identifier, param)
    return customer


def new_card(
    world: World, card: cards.Card | cards.Account, customer: Record | None, **billing_facts: str | None
) -> Record:
    """A payment method of this test card or bank account; told as attached when it has a customer."""
    owner = customer["id"] if customer else None
    events = ("payment_method.attached",) if owner else ()
    return world.add("payment_method", cards.facts(card, owner, **billing_facts), *events)


def attach_card(world: World, chosen: str, customer: Record) -> Record:
    """A payment method of this customer: their own, an unattached one, or a `pm_card_...` test card."""
    if (card := cards.by_name(chosen)) is not None:
        return new_card(world, card, customer, email=customer.get("email"), name=customer.get("name"))
    method = world.find("payment_method", chosen, "payment_method")
    if method.get("customer") is None:
        return world.change("payment_method", method, "payment_method.attached", customer=customer["id"])
    if method["customer"] != customer["id"]:
        raise invalid("This payment method belongs to another customer.", param="payment_method")
    return method


def attach(world: World, params: Params, identifier: str) -> dict[str, Any]:
    customer = live(world, params.need("customer"))
    return world.show("payment_method", attach_card(world, identifier, customer))


def create_method(world: World, params: Params) -> dict[str, Any]:
    """A card by number or by test token (`tok_visa`), or a bank account by IBAN; only the test ones exist."""
    details = params.child("billing_details")
    country = details.child("address").text("country")
    facts = {"email": details.text("email"), "name": details.text("name"), "country": country}
    asked = params.child("card")
    method: cards.Card | cards.Account | None
    if "sepa_debit" in params:
        method = cards.by_iban(params.child("sepa_debit").need("iban"))
    elif token := asked.text("token"):
        method = cards.by_name(f"pm_card_{token.removeprefix('tok_')}")
    else:
        method = cards.by_number(asked.text("number") or "")
    if method is None:
        message = "Your number is incorrect: the test server knows test cards and test accounts only."
        raise StripeError(402, "card_error", message, code="incorrect_number", param="number")
    return world.show("payment_method", new_card(world, method, None, **facts))
