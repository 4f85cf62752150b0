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
STATUSES = (
    "warning_needs_response",
    "warning_under_review",
    "warning_closed",
    "needs_response",
    "under_review",
    "won",
    "lost",
    "appeal_needs_response",
    "appeal_under_review",
    "prevented",
)
_CLOSED = ("won", "lost", "warning_closed", "prevented")


def dispute(world: World, charge: Record, amount: int | None = None, *, inquiry: bool = False) -> Record:
    """Dispute a paid charge, whole or in part; an inquiry takes no money."""
    if charge.get("failed") or charge.get("pending"):
        raise invalid(f"The charge {charge['id']} failed or is pending: dispute another one.")
    if any(one["status"] not in _CLOSED for one in world.store.each("dispute", charge=charge["id"])):
        raise invalid(f"The charge {charge['id']} is disputed already: dispute another one.")
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
        withdraw(world, opened)
    return opened


def withdraw(world: World, record: Record, amount: int | None = None) -> None:
    """Take the money and the fee; may happen again after it was given back."""
    _move(world, record, amount, -1, "dispute", "charge.dispute.funds_withdrawn")


def reinstate(world: World, record: Record, amount: int | None = None) -> None:
    """Give back what was taken, with the fee, or a part of it."""
    _move(world, record, amount, 1, "dispute_reversal", "charge.dispute.funds_reinstated")


def _move(world: World, record: Record, amount: int | None, sign: int, category: str, event: str) -> None:
    wanted = record["amount"] if amount is None else amount
    settled = money.settle(wanted, record["currency"], world.settings.settlement)
    minor, fee = settled.amount, FEE
    if sign > 0 and amount is None:  # exactly what is still away, to the last unit
        minor, fee = out(record), sum(int(entry["fee"]) for entry in record["entries"])
    entry = world.add(
        "balance_transaction",
        {
            "type": "adjustment",
            "category": category,
            "amount": sign * minor,
            "fee": -sign * fee,
            "fee_for": "Dispute fee",
            "currency": settled.currency,
            "rate": settled.rate,
            "source": record["id"],
            "description": f"Chargeback {'withdrawal' if sign < 0 else 'reversal'} for {record['charge']}",
            "available_on": world.now(),
        },
    )
    world.change("dispute", record, event, entries=[*record["entries"], entry])


def out(record: Record) -> int:
    """Minor units of the balance that the dispute holds now; 0 when all was given back."""
    return -sum(int(entry["amount"]) for entry in record["entries"])


def decide(world: World, record: Record, outcome: str) -> Record:
    """`won`: the money comes back; `lost`: it stays away."""
    if record["status"] in _CLOSED:
        raise invalid(f"This dispute is already {record['status']}.")
    return move_to(world, record, outcome)


def move_to(world: World, record: Record, status: str) -> Record:
    """Give it any of Stripe's statuses, with the money that goes along: an inquiry that becomes a dispute takes
    it, a dispute that is won gives it back, everything else leaves it where it is (an appeal, say)."""
    if status not in STATUSES:
        raise invalid(f"Unknown dispute status {status}: one of {', '.join(STATUSES)}.", param="status")
    was_inquiry = record["status"].startswith("warning_")
    if was_inquiry and status in ("needs_response", "under_review", "lost") and not record["entries"]:
        withdraw(world, record)
    if status == "won" and out(record) > 0:
        reinstate(world, record)
    event = "charge.dispute.closed" if status in _CLOSED else "charge.dispute.updated"
    return world.change("dispute", record, event, status=status)


def steer(world: World, identifier: str, wish: dict[str, Any]) -> Record:
    """`/_test/disputes/{id}`: `withdraw` or `reinstate` an amount (true: all), then take `status`."""
    record = world.find("dispute", identifier)
    for name, act in (("withdraw", withdraw), ("reinstate", reinstate)):
        if wish.get(name):
            act(world, record, None if wish[name] is True else int(wish[name]))
    return move_to(world, record, str(wish["status"])) if wish.get("status") else record


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
    if charge and not charge.get("disputed") and not charge.get("failed"):
        dispute(world, charge)
