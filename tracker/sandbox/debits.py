"""Bank debits: a payment that is on its way for days, then arrives or fails, sometimes after it had arrived."""

from __future__ import annotations

from typing import Any

from tracker.sandbox import billing, cards, checkout, invoices, payments
from tracker.sandbox.errors import invalid
from tracker.sandbox.store import Record
from tracker.sandbox.world import DAY, World

NO_FUNDS, NOT_AUTHORIZED = "insufficient_funds", "debit_not_authorized"


def settle_due(world: World, identifier: str) -> None:
    """Due some days after a debit was sent: it arrives, or the bank sends it back."""
    charge = world.store.get("charge", identifier)
    if charge is None or not charge.get("pending"):
        return
    outcome = charge.get("outcome")
    if outcome == cards.FAILS:
        fail(world, charge)
        return
    arrive(world, charge)
    if outcome == cards.FAILS_LATE:
        world.plan(world.now() + world.settings.debit_fails_late_days * DAY, "debit_late", charge["id"])
    elif outcome == cards.DISPUTES:
        world.plan(world.now() + DAY, "dispute", charge["id"])


def arrive(world: World, charge: Record) -> None:
    """The money is there: the charge succeeds, and only now is it on the balance."""
    intent = world.find("payment_intent", charge["payment_intent"])
    payments.arrive(world, intent, charge)
    invoice = _invoice(world, intent)
    if invoice is not None and invoice["status"] in ("open", "uncollectible"):
        invoices.settle(world, invoice)
        billing.recovered(world, invoice)
    checkout.debit_ended(world, intent, invoice, paid=True)


def fail(world: World, charge: Record) -> None:
    """The bank sent it back before it arrived: nothing ever was on the balance."""
    intent = world.find("payment_intent", charge["payment_intent"])
    payments.bounce(world, intent, charge, NO_FUNDS)
    invoice = _invoice(world, intent)
    checkout.debit_ended(world, intent, invoice, paid=False)
    if invoice is not None and invoice["status"] == "open":
        world.change("invoice", invoice, "invoice.payment_failed")
        billing.failed(world, invoice)


def fail_late_due(world: World, identifier: str) -> None:
    """Due some days after a debit arrived whose owner sends it back."""
    charge = world.store.get("charge", identifier)
    if charge is not None and not charge.get("failed"):
        fail_late(world, charge)


def fail_late(world: World, charge: Record) -> None:
    """A debit that had arrived is sent back: the money leaves by a balance transaction of its own.

    Stripe does not say what becomes of the invoice. It stays paid, unless `Settings.reopens_invoices`.
    """
    intent = world.find("payment_intent", charge["payment_intent"])
    payments.bounce(world, intent, charge, NOT_AUTHORIZED)
    invoice = _invoice(world, intent)
    if invoice is None or not world.settings.reopens_invoices or invoice["status"] != "paid":
        return
    invoices.reopen(world, invoice)
    billing.failed(world, invoice)


def _invoice(world: World, intent: Record) -> Record | None:
    return world.store.get("invoice", intent["invoice"]) if intent.get("invoice") else None


def steer(world: World, identifier: str, wish: dict[str, Any]) -> dict[str, Any]:
    """`/_test/charges/{id}`: have a debit arrive or fail now (`status`: succeeded or failed)."""
    charge = world.find("charge", identifier)
    status = str(wish["status"])
    if charge.get("type") != "sepa_debit" or charge.get("failed") or status not in ("succeeded", "failed"):
        raise invalid("Only a bank debit that has not failed can be steered, to succeeded or failed.")
    if not charge.get("pending"):
        if status == "failed":
            fail_late(world, charge)
    elif status == "failed":
        fail(world, charge)
    else:
        arrive(world, charge)
    return world.show("charge", charge)
