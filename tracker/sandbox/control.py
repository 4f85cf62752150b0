"""`/_test`: clock, faults, requests, deliveries, pledges, attention. For tests and demo, on loopback, no key."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import orjson
from werkzeug.wrappers import Request, Response

from tracker.sandbox import (
    account,
    balance,
    billing,
    cards,
    checkout,
    customers,
    debits,
    disputes,
    faults,
    invoices,
    passing,
    payouts,
    refunds,
    webhooks,
)
from tracker.sandbox.errors import StripeError, invalid
from tracker.sandbox.store import kind_of
from tracker.sandbox.world import World

Wish = dict[str, Any]
"""What was asked for: a JSON object, or a query."""


def answer(world: World, request: Request) -> Response:
    """JSON in, JSON out; wrong use is a 400 with words."""
    try:
        wish = request.args.to_dict() if request.method == "GET" else orjson.loads(request.get_data() or b"{}")
    except ValueError as problem:
        return Response(orjson.dumps(invalid(str(problem)).body()), 400, mimetype="application/json")
    status, found = in_process(world, request.method, request.path, wish)
    return Response(orjson.dumps(found), status, mimetype="application/json")


def in_process(world: World, method: str, path: str, wish: Any) -> tuple[int, dict[str, Any]]:
    """The same without HTTP: the status and the answer."""
    try:
        if not isinstance(wish, dict):
            raise ValueError("send a JSON object")
        return 200, _dispatch(world, method, path, wish)
    except StripeError as error:
        return error.status, error.body()
    except (ValueError, TypeError, KeyError) as problem:
        return 400, invalid(f"{type(problem).__name__}: {problem}").body()


def _dispatch(world: World, method: str, path: str, wish: Wish) -> dict[str, Any]:
    if call := CALLS.get((method, path)):
        return call(world, wish)
    for (verb, pattern), about in ABOUT_ONE.items():
        found = re.fullmatch(pattern, path)
        if found and verb == method:
            with world.working():
                return about(world, found[1], wish)
    raise ValueError(f"the test server has no {method} {path}")


def _show_clock(world: World, wish: Wish) -> dict[str, Any]:
    return {"now": world.clock.now(), "running": world.clock.running}


def _show_faults(world: World, wish: Wish) -> dict[str, Any]:
    return world.faults.state()


def _set_faults(world: World, wish: Wish) -> dict[str, Any]:
    world.faults.set(wish)
    return world.faults.state()


def _show_requests(world: World, wish: Wish) -> dict[str, Any]:
    return world.requests.state()


def _count_anew(world: World, wish: Wish) -> dict[str, Any]:
    return world.requests.begin()


def _dispute(world: World, wish: Wish) -> dict[str, Any]:
    with world.working():
        charge = world.find("charge", str(wish.get("charge")), "charge")
        is_inquiry = bool(wish.get("inquiry"))
        return world.show("dispute", disputes.dispute(world, charge, wish.get("amount"), inquiry=is_inquiry))


def _deliveries(world: World, wish: Wish) -> dict[str, Any]:
    limit = int(wish.get("limit", 1_000))
    with world.lock:
        return {"deliveries": webhooks.deliveries(world, wish.get("event"), limit)}


def _move_clock(world: World, wish: Wish) -> dict[str, Any]:
    if "set" in wish:
        world.clock.set(wish["set"])
    else:
        world.clock.advance(seconds=float(wish["advance_seconds"]))
    return _show_clock(world, wish)


def _pledges(world: World, wish: Wish) -> dict[str, Any]:
    """What the demo's readers intended, oldest first, from the one after the id `after`."""
    db = world.store.db
    limit = max(1, min(int(wish.get("limit", 5000)), 20_000))
    place = 0
    if after := wish.get("after"):
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


def _attention(world: World, wish: Wish) -> dict[str, Any]:
    """What the banner would have told on the `days` before today, invented around the pledges there are."""
    timezone, days = str(wish.get("timezone", "UTC")), max(1, min(int(wish.get("days", 90)), 400))
    with world.lock:
        rows = world.store.db.execute("SELECT data FROM pledge").fetchall()
    pledged = passing.pledged_by_day((orjson.loads(row[0]) for row in rows), timezone)
    told = passing.before(pledged, now=int(world.clock.now()), timezone=timezone, days=days)
    return {"embed": passing.INVENTED, "attention": [asdict(seen) | {"day": str(seen.day)} for seen in told]}


def _row(world: World, wish: Wish) -> dict[str, Any]:
    with world.working():
        return balance.row(world, wish)


