"""Money between the balance and the publisher's bank: payouts and top-ups."""

from __future__ import annotations

from typing import Any

from tracker.sandbox.shapes.common import Scene
from tracker.sandbox.store import Record


def payout(r: Record, scene: Scene) -> dict[str, Any]:
    automatic = not r.get("manual")
    return {
        "id": r["id"],
        "object": "payout",
        "amount": r["amount"],
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": r["arrival_date"],
        "automatic": automatic,
        "balance_transaction": r.get("txn"),
        "created": r["created"],
        "currency": r["currency"],
        "description": "STRIPE PAYOUT" if automatic else r.get("description"),
        "destination": "ba_1Ttestserver0000",
        "failure_balance_transaction": r.get("failed_txn"),
        "failure_code": r.get("failure_code"),
        "failure_message": r.get("failure_message"),
        "livemode": False,
        "metadata": r.get("metadata", {}),
        "method": r.get("method", "standard"),
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "completed" if automatic else "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": r["status"],
        "trace_id": {"status": "pending", "value": None},
        "type": "bank_account",
    }


def topup(r: Record, scene: Scene) -> dict[str, Any]:
    return {
        "id": r["id"],
        "object": "topup",
        "amount": r["amount"],
        "balance_transaction": r["txn"],
        "created": r["created"],
        "currency": r["currency"],
        "description": r.get("description"),
        "expected_availability_date": r["created"],
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": r.get("metadata", {}),
        "source": None,
        "statement_descriptor": None,
        "status": "succeeded",
        "transfer_group": None,
    }
