"""Signed deliveries: each event to each endpoint, tried again with growing pauses, every attempt recorded."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import logging
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from tracker.sandbox import events
from tracker.sandbox.clock import wall
from tracker.sandbox.faults import THIN
from tracker.sandbox.store import Record
from tracker.sandbox.world import API_VERSION, IN_PROCESS, World

PAUSES = (1, 5, 30, 300, 1_800, 7_200, 18_000, 36_000, 43_200, 86_400, 86_400)
TIMEOUT = 10.0
log = logging.getLogger("tracker.sandbox")


def sign(payload: bytes, secrets: list[str], at: int) -> str:
    """The `Stripe-Signature` header: HMAC-SHA256 of "t.payload" under every secret (two while rotating)."""
    signed = str(at).encode() + b"." + payload
    marks = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={at}", *(f"v1={mark}" for mark in marks)])


@dataclass(frozen=True, slots=True)
class Attempt:
    """One delivery that is due."""

    number: int
    event: str
    url: str
    body: bytes
    secrets: list[str]
    count: int
    endpoint: str
    sent: tuple[str | None, str, bytes | None]  # version, form and forged body, the same when tried again


class Deliverer:
    """The thread that delivers; pauses are counted on the world's clock."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._wake = threading.Condition()
        self._stopped = False
        self._busy = False
        self._thread = threading.Thread(target=self._run, name="sandbox-webhooks", daemon=True)

    def start(self) -> None:
        self._world.after_commit = self.wake
        self._thread.start()

    def stop(self) -> None:
        with self._wake:
            self._stopped = True
            self._wake.notify_all()
        self._thread.join(timeout=2)

    def wake(self) -> None:
        """Something may be due now."""
        with self._wake:
            self._wake.notify_all()

    def settle(self, timeout: float = 15.0) -> None:
        """Wait until nothing that is due waits; later retries stay for later."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            with self._wake:
                idle = not self._busy
            if idle and self._next() is None:
                return
            self.wake()
            time.sleep(0.005)
        raise TimeoutError(f"webhooks still waiting after {timeout} s: see /_test/deliveries")

    def _run(self) -> None:
        while True:
            with self._wake:
                if self._stopped:
                    return
                self._busy = True
            attempt = self._next()
            if attempt is not None:
                self._deliver(attempt)
                continue
            with self._wake:
                self._busy = False
                if not self._stopped:
                    self._wake.wait(timeout=0.25)

    def _next(self) -> Attempt | None:
        world = self._world
        sql = (
            "SELECT n, event, endpoint, attempt, version, form, body FROM delivery"
            f" WHERE state = 'pending' AND due_at <= ? ORDER BY {world.faults.order()} LIMIT 1"
        )
        with world.lock:
            row = world.store.db.execute(sql, (world.clock.now(),)).fetchone()
            if row is None:
                return None
            number, event_id, endpoint_id, count, version, form, forged = row
            endpoint = world.store.get("webhook_endpoint", endpoint_id)
            body = forged or _body(world, event_id, endpoint, version, form)
            if endpoint is None or body is None:
                world.store.db.execute("UPDATE delivery SET state = 'dropped' WHERE n = ?", (number,))
                return None
            sent = (version, form, forged)
            return Attempt(number, event_id, endpoint["url"], body, endpoint["secrets"], count, endpoint_id, sent)

    def _deliver(self, attempt: Attempt) -> None:
        status, error = None, None
        try:
            status = post(attempt.url, attempt.body, sign(attempt.body, attempt.secrets, int(wall())))
        except (OSError, http.client.HTTPException) as problem:
            error = f"{type(problem).__name__}: {problem}"
        self._record(attempt, status, error)

    def _record(self, attempt: Attempt, status: int | None, error: str | None) -> None:
        world = self._world
        delivered = status is not None and 200 <= status < 300
        state = "delivered" if delivered else "failed"
        now = world.clock.now()
        with world.lock:
            db = world.store.db
            db.execute(
                "UPDATE delivery SET state = ?, status = ?, error = ?, finished_at = ? WHERE n = ?",
                (state, status, error, now, attempt.number),
            )
            if not delivered and attempt.count <= len(PAUSES):
                again = now + PAUSES[attempt.count - 1]
                db.execute(
                    "INSERT INTO delivery (event, endpoint, attempt, due_at, version, form, body, state)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, 'pending')",
                    (attempt.event, attempt.endpoint, attempt.count + 1, again, *attempt.sent),
                )


def post(url: str, body: bytes, signature: str) -> int:
    """Send one signed body; the HTTP status. Redirects are not followed, as on Stripe."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = connect(parts.hostname or "", parts.port, timeout=TIMEOUT)
    try:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature,
            "User-Agent": "Stripe/1.0 (test server; +https://stripe.com/docs/webhooks)",
        }
        connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def deliveries(world: World, event: str | None = None, limit: int = 1_000) -> list[dict[str, Any]]:
    """The newest attempts, oldest first: event, type, endpoint, attempt, state, status, error, times."""
    sql = (
        "SELECT d.n, d.event, e.type, d.endpoint, d.attempt, d.state, d.status, d.error, d.due_at,"
        " d.finished_at FROM delivery d LEFT JOIN o_event e ON e.id = d.event"
        f" {'WHERE d.event = ?' if event else ''} ORDER BY d.n DESC LIMIT ?"
    )
    names = "n event type endpoint attempt state status error due_at finished_at".split()
    rows = world.store.db.execute(sql, (event, limit) if event else (limit,)).fetchall()
    return [dict(zip(names, row, strict=True)) for row in reversed(rows)]


