"""Taking money: a payment intent, its charges, and the balance transaction each success leaves."""

from __future__ import annotations

from typing import Any

from tracker.sandbox import cards, money
from tracker.sandbox.errors import StripeError, declined
from tracker.sandbox.shapes.payments import decline
from tracker.sandbox.store import Record
from tracker.sandbox.world import DAY, World

_OPEN = "requires_payment_method"


def open_intent(world: World, amount: int, currency: str, **facts: Any) -> Record:
    """A payment intent that waits for a card; `facts`: customer, description, metadata, ..."""
    known = {name: value for name, value in facts.items() if value is not None}
    intent = {"amount": amount, "currency": currency, "status": _OPEN, **known}
    return world.add("payment_intent", intent, "payment_intent.created")


def attempt(world: World, intent: Record, card: Record | None, *, off_session: bool) -> bool:
    """Charge the card once; True when it paid. Failed charges stay on record, as on Stripe."""
    if card is None:
        return False
    fails = card.get("fails")
    if fails == cards.ALWAYS or (fails == cards.RENEWALS and off_session):
        _fail(world, intent, card)
        return False
    charge = world.add("charge", _charge(intent, card), "charge.succeeded")
    world.change(
        "payment_intent",
        intent,
        "payment_intent.succeeded",
        status="succeeded",
        charge=charge["id"],
        payment_method=card["id"],
        error=None,
    )
    book(world, charge)
    if card.get("disputes"):
        world.plan(world.now(), "dispute", charge["id"])
    return True


def _charge(intent: Record, card: Record) -> Record:
    names = ("amount", "currency", "customer", "description", "metadata")
    copied = {name: intent[name] for name in names if intent.get(name)}
    face = {name: card[name] for name in ("brand", "country", "last4", "billing")}
    return {**copied, **face, "payment_intent": intent["id"], "payment_method": card["id"]}


def _fail(world: World, intent: Record, card: Record) -> None:
    code = card.get("decline_code", "generic_decline")
    charge = world.add("charge", {**_charge(intent, card), "failed": code}, "charge.failed")
    world.change(
        "payment_intent",
        intent,
        "payment_intent.payment_failed",
        charge=charge["id"],
        error={"code": code, "card": card},
    )


def refusal(intent: Record) -> StripeError:
    """The 402 answer for an intent whose last attempt failed."""
    code = (intent.get("error") or {}).get("code", "generic_decline")
    words = decline(code)
    more = {"payment_intent": {"id": intent["id"], "object": "payment_intent", "status": intent["status"]}}
    if intent.get("charge"):
        more["charge"] = intent["charge"]
    return declined(words["message"], code=words["code"], decline_code=code, more=more)


def book(world: World, charge: Record) -> Record:
    """The charge's balance transaction; it comes after the charge, told by `charge.updated`."""
    settled = money.settle(charge["amount"], charge["currency"], world.settings.currency)
    entry = world.add(
        "balance_transaction",
        {
            "type": "charge",
            "amount": settled.amount,
            "currency": settled.currency,
            "rate": settled.rate,
            "fee": money.fee(settled.amount),
            "source": charge["id"],
            "description": charge.get("description"),
            "available_on": available_on(world.now()),
        },
    )
    world.change("charge", charge, "charge.updated", txn=entry["id"])
    return entry


def available_on(created: int) -> int:
    """A payment reaches the available balance at midnight UTC two days later."""
    return (created // DAY + 2) * DAY
