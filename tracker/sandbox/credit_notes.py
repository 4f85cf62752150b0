"""Credit notes: less is owed of an open invoice, or something goes back of a paid one."""

from __future__ import annotations

from typing import Any

from tracker.sandbox import credit_balance, discounts, invoices, lists, refunds
from tracker.sandbox.errors import invalid, required
from tracker.sandbox.params import Params
from tracker.sandbox.shapes.credit_notes import lines as drawn_lines
from tracker.sandbox.shapes.invoices import owed, total
from tracker.sandbox.store import Record
from tracker.sandbox.world import World

REASONS = ("duplicate", "fraudulent", "order_change", "product_unsatisfactory")
_OWED = ("open", "uncollectible")


def create(world: World, params: Params) -> dict[str, Any]:
    """`amount` or `lines`; what exceeds the unpaid part needs a way back: refund, credit, or out of band."""
    invoice = world.find("invoice", params.need("invoice"), "invoice")
    if invoice["status"] not in (*_OWED, "paid"):
        raise invalid(f"A credit note needs an open or paid invoice; this one is {invoice['status']}.")
    lines = _lines(world, params, invoice)
    amount = sum(line["amount"] - line["off"] for line in lines)
    left = total(invoice) - invoice.get("credited_before", 0) - invoice.get("credited_after", 0)
    if not 0 < amount <= left:
        raise invalid(f"A credit note on this invoice is about 1 to {left}, not {amount}.", param="amount")
    before = min(amount, owed(invoice)) if invoice["status"] in _OWED else 0
    note: Record = {
        "id": world.ids.new("credit_note"),
        "invoice": invoice["id"],
        "customer": invoice["customer"],
        "currency": invoice["currency"],
        "number": _number(world, invoice),
        "status": "issued",
        "lines": lines,
        "before": before,
        "after": amount - before,
        "reason": params.choice("reason", REASONS),
        "memo": params.text("memo"),
        "metadata": params.metadata(),
        "effective_at": params.integer("effective_at", world.now()),
        "refunds": [],
    }
    _ways_back(world, params, invoice, note)
    note = world.add("credit_note", note, "credit_note.created")
    _write_off(world, invoice, note)
    return world.show("credit_note", note)


def _number(world: World, invoice: Record) -> str:
    count = len(world.store.each("credit_note", invoice=invoice["id"])) + 1
    return f"{invoice['number']}-CN-{count:02d}"


def _lines(world: World, params: Params, invoice: Record) -> list[Record]:
    if "lines" not in params:
        amount = params.integer("amount")
        if amount is None:
            raise required("amount")
        more = {"description": f"Credit for invoice {invoice['number']}", "type": "custom_line_item"}
        return [{"id": world.ids.plain("cnli"), "amount": amount, "off": 0, **more}]
    return [_line(world, one, invoice) for one in params.children("lines")]


def _line(world: World, wish: Params, invoice: Record) -> Record:
    kind = wish.choice("type", ("invoice_line_item", "custom_line_item"), "invoice_line_item")
    known = {"id": world.ids.plain("cnli"), "type": kind}
    if kind == "custom_line_item":
        quantity = wish.integer("quantity", 1) or 1
        amount = (wish.integer("unit_amount") or 0) * quantity
        return {**known, "amount": amount, "off": 0, "description": wish.text("description"), "quantity": quantity}
    chosen = wish.need("invoice_line_item")
    found = [line for line in invoice["lines"] if line["id"] == chosen]
    if not found:
        raise invalid(f"No such invoice line item: '{chosen}'", param="lines[0][invoice_line_item]")
    [line] = found
    given = wish.integer("amount")
    if given is None:
        quantity = wish.integer("quantity", line.get("quantity", 1)) or 1
        given = int(line["amount"]) * quantity // line.get("quantity", 1)
    off = (line["amount"] - discounts.net(line)) * given // line["amount"] if line["amount"] else 0
    more = {"line": chosen, "product": line["product"], "description": line.get("description")}
    return {**known, "amount": given, "off": off, **more}


