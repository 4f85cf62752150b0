"""Ways to pay: cards and bank accounts, as kept, as charged, and as offered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracker.sandbox.shapes.common import NO_ADDRESS, Scene
from tracker.sandbox.store import Record

_CHECKS = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}
_NETWORKS = {"available": ["visa"], "preferred": None}
_OPTIONS: dict[str, dict[str, Any]] = {
    "card": {
        "installments": None,
        "mandate_options": None,
        "network": None,
        "request_three_d_secure": "automatic",
    },
    "sepa_debit": {"mandate_options": {}},
}


def options(types: Sequence[str]) -> dict[str, Any]:
    """`payment_method_options` of an intent that takes these types."""
    return {name: _OPTIONS[name] for name in types if name in _OPTIONS}


def billing_details(r: Record) -> dict[str, Any]:
    """Who paid, as far as the form asked."""
    billing = r.get("billing", {})
    return {
        "address": {**NO_ADDRESS, "country": billing.get("country")},
        "email": billing.get("email"),
        "name": billing.get("name"),
        "phone": None,
        "tax_id": None,
    }


def _card(r: Record) -> dict[str, Any]:
    return {
        "brand": r["brand"],
        "checks": _CHECKS,
        "country": r["country"],
        "display_brand": r["brand"],
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": f"Tst{r['brand'][:4]}{r['last4']}",
        "funding": "credit",
        "generated_from": None,
        "last4": r["last4"],
        "networks": _NETWORKS,
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def _account(r: Record) -> dict[str, Any]:
    return {
        "bank_code": "37040044",
        "branch_code": "",
        "country": r["country"],
        "fingerprint": f"Tst{r['last4']}",
        "last4": r["last4"],
    }


def payment_method(r: Record, scene: Scene) -> dict[str, Any]:
    kind = r.get("type", "card")
    face = (
        _card(r) if kind == "card" else {**_account(r), "generated_from": {"charge": None, "setup_attempt": None}}
    )
    return {
        "id": r["id"],
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": billing_details(r),
        kind: face,
        "created": r["created"],
        "customer": r.get("customer"),
        "customer_account": None,
        "livemode": False,
        "metadata": r.get("metadata", {}),
        "type": kind,
    }


def details(r: Record, amount: int) -> dict[str, Any]:
    """`payment_method_details` of a charge."""
    if r.get("type") == "sepa_debit":
        mandate = f"mandate_{r['payment_method'][3:]}"
        return {"sepa_debit": {**_account(r), "mandate": mandate}, "type": "sepa_debit"}
    return {"card": _charged_card(r, amount), "type": "card"}


def _charged_card(r: Record, amount: int) -> dict[str, Any]:
    return {
        "amount_authorized": amount,
        "authorization_code": None,
        "brand": r["brand"],
        "checks": _CHECKS,
        "country": r["country"],
        "exp_month": 12,
        "exp_year": 2034,
        "extended_authorization": {"status": "disabled"},
        "fingerprint": f"Tst{r['brand'][:4]}{r['last4']}",
        "funding": "credit",
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": r["last4"],
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": r["brand"],
        "network_token": {"used": False},
        "network_transaction_id": None,
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": None,
        "wallet": None,
    }
