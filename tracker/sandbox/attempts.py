"""How a bill of the story was collected: one payment intent, a charge an attempt, and what followed."""

from __future__ import annotations

from typing import Any

from tracker.sandbox import money
from tracker.sandbox.course import Bill
from tracker.sandbox.rows import Rows
from tracker.sandbox.store import Record
from tracker.sandbox.world import DAY

_UPDATED = "customer.subscription.updated"


def collect(
    rows: Rows, retry_days: tuple[int, ...], bill: Bill, invoice: Record, subscription: Record, card: Record
) -> None:
    """The attempts: one payment intent, a charge each, and what followed."""
    intent: Record = {
        "id": rows.new_id("payment_intent"),
        "created": invoice["finalized_at"],
        "amount": bill.amount,
        "currency": "eur",
        "customer": invoice["customer"],
        "status": "succeeded" if bill.paid_at is not None else "requires_payment_method",
        "setup_future_usage": "off_session",
    }
    payment: Record = {
        "id": rows.new_id("invoice_payment"),
        "created": invoice["finalized_at"],
        "invoice": invoice["id"],
        "payment_intent": intent["id"],
        "amount": bill.amount,
        "currency": "eur",
        "status": "open",
    }
    invoice |= {"intent": intent["id"], "payment": payment["id"]}
    invoice["attempts"] = len(bill.failed_at) + (bill.paid_at is not None)
    rows.event(intent["created"], "payment_intent", intent, "payment_intent.created")
    for at in bill.failed_at:
        _failed(rows, at, invoice, intent, card)
    if bill.failed_at:
        rows.event(bill.failed_at[0], "subscription", subscription, _UPDATED, status="active")
    if bill.paid_at is not None:
        _paid(rows, bill, invoice, intent, payment, card)
        if bill.failed_at:
            rows.event(bill.paid_at, "subscription", subscription, _UPDATED, status="past_due")
    elif bill.closed_at is not None:
        _closed(rows, bill, bill.closed_at, invoice, intent, payment)
    else:
        _retries(rows, retry_days, bill, invoice)
    rows.add("payment_intent", intent)
    rows.add("invoice_payment", payment)


def _charge(rows: Rows, at: int, intent: Record, card: Record, **more: Any) -> Record:
    charge = {
        "id": rows.new_id("charge"),
        "created": at,
        "amount": intent["amount"],
        "currency": "eur",
        "customer": intent["customer"],
        "payment_intent": intent["id"],
        "payment_method": card["id"],
        **{name: card[name] for name in ("brand", "country", "last4", "billing")},
        **more,
    }
    intent["charge"] = charge["id"]
    return charge


def _failed(rows: Rows, at: int, invoice: Record, intent: Record, card: Record) -> None:
    charge = _charge(rows, at, intent, card, failed="generic_decline")
    intent["error"] = {"code": "generic_decline", "card": None}
    rows.add("charge", charge)
    rows.event(at, "charge", charge, "charge.failed")
    rows.event(at, "payment_intent", intent, "payment_intent.payment_failed")
    rows.event(at, "invoice", invoice, "invoice.payment_failed")


def _paid(rows: Rows, bill: Bill, invoice: Record, intent: Record, payment: Record, card: Record) -> None:
    at = bill.paid_at or 0
    charge = _charge(rows, at, intent, card)
    intent |= {"payment_method": card["id"], "error": None}
    charge["txn"] = rows.entry("charge", at, bill.amount, money.fee(bill.amount), "eur", charge)
    invoice["paid_at"] = at
    payment |= {"status": "paid", "paid_at": at}
    rows.event(at, "charge", charge, "charge.succeeded")
    rows.event(at, "payment_intent", intent, "payment_intent.succeeded")
    rows.event(at, "charge", charge, "charge.updated", balance_transaction=None)
    rows.event(at, "invoice_payment", payment, "invoice_payment.paid")
    rows.event(at, "invoice", invoice, "invoice.paid", "invoice.payment_succeeded")
    if bill.refunded_at is not None and bill.refunded:
        charge["refunded"] = bill.refunded
        _refund(rows, bill.refunded_at, bill.refunded, charge)
    rows.add("charge", charge)


def _refund(rows: Rows, at: int, amount: int, charge: Record) -> None:
    refund: Record = {
        "id": rows.new_id("refund"),
        "created": at,
        "charge": charge["id"],
        "payment_intent": charge["payment_intent"],
        "customer": charge["customer"],
        "amount": amount,
        "currency": "eur",
        "reason": "requested_by_customer",
    }
    refund["txn"] = rows.entry("refund", at, -amount, 0, "eur", refund)
    rows.add("refund", refund)
    rows.event(at, "refund", refund, "refund.created")
    rows.event(at, "charge", charge, "charge.refunded")


def _closed(rows: Rows, bill: Bill, at: int, invoice: Record, intent: Record, payment: Record) -> None:
    if bill.closed_as == "void":
        invoice["voided_at"] = at
        payment |= {"status": "canceled", "canceled_at": at}
        intent |= {"status": "canceled", "canceled_at": at, "cancellation_reason": "void_invoice"}
        rows.event(at, "invoice", invoice, "invoice.voided")
        rows.event(at, "payment_intent", intent, "payment_intent.canceled")
    else:
        invoice["uncollectible_at"] = at
        rows.event(at, "invoice", invoice, "invoice.marked_uncollectible")


def _retries(rows: Rows, retry_days: tuple[int, ...], bill: Bill, invoice: Record) -> None:
    invoice["auto_advance"] = True
    place = len(bill.failed_at) - 1
    invoice["tries"] = len(bill.failed_at)
    if place < len(retry_days):
        again = invoice["finalized_at"] + retry_days[place] * DAY
        invoice["next_attempt"] = again
        rows.due(again, "retry", invoice["id"])