def _ways_back(world: World, params: Params, invoice: Record, note: Record) -> None:
    """Send what was paid already back as asked; the ways have to add up to it."""
    refund, credit = params.integer("refund_amount", 0) or 0, params.integer("credit_amount", 0) or 0
    out_of_band = params.integer("out_of_band_amount", 0) or 0
    known = [(one.need("refund"), one.integer("amount_refunded")) for one in params.children("refunds")]
    linked = [(world.find("refund", which, "refunds[0][refund]"), amount) for which, amount in known]
    given = refund + credit + out_of_band + sum(amount or found["amount"] for found, amount in linked)
    if given != note["after"]:
        raise invalid(
            f"The sum of refund, credit and out of band amounts ({given}) must equal what was paid of the"
            f" credited amount ({note['after']}).",
        )
    note["out_of_band"] = out_of_band or None
    note["refunds"] = [[found["id"], amount or found["amount"]] for found, amount in linked]
    if refund:
        note["refunds"].append([_refund(world, invoice, refund), refund])
    if credit:
        customer = world.find("customer", invoice["customer"])
        more = {"invoice": invoice["id"], "credit_note": note["id"]}
        moved = credit_balance.move(world, customer, -credit, invoice["currency"], "credit_note", **more)
        note["balance_entry"] = moved["id"]


def _refund(world: World, invoice: Record, amount: int) -> str:
    intent = world.find("payment_intent", invoice["intent"]) if invoice.get("intent") else {}
    if intent.get("status") != "succeeded":
        raise invalid("Nothing was paid through Stripe that could be refunded.", param="refund_amount")
    charge = world.find("charge", intent["charge"])
    if amount > charge["amount"] - charge.get("refunded", 0):
        raise invalid("The refund is greater than what is left of the payment.", param="refund_amount")
    return str(refunds.refund_charge(world, charge, amount)["id"])


def _write_off(world: World, invoice: Record, note: Record) -> None:
    """Put the note's two parts on the invoice; nothing left to pay makes it paid."""
    fields = {
        "credited_before": invoice.get("credited_before", 0) + note["before"],
        "credited_after": invoice.get("credited_after", 0) + note["after"],
    }
    world.change("invoice", invoice, "invoice.updated", **fields)
    if not note["before"]:
        return
    if owed(invoice) == 0:
        invoices.pay_nothing(world, invoice)
    else:
        invoices.reduce_payment(world, invoice)


def void(world: World, params: Params, identifier: str) -> dict[str, Any]:
    """Take a note back: an unpaid amount is owed again, a credit given is taken; a refund cannot be undone."""
    note = world.find("credit_note", identifier)
    if note["status"] == "void":
        raise invalid("This credit note is void already.")
    invoice = world.find("invoice", note["invoice"])
    if note["refunds"] or (note["before"] and invoice["status"] not in _OWED):
        raise invalid("Only a credit note without refunds, on an invoice that is still owed, can be voided.")
    fields = {
        "credited_before": invoice.get("credited_before", 0) - note["before"],
        "credited_after": invoice.get("credited_after", 0) - note["after"],
    }
    world.change("invoice", invoice, "invoice.updated", **fields)
    if note["before"]:
        invoices.reduce_payment(world, invoice)
    if note.get("balance_entry"):
        given = world.find(credit_balance.KIND, note["balance_entry"])
        customer = world.find("customer", invoice["customer"])
        credit_balance.move(world, customer, -given["amount"], invoice["currency"], "credit_note", **_by(note))
    voided = {"status": "void", "voided_at": world.now()}
    return world.show("credit_note", world.change("credit_note", note, "credit_note.voided", **voided))


def _by(note: Record) -> Record:
    return {"invoice": note["invoice"], "credit_note": note["id"]}


def update(world: World, params: Params, identifier: str) -> dict[str, Any]:
    note = world.find("credit_note", identifier)
    fields: Record = {"metadata": params.metadata(note.get("metadata"))}
    if "memo" in params:
        fields["memo"] = params.text("memo")
    return world.show("credit_note", world.change("credit_note", note, "credit_note.updated", **fields))


def lines(world: World, params: Params, identifier: str) -> dict[str, Any]:
    return lists.cut(drawn_lines(world.find("credit_note", identifier)), params)
