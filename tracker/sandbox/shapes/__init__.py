"""Stripe's full objects, API version 2026-10-28.endive, drawn from the store's compact records.

One function a kind, one table that names them all. A shape is a pure function of its record, the present
second and the server's address, so an event can keep a small record and be drawn in full later.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracker.sandbox.shapes import (
    catalog,
    credit,
    credit_notes,
    discounts,
    disputes,
    invoices,
    methods,
    payments,
    payouts,
    people,
    sessions,
    subscriptions,
)
from tracker.sandbox.shapes.common import Scene, listed
from tracker.sandbox.store import Record

__all__ = ["RENDER", "Scene", "listed", "render"]

RENDER: dict[str, Callable[[Record, Scene], dict[str, Any]]] = {
    "product": catalog.product,
    "price": catalog.price,
    "customer": people.customer,
    "payment_method": methods.payment_method,
    "webhook_endpoint": people.webhook_endpoint,
    "subscription": subscriptions.subscription,
    "invoice": invoices.invoice,
    "invoice_payment": invoices.invoice_payment,
    "payment_intent": payments.payment_intent,
    "charge": payments.charge,
    "refund": payments.refund,
    "credit_note": credit_notes.credit_note,
    "dispute": disputes.dispute,
    "coupon": discounts.coupon,
    "promotion_code": discounts.promotion_code,
    "discount": discounts.discount,
    "customer_balance_transaction": credit.customer_balance_transaction,
    "invoiceitem": credit.invoiceitem,
    "balance_transaction": payments.balance_transaction,
    "payout": payouts.payout,
    "topup": payouts.topup,
    "checkout.session": sessions.checkout_session,
    "billing_portal.session": sessions.portal_session,
}


def render(kind: str, record: Record, scene: Scene) -> dict[str, Any]:
    """The object as Stripe would send it, nothing expanded; a deleted one is id, object and `deleted`.

    `forced` fields are shown as they stand: what a test wants the product to meet, known to Stripe or not.
    """
    if record.get("deleted"):
        return {"id": record["id"], "object": kind, "deleted": True}
    drawn = RENDER[kind](record, scene)
    return {**drawn, **record["forced"]} if "forced" in record else drawn
