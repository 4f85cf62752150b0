"""The invoices API: what staff do to an invoice by hand."""

from __future__ import annotations

from typing import Any

from tracker.sandbox import billing, customers, invoices, lists, payments
from tracker.sandbox.errors import invalid
from tracker.sandbox.params import Params
from tracker.sandbox.shapes.invoices import lines as drawn_lines
from tracker.sandbox.world import World


def lines(world: World, params: Params, identifier: str) -> dict[str, Any]:
    return lists.cut(world.aged(drawn_lines(world.find("invoice", identifier))), params)


def finalize(world: World, params: Params, identifier: str) -> dict[str, Any]:
    invoice = world.find("invoice", identifier)
    invoices.finalize(world, invoice)
    return world.show("invoice", invoice)


def pay(world: World, params: Params, identifier: str) -> dict[str, Any]:
    invoice = world.find("invoice", identifier)
    if invoice["status"] == "draft":
        invoices.finalize(world, invoice)
    if invoice["status"] == "paid":
        raise invalid("Invoice is already paid", code="invoice_already_paid")
    if invoice["status"] == "void":
        raise invalid("This invoice is void and cannot be paid.")
    if params.flag("paid_out_of_band"):
        invoices.pay_off_stripe(world, invoice)
        billing.recovered(world, invoice)
        return world.show("invoice", invoice)
    card = None
    if chosen := params.text("payment_method"):
        card = customers.attach_card(world, chosen, world.find("customer", invoice["customer"]))
    off_session = params.flag("off_session", True)
    if billing.collect(world, invoice, off_session=off_session, card=card) == payments.FAILED:
        raise payments.refusal(world.find("payment_intent", invoice["intent"]))
    return world.show("invoice", invoice)


def void(world: World, params: Params, identifier: str) -> dict[str, Any]:
    invoice = world.find("invoice", identifier)
    invoices.void(world, invoice)
    return world.show("invoice", invoice)


def mark_uncollectible(world: World, params: Params, identifier: str) -> dict[str, Any]:
    invoice = world.find("invoice", identifier)
    invoices.mark_uncollectible(world, invoice)
    return world.show("invoice", invoice)
