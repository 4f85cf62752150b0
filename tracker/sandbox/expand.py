"""`expand[]`: ids become objects, and lists that are left out otherwise come in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracker.sandbox import lists
from tracker.sandbox.errors import invalid
from tracker.sandbox.params import Params
from tracker.sandbox.shapes import Scene, listed
from tracker.sandbox.shapes.sessions import line_items
from tracker.sandbox.store import KINDS, Kind, kind_of
from tracker.sandbox.world import World

_DEEPEST = 4
_OFTEN_ABSENT = frozenset({("refund", "failure_balance_transaction")})
"""Fields that Stripe leaves out while they hold nothing, and that may be asked for all the same."""
_PLAIN_IDS = frozenset({("charge", "payment_method"), ("billing_portal.session", "customer")})


def _payments(world: World, node: dict[str, Any]) -> dict[str, Any]:
    found = world.store.each("invoice_payment", invoice=node["id"])
    shown = [world.show("invoice_payment", one) for one in found]
    return listed(shown, f"/v1/invoice_payments?invoice={node['id']}")


def _refunds(world: World, node: dict[str, Any]) -> dict[str, Any]:
    return lists.page(world, "refund", Params({"charge": node["id"]}), f"/v1/charges/{node['id']}/refunds")


def _subscriptions(world: World, node: dict[str, Any]) -> dict[str, Any]:
    return lists.subscriptions(world, Params({"customer": node["id"]}))


def _line_items(world: World, node: dict[str, Any]) -> dict[str, Any]:
    record = world.find("checkout.session", node["id"])
    return line_items(record, Scene(world.now(), world.settings.url))


# Fields that are there only when asked for.
INCLUDED: dict[tuple[str, str], Callable[[World, dict[str, Any]], dict[str, Any]]] = {
    ("invoice", "payments"): _payments,
    ("charge", "refunds"): _refunds,
    ("customer", "subscriptions"): _subscriptions,
    ("checkout.session", "line_items"): _line_items,
}


def expand(world: World, answer: dict[str, Any], paths: list[str]) -> dict[str, Any]:
    """The answer with every path expanded; unknown paths are refused in Stripe's words."""
    for path in paths:
        steps = path.split(".")
        if len(steps) - (steps[0] == "data") > _DEEPEST:
            raise invalid(f"You cannot expand more than {_DEEPEST} levels of a property: {path}", param="expand")
        _walk(world, answer, steps, path)
    return answer


def _walk(world: World, node: Any, steps: list[str], path: str) -> None:
    if isinstance(node, list):
        for place, one in enumerate(node):
            if isinstance(one, str):  # a list of ids: discounts
                node[place] = one = _drawn(world, one, path)
            _walk(world, one, steps, path)
        return
    if not steps or node is None:
        return
    if not isinstance(node, dict):
        raise _refused(path)
    name = steps[0]
    if name not in node:
        include = INCLUDED.get((str(node.get("object")), name))
        if (node.get("object"), name) in _OFTEN_ABSENT:
            return
        if include is None:
            if "object" in node and node.get("deleted") is None:
                raise _refused(path)
            return
        node[name] = include(world, node)
    elif isinstance(node[name], str):
        node[name] = _fetched(world, node, name, path)
    _walk(world, node[name], steps[1:], path)


def _fetched(world: World, node: dict[str, Any], name: str, path: str) -> dict[str, Any] | str:
    identifier = node[name]
    kind = KINDS["coupon"] if name == "coupon" else kind_of(identifier)  # coupons bear names of their own
    if name == "id" or kind is None or (node.get("object"), name) in _PLAIN_IDS:
        raise _refused(path)
    return _drawn(world, identifier, path, kind)


def _drawn(world: World, identifier: str, path: str, kind: Kind | None = None) -> dict[str, Any] | str:
    kind = kind or kind_of(identifier)
    if kind is None:
        raise _refused(path)
    record = world.store.get(kind.name, identifier)
    return lists.draw(world, kind.name, record) if record else identifier


def _refused(path: str) -> Exception:
    message = f"This property cannot be expanded ({path})."
    return invalid(message, param="expand")
