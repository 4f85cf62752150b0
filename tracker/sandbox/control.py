"""`/_test`: clock, faults, deliveries and the demo's pledges. For tests and the demo, on loopback, no key."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson
from werkzeug.wrappers import Request, Response

from tracker.sandbox import disputes, webhooks
from tracker.sandbox.errors import StripeError, invalid
from tracker.sandbox.world import World


def answer(world: World, request: Request) -> Response:
    """JSON in, JSON out; wrong use is a 400 with words."""
    try:
        return Response(orjson.dumps(_dispatch(world, request)), mimetype="application/json")
    except StripeError as error:
        return Response(orjson.dumps(error.body()), error.status, mimetype="application/json")
    except (ValueError, TypeError) as problem:
        return Response(orjson.dumps(invalid(str(problem)).body()), 400, mimetype="application/json")


def _dispatch(world: World, request: Request) -> Any:
    resent = re.fullmatch(r"/_test/events/(evt_\w+)/resend", request.path)
    if resent and request.method == "POST":
        with world.working():
            return {"queued": webhooks.resend(world, resent[1])}
    call = CALLS.get((request.method, request.path))
    if call is None:
        raise ValueError(f"the test server has no {request.method} {request.path}")
    return call(world, request)


def _show_clock(world: World, request: Request) -> dict[str, Any]:
    return {"now": world.clock.now(), "running": world.clock.running}


def _show_faults(world: World, request: Request) -> dict[str, Any]:
    return world.faults.state()


def _set_faults(world: World, request: Request) -> dict[str, Any]:
    world.faults.set(_body(request))
    return world.faults.state()


def _dispute(world: World, request: Request) -> dict[str, Any]:
    wish = _body(request)
    with world.working():
        charge = world.find("charge", str(wish.get("charge")), "charge")
        is_inquiry = bool(wish.get("inquiry"))
        return world.show("dispute", disputes.dispute(world, charge, wish.get("amount"), inquiry=is_inquiry))


def _deliveries(world: World, request: Request) -> dict[str, Any]:
    limit = int(request.args.get("limit", 1_000))
    with world.lock:
        return {"deliveries": webhooks.deliveries(world, request.args.get("event"), limit)}


def _body(request: Request) -> dict[str, Any]:
    body = orjson.loads(request.get_data() or b"{}")
    if not isinstance(body, dict):
        raise ValueError("send a JSON object")
    return body


def _move_clock(world: World, request: Request) -> dict[str, Any]:
    wish = _body(request)
    if "set" in wish:
        world.clock.set(wish["set"])
    else:
        world.clock.advance(seconds=float(wish["advance_seconds"]))
    return _show_clock(world, request)


def _pledges(world: World, request: Request) -> dict[str, Any]:
    """What the demo's readers intended, oldest first, from the one after the id `after`."""
    db = world.store.db
    limit = max(1, min(int(request.args.get("limit", 5000)), 20_000))
    place = 0
    if after := request.args.get("after"):
        row = db.execute("SELECT n FROM pledge WHERE id = ?", (after,)).fetchone()
        if row is None:
            raise ValueError(f"no pledge {after}: hand over the last id of the page before")
        place = row[0]
    sql = "SELECT data FROM pledge WHERE n > ? ORDER BY n LIMIT ?"
    with world.lock:
        rows = db.execute(sql, (place, limit + 1)).fetchall()
        total = db.execute("SELECT count(*) FROM pledge").fetchone()[0]
    more = len(rows) > limit
    return {"pledges": [orjson.loads(row[0]) for row in rows[:limit]], "has_more": more, "total": total}


CALLS: dict[tuple[str, str], Callable[[World, Request], dict[str, Any]]] = {
    ("GET", "/_test/clock"): _show_clock,
    ("POST", "/_test/clock"): _move_clock,
    ("GET", "/_test/faults"): _show_faults,
    ("POST", "/_test/faults"): _set_faults,
    ("POST", "/_test/disputes"): _dispute,
    ("GET", "/_test/deliveries"): _deliveries,
    ("GET", "/_test/pledges"): _pledges,
}
