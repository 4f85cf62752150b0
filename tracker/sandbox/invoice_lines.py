"""The lines of an invoice: what each period, extra item or proration costs, before and after discounts."""

from __future__ import annotations

from typing import Any

from tracker.sandbox.store import Record
from tracker.sandbox.world import World


def of_period(world: World, subscription: Record, *, free: bool = False) -> list[Record]:
    """A line an item for the subscription's present period."""
    result = []
    for item in subscription["items"]:
        price, quantity = item["price"], item.get("quantity", 1)
        name = product_name(world, price)
        what = f"Trial period for {name}" if free else f"{quantity} × {name}"
        amount = 0 if free else price["unit_amount"] * quantity
        span = {"start": subscription["start"], "end": subscription["end"]}
        result.append(_line(world, price, quantity, amount, description=what, item=item["id"], **span))
    return result


def bought_once(world: World, price: Record, quantity: int) -> Record:
    """A line for something bought once along with a subscription."""
    now = world.now()
    name = product_name(world, price)
    amount = price["unit_amount"] * quantity
    more = {"ii": world.ids.plain("ii"), "start": now, "end": now}
    return _line(world, price, quantity, amount, description=name, **more)


def proration(
    world: World, subscription: Record, item: Record, amount: int, span: tuple[int, int], what: str
) -> Record:
    """A line for part of a period, negative when it gives back; discounts are in its amount already."""
    known: Record = {"description": what, "item": item["id"], "proration": True, "discountable": False}
    known |= {"start": span[0], "end": span[1], "subscription": subscription["id"]}
    return _line(world, item["price"], item.get("quantity", 1), amount, **known)


def of_item(world: World, item: Record) -> Record:
    """The line that a pending invoice item becomes."""
    names = ("amount", "start", "end", "price", "product", "quantity", "description", "proration", "item")
    known: Record = {name: item[name] for name in names if item.get(name) is not None}
    more: Record = {name: item[name] for name in ("metadata", "discountable", "subscription") if name in item}
    return {"id": world.ids.plain("il"), "ii": item["id"], **known, **more}


def _line(world: World, price: Record, quantity: int, amount: int, **more: Any) -> Record:
    known = {"id": world.ids.plain("il"), "amount": amount, "price": price["id"], "product": price["product"]}
    return {**known, "quantity": quantity, **more}


def product_name(world: World, price: Record) -> str:
    product = world.store.get("product", price["product"]) or {}
    return str(product.get("name", "Membership"))


def take_pending(world: World, customer: str, currency: str, subscription: str | None = None) -> list[Record]:
    """The lines of the customer's invoice items that no invoice holds yet."""
    lines = []
    for item in world.store.each("invoiceitem", customer=customer):
        if item.get("invoice") or item.get("deleted") or item["currency"] != currency:
            continue
        if item.get("subscription") not in (None, subscription):
            continue
        lines.append(of_item(world, item))
    return lines


def claim(world: World, invoice: Record, lines: list[Record]) -> None:
    """Mark the invoice items behind these lines as billed by this invoice."""
    for line in lines:
        item = world.store.get("invoiceitem", line["ii"]) if line.get("ii") else None
        if item is not None and not item.get("invoice"):
            world.change("invoiceitem", item, invoice=invoice["id"])
