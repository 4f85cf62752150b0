"""Lists: newest first, by page, filtered."""

from __future__ import annotations

from typing import Any

from tracker.sandbox import events
from tracker.sandbox.errors import StripeError, invalid, missing
from tracker.sandbox.params import Params
from tracker.sandbox.shapes import listed
from tracker.sandbox.store import KINDS, Record
from tracker.sandbox.world import World

_COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_HIDES_DELETED = ("coupon", "customer", "product")
Conditions = tuple[list[str], list[Any]]


def page(world: World, kind: str, params: Params, url: str, more: Conditions | None = None) -> dict[str, Any]:
    """A list object: `limit`, `starting_after`, `ending_before`, `created` and the kind's own filters."""
    where, values = _filters(world, kind, params)
    if more:
        where, values = where + more[0], values + more[1]
    limit = _limit(params)
    after, before = params.text("starting_after"), params.text("ending_before")
    if after and before:
        raise invalid("You can only provide one of these parameters: starting_after, ending_before.")
    order = "DESC"
    if cursor := after or before:
        order = "DESC" if after else "ASC"
        where.append(f"(created, n) {'<' if after else '>'} (?, ?)")
        values += _place(world, kind, cursor, "starting_after" if after else "ending_before")
    tail = f"ORDER BY created {order}, n {order} LIMIT {limit + 1}"
    records = list(world.store.select(kind, where, values, tail))
    has_more = len(records) > limit
    records = records[:limit]
    if order == "ASC":
        records.reverse()
    return listed([draw(world, kind, record) for record in records], url, has_more)


def cut(whole: dict[str, Any], params: Params) -> dict[str, Any]:
    """A page of a list that is drawn whole: lines of an invoice, items of a session."""
    data = whole["data"]
    if after := params.text("starting_after"):
        places = [place for place, one in enumerate(data) if one["id"] == after]
        if not places:
            raise missing("line_item", after, "starting_after")
        data = data[places[0] + 1 :]
    limit = _limit(params)
    return {**whole, "data": data[:limit], "has_more": len(data) > limit}


def draw(world: World, kind: str, record: Record) -> dict[str, Any]:
    """The full object; an event needs the world around it, everything else only its record."""
    return events.show(world, record) if kind == "event" else world.show(kind, record)


def _limit(params: Params) -> int:
    limit = params.integer("limit", 10) or 0
    if not 1 <= limit <= 100:
        message = "This value must be between 1 and 100." if limit else "This value must be at least 1."
        raise invalid(message, param="limit", code="parameter_invalid_integer")
    return limit


def _place(world: World, kind: str, cursor: str, param: str) -> tuple[int, int]:
    place = world.store.place(kind, cursor)
    if place is None:
        raise missing(kind, cursor, param)
    return place


def _filters(world: World, kind: str, params: Params) -> Conditions:
    where, values = _instants(params, "created")
    if kind == "payout":
        extra = _instants(params, "arrival_date")
        where, values = where + extra[0], values + extra[1]
    if kind in _HIDES_DELETED:
        where.append("deleted IS NULL")
    if kind == "event":
        where.append("created >= ?")
        values.append(world.now() - events.WINDOW)
    for name in KINDS[kind].columns:
        if name not in params or name == "arrival_date":
            continue
        condition, matched = _equal(name, params)
        where.append(condition)
        values += matched
    if kind == "balance_transaction" and (payout := params.text("payout")):
        _must_be_automatic(world, payout)
    if ids := params.texts("ids"):
        where.append(f"id IN ({', '.join('?' * len(ids))})")
        values += ids
    if kind == "event" and (types := params.texts("types")):
        where.append(f"type IN ({', '.join('?' * len(types))})")
        values += types
    return where, values


def _must_be_automatic(world: World, payout: str) -> None:
    if world.find("payout", payout, "payout").get("manual"):
        message = "Balance transaction history can only be filtered on automatic transfers, not manual."
        raise invalid(message, param="payout")


def _equal(name: str, params: Params) -> tuple[str, list[Any]]:
    value = params.need(name)
    if name == "active":
        return "active = ?", [int(params.flag(name))]
    if name == "type" and value.endswith("*"):
        return "type GLOB ?", [value]
    return f"{name} = ?", [value]


def _instants(params: Params, name: str) -> Conditions:
    value = params.values.get(name)
    if value is None:
        return [], []
    if not isinstance(value, dict):
        return [f"{name} = ?"], [params.integer(name)]
    bounds = params.child(name)
    unknown = value.keys() - _COMPARISONS.keys()
    if unknown:
        raise invalid(f"Received unknown parameter: {name}[{min(unknown)}]", param=name, code="parameter_unknown")
    where = [f"{name} {_COMPARISONS[bound]} ?" for bound in value]
    return where, [bounds.integer(bound) for bound in value]


def subscriptions(world: World, params: Params) -> dict[str, Any]:
    """Without `status` the ended ones are left out; `all` holds every one, `ended` only those."""
    status = params.text("status")
    more: Conditions = ([], [])
    rest = {name: value for name, value in params.values.items() if name not in ("status", "price")}
    if status is None or status == "ended":
        word = "IN" if status else "NOT IN"
        more[0].append(f"status {word} ('canceled', 'incomplete_expired')")
    elif status != "all":
        rest["status"] = status
    if price := params.text("price"):
        more[0].append("EXISTS (SELECT 1 FROM json_each(data, '$.items') WHERE value ->> '$.price.id' = ?)")
        more[1].append(price)
    return page(world, "subscription", Params(rest), "/v1/subscriptions", more)


def invoice_payments(world: World, params: Params) -> dict[str, Any]:
    """Filtered by invoice, status, or `payment[payment_intent]`."""
    values = dict(params.values)
    if "payment" in values:
        intent = params.child("payment").text("payment_intent")
        values.pop("payment")
        values["payment_intent"] = intent
    return page(world, "invoice_payment", Params(values), "/v1/invoice_payments")


def sessions(world: World, params: Params) -> dict[str, Any]:
    """Filtered by customer, payment intent, subscription, status, and the payer's e-mail."""
    more: Conditions = ([], [])
    email = params.child("customer_details").text("email")
    if email:
        more[0].append("data ->> '$.paid_email' = ?")
        more[1].append(email)
    return page(world, "checkout.session", params, "/v1/checkout/sessions", more)


def single(world: World, kind: str, identifier: str) -> dict[str, Any]:
    """One object by id; events older than the window are gone."""
    record = world.find(kind, identifier)
    if kind == "event" and record["created"] < world.now() - events.WINDOW:
        raise StripeError(
            404, "invalid_request_error", f"No such event: '{identifier}'", code="resource_missing", param="id"
        )
    return draw(world, kind, record)
