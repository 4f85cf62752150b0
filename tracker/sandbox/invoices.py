"""Invoices from draft to paid, void or uncollectible."""

from __future__ import annotations

from typing import Any

from tracker.sandbox import credit_balance, discounts, invoice_lines, payments
from tracker.sandbox.errors import invalid
from tracker.sandbox.shapes.invoices import due, owed, total
from tracker.sandbox.shapes.people import invoice_prefix
from tracker.sandbox.store import Record
from tracker.sandbox.world import DAY, World


def draft(
    world: World, subscription: Record, reason: str, *, free: bool = False, lines: list[Record] | None = None
) -> Record:
    """A draft for the subscription's present period, or of `lines`. Its own period is the one before.

    Invoice items that wait for the subscription come in, and its discounts in force.
    """
    now = world.now()
    customer = world.find("customer", subscription["customer"])
    first = reason == "subscription_create"
    currency = subscription["items"][0]["price"]["currency"]
    if lines is None:
        lines = invoice_lines.of_period(world, subscription, free=free)
        lines += invoice_lines.take_pending(world, customer["id"], currency, subscription["id"])
    granted = subscription.get("discounts", [])
    used = discounts.apply(world, granted, lines, currency, subscription["start"])
    record = {
        "subscription": subscription["id"],
        "sub_metadata": subscription.get("metadata", {}),
        "reason": reason,
        "period_start": now if first else subscription.get("previous_start", now),
        "period_end": now if first else subscription["start"],
        "auto_advance": True,
        "finalizes_at": None if first else now + world.settings.finalize_after,
        "discounts": used,
    }
    if subscription.get("collection") == "send_invoice":
        record |= {"collection": "send_invoice", "due_date": now + subscription["days_until_due"] * DAY}
    invoice = add(world, customer, currency, lines, record)
    if granted and not free:
        subscription["discounts"] = discounts.kept(world, granted, used, subscription["end"])
    return invoice


def add(world: World, customer: Record, currency: str, lines: list[Record], facts: Record) -> Record:
    """Store a draft with these lines, addressed to the customer as known now."""
    known = {"customer": customer["id"], "status": "draft", "currency": currency, "lines": lines}
    known |= {"balance_before": customer.get("balance", 0)}
    known |= {name: customer[name] for name in ("email", "name", "country") if customer.get(name)}
    invoice = world.add("invoice", {**known, **facts}, "invoice.created")
    invoice_lines.claim(world, invoice, lines)
    return invoice


def finalize(world: World, invoice: Record) -> None:
    """Draft to open: the number is given and a payment prepared; nothing due is paid at once."""
    if invoice["status"] != "draft":
        raise invalid(f"This invoice is already {invoice['status']}; only drafts can be finalized.")
    now = world.now()
    customer = world.find("customer", invoice["customer"])
    count = customer.get("invoices", 0) + 1
    if not customer.get("deleted"):
        world.change("customer", customer, invoices=count, currency=invoice["currency"])
    credit_balance.settle(world, customer, invoice, total(invoice))
    number = f"{invoice_prefix(customer['id'])}-{count:04d}"
    if due(invoice) > 0:
        _prepare_payment(world, invoice, due(invoice))
    world.change("invoice", invoice, "invoice.finalized", status="open", number=number, finalized_at=now)
    if invoice.get("due_date"):
        world.plan(invoice["due_date"], "overdue", invoice["id"])
    if due(invoice) == 0:
        pay_nothing(world, invoice)


def _prepare_payment(world: World, invoice: Record, amount: int) -> None:
    first = invoice["reason"] == "subscription_create"
    intent = payments.open_intent(
        world,
        amount,
        invoice["currency"],
        customer=invoice["customer"],
        description="Subscription creation" if first else "Subscription update",
        setup_future_usage="off_session",
        invoice=invoice["id"],
        methods=list(world.settings.methods),
    )
    facts = {"invoice": invoice["id"], "payment_intent": intent["id"], "amount": amount, "status": "open"}
    payment = world.add("invoice_payment", {**facts, "currency": invoice["currency"]})
    invoice.update(intent=intent["id"], payment=payment["id"])


def collect(world: World, invoice: Record, method: Record | None, *, off_session: bool) -> str:
    """Try to collect an open invoice once: `payments.PAID`, `PROCESSING` or `FAILED`."""
    intent = world.find("payment_intent", invoice["intent"])
    if intent["status"] == "processing":
        return payments.PROCESSING
    invoice["attempts"] = invoice.get("attempts", 0) + 1
    outcome = payments.attempt(world, intent, method, off_session=off_session)
    if outcome == payments.PAID:
        settle(world, invoice)
    elif outcome == payments.PROCESSING:
        world.change("invoice", invoice, "invoice.updated", next_attempt=None)
    else:
        world.change("invoice", invoice, "invoice.payment_failed")
    return outcome