def _pay(world: World, identifier: str, wish: Wish) -> dict[str, Any]:
    """Pay a Checkout session as the page does, by `card` or `iban`."""
    number = str(wish.get("card", "4242424242424242"))
    method = cards.by_iban(str(wish["iban"])) if wish.get("iban") else cards.by_number(number)
    if method is None:
        raise ValueError("only the test cards and test accounts pay: see docs/sandbox.md")
    email, name = str(wish.get("email", "ada@example.org")), str(wish.get("name", "Ada"))
    paid = checkout.pay(world, identifier, email=email, name=name, card=method, country=wish.get("country"))
    return world.show("checkout.session", paid)


def _resend(world: World, identifier: str, wish: Wish) -> dict[str, Any]:
    return {"queued": webhooks.resend(world, identifier)}


def _forge(world: World, wish: Wish) -> dict[str, Any]:
    """Send `body` (JSON, or text as it stands), signed as ours."""
    body = wish["body"]
    with world.working():
        return {"queued": webhooks.forge(world, body.encode() if isinstance(body, str) else orjson.dumps(body))}


def _endpoint(world: World, wish: Wish) -> dict[str, Any]:
    """An endpoint or event destination: `url`, `secret`, `events`, `payload`, `api_version`."""
    payload = str(wish.get("payload", faults.SNAPSHOT))
    if payload not in (faults.SNAPSHOT, faults.THIN, faults.BOTH):
        raise ValueError(f"payload is snapshot, thin or both, not {payload}")
    with world.working():
        secrets = [str(wish.get("secret", "whsec_tracker_sandbox"))]
        made = account.endpoint(world, str(wish["url"]), secrets, list(wish.get("events", ["*"])))
        fields = {"payload": payload, "api_version": wish.get("api_version") or made["api_version"]}
        return world.show("webhook_endpoint", world.change("webhook_endpoint", made, **fields))


def _force(world: World, identifier: str, wish: Wish) -> dict[str, Any]:
    """Show `fields` on any object as they stand (a status nobody knows, another mode); tell it by `event`."""
    kind = kind_of(identifier)
    if kind is None:
        raise ValueError(f"no object has an id like {identifier}")
    record = world.find(kind.name, identifier)
    return world.show(kind.name, world.change(kind.name, record, wish.get("event"), forced=dict(wish["fields"])))


def _pay_part(world: World, identifier: str, wish: Wish) -> dict[str, Any]:
    """Pay `amount` of an open invoice by a payment of its own."""
    invoice = world.find("invoice", identifier)
    owner = world.find("customer", invoice["customer"])
    method = customers.attach_card(world, str(wish.get("payment_method", "pm_card_visa")), owner)
    invoices.pay_part(world, invoice, int(wish["amount"]), method)
    if invoice["status"] == "paid":
        billing.recovered(world, invoice)
    return world.show("invoice", invoice)


def _steer_dispute(world: World, identifier: str, wish: Wish) -> dict[str, Any]:
    return world.show("dispute", disputes.steer(world, identifier, wish))


def _steer_refund(world: World, identifier: str, wish: Wish) -> dict[str, Any]:
    reason = str(wish.get("failure_reason", "lost_or_stolen_card"))
    refund = refunds.move_to(world, world.find("refund", identifier), str(wish["status"]), reason)
    return world.show("refund", refund)


CALLS: dict[tuple[str, str], Callable[[World, Wish], dict[str, Any]]] = {
    ("GET", "/_test/clock"): _show_clock,
    ("POST", "/_test/clock"): _move_clock,
    ("GET", "/_test/faults"): _show_faults,
    ("POST", "/_test/faults"): _set_faults,
    ("GET", "/_test/requests"): _show_requests,
    ("POST", "/_test/requests"): _count_anew,
    ("POST", "/_test/disputes"): _dispute,
    ("POST", "/_test/balance"): _row,
    ("POST", "/_test/endpoints"): _endpoint,
    ("POST", "/_test/events"): _forge,
    ("GET", "/_test/deliveries"): _deliveries,
    ("GET", "/_test/pledges"): _pledges,
    ("GET", "/_test/attention"): _attention,
}
ABOUT_ONE: dict[tuple[str, str], Callable[[World, str, Wish], dict[str, Any]]] = {
    ("POST", r"/_test/sessions/(cs_\w+)/pay"): _pay,
    ("POST", r"/_test/events/(evt_\w+)/resend"): _resend,
    ("POST", r"/_test/objects/(\w+)"): _force,
    ("POST", r"/_test/charges/(ch_\w+)"): debits.steer,
    ("POST", r"/_test/invoices/(in_\w+)/part"): _pay_part,
    ("POST", r"/_test/refunds/(re_\w+)"): _steer_refund,
    ("POST", r"/_test/payouts/(po_\w+)"): payouts.steer,
    ("POST", r"/_test/disputes/(dp_\w+)"): _steer_dispute,
}
