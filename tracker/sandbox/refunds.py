"""Refunds: whole or in part, never more than was paid; the fee does not come back."""

from __future__ import annotations

from typing import Any

from tracker.sandbox import money
from tracker.sandbox.errors import invalid, required
from tracker.sandbox.params import Params
from tracker.sandbox.store import Record
from tracker.sandbox.world import DAY, World

REASONS = ("duplicate", "fraudulent", "requested_by_customer")
STATUSES = ("pending", "requires_action", "succeeded", "failed", "canceled")
_FINAL = ("failed", "canceled")
_TAKES = 3 * DAY


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
    known = {
        "reason": reason,
        "metadata": params.metadata(),
        "instructions_email": params.text("instructions_email"),
    }
    refund = refund_charge(world, charge, amount, **known)
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
    if charge.get("failed") or charge.get("pending"):
        raise invalid(f"The charge {charge['id']} brought no money: there is nothing to refund.", param="charge")
    return charge


def refund_charge(world: World, charge: Record, amount: int, **facts: Any) -> Record:
    """Give back `amount` minor units: the refund, its balance transaction, the charge's new sum.

    Some cards let it wait (`pending`), or let it fail in the end. With `instructions_email` the reader has to say
    first where the money shall go (`requires_action`), and nothing leaves until then.
    """
    known = {name: value for name, value in facts.items() if value}
    refund = {"id": world.ids.new("refund"), "charge": charge["id"], "amount": amount, **known}
    copied = ("currency", "payment_intent", "customer", "type")
    refund |= {name: charge[name] for name in copied if charge.get(name)}
    fate = charge.get("refunds", "succeeded")
    if refund.get("instructions_email"):
        refund["status"] = "requires_action"
    else:
        refund["status"] = "pending" if fate == "pending" else "succeeded"
        refund["txn"] = _take(world, refund)["id"]
    refund = world.add("refund", refund, "refund.created")
    world.change("charge", charge, "charge.refunded", refunded=charge.get("refunded", 0) + amount)
    if fate != "succeeded":
        world.plan(world.now() + _TAKES, f"refund_{fate}", refund["id"])
    return refund


def _take(world: World, refund: Record) -> Record:
    """The balance transaction of the money that leaves."""
    settled = money.settle(refund["amount"], refund["currency"], world.settings.settlement)
    is_debit = refund.get("type") == "sepa_debit"
    return world.add(
        "balance_transaction",
        {
            "type": "payment_refund" if is_debit else "refund",
            "category": "refund",
            "amount": -settled.amount,
            "currency": settled.currency,
            "rate": settled.rate,
            "source": refund["id"],
            "description": "REFUND FOR CHARGE",
            "available_on": world.now(),
        },
    )


def move_to(world: World, refund: Record, status: str, reason: str = "lost_or_stolen_card") -> Record:
    """Give it any of Stripe's statuses. `failed` and `canceled` bring the money back, if it had left."""
    if status not in STATUSES:
        raise invalid(f"Unknown refund status {status}: one of {', '.join(STATUSES)}.", param="status")
    if refund.get("status") in _FINAL:
        raise invalid(f"This refund is already {refund['status']}.")
    charge = world.find("charge", refund["charge"])
    fields: Record = {"status": status}
    if status in _FINAL:
        if refund.get("txn"):
            fields["failed_txn"] = _bring_back(world, refund)["id"]
        if status == "failed":
            fields["failure_reason"] = reason
        world.change("charge", charge, "charge.updated", refunded=charge.get("refunded", 0) - refund["amount"])
    elif status == "succeeded" and not refund.get("txn"):
        fields["txn"] = _take(world, refund)["id"]
    elif status == "requires_action" and refund.get("txn"):
        raise invalid("The money has left already: create the refund with `instructions_email` instead.")
    world.change("refund", refund, "refund.updated", **fields)
    world.emit("charge.refund.updated", "refund", refund)
    if status == "failed":
        world.emit("refund.failed", "refund", refund)
    return refund


def _bring_back(world: World, refund: Record) -> Record:
    """The balance transaction of a refund that did not reach the reader."""
    taken = world.find("balance_transaction", refund["txn"])
    return world.add(
        "balance_transaction",
        {
            "type": "refund_failure",
            "category": "refund_failure",
            "amount": -taken["amount"],
            "currency": taken["currency"],
            "rate": taken.get("rate"),
            "source": refund["id"],
            "description": "REFUND FAILURE",
            "available_on": world.now(),
        },
    )


def succeed_due(world: World, identifier: str) -> None:
    """Due some days after a refund to a card that lets refunds wait."""
    _if_open(world, identifier, "succeeded")


def fail_due(world: World, identifier: str) -> None:
    """Due some days after a refund to a card whose refunds fail in the end."""
    _if_open(world, identifier, "failed")


def _if_open(world: World, identifier: str, status: str) -> None:
    refund = world.store.get("refund", identifier)
    if refund is not None and refund["status"] not in (*_FINAL, status):
        move_to(world, refund, status)


def cancel(world: World, params: Params, identifier: str) -> dict[str, Any]:
    """Only a refund that waits for the reader can be called off."""
    refund = world.find("refund", identifier)
    if refund.get("status") != "requires_action":
        raise invalid("Only a refund that requires action can be canceled.")
    return world.show("refund", move_to(world, refund, "canceled"))


def update(world: World, params: Params, identifier: str) -> dict[str, Any]:
    refund = world.find("refund", identifier)
    fields = {"metadata": params.metadata(refund.get("metadata"))}
    return world.show("refund", world.change("refund", refund, "refund.updated", **fields))
