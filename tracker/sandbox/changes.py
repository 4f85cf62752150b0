"""Changes of plan in the middle of a period: what is given back of the old one, what the new one costs."""

from __future__ import annotations

from typing import Any

from tracker.sandbox import billing, catalog, discounts, invoice_lines, invoices, periods
from tracker.sandbox.errors import invalid
from tracker.sandbox.params import Params
from tracker.sandbox.store import Record
from tracker.sandbox.world import World

BEHAVIORS = ("create_prorations", "always_invoice", "none")
_UPDATED = "customer.subscription.updated"


def make(world: World, subscription: Record, params: Params, fields: dict[str, Any]) -> None:
    """Take the new items (or a new billing day) and settle the rest of the period as asked.

    Another interval, or `billing_cycle_anchor=now`, begins a new period and is invoiced at once.
    """
    behavior = params.choice("proration_behavior", BEHAVIORS, "create_prorations")
    old = subscription["items"]
    new = _items(world, subscription, params) if "items" in params else old
    at = params.integer("proration_date", world.now()) or world.now()
    restarts = _cycle(old) != _cycle(new) or params.text("billing_cycle_anchor") == "now"
    is_free = subscription["status"] == "trialing"
    lines = []
    if behavior != "none" and not is_free:
        lines = _prorations(world, subscription, old, [] if restarts else new, at)
    ahead = {**subscription, **fields, "items": new}
    if restarts and not is_free:
        _begin_anew(world, subscription, ahead, fields, lines)
        return
    fields |= {"items": new}
    if behavior == "always_invoice" and lines:
        _invoice(world, subscription, ahead, fields, lines)
        return
    world.change("subscription", subscription, _UPDATED, **fields)
    for line in lines:
        _leave_pending(world, subscription, line)


def _cycle(items: list[Record]) -> tuple[str, int]:
    price = items[0]["price"]
    return price["interval"], price.get("interval_count", 1)


def _items(world: World, subscription: Record, params: Params) -> list[Record]:
    """The items after the change: by id they change or go, without one they are added."""
    items: dict[str, Record] = {item["id"]: dict(item) for item in subscription["items"]}
    for place, one in enumerate(params.children("items")):
        identifier = one.text("id") or world.ids.plain("si")
        if one.text("id") and identifier not in items:
            raise invalid(f"No such subscription item: '{identifier}'", param=f"items[{place}][id]")
        if one.flag("deleted"):
            items.pop(identifier)
            continue
        item = items.setdefault(identifier, {"id": identifier, "quantity": 1})
        if "price_data" in one:
            item["price"] = catalog.from_price_data(world, one.child("price_data"))
        elif one.text("price") or "price" not in item:
            item["price"] = world.find("price", one.need("price"), f"items[{place}][price]")
        item["quantity"] = one.integer("quantity", item.get("quantity", 1))
    if not items:
        raise invalid("A subscription needs at least one item.", param="items")
    if len({_cycle([item]) for item in items.values()}) > 1:
        raise invalid("All prices of a subscription need the same interval.", param="items")
    return list(items.values())


def _prorations(world: World, subscription: Record, old: list[Record], new: list[Record], at: int) -> list[Record]:
    """A line back for what changed, a line for what it became, each for the rest of the period."""
    before, after = ({item["id"]: item for item in items} for items in (old, new))
    span = (at, subscription["end"])
    lines = []
    for identifier in [*before, *(name for name in after if name not in before)]:
        was, will = before.get(identifier), after.get(identifier)
        if was is not None and will is not None and _same(was, will):
            continue
        for sign, item, words in ((-1, was, "Unused time on"), (1, will, "Remaining time on")):
            if item is None:
                continue
            share = _rest(_net(world, subscription, item), subscription, at)
            what = f"{words} {item.get('quantity', 1)} × {invoice_lines.product_name(world, item['price'])}"
            lines.append(invoice_lines.proration(world, subscription, item, sign * share, span, what))
    return lines


def _same(one: Record, other: Record) -> bool:
    return bool(one["price"]["id"] == other["price"]["id"] and one.get("quantity", 1) == other.get("quantity", 1))


def _net(world: World, subscription: Record, item: Record) -> int:
    """What a whole period of the item costs after the percentages in force, in minor units."""
    price = item["price"]
    line: Record = {"amount": price["unit_amount"] * item.get("quantity", 1), "product": price["product"]}
    for identifier in subscription.get("discounts", []):
        coupon = world.find("coupon", world.find("discount", identifier)["coupon"])
        if coupon.get("percent_off"):
            for _, amount in discounts.shares(coupon, [line]):
                line.setdefault("discounts", []).append([identifier, amount])
    return discounts.net(line)


def _rest(amount: int, subscription: Record, at: int) -> int:
    """The part of a period's amount that is left at `at`, to the second, rounded half up."""
    whole = int(subscription["end"] - subscription["start"])
    left = max(0, int(subscription["end"]) - at)
    return (2 * amount * left + whole) // (2 * whole)


def _begin_anew(
    world: World, subscription: Record, ahead: Record, fields: dict[str, Any], lines: list[Record]
) -> None:
    now = world.now()
    ends = periods.after(now, *_cycle(ahead["items"]), 1)
    begun = {"anchor": now, "previous_start": subscription["start"], "start": now, "end": ends}
    ahead |= begun
    lines += invoice_lines.of_period(world, ahead)
    fields |= {"items": ahead["items"], **begun}
    world.plan(ends, "renew", subscription["id"])
    _invoice(world, subscription, ahead, fields, lines)


def _invoice(
    world: World, subscription: Record, ahead: Record, fields: dict[str, Any], lines: list[Record]
) -> None:
    currency = ahead["items"][0]["price"]["currency"]
    lines += invoice_lines.take_pending(world, subscription["customer"], currency, subscription["id"])
    invoice = invoices.draft(world, ahead, "subscription_update", lines=lines)
    fields |= {"latest_invoice": invoice["id"]}
    world.change("subscription", subscription, _UPDATED, **fields)
    invoices.finalize(world, invoice)
    if invoice["status"] == "open":
        billing.collect(world, invoice, off_session=True)


def _leave_pending(world: World, subscription: Record, line: Record) -> None:
    """An invoice item that waits for the next invoice."""
    names = ("amount", "price", "product", "quantity", "description", "proration", "discountable", "start", "end")
    known = {name: line[name] for name in (*names, "item", "subscription")}
    currency = subscription["items"][0]["price"]["currency"]
    facts = {**known, "customer": subscription["customer"], "currency": currency}
    world.add("invoiceitem", facts, "invoiceitem.created")
