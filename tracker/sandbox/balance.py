"""The account's balance and its daily automatic payouts."""

from __future__ import annotations

from typing import Any

from tracker.sandbox.params import Params
from tracker.sandbox.world import DAY, World

_ARRIVES_AFTER = 2 * DAY


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


def plan_payouts(world: World) -> None:
    """Have the next payout happen at the next midnight UTC, unless one is planned."""
    planned = world.store.db.execute("SELECT 1 FROM due WHERE action = 'payout'").fetchone()
    if world.settings.payouts and not planned:
        world.plan((world.now() // DAY + 1) * DAY, "payout")


def payout_due(world: World, _: str | None) -> None:
    """Due each midnight UTC: pay out what became available, one payout a currency."""
    now = world.now()
    world.plan(now + DAY, "payout")
    groups: dict[str, list[dict[str, Any]]] = {}
    for record in world.store.select("balance_transaction", ["payout IS NULL"], [], ""):
        if record["available_on"] <= now and record["type"] != "payout":
            groups.setdefault(record["currency"], []).append(record)
    for currency, entries in sorted(groups.items()):
        amount = sum(entry["amount"] - entry.get("fee", 0) for entry in entries)
        # A day on which more went back than came in waits for the next one.
        if amount > 0:
            _pay_out(world, currency, amount, entries)


def _pay_out(world: World, currency: str, amount: int, entries: list[dict[str, Any]]) -> None:
    now = world.now()
    identifier = world.ids.new("payout")
    entry = world.add(
        "balance_transaction",
        {
            "type": "payout",
            "amount": -amount,
            "currency": currency,
            "source": identifier,
            "payout": identifier,
            "available_on": now,
            "description": "STRIPE PAYOUT",
        },
    )
    facts = {"id": identifier, "amount": amount, "currency": currency, "txn": entry["id"]}
    facts |= {"status": "paid", "arrival_date": now + _ARRIVES_AFTER}
    payout = world.add("payout", facts, "payout.created")
    for record in entries:
        world.store.put("balance_transaction", {**record, "payout": identifier})
    world.emit("payout.paid", "payout", payout)
