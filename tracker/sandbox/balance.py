"""The account's balance, and rows on it that no reader caused."""

from __future__ import annotations

from typing import Any

from tracker.sandbox.params import Params
from tracker.sandbox.world import DAY, World

# Type -> reporting category, where the two differ; every other type is its own category.
CATEGORIES = {
    "adjustment": "other_adjustment",
    "application_fee": "platform_earning",
    "application_fee_refund": "platform_earning_refund",
    "stripe_fee": "fee",
    "stripe_fx_fee": "fee",
    "tax_fee": "tax",
    "payment": "charge",
    "payment_failure_refund": "charge_failure",
    "payment_refund": "refund",
    "payment_reversal": "charge_failure",
    "payment_unreconciled": "unreconciled_customer_funds",
    "payout_cancel": "payout_reversal",
    "payout_failure": "payout_reversal",
    "reserve_hold": "risk_reserved_funds",
    "reserve_release": "risk_reserved_funds",
    "reserve_transaction": "connect_reserved_funds",
    "reserved_funds": "risk_reserved_funds",
    "transfer_cancel": "transfer_reversal",
    "transfer_failure": "transfer_reversal",
    "transfer_refund": "transfer_reversal",
}


def show(world: World, params: Params) -> dict[str, Any]:
    """Sums of net by currency: what is available, and what is still on its way."""
    now = world.now()
    available: dict[str, int] = {}
    pending: dict[str, int] = {}
    sql = (
        "SELECT currency, data ->> '$.available_on' <= ?,"
        " sum(data ->> '$.amount' - coalesce(data ->> '$.fee', 0)) FROM o_balance_transaction GROUP BY 1, 2"
    )
    for currency, is_available, net in world.store.db.execute(sql, (now,)):
        (available if is_available else pending)[currency] = net
    for currency in available.keys() | pending.keys() | {world.settings.currency}:
        available.setdefault(currency, 0)
        pending.setdefault(currency, 0)
    return {
        "object": "balance",
        "available": _amounts(available),
        "livemode": False,
        "pending": _amounts(pending),
        "refund_and_dispute_prefunding": {"available": [], "pending": []},
    }


def _amounts(sums: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {"amount": amount, "currency": currency, "source_types": {"card": amount}}
        for currency, amount in sorted(sums.items())
    ]


def available(world: World, currency: str) -> int:
    """What could be paid out now, in minor units."""
    shown = show(world, Params())["available"]
    return sum(int(part["amount"]) for part in shown if part["currency"] == currency)


def row(world: World, wish: dict[str, Any]) -> dict[str, Any]:
    """`/_test/balance`: a row of any type, known to Stripe or not: `type`, `amount`, and what else it says."""
    kind = str(wish["type"])
    days = float(wish.get("available_in_days", 0))
    record = {
        "type": kind,
        "category": str(wish.get("category") or CATEGORIES.get(kind, kind)),
        "amount": int(wish["amount"]),
        "fee": int(wish.get("fee", 0)),
        "currency": str(wish.get("currency") or world.settings.currency),
        "source": wish.get("source"),
        "description": wish.get("description"),
        "available_on": world.now() + int(days * DAY),
    }
    return world.show("balance_transaction", world.add("balance_transaction", record))


def top_up(world: World, params: Params) -> dict[str, Any]:
    """`POST /v1/topups`: the publisher's own money onto the balance."""
    params.need("amount")
    amount, currency = params.integer("amount") or 0, params.need("currency").lower()
    identifier = world.ids.new("topup")
    entry = {"type": "topup", "amount": amount, "currency": currency, "source": identifier}
    entry = world.add("balance_transaction", {**entry, "available_on": world.now(), "description": "Topup"})
    facts = {"id": identifier, "amount": amount, "currency": currency, "txn": entry["id"]}
    facts |= {"description": params.text("description"), "metadata": params.metadata()}
    return world.show("topup", world.add("topup", facts, "topup.created", "topup.succeeded"))
