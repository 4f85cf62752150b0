"""Payment intents, charges, refunds, and what they leave on the balance."""

from __future__ import annotations

from typing import Any

from tracker.sandbox.cards import BOUNCES, DECLINES
from tracker.sandbox.shapes import methods
from tracker.sandbox.shapes.common import Scene
from tracker.sandbox.store import Record

_NO_INTENT: dict[str, Any] = {
    "amount_capturable": 0,
    "amount_details": {"tip": {}},
    "application": None,
    "application_fee_amount": None,
    "automatic_payment_methods": None,
    "capture_method": "automatic",
    "confirmation_method": "automatic",
    "customer_account": None,
    "livemode": False,
    "next_action": None,
    "on_behalf_of": None,
    "payment_method_configuration_details": None,
    "processing": None,
    "receipt_email": None,
    "review": None,
    "shipping": None,
    "source": None,
    "statement_descriptor": None,
    "statement_descriptor_suffix": None,
    "transfer_data": None,
    "transfer_group": None,
}
_NO_CHARGE: dict[str, Any] = {
    "application": None,
    "application_fee": None,
    "application_fee_amount": None,
    "calculated_statement_descriptor": "TEST SERVER",
    "fraud_details": {},
    "livemode": False,
    "on_behalf_of": None,
    "radar_options": {},
    "receipt_email": None,
    "receipt_number": None,
    "review": None,
    "shipping": None,
    "source": None,
    "source_transfer": None,
    "statement_descriptor": None,
    "statement_descriptor_suffix": None,
    "transfer_data": None,
    "transfer_group": None,
}


def decline(code: str) -> dict[str, Any]:
    """The words of a declined card, as in `last_payment_error` and in the 402 answer."""
    error, message = DECLINES[code]
    known = {"code": error, "message": message, "type": "card_error"}
    return {**known, "decline_code": code} if error == "card_declined" else known


def bounce(code: str) -> dict[str, Any]:
    """The words of a debit that a bank sent back, as in `last_payment_error`."""
    error = "payment_intent_payment_attempt_failed"
    return {"code": error, "message": BOUNCES[code], "type": "invalid_request_error"}


def _last_error(r: Record, scene: Scene) -> dict[str, Any] | None:
    error = r.get("error")
    if not error:
        return None
    method = error.get("card")
    is_debit = bool(method) and method.get("type") == "sepa_debit"
    words = bounce(error["code"]) if is_debit else decline(error["code"])
    drawn = methods.payment_method(method, scene) if method else None
    return {**words, "charge": r.get("charge"), "payment_method": drawn}


def payment_intent(r: Record, scene: Scene) -> dict[str, Any]:
    return {
        **_NO_INTENT,
        "id": r["id"],
        "object": "payment_intent",
        "amount": r["amount"],
        "amount_received": r["amount"] if r["status"] == "succeeded" else 0,
        "canceled_at": r.get("canceled_at"),
        "cancellation_reason": r.get("cancellation_reason"),
        "client_secret": f"{r['id']}_secret_testserver",
        "created": r["created"],
        "currency": r["currency"],
        "customer": r.get("customer"),
        "description": r.get("description"),
        "last_payment_error": _last_error(r, scene),
        "latest_charge": r.get("charge"),
        "metadata": r.get("metadata", {}),
        "payment_method": r.get("payment_method"),
        "payment_method_options": methods.options(r.get("methods", ["card"])),
        "payment_method_types": r.get("methods", ["card"]),
        "setup_future_usage": r.get("setup_future_usage"),
        "status": r["status"],
    }


def _outcome(failed: str | None) -> dict[str, Any]:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network" if failed else "approved_by_network",
        "reason": failed,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": "The bank declined the payment." if failed else "Payment complete.",
        "type": "issuer_declined" if failed else "authorized",
    }


def _failure(r: Record) -> tuple[str | None, str | None]:
    """(code, message); a debit's reasons are codes of their own."""
    failed = r.get("failed")
    if not failed:
        return None, None
    if r.get("type") == "sepa_debit":
        return failed, BOUNCES[failed]
    words = decline(failed)
    return words["code"], words["message"]


def charge(r: Record, scene: Scene) -> dict[str, Any]:
    failed = r.get("failed")
    amount = r["amount"]
    refunded = r.get("refunded", 0)
    paid = not failed and not r.get("pending")
    status = "failed" if failed else "succeeded" if paid else "pending"
    failure = _failure(r)
    return {
        **_NO_CHARGE,
        "id": r["id"],
        "object": "charge",
        "amount": amount,
        "amount_captured": 0 if failed else amount,
        "amount_refunded": refunded,
        "balance_transaction": r.get("txn"),
        "billing_details": methods.billing_details(r),
        "captured": not failed,
        "created": r["created"],
        "currency": r["currency"],
        "customer": r.get("customer"),
        "description": r.get("description"),
        "disputed": r.get("disputed", False),
        "failure_balance_transaction": r.get("failed_txn"),
        "failure_code": failure[0],
        "failure_message": failure[1],
        "metadata": r.get("metadata", {}),
        "outcome": _outcome(failed),
        "paid": paid,
        "payment_intent": r["payment_intent"],
        "payment_method": r.get("payment_method"),
        "payment_method_details": methods.details(r, amount),
        "receipt_url": f"{scene.url}/r/{r['id']}" if r.get("txn") else None,
        "refunded": refunded >= amount and not failed,
        "status": status,
    }


def refund(r: Record, scene: Scene) -> dict[str, Any]:
    status = r.get("status", "succeeded")
    card = {"reference_status": "pending", "reference_type": "acquirer_reference_number"}
    destination = {"card": {**card, "type": "refund"}, "type": "card"}
    drawn = {
        "id": r["id"],
        "object": "refund",
        "amount": r["amount"],
        "balance_transaction": r.get("txn"),
        "charge": r["charge"],
        "created": r["created"],
        "currency": r["currency"],
        "customer": r.get("customer"),
        "destination_details": {"type": "sepa_debit"} if r.get("type") == "sepa_debit" else destination,
        "metadata": r.get("metadata", {}),
        "payment_intent": r.get("payment_intent"),
        "reason": r.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": status,
        "transfer_reversal": None,
    }
    # Stripe leaves these out while they hold nothing.
    if r.get("failed_txn"):
        drawn["failure_balance_transaction"] = r["failed_txn"]
    if r.get("failure_reason"):
        drawn["failure_reason"] = r["failure_reason"]
    if r.get("instructions_email"):
        drawn["instructions_email"] = r["instructions_email"]
    if status == "pending":
        drawn["pending_reason"] = "processing"
    return drawn


def balance_transaction(r: Record, scene: Scene) -> dict[str, Any]:
    """`net = amount - fee`, `fee = sum(fee_details)`; `status` turns by itself when the day comes."""
    fee = r.get("fee", 0)
    details = [
        {
            "amount": fee,
            "application": None,
            "currency": r["currency"],
            "description": r.get("fee_for", "Stripe processing fees"),
            "type": "stripe_fee",
        }
    ]
    return {
        "id": r["id"],
        "object": "balance_transaction",
        "amount": r["amount"],
        "available_on": r["available_on"],
        "balance_type": "payments",
        "created": r["created"],
        "currency": r["currency"],
        "description": r.get("description"),
        "exchange_rate": float(r["rate"]) if r.get("rate") else None,
        "fee": fee,
        "fee_details": details if fee else [],
        "net": r["amount"] - fee,
        "reporting_category": r.get("category", r["type"]),
        "source": r.get("source"),
        "status": "available" if r["available_on"] <= scene.now else "pending",
        "type": r["type"],
    }
