"""The event log: the last 30 days, as Stripe keeps them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tracker.sandbox.params import Params
from tracker.sandbox.shapes import Scene, render
from tracker.sandbox.store import Record
from tracker.sandbox.world import API_VERSION, DAY, World

WINDOW = 30 * DAY
_THIN = "evt_test_65"


def show(world: World, event: Record, version: str = API_VERSION) -> dict[str, Any]:
    """Stripe's event object, with the object as it stood then (seeded events: as it stands now).

    The version is the endpoint's, whatever the present request asks for.
    """
    record = event.get("record") or world.store.get(event["kind"], event["object"]) or {}

    def drawn(one: Record) -> dict[str, Any]:
        return world.aged(render(event["kind"], one, Scene(event["created"], world.settings.url)), version)

    data: dict[str, Any] = {"object": drawn(record)}
    if event["type"] == "customer.deleted":
        data["object"].pop("deleted", None)
    if "before" in event:
        data["previous_attributes"] = previous(drawn(event["before"]), data["object"])
    elif "previous" in event:
        data["previous_attributes"] = event["previous"]
    request_id, key = event.get("request") or (None, None)
    return {
        "id": event["id"],
        "object": "event",
        "api_version": version,
        "created": event["created"],
        "data": data,
        "livemode": False,
        "pending_webhooks": _pending(world, event["id"]),
        "request": {"id": request_id, "idempotency_key": key},
        "type": event["type"],
    }


# Where a thin event's object is found; the rest stands under its own plural.
_PATHS = {
    "checkout.session": "checkout/sessions",
    "billing_portal.session": "billing_portal/sessions",
    "balance_transaction": "balance_transactions",
}


def thin_id(event: str) -> str:
    """The thin event's own id, told from that of its snapshot."""
    return f"{_THIN}{event.removeprefix('evt_')}"


def single_thin(world: World, params: Params, identifier: str) -> dict[str, Any]:
    """`GET /v2/core/events/{id}`."""
    snapshot = f"evt_{identifier.removeprefix(_THIN)}" if identifier.startswith(_THIN) else identifier
    return thin(world, world.find("event", snapshot))


def thin(world: World, event: Record) -> dict[str, Any]:
    """The same change as a message that only names the object, with an id of its own."""
    kind, identifier = event["kind"], event["object"]
    path = _PATHS.get(kind, f"{kind}s")
    happened = datetime.fromtimestamp(event["created"], UTC)
    return {
        "id": thin_id(event["id"]),
        "object": "v2.core.event",
        "type": f"v1.{event['type']}",
        "livemode": False,
        "created": happened.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "related_object": {"id": identifier, "type": kind, "url": f"/v1/{path}/{identifier}"},
        "snapshot_event": event["id"],
    }


def previous(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """The old values of what changed; hashes go one level down, lists are shown whole, as on Stripe."""
    changed: dict[str, Any] = {}
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        is_list = isinstance(old, dict) and old.get("object") == "list"
        if isinstance(old, dict) and isinstance(new, dict) and not is_list:
            changed[name] = {key: old.get(key) for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
        else:
            changed[name] = old
    return changed


def _pending(world: World, identifier: str) -> int:
    sql = "SELECT count(DISTINCT endpoint) FROM delivery WHERE event = ? AND state = 'pending'"
    return int(world.store.db.execute(sql, (identifier,)).fetchone()[0])


def plan_forgetting(world: World) -> None:
    """Have old events dropped once a day, unless that is planned."""
    if not world.store.db.execute("SELECT 1 FROM due WHERE action = 'forget_events'").fetchone():
        world.plan(world.now() + DAY, "forget_events")


def forget_due(world: World, _: str | None) -> None:
    """Due daily: events older than the window, old deliveries and idempotency keys are dropped."""
    now = world.now()
    world.plan(now + DAY, "forget_events")
    world.store.db.execute("DELETE FROM o_event WHERE created < ?", (now - WINDOW,))
    world.store.db.execute("DELETE FROM delivery WHERE event NOT IN (SELECT id FROM o_event)")
    world.store.db.execute("DELETE FROM idempotency WHERE created < ?", (now - DAY,))