def resend(world: World, event: str) -> int:
    """Send an event again to every endpoint; how many deliveries were queued."""
    world.find("event", event)
    endpoints = world.store.each("webhook_endpoint")
    for endpoint in endpoints:
        world.queue(event, endpoint)
    return len(endpoints)


def forge(world: World, body: bytes) -> int:
    """Send any body, signed as ours, to every endpoint: another mode, another account, nonsense."""
    endpoints = world.store.each("webhook_endpoint")
    for endpoint in endpoints:
        world.store.db.execute(
            "INSERT INTO delivery (event, endpoint, attempt, due_at, state, body) VALUES (?, ?, 1, ?, ?, ?)",
            ("forged", endpoint["id"], world.clock.now(), _waiting(endpoint), body),
        )
    return len(endpoints)


def _waiting(endpoint: Record) -> str:
    return "kept" if endpoint["url"] == IN_PROCESS else "pending"


@dataclass(frozen=True, slots=True)
class Message:
    """One signed message that a test takes and delivers by itself."""

    event: str
    body: bytes
    signature: str  # of the instant the world's clock shows
    form: str


def take(world: World) -> list[Message]:
    """The messages for a test's own hands that are due, in the order the faults want; each is handed out once."""
    sql = (
        "SELECT n, event, endpoint, version, form, body FROM delivery"
        f" WHERE state = 'kept' AND due_at <= ? ORDER BY {world.faults.order()}"
    )
    now = world.clock.now()
    taken = []
    for number, event, endpoint_id, version, form, forged in world.store.db.execute(sql, (now,)).fetchall():
        endpoint = world.store.get("webhook_endpoint", endpoint_id)
        body = forged or _body(world, event, endpoint, version, form)
        world.store.db.execute(
            "UPDATE delivery SET state = 'delivered', finished_at = ? WHERE n = ?", (now, number)
        )
        if body is not None and endpoint is not None:
            taken.append(Message(event, body, sign(body, endpoint["secrets"], int(now)), form))
    return taken


def _body(world: World, event_id: str, endpoint: Record | None, version: str | None, form: str) -> bytes | None:
    event = world.store.get("event", event_id)
    if event is None or endpoint is None:
        return None
    if form == THIN:
        return orjson.dumps(events.thin(world, event))
    return orjson.dumps(events.show(world, event, version or endpoint.get("api_version") or API_VERSION))
