"""Payouts: the automatic one of each day, those made by hand, and those that come back."""

from __future__ import annotations

from typing import Any

from tracker.sandbox import balance
from tracker.sandbox.errors import StripeError, invalid
from tracker.sandbox.params import Params
from tracker.sandbox.store import Record
from tracker.sandbox.world import DAY, World

_ARRIVES_AFTER = 2 * DAY
_INSTANTLY = 30 * 60
STATUSES = ("pending", "in_transit", "paid", "failed", "canceled")
_FAILURES = {
    "account_closed": "The bank account has been closed.",
    "could_not_process": "The bank could not process this payout.",
    "no_account": "The bank account could not be found.",
}


def plan(world: World) -> None:
    """Have the next payout happen at the next midnight UTC, unless one is planned."""
    planned = world.store.db.execute("SELECT 1 FROM due WHERE action = 'payout'").fetchone()
    if world.settings.payouts and not planned:
        world.plan((world.now() // DAY + 1) * DAY, "payout")


def due(world: World, _: str | None) -> None:
    """Due each midnight UTC: pay out what became available, one payout a currency.

    A payout by hand has taken part of it before: its row is among the entries, or the sum would not tie out.
    """
    now = world.now()
    world.plan(now + DAY, "payout")
    groups: dict[str, list[Record]] = {}
    for record in world.store.select("balance_transaction", ["payout IS NULL"], [], "ORDER BY created, n"):
        if record["available_on"] <= now and (record["type"] != "payout" or record.get("manual")):
            groups.setdefault(record["currency"], []).append(record)
    for currency, entries in sorted(groups.items()):
        amount = sum(entry["amount"] - entry.get("fee", 0) for entry in entries)
        # A day on which more went back than came in waits for the next one.
        if amount > 0:
            _automatic(world, currency, amount, entries)


def _automatic(world: World, currency: str, amount: int, entries: list[Record]) -> None:
    now = world.now()
    identifier = world.ids.new("payout")
    entry = _leave(world, identifier, amount, currency, payout=identifier)
    facts = {"id": identifier, "amount": amount, "currency": currency, "txn": entry["id"]}
    facts |= {"status": "paid", "arrival_date": now + _ARRIVES_AFTER}
    payout = world.add("payout", facts, "payout.created")
    for record in entries:
        world.store.put("balance_transaction", {**record, "payout": identifier})
    world.emit("payout.paid", "payout", payout)


def _leave(world: World, identifier: str, amount: int, currency: str, **more: Any) -> Record:
    """The payout's own row."""
    facts = {"type": "payout", "amount": -amount, "currency": currency, "source": identifier}
    facts |= {"available_on": world.now(), "description": "STRIPE PAYOUT", **more}
    return world.add("balance_transaction", facts)


def create(world: World, params: Params) -> dict[str, Any]:
    """By hand, `standard` (two days) or `instant` (half an hour, 1 % fee); never more than is available."""
    params.need("amount")
    amount, currency = params.integer("amount") or 0, params.need("currency").lower()
    method = str(params.choice("method", ("standard", "instant"), "standard"))
    fee = max(50, amount // 100) if method == "instant" else 0
    if amount <= 0:
        raise invalid("Invalid positive integer", param="amount", code="parameter_invalid_integer")
    if amount + fee > balance.available(world, currency):
        message = "You have insufficient funds in your Stripe account for this payout."
        raise StripeError(400, "invalid_request_error", message, code="balance_insufficient", param="amount")
    identifier = world.ids.new("payout")
    more = {"manual": True, "fee": fee, "fee_for": "Instant payout fee"}
    entry = _leave(world, identifier, amount, currency, **more)
    arrives = world.now() + (_INSTANTLY if method == "instant" else _ARRIVES_AFTER)
    facts: Record = {"id": identifier, "amount": amount, "currency": currency, "txn": entry["id"], "manual": True}
    facts |= {"status": "pending", "method": method, "arrival_date": arrives, "metadata": params.metadata()}
    facts |= {"description": params.text("description")}
    payout = world.add("payout", facts, "payout.created")
    world.plan(arrives, "payout_arrives", identifier)
    return world.show("payout", payout)


def arrive_due(world: World, identifier: str) -> None:
    """Due when a payout by hand reaches the bank."""
    payout = world.store.get("payout", identifier)
    if payout is not None and payout["status"] in ("pending", "in_transit"):
        move_to(world, payout, "paid")


def move_to(world: World, payout: Record, status: str, code: str = "account_closed") -> Record:
    """Give it any of Stripe's statuses; `failed`, even after `paid`, and `canceled` bring the money back."""
    if status not in STATUSES:
        raise invalid(f"Unknown payout status {status}: one of {', '.join(STATUSES)}.", param="status")
    if payout["status"] in ("failed", "canceled"):
        raise invalid(f"This payout is already {payout['status']}.")
    fields: Record = {"status": status}
    if status in ("failed", "canceled"):
        fields["failed_txn"] = _come_back(world, payout, status)["id"]
    if status == "failed":
        fields |= {"failure_code": code, "failure_message": _FAILURES.get(code, "The payout failed.")}
    event = f"payout.{status}" if status in ("paid", "failed", "canceled") else "payout.updated"
    return world.change("payout", payout, event, **fields)


def _come_back(world: World, payout: Record, status: str) -> Record:
    kind = "payout_failure" if status == "failed" else "payout_cancel"
    facts = {"type": kind, "category": balance.CATEGORIES[kind], "amount": payout["amount"]}
    facts |= {"currency": payout["currency"], "source": payout["id"], "available_on": world.now()}
    return world.add("balance_transaction", {**facts, "description": f"{kind.replace('_', ' ').upper()}"})


def cancel(world: World, params: Params, identifier: str) -> dict[str, Any]:
    payout = world.find("payout", identifier)
    if payout["status"] != "pending":
        raise invalid(f"Only pending payouts can be canceled; this one is {payout['status']}.")
    return world.show("payout", move_to(world, payout, "canceled"))


def steer(world: World, identifier: str, wish: dict[str, Any]) -> dict[str, Any]:
    """`/_test/payouts/{id}`: `status`, and `failure_code` when it fails."""
    code = str(wish.get("failure_code", "account_closed"))
    return world.show("payout", move_to(world, world.find("payout", identifier), str(wish["status"]), code))
