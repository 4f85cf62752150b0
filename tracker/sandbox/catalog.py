"""Products and prices."""

from __future__ import annotations

from typing import Any

from tracker.sandbox import money
from tracker.sandbox.errors import invalid
from tracker.sandbox.params import Params
from tracker.sandbox.store import Record
from tracker.sandbox.world import World

INTERVALS = ("day", "week", "month", "year")


def create_product(world: World, params: Params) -> dict[str, Any]:
    record: Record = {
        "name": params.need("name"),
        "description": params.text("description"),
        "metadata": params.metadata(),
        "active": int(params.flag("active", True)),
    }
    if chosen := params.text("id"):
        _must_be_new(world, "product", chosen)
        record["id"] = chosen
    product = world.add("product", record, "product.created")
    if "default_price_data" in params:
        price = inline_price(world, params.child("default_price_data"), product["id"], active=True)
        world.change("product", product, default_price=price["id"])
    return world.show("product", product)


def update_product(world: World, params: Params, identifier: str) -> dict[str, Any]:
    product = world.find("product", identifier)
    fields: Record = {"updated": world.now()}
    for name in ("name", "description", "default_price"):
        if name in params:
            fields[name] = params.text(name)
    if "active" in params:
        fields["active"] = int(params.flag("active"))
    if "metadata" in params:
        fields["metadata"] = params.metadata(product.get("metadata"))
    return world.show("product", world.change("product", product, "product.updated", **fields))


def create_price(world: World, params: Params) -> dict[str, Any]:
    if "product_data" in params:
        data = params.child("product_data")
        facts = {"name": data.need("name"), "metadata": data.metadata(), "active": 1}
        product = world.add("product", facts, "product.created")["id"]
    else:
        product = world.find("product", params.need("product"), "product")["id"]
    return world.show("price", inline_price(world, params, product, active=params.flag("active", True)))


def inline_price(world: World, params: Params, product: str, *, active: bool) -> Record:
    """A price from `price_data` or from the prices API."""
    amount = params.integer("unit_amount")
    if amount is None and (decimal := params.text("unit_amount_decimal")):
        amount = int(decimal) if decimal.isdecimal() else None
    if amount is None:
        params.need("unit_amount")
    if amount is not None and amount < 0:
        raise invalid("This value must be greater than or equal to 0.", param="unit_amount")
    if amount is not None and (words := money.problem(amount, _currency(params))):
        raise invalid(words, param="unit_amount")
    record: Record = {
        "product": product,
        "currency": _currency(params),
        "unit_amount": amount,
        "active": int(active),
        "type": "one_time",
        "nickname": params.text("nickname"),
        "lookup_key": params.text("lookup_key"),
        "metadata": params.metadata(),
    }
    if "recurring" in params:
        recurring = params.child("recurring")
        recurring.need("interval")
        record["type"] = "recurring"
        record["interval"] = recurring.choice("interval", INTERVALS)
        record["interval_count"] = recurring.integer("interval_count", 1)
    if chosen := params.text("id"):
        _must_be_new(world, "price", chosen)
        record["id"] = chosen
    return world.add("price", record, "price.created")


def update_price(world: World, params: Params, identifier: str) -> dict[str, Any]:
    price = world.find("price", identifier)
    fields: Record = {}
    for name in ("nickname", "lookup_key"):
        if name in params:
            fields[name] = params.text(name)
    if "active" in params:
        fields["active"] = int(params.flag("active"))
    if "metadata" in params:
        fields["metadata"] = params.metadata(price.get("metadata"))
    return world.show("price", world.change("price", price, "price.updated", **fields))


def items(world: World, listed: list[Params], *, recurring: bool) -> list[Record]:
    """Line items with their prices, from `price` or `price_data`; `recurring`: at least one must be."""
    result = []
    for one in listed:
        if "price_data" in one:
            price = from_price_data(world, one.child("price_data"))
        else:
            price = world.find("price", one.need("price"), "line_items[0][price]")
        product = world.find("product", price["product"])
        quantity = one.integer("quantity", 1)
        result.append({"price": price, "quantity": quantity, "description": product["name"]})
    if recurring and not any(item["price"].get("interval") for item in result):
        raise invalid("You must provide at least one recurring price in `subscription` mode.", param="line_items")
    if not recurring and any(item["price"].get("interval") for item in result):
        raise invalid(
            "You specified `payment` mode but passed a recurring price. Use `subscription` mode instead.",
            param="line_items",
        )
    return result


def from_price_data(world: World, data: Params) -> Record:
    """The price that an inline `price_data` makes."""
    if "product_data" in data:
        facts = data.child("product_data")
        product = world.add("product", {"name": facts.need("name"), "metadata": facts.metadata(), "active": 0})
        return inline_price(world, data, product["id"], active=False)
    product = world.find("product", data.need("product"), "price_data[product]")
    return inline_price(world, data, product["id"], active=False)


def _currency(params: Params) -> str:
    currency = params.need("currency").lower()
    if len(currency) != 3 or not currency.isalpha():
        raise invalid(f"Invalid currency: {currency}", param="currency")
    return currency


def _must_be_new(world: World, kind: str, identifier: str) -> None:
    if world.store.get(kind, identifier):
        message = f"{kind.capitalize()} already exists."
        raise invalid(message, param="id", code="resource_already_exists")
