"""Small random worlds: whatever happens in them, the test server's own books add up."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from tracker.sandbox import cards
from tracker.sandbox.server import Sandbox
from tracker.sandbox.world import Settings

from .conftest import NOV_3
from .test_in_process import join, open_shop

Answer = dict[str, Any]
DAY = 86_400
_CARDS = ["4242424242424242", "4000000000000341", "4000000000000259", "4000000000007726", "4000000000005126"]


def everything(box: Sandbox, kind: str, **wish: Any) -> list[Answer]:
    found: list[Answer] = []
    page: Answer = {"has_more": True}
    while page["has_more"]:
        after = {"starting_after": found[-1]["id"]} if found else {}
        page = box.must("GET", f"/v1/{kind}", {"limit": 100, **wish, **after})
        found += page["data"]
    return found


def attempt(box: Sandbox, method: str, path: str, wish: Answer) -> None:
    """Do it if the test server lets us; a refusal is an answer, a fault of its own is not."""
    status, answer = box.ask(method, path, wish)
    words = str(answer.get("error", {}).get("message", ""))
    assert status < 500 and not words.startswith(("KeyError", "TypeError")), (method, path, wish, answer)


def somebody_joins(box: Sandbox, dice: random.Random) -> None:
    if dice.random() < 0.3:
        join(box, iban=dice.choice(list(cards.ACCOUNTS)))
    else:
        join(box, card=dice.choice(_CARDS))


def money_goes_back(box: Sandbox, dice: random.Random) -> None:
    charges = [one for one in everything(box, "charges") if one["status"] == "succeeded" and not one["refunded"]]
    if charges:
        charge = dice.choice(charges)
        left = charge["amount"] - charge["amount_refunded"]
        attempt(box, "POST", "/v1/refunds", {"charge": charge["id"], "amount": dice.randint(1, left)})


def a_refund_turns(box: Sandbox, dice: random.Random) -> None:
    if refunds := everything(box, "refunds"):
        status = dice.choice(["failed", "canceled", "succeeded", "pending"])
        attempt(box, "POST", f"/_test/refunds/{dice.choice(refunds)['id']}", {"status": status})


def a_dispute_turns(box: Sandbox, dice: random.Random) -> None:
    disputes = everything(box, "disputes")
    charges = [one for one in everything(box, "charges") if one["status"] == "succeeded" and not one["disputed"]]
    if disputes and dice.random() < 0.6:
        status = dice.choice(["won", "lost", "under_review", "appeal_under_review"])
        attempt(box, "POST", f"/_test/disputes/{dice.choice(disputes)['id']}", {"status": status})
    elif charges:
        charge = dice.choice(charges)
        wish = {
            "charge": charge["id"],
            "amount": dice.randint(1, charge["amount"]),
            "inquiry": dice.random() < 0.2,
        }
        attempt(box, "POST", "/_test/disputes", wish)


def a_note_is_written(box: Sandbox, dice: random.Random) -> None:
    bills = [one for one in everything(box, "invoices") if one["status"] in ("open", "paid") and one["total"] > 0]
    if bills:
        amount = dice.randint(1, 300)
        ways = {"credit_amount": amount} if dice.random() < 0.5 else {"refund_amount": amount}
        bill = dice.choice(bills)
        attempt(
            box,
            "POST",
            "/v1/credit_notes",
            {"invoice": bill["id"], "amount": amount, **(ways if bill["status"] == "paid" else {})},
        )


def a_member_changes(box: Sandbox, dice: random.Random) -> None:
    subscriptions = everything(box, "subscriptions")
    if not subscriptions:
        return
    one = dice.choice(subscriptions)
    path = f"/v1/subscriptions/{one['id']}"
    item = {"id": one["items"]["data"][0]["id"], "quantity": dice.randint(1, 3)}
    deeds: list[tuple[str, str, Answer]] = [
        ("POST", path, {"items": [item], "proration_behavior": dice.choice(["always_invoice", "none"])}),
        ("POST", path, {"items": [item]}),
        ("POST", path, {"cancel_at_period_end": dice.random() < 0.5}),
        ("POST", path, {"pause_collection": {"behavior": dice.choice(["void", "keep_as_draft"])}}),
        ("POST", path, {"pause_collection": ""}),
        ("POST", f"{path}/pause", {}),
        ("POST", f"{path}/resume", {}),
        ("DELETE", path, {}),
        ("DELETE", f"/v1/customers/{one['customer']}", {}),
    ]
    attempt(box, *dice.choice(deeds))


def a_part_is_paid(box: Sandbox, dice: random.Random) -> None:
    bills = [one for one in everything(box, "invoices") if one["status"] == "open"]
    if bills:
        bill = dice.choice(bills)
        amount = dice.randint(1, max(1, bill["amount_remaining"]))
        attempt(box, "POST", f"/_test/invoices/{bill['id']}/part", {"amount": amount})


def a_debit_turns(box: Sandbox, dice: random.Random) -> None:
    debits = [one for one in everything(box, "charges") if one["payment_method_details"]["type"] == "sepa_debit"]
    if debits:
        status = dice.choice(["succeeded", "failed"])
        attempt(box, "POST", f"/_test/charges/{dice.choice(debits)['id']}", {"status": status})


def a_payout_fails(box: Sandbox, dice: random.Random) -> None:
    if payouts := everything(box, "payouts"):
        attempt(box, "POST", f"/_test/payouts/{dice.choice(payouts)['id']}", {"status": "failed"})


def time_passes(box: Sandbox, dice: random.Random) -> None:
    box.clock.advance(days=dice.choice([0, 0.01, 1, 5, 17, 31]))


DEEDS: list[Callable[[Sandbox, random.Random], None]] = [
    somebody_joins,
    money_goes_back,
    a_refund_turns,
    a_dispute_turns,
    a_note_is_written,
    a_member_changes,
    a_part_is_paid,
    a_debit_turns,
    a_payout_fails,
    time_passes,
    time_passes,
]


def check_money(box: Sandbox) -> None:
    rows = everything(box, "balance_transactions")
    assert all(row["net"] == row["amount"] - row["fee"] for row in rows)
    held = box.must("GET", "/v1/balance")
    parts = [*held["available"], *held["pending"]]
    assert sum(part["amount"] for part in parts) == sum(row["net"] for row in rows)
    for payout in everything(box, "payouts"):
        entries = everything(box, "balance_transactions", payout=payout["id"])
        assert sum(row["net"] for row in entries if row["source"] != payout["id"]) == payout["amount"]
    by_id = {row["id"]: row for row in rows}
    for charge in everything(box, "charges"):
        booked = charge["balance_transaction"]
        if charge["status"] == "succeeded":
            assert booked is not None
        elif charge["status"] == "failed":
            assert (booked is None) == (charge["failure_balance_transaction"] is None)
        if back := charge["failure_balance_transaction"]:
            assert by_id[back]["amount"] == -by_id[booked]["amount"]
    for dispute in everything(box, "disputes"):
        away = -sum(row["amount"] for row in dispute["balance_transactions"])
        assert 0 <= away <= dispute["amount"]
        assert dispute["status"] != "won" or away == 0


def check_bills(box: Sandbox) -> None:
    for bill in everything(box, "invoices"):
        lines = bill["lines"]["data"]
        assert bill["subtotal"] == sum(line["amount"] for line in lines)
        assert bill["amount_remaining"] >= 0
        if bill["status"] == "paid":
            assert (bill["amount_remaining"], bill["status_transitions"]["paid_at"] is None) == (0, False)
        notes = [one for one in everything(box, "credit_notes", invoice=bill["id"]) if one["status"] == "issued"]
        assert bill["pre_payment_credit_notes_amount"] == sum(one["pre_payment_amount"] for one in notes)
        assert bill["post_payment_credit_notes_amount"] == sum(one["post_payment_amount"] for one in notes)


def check_people(box: Sandbox) -> None:
    for subscription in everything(box, "subscriptions", status="all"):
        ended = subscription["status"] in ("canceled", "incomplete_expired")
        assert ended == (subscription["ended_at"] is not None)
        assert (subscription["status_details"] is not None) == (subscription["status"] == "paused")
    for customer in everything(box, "customers"):
        moved = everything(box, f"customers/{customer['id']}/balance_transactions")
        assert customer["balance"] == sum(entry["amount"] for entry in moved)


@pytest.mark.parametrize("seed", range(40))
def test_in_every_world_the_books_add_up(seed: int) -> None:
    dice = random.Random(seed)
    settings = Settings(
        after_retries=dice.choice(["cancel", "unpaid", "past_due", "pause"]),
        books_debits_at_once=dice.random() < 0.3,
        reopens_invoices=dice.random() < 0.5,
    )
    with Sandbox(now=NOV_3, serve=False, seed=seed, settings=settings) as box:
        open_shop(box)
        for _ in range(30):
            dice.choice(DEEDS)(box, dice)
        box.clock.advance(days=3)
        check_money(box)
        check_bills(box)
        check_people(box)
