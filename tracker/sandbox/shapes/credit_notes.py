"""Credit notes with their lines."""

from __future__ import annotations

from typing import Any

from tracker.sandbox.shapes.common import Scene, listed
from tracker.sandbox.store import Record


def _line(one: Record) -> dict[str, Any]:
    quantity = one.get("quantity", 1)
    drawn = {
        "id": one["id"],
        "object": "credit_note_line_item",
        "amount": one["amount"],
        "description": one.get("description"),
        "discount_amount": one["off"],
        "discount_amounts": [],
        "livemode": False,
        "pretax_credit_amounts": [],
        "quantity": quantity if one["type"] == "custom_line_item" else None,
        "tax_rates": [],
        "taxes": [],
        "type": one["type"],
        "unit_amount": None,
        "unit_amount_decimal": None,
    }
    return {**drawn, "invoice_line_item": one["line"]} if one.get("line") else drawn


def lines(r: Record) -> dict[str, Any]:
    return listed([_line(one) for one in r["lines"]], f"/v1/credit_notes/{r['id']}/lines")


def credit_note(r: Record, scene: Scene) -> dict[str, Any]:
    """`pre_payment_amount` lowered what was owed; `post_payment_amount` went back by the ways named."""
    before, after = r["before"], r["after"]
    subtotal, off = sum(one["amount"] for one in r["lines"]), sum(one["off"] for one in r["lines"])
    return {
        "id": r["id"],
        "object": "credit_note",
        "amount": before + after,
        "amount_shipping": 0,
        "created": r["created"],
        "currency": r["currency"],
        "customer": r["customer"],
        "customer_account": None,
        "customer_balance_transaction": r.get("balance_entry"),
        "discount_amount": off,
        "discount_amounts": [],
        "effective_at": r.get("effective_at"),
        "invoice": r["invoice"],
        "lines": lines(r),
        "livemode": False,
        "memo": r.get("memo"),
        "metadata": r.get("metadata", {}),
        "number": r["number"],
        "out_of_band_amount": r.get("out_of_band"),
        "pdf": f"{scene.url}/i/{r['invoice']}/pdf",
        "post_payment_amount": after,
        "pre_payment_amount": before,
        "pretax_credit_amounts": [],
        "reason": r.get("reason"),
        "refunds": [_refund(identifier, amount) for identifier, amount in r["refunds"]],
        "shipping_cost": None,
        "status": r["status"],
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal,
        "total": before + after,
        "total_excluding_tax": before + after,
        "total_taxes": [],
        "type": "mixed" if before and after else "pre_payment" if before else "post_payment",
        "voided_at": r.get("voided_at"),
    }


def _refund(identifier: str, amount: int) -> dict[str, Any]:
    return {"amount_refunded": amount, "payment_record_refund": None, "refund": identifier, "type": "refund"}
