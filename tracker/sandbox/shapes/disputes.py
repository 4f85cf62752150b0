"""Disputes, with the balance transactions that took the money and gave it back."""

from __future__ import annotations

from typing import Any

from tracker.sandbox.shapes.common import Scene
from tracker.sandbox.shapes.payments import balance_transaction
from tracker.sandbox.store import Record


def dispute(r: Record, scene: Scene) -> dict[str, Any]:
    is_inquiry = r["status"].startswith("warning_")
    drawn = {
        "id": r["id"],
        "object": "dispute",
        "amount": r["amount"],
        "balance_transactions": [balance_transaction(entry, scene) for entry in r["entries"]],
        "charge": r["charge"],
        "created": r["created"],
        "currency": r["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {},
        "evidence_details": {
            "due_by": r["due_by"],
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": is_inquiry,
        "livemode": False,
        "metadata": r.get("metadata", {}),
        "payment_intent": r["payment_intent"],
        "reason": "fraudulent",
        "status": r["status"],
    }
    if r.get("brand") != "sepa_debit":
        card = {
            "brand": r["brand"],
            "case_type": "inquiry" if is_inquiry else "chargeback",
            "network_reason_code": "10.4",
        }
        drawn["payment_method_details"] = {"card": card, "type": "card"}
    return drawn