def settle(world: World, invoice: Record) -> None:
    """Its payment has arrived."""
    payment = world.find("invoice_payment", invoice["payment"])
    world.change("invoice_payment", payment, "invoice_payment.paid", status="paid", paid_at=world.now())
    _paid(world, invoice)


def _paid(world: World, invoice: Record, **facts: Any) -> None:
    fields = {"status": "paid", "paid_at": world.now(), "auto_advance": False, "next_attempt": None}
    world.change("invoice", invoice, "invoice.paid", **fields, **facts)
    world.emit("invoice.payment_succeeded", "invoice", invoice)


def pay_nothing(world: World, invoice: Record) -> None:
    """Nothing is due (any more): paid without a payment."""
    cancel_payment(world, invoice)
    _paid(world, invoice)


def pay_off_stripe(world: World, invoice: Record) -> None:
    """Mark an open invoice as paid by other means; no money moves here."""
    cancel_payment(world, invoice)
    _paid(world, invoice, off_stripe=True)


def reopen(world: World, invoice: Record) -> None:
    """A payment that had settled it was lost: owed again."""
    payment = world.find("invoice_payment", invoice["payment"])
    world.change("invoice_payment", payment, status="open", paid_at=None)
    world.change("invoice", invoice, "invoice.updated", status="open", paid_at=None, auto_advance=True)


def reduce_payment(world: World, invoice: Record) -> None:
    """Ask for what is still owed, after a credit note or a payment in part."""
    if not invoice.get("intent"):
        return
    payment = world.find("invoice_payment", invoice["payment"])
    world.change("invoice_payment", payment, amount=owed(invoice))
    world.change("payment_intent", world.find("payment_intent", invoice["intent"]), amount=owed(invoice))


def pay_part(world: World, invoice: Record, amount: int, method: Record) -> None:
    """A payment of its own towards an open invoice; the last part makes it paid."""
    if invoice["status"] != "open" or not 0 < amount <= owed(invoice):
        raise invalid(f"An open invoice takes parts of 1 to {owed(invoice)}, not {amount}.", param="amount")
    facts = {"customer": invoice["customer"], "description": "Part payment", "invoice": invoice["id"]}
    intent = payments.open_intent(world, amount, invoice["currency"], **facts)
    if payments.attempt(world, intent, method, off_session=False) != payments.PAID:
        raise payments.refusal(intent)
    part = {"invoice": invoice["id"], "payment_intent": intent["id"], "amount": amount, "part": True}
    part |= {"currency": invoice["currency"], "status": "paid", "paid_at": world.now()}
    world.add("invoice_payment", part, "invoice_payment.paid")
    paid = invoice.get("part_paid", 0) + amount
    world.change("invoice", invoice, "invoice.updated", part_paid=paid)
    if owed(invoice) == 0:
        pay_nothing(world, invoice)
    else:
        reduce_payment(world, invoice)


def void(world: World, invoice: Record) -> None:
    """Open or uncollectible to void: nobody owes it any more."""
    if invoice["status"] not in ("open", "uncollectible"):
        raise invalid(f"You can only void open or uncollectible invoices; this one is {invoice['status']}.")
    cancel_payment(world, invoice)
    credit_balance.give_back(world, invoice)
    _close(world, invoice, "invoice.voided", status="void", voided_at=world.now())


def mark_uncollectible(world: World, invoice: Record) -> None:
    """Open to uncollectible: written off, though it may still be paid."""
    if invoice["status"] not in ("open", "draft"):
        raise invalid(f"You can only write off open invoices; this one is {invoice['status']}.")
    at = world.now()
    _close(world, invoice, "invoice.marked_uncollectible", status="uncollectible", uncollectible_at=at)


def _close(world: World, invoice: Record, event: str, **fields: object) -> None:
    world.change("invoice", invoice, event, auto_advance=False, next_attempt=None, **fields)


def cancel_payment(world: World, invoice: Record) -> None:
    """Nobody shall pay it any more; a debit that is on its way cannot be called back."""
    if not invoice.get("payment"):
        return
    now = world.now()
    intent = world.find("payment_intent", invoice["intent"])
    if intent["status"] in ("succeeded", "canceled", "processing"):
        return
    payment = world.find("invoice_payment", invoice["payment"])
    if payment["status"] == "open":
        world.change("invoice_payment", payment, status="canceled", canceled_at=now)
    fields = {"status": "canceled", "canceled_at": now, "cancellation_reason": "void_invoice"}
    world.change("payment_intent", intent, "payment_intent.canceled", **fields)
