"""The customer's own credit at the publisher: below zero it pays the next invoices, above zero it is owed."""

from __future__ import annotations

from typing import Any

from tracker.sandbox import lists
from tracker.sandbox.errors import invalid, missing
from tracker.sandbox.params import Params
from tracker.sandbox.store import Record
from tracker.sandbox.world import World

KIND = "customer_balance_transaction"


def move(world: World, customer: Record, amount: int, currency: str, reason: str, **facts: Any) -> Record:
    """Change the balance by `amount` minor units (below zero: credit) and record why."""
    ending = customer.get("balance", 0) + amount
    known = {"customer": customer["id"], "amount": amount, "currency": currency, "type": reason, "ending": ending}
    entry = world.add(KIND, {**known, **facts})
    world.change("customer", customer, "customer.updated", balance=ending, currency=currency)
    return entry


def settle(world: World, customer: Record, invoice: Record, total: int) -> None:
    """Let the balance pay what it can of a finalised invoice; what is below zero becomes credit."""
    before = customer.get("balance", 0)
    change = min(-before, max(total, 0)) if before < 0 else -before
    if total < 0:
        change = total if before <= 0 else max(total, -before)
    invoice.update(balance_before=before, balance_after=before + change)
    if change:
        reason = "invoice_too_small" if total < 0 else "applied_to_invoice"
        move(world, customer, change, invoice["currency"], reason, invoice=invoice["id"])


def give_back(world: World, invoice: Record) -> None:
    """A void invoice returns what the balance had paid of it."""
    used = invoice.get("balance_after", 0) - invoice.get("balance_before", 0)
    if used:
        customer = world.find("customer", invoice["customer"])
        move(world, customer, -used, invoice["currency"], "unapplied_from_invoice", invoice=invoice["id"])


def create(world: World, params: Params, identifier: str) -> dict[str, Any]:
    """`POST /v1/customers/{id}/balance_transactions`: staff give credit (below zero) or take it."""
    customer = world.find("customer", identifier)
    if customer.get("deleted"):
        raise missing("customer", identifier)
    params.need("amount")
    amount, currency = params.integer("amount") or 0, params.need("currency")
    if amount == 0:
        raise invalid("The amount must not be 0.", param="amount")
    more = {"description": params.text("description"), "metadata": params.metadata()}
    return world.show(KIND, move(world, customer, amount, currency, "adjustment", **more))


def listing(world: World, params: Params, identifier: str) -> dict[str, Any]:
    """Every change of the customer's balance."""
    url = f"/v1/customers/{identifier}/balance_transactions"
    return lists.page(world, KIND, Params({**params.values, "customer": identifier}), url)


def single(world: World, params: Params, customer: str, identifier: str) -> dict[str, Any]:
    return world.show(KIND, world.find(KIND, identifier))
