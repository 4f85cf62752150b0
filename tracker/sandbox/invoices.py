"""Invoices from draft to paid, void or uncollectible."""

from __future__ import annotations

from tracker.sandbox import payments
from tracker.sandbox.errors import invalid
from tracker.sandbox.shapes.invoices import total
from tracker.sandbox.shapes.people import invoice_prefix
from tracker.sandbox.store import Record
from tracker.sandbox.world import World


def lines(world: World, subscription: Record, *, free: bool = False) -> list[Record]:
    """A line an item for the subscription's present period."""
    result = []
    for item in subscription["items"]:
        price = item["price"]
        quantity = item.get("quantity", 1)
        product = world.store.get("product", price["product"]) or {}
        name = product.get("name", "Membership")
        what = f"Trial period for {name}" if free else f"{quantity} × {name}"
        result.append(
            {
                "id": world.ids.plain("il"),
                "amount": 0 if free else price["unit_amount"] * quantity,
                "start": subscription["start"],
                "end": subscription["end"],
                "price": price["id"],
                "product": price["product"],
                "quantity": quantity,
                "item": item["id"],
                "description": what,
            }
        )
    return result


def draft(world: World, subscription: Record, reason: str, *, free: bool = False) -> Record:
    """A draft for the subscription's present period. Its own period is the one before, as on Stripe."""
    now = world.now()
    customer = world.find("customer", subscription["customer"])
    first = reason == "subscription_create"
    record = {
        "customer": customer["id"],
        "subscription": subscription["id"],
        "sub_metadata": subscription.get("metadata", {}),
        "status": "draft",
        "reason": reason,
        "currency": subscription["items"][0]["price"]["currency"],
        "lines": lines(world, subscription, free=free),
        "period_start": now if first else subscription.get("previous_start", now),
        "period_end": now if first else subscription["start"],
        "auto_advance": True,
        "finalizes_at": None if first else now + world.settings.finalize_after,
        **{name: customer[name] for name in ("email", "name", "country") if customer.get(name)},
    }
    return world.add("invoice", record, "invoice.created")


def finalize(world: World, invoice: Record) -> None:
    """Draft to open: the number is given and a payment prepared; nothing due is paid at once."""
    if invoice["status"] != "draft":
        raise invalid(f"This invoice is already {invoice['status']}; only drafts can be finalized.")
    now = world.now()
    customer = world.find("customer", invoice["customer"])
    count = customer.get("invoices", 0) + 1
    world.change("customer", customer, invoices=count, currency=invoice["currency"])
    number = f"{invoice_prefix(customer['id'])}-{count:04d}"
    amount = total(invoice)
    if amount > 0:
        _prepare_payment(world, invoice, amount)
    world.change("invoice", invoice, "invoice.finalized", status="open", number=number, finalized_at=now)
    if amount == 0:
        _paid(world, invoice)


def _prepare_payment(world: World, invoice: Record, amount: int) -> None:
    reason = "Subscription creation" if invoice["reason"] == "subscription_create" else "Subscription update"
    intent = payments.open_intent(
        world,
        amount,
        invoice["currency"],
        customer=invoice["customer"],
        description=reason,
        setup_future_usage="off_session",
    )
    payment = world.add(
        "invoice_payment",
        {
            "invoice": invoice["id"],
            "payment_intent": intent["id"],
            "amount": amount,
            "currency": invoice["currency"],
            "status": "open",
        },
    )
    invoice.update(intent=intent["id"], payment=payment["id"])


def collect(world: World, invoice: Record, card: Record | None, *, off_session: bool) -> bool:
    """Try to collect an open invoice once; True when it is paid."""
    intent = world.find("payment_intent", invoice["intent"])
    invoice["attempts"] = invoice.get("attempts", 0) + 1
    if payments.attempt(world, intent, card, off_session=off_session):
        payment = world.find("invoice_payment", invoice["payment"])
        world.change("invoice_payment", payment, "invoice_payment.paid", status="paid", paid_at=world.now())
        _paid(world, invoice)
        return True
    world.change("invoice", invoice, "invoice.payment_failed")
    return False


def _paid(world: World, invoice: Record, *, off_stripe: bool = False) -> None:
    fields = {"status": "paid", "paid_at": world.now(), "auto_advance": False, "next_attempt": None}
    if off_stripe:
        fields["off_stripe"] = True
    world.change("invoice", invoice, "invoice.paid", **fields)
    world.emit("invoice.payment_succeeded", "invoice", invoice)


def pay_off_stripe(world: World, invoice: Record) -> None:
    """Mark an open invoice as paid by other means; no money moves here."""
    _cancel_payment(world, invoice)
    _paid(world, invoice, off_stripe=True)


def void(world: World, invoice: Record) -> None:
    """Open or uncollectible to void: nobody owes it any more."""
    if invoice["status"] not in ("open", "uncollectible"):
        raise invalid(f"You can only void open or uncollectible invoices; this one is {invoice['status']}.")
    _cancel_payment(world, invoice)
    _close(world, invoice, "invoice.voided", status="void", voided_at=world.now())


def mark_uncollectible(world: World, invoice: Record) -> None:
    """Open to uncollectible: written off, though it may still be paid."""
    if invoice["status"] not in ("open", "draft"):
        raise invalid(f"You can only write off open invoices; this one is {invoice['status']}.")
    at = world.now()
    _close(world, invoice, "invoice.marked_uncollectible", status="uncollectible", uncollectible_at=at)


def _close(world: World, invoice: Record, event: str, **fields: object) -> None:
    world.change("invoice", invoice, event, auto_advance=False, next_attempt=None, **fields)


def _cancel_payment(world: World, invoice: Record) -> None:
    if not invoice.get("payment"):
        return
    now = world.now()
    payment = world.find("invoice_payment", invoice["payment"])
    if payment["status"] == "open":
        world.change("invoice_payment", payment, status="canceled", canceled_at=now)
    intent = world.find("payment_intent", invoice["intent"])
    if intent["status"] not in ("succeeded", "canceled"):
        fields = {"status": "canceled", "canceled_at": now, "cancellation_reason": "void_invoice"}
        world.change("payment_intent", intent, "payment_intent.canceled", **fields)
