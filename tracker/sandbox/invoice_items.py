"""Invoice items and invoices made by hand: other things than subscriptions on the same account."""

from __future__ import annotations

from typing import Any

from tracker.sandbox import catalog, customers, discounts, invoice_lines, invoices, lists
from tracker.sandbox.errors import invalid, required
from tracker.sandbox.params import Params
from tracker.sandbox.store import Record
from tracker.sandbox.world import DAY, World

KIND = "invoiceitem"
_OTHER = "prod_1Totherthings000"  # what an item of a bare amount is for


def create(world: World, params: Params) -> dict[str, Any]:
    """By `pricing[price]`, `price_data` or a bare `amount`; on a draft, or waiting for the next invoice."""
    customer = customers.live(world, params.need("customer"))
    quantity = params.integer("quantity", 1) or 1
    price = _price(world, params)
    period = params.child("period")
    now = world.now()
    record: Record = {
        "customer": customer["id"],
        "currency": price["currency"],
        "amount": price["unit_amount"] * quantity,
        "price": price["id"],
        "product": price["product"],
        "quantity": quantity,
        "description": params.text("description") or invoice_lines.product_name(world, price),
        "discountable": params.flag("discountable", True),
        "metadata": params.metadata(),
        "start": period.integer("start", now),
        "end": period.integer("end", now),
        "subscription": params.text("subscription"),
    }
    item = world.add(KIND, record, "invoiceitem.created")
    if chosen := params.text("invoice"):
        _put_on(world, world.find("invoice", chosen, "invoice"), item)
    return world.show(KIND, item)


def _price(world: World, params: Params) -> Record:
    chosen = params.child("pricing").text("price") or params.text("price")
    if chosen:
        return world.find("price", chosen, "pricing[price]")
    if "price_data" in params:
        return catalog.from_price_data(world, params.child("price_data"))
    amount = params.integer("amount")
    if amount is None:
        raise required("amount")
    if world.store.get("product", _OTHER) is None:
        world.add("product", {"id": _OTHER, "name": "Other", "active": 0})
    known = {"product": _OTHER, "currency": params.need("currency").lower(), "unit_amount": amount}
    return world.add("price", {**known, "active": 0, "type": "one_time"})


def _put_on(world: World, invoice: Record, item: Record) -> None:
    if invoice["status"] != "draft":
        raise invalid(f"Only drafts take new items; this invoice is {invoice['status']}.", param="invoice")
    if invoice["currency"] != item["currency"]:
        raise invalid("The item's currency is not the invoice's.", param="currency")
    line = invoice_lines.of_item(world, item)
    discounts.apply(world, invoice.get("discounts", []), [line], invoice["currency"], world.now())
    world.change("invoice", invoice, "invoice.updated", lines=[*invoice["lines"], line])
    world.change(KIND, item, invoice=invoice["id"])


def delete(world: World, params: Params, identifier: str) -> dict[str, Any]:
    item = world.find(KIND, identifier)
    if item.get("invoice"):
        raise invalid("This invoice item is on an invoice and cannot be deleted.")
    told = dict(item)
    world.change(KIND, item, deleted=1)
    world.emit("invoiceitem.deleted", KIND, told)
    return world.show(KIND, item)


def listing(world: World, params: Params) -> dict[str, Any]:
    """Filtered by customer, invoice, and `pending`."""
    rest = {name: value for name, value in params.values.items() if name != "pending"}
    where = ["data ->> '$.deleted' IS NULL"]
    if "pending" in params:
        where.append("invoice IS NULL" if params.flag("pending") else "invoice IS NOT NULL")
    return lists.page(world, KIND, Params(rest), "/v1/invoiceitems", (where, []))


def create_invoice(world: World, params: Params) -> dict[str, Any]:
    """A draft by hand; the customer's waiting items come in when `pending_invoice_items_behavior=include`."""
    customer = customers.live(world, params.need("customer"))
    now = world.now()
    currency = (params.text("currency") or customer.get("currency") or world.settings.currency).lower()
    included = params.choice("pending_invoice_items_behavior", ("include", "exclude"), "exclude") == "include"
    subscription = params.text("subscription")
    lines = invoice_lines.take_pending(world, customer["id"], currency, subscription) if included else []
    identifier = world.ids.new("invoice")
    granted = discounts.grant(world, discounts.asked(world, params), customer=customer["id"], invoice=identifier)
    used = discounts.apply(world, granted, lines, currency, now)
    by_mail = params.choice("collection_method", ("charge_automatically", "send_invoice")) == "send_invoice"
    advances = params.flag("auto_advance", False)
    record: Record = {
        "id": identifier,
        "subscription": subscription,
        "reason": "subscription_update" if subscription else "manual",
        "period_start": now,
        "period_end": now,
        "description": params.text("description"),
        "metadata": params.metadata(),
        "auto_advance": advances,
        "finalizes_at": now + world.settings.finalize_after if advances else None,
        "discounts": used or granted,
    }
    if by_mail:
        record |= {
            "collection": "send_invoice",
            "due_date": now + (params.integer("days_until_due", 30) or 0) * DAY,
        }
    if chosen := params.text("default_payment_method"):
        record["payment_method"] = customers.attach_card(world, chosen, customer)["id"]
    invoice = invoices.add(world, customer, currency, lines, record)
    if advances:
        world.plan(record["finalizes_at"], "finalize", identifier)
    return world.show("invoice", invoice)


def delete_invoice(world: World, params: Params, identifier: str) -> dict[str, Any]:
    """Drafts by hand can go altogether; their items wait again."""
    invoice = world.find("invoice", identifier)
    if invoice["status"] != "draft" or invoice["reason"] != "manual":
        raise invalid("You can only delete draft invoices that were made by hand.")
    for item in world.store.each(KIND, customer=invoice["customer"]):
        if item.get("invoice") == identifier:
            world.change(KIND, item, invoice=None)
    world.emit("invoice.deleted", "invoice", invoice)
    world.store.db.execute("DELETE FROM o_invoice WHERE id = ?", (identifier,))
    return {"id": identifier, "object": "invoice", "deleted": True}
