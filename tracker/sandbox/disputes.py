"""Disputes: a bank takes the money back, and gives it back again when the publisher wins."""

from __future__ import annotations

from typing import Any

from tracker.sandbox import money
from tracker.sandbox.errors import invalid
from tracker.sandbox.params import Params
from tracker.sandbox.store import Record
from tracker.sandbox.world import DAY, World

FEE = 2_000  # taken with the money, returned with it
_ANSWER_WITHIN = 9 * DAY
# What evidence decides in Stripe's test mode.
_OUTCOMES = {"winning_evidence": "won", "losing_evidence": "lost"}


def dispute(world: World, charge: Record, amount: int | None = None, *, inquiry: bool = False) -> Record:
    """Dispute a paid charge, whole or in part; an inquiry takes no money."""
    if charge.get("failed") or charge.get("disputed"):
        raise invalid(f"The charge {charge['id']} failed or is disputed already: dispute another one.")
    wanted = charge["amount"] if amount is None else amount
    if not 0 < wanted <= charge["amount"]:
        raise invalid(f"A dispute is about 1 to {charge['amount']} of this charge, not {wanted}.", param="amount")
    opened: Record = {
        "id": world.ids.new("dispute"),
        "charge": charge["id"],
        "payment_intent": charge["payment_intent"],
        "amount": wanted,
        "currency": charge["currency"],
        "brand": charge["brand"],
        "status": "warning_needs_response" if inquiry else "needs_response",
        "due_by": world.now() + _ANSWER_WITHIN,
        "entries": [],
    }
    opened = world.add("dispute", opened, "charge.dispute.created")
    world.change("charge", charge, "charge.updated", disputed=True)
    if not inquiry:
        _move(world, opened, -1, "dispute", "charge.dispute.funds_withdrawn")
    return opened


def _move(world: World, record: Record, sign: int, category: str, event: str) -> None:
    """Take or return the money and the fee, as a balance transaction that the dispute shows."""
    settled = money.settle(record["amount"], record["currency"], world.settings.currency)
    entry = world.add(
        "balance_transaction",
        {
            "type": "adjustment",
            "category": category,
            "amount": sign * settled.amount,
            "fee": -sign * FEE,
            "fee_for": "Dispute fee",
            "currency": settled.currency,
            "rate": settled.rate,
            "source": record["id"],
            "description": f"Chargeback {'withdrawal' if sign < 0 else 'reversal'} for {record['charge']}",
            "available_on": world.now(),
        },
    )
    world.change("dispute", record, event, entries=[*record["entries"], entry])


def decide(world: World, record: Record, outcome: str) -> Record:
    """`won`: the money comes back; `lost`: it stays away."""
    if record["status"] in ("won", "lost"):
        raise invalid(f"This dispute is already {record['status']}.")
    if outcome == "won" and record["entries"]:
        _move(world, record, 1, "dispute_reversal", "charge.dispute.funds_reinstated")
    return world.change("dispute", record, "charge.dispute.closed", status=outcome)


def update(world: World, params: Params, identifier: str) -> dict[str, Any]:
    """Evidence `winning_evidence` or `losing_evidence` decides at once, as in Stripe's test mode."""
    record = world.find("dispute", identifier)
    metadata = params.metadata(record.get("metadata"))
    world.change("dispute", record, "charge.dispute.updated", metadata=metadata)
    evidence = params.child("evidence").text("uncategorized_text")
    if evidence in _OUTCOMES:
        decide(world, record, _OUTCOMES[evidence])
    return world.show("dispute", record)


def close(world: World, params: Params, identifier: str) -> dict[str, Any]:
    """Accept the dispute: it is lost."""
    return world.show("dispute", decide(world, world.find("dispute", identifier), "lost"))


def dispute_due(world: World, identifier: str) -> None:
    """Due right after a payment with the card whose owner disputes it."""
    charge = world.store.get("charge", identifier)
    if charge and not charge.get("disputed"):
        dispute(world, charge)
