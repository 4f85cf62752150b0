"""Refunds: whole or in part, never more than was paid; the fee does not come back."""

from __future__ import annotations

from typing import Any

from tracker.sandbox import money
from tracker.sandbox.errors import invalid, required
from tracker.sandbox.params import Params
from tracker.sandbox.store import Record
from tracker.sandbox.world import World

REASONS = ("duplicate", "fraudulent", "requested_by_customer")


def create(world: World, params: Params) -> dict[str, Any]:
    charge = _charge(world, params)
    left = charge["amount"] - charge.get("refunded", 0)
    amount = params.integer("amount", left) or 0
    if left == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise invalid(message, code="charge_already_refunded")
    if amount <= 0:
        raise invalid("Invalid positive integer", param="amount", code="parameter_invalid_integer")
    if amount > left:
        message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise invalid(message, param="amount")
    reason = params.choice("reason", REASONS)
    refund = refund_charge(world, charge, amount, reason=reason, metadata=params.metadata())
    return world.show("refund", refund)


def _charge(world: World, params: Params) -> Record:
    if chosen := params.text("charge"):
        charge = world.find("charge", chosen, "charge")
    elif chosen := params.text("payment_intent"):
        intent = world.find("payment_intent", chosen, "payment_intent")
        if intent["status"] != "succeeded":
            message = f"This PaymentIntent ({chosen}) does not have a successful charge to refund."
            raise invalid(message, param="payment_intent")
        charge = world.find("charge", intent["charge"], "charge")
    else:
        raise required("charge")
    if charge.get("failed"):
        raise invalid(f"The charge {charge['id']} failed: there is nothing to refund.", param="charge")
    return charge


def refund_charge(world: World, charge: Record, amount: int, **facts: Any) -> Record:
    """Give back `amount` minor units: the refund, its balance transaction, the charge's new sum."""
    known = {name: value for name, value in facts.items() if value}
    refund = {"id": world.ids.new("refund"), "charge": charge["id"], "amount": amount, **known}
    refund |= {name: charge[name] for name in ("currency", "payment_intent", "customer") if charge.get(name)}
    settled = money.settle(amount, charge["currency"], world.settings.settlement)
    entry = world.add(
        "balance_transaction",
        {
            "type": "refund",
            "amount": -settled.amount,
            "currency": settled.currency,
            "rate": settled.rate,
            "source": refund["id"],
            "description": "REFUND FOR CHARGE",
            "available_on": world.now(),
        },
    )
    refund = world.add("refund", {**refund, "txn": entry["id"]}, "refund.created")
    world.change("charge", charge, "charge.refunded", refunded=charge.get("refunded", 0) + amount)
    return refund


def update(world: World, params: Params, identifier: str) -> dict[str, Any]:
    refund = world.find("refund", identifier)
    fields = {"metadata": params.metadata(refund.get("metadata"))}
    return world.show("refund", world.change("refund", refund, "refund.updated", **fields))
