"""Taking money: a payment intent, its charges, and the balance transaction each success leaves."""

from __future__ import annotations

from typing import Any

from tracker.sandbox import cards, money
from tracker.sandbox.errors import StripeError, declined
from tracker.sandbox.shapes.payments import decline
from tracker.sandbox.store import Record
from tracker.sandbox.world import DAY, World

PAID, PROCESSING, FAILED = "paid", "processing", "failed"
_OPEN = "requires_payment_method"
_FACE = ("type", "brand", "country", "last4", "billing", "outcome", "refunds")


def open_intent(world: World, amount: int, currency: str, **facts: Any) -> Record:
    """A payment intent that waits for a card; `facts`: customer, description, metadata, ..."""
    known = {name: value for name, value in facts.items() if value is not None}
    intent = {"amount": amount, "currency": currency, "status": _OPEN, **known}
    return world.add("payment_intent", intent, "payment_intent.created")


def attempt(world: World, intent: Record, method: Record | None, *, off_session: bool) -> str:
    """Charge once: `paid`, `processing` (a debit) or `failed`. Failed charges stay on record, as on Stripe."""
    if method is None:
        return FAILED
    fails = method.get("fails")
    if fails == cards.ALWAYS or (fails == cards.RENEWALS and off_session):
        _fail(world, intent, method)
        return FAILED
    if method.get("type") == "sepa_debit":
        _send_debit(world, intent, method)
        return PROCESSING
    charge = world.add("charge", _charge(intent, method), "charge.succeeded")
    _succeeded(world, intent, charge)
    book(world, charge)
    if method.get("disputes"):
        world.plan(world.now(), "dispute", charge["id"])
    return PAID


def _charge(intent: Record, method: Record) -> Record:
    names = ("amount", "currency", "customer", "description", "metadata", "invoice")
    copied = {name: intent[name] for name in names if intent.get(name)}
    face = {name: method[name] for name in _FACE if name in method}
    return {**copied, **face, "payment_intent": intent["id"], "payment_method": method["id"]}


def _succeeded(world: World, intent: Record, charge: Record) -> None:
    fields = {"status": "succeeded", "charge": charge["id"], "error": None}
    method = charge["payment_method"]
    world.change("payment_intent", intent, "payment_intent.succeeded", payment_method=method, **fields)


def _fail(world: World, intent: Record, method: Record) -> None:
    code = method.get("decline_code", "generic_decline")
    charge = world.add("charge", {**_charge(intent, method), "failed": code}, "charge.failed")
    fields = {"charge": charge["id"], "error": {"code": code, "card": method}}
    world.change("payment_intent", intent, "payment_intent.payment_failed", **fields)


def _send_debit(world: World, intent: Record, method: Record) -> None:
    """A debit is on its way: its charge is pending, and nothing is on the balance yet."""
    charge = world.add("charge", {**_charge(intent, method), "pending": True})
    fields = {"status": "processing", "charge": charge["id"], "payment_method": method["id"], "error": None}
    world.change("payment_intent", intent, "payment_intent.processing", **fields)
    world.emit("charge.pending", "charge", charge)
    if world.settings.books_debits_at_once:
        book(world, charge)
    world.plan(world.now() + world.settings.debit_days * DAY, "debit", charge["id"])


def arrive(world: World, intent: Record, charge: Record) -> None:
    """A debit that was on its way has arrived."""
    world.change("charge", charge, "charge.succeeded", pending=False)
    _succeeded(world, intent, charge)
    if not charge.get("txn"):
        book(world, charge)


def bounce(world: World, intent: Record, charge: Record, code: str) -> None:
    """A bank sent a debit back, before or after it had arrived; what was booked of it leaves the balance."""
    if charge.get("txn"):
        unbook(world, charge)
    world.change("charge", charge, "charge.failed", pending=False, failed=code)
    method = world.store.get("payment_method", charge["payment_method"])
    fields = {"status": _OPEN, "error": {"code": code, "card": method}}
    world.change("payment_intent", intent, "payment_intent.payment_failed", **fields)


def refusal(intent: Record) -> StripeError:
    """The 402 answer for an intent whose last attempt failed."""
    code = (intent.get("error") or {}).get("code", "generic_decline")
    words = decline(code if code in cards.DECLINES else "generic_decline")
    more = {"payment_intent": {"id": intent["id"], "object": "payment_intent", "status": intent["status"]}}
    if intent.get("charge"):
        more["charge"] = intent["charge"]
    return declined(words["message"], code=words["code"], decline_code=code, more=more)


def book(world: World, charge: Record) -> Record:
    """The charge's balance transaction; it comes after the charge, told by `charge.updated`."""
    is_debit = charge.get("type") == "sepa_debit"
    settled = money.settle(charge["amount"], charge["currency"], world.settings.settlement)
    entry = world.add(
        "balance_transaction",
        {
            "type": "payment" if is_debit else "charge",
            "category": "charge",
            "amount": settled.amount,
            "currency": settled.currency,
            "rate": settled.rate,
            "fee": money.DEBIT_FEE if is_debit else money.fee(settled.amount),
            "source": charge["id"],
            "description": charge.get("description"),
            "available_on": available_on(world.now()),
        },
    )
    world.change("charge", charge, "charge.updated", txn=entry["id"])
    return entry


def unbook(world: World, charge: Record) -> Record:
    """The balance transaction of a late failure: what the charge had brought leaves again, without its fee."""
    booked = world.find("balance_transaction", charge["txn"])
    entry = world.add(
        "balance_transaction",
        {
            "type": "payment_failure_refund",
            "category": "charge_failure",
            "amount": -booked["amount"],
            "currency": booked["currency"],
            "rate": booked.get("rate"),
            "source": charge["id"],
            "description": "REFUND FOR FAILED PAYMENT",
            "available_on": world.now(),
        },
    )
    charge["failed_txn"] = entry["id"]
    return entry


def available_on(created: int) -> int:
    """A payment reaches the available balance at midnight UTC two days later."""
    return (created // DAY + 2) * DAY
