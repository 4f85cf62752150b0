"""The world behind the API: its objects, its time, its lock, and the events that tell of every change."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracker.sandbox import older
from tracker.sandbox.clock import Clock
from tracker.sandbox.errors import StripeError, missing
from tracker.sandbox.faults import Faults
from tracker.sandbox.ids import Ids
from tracker.sandbox.money import Settlement
from tracker.sandbox.relations import Relations
from tracker.sandbox.shapes import Scene, render
from tracker.sandbox.store import Record, Store, kind_of
from tracker.sandbox.tally import Tally

API_VERSION = "2026-10-28.endive"
DAY = 86_400
IN_PROCESS = "in-process:"  # the address of an endpoint whose messages a test takes by itself


@dataclass(frozen=True, slots=True)
class Settings:
    """What a Stripe account's dashboard would say."""

    api_key: str = "sk_test_tracker_sandbox"
    account: str = "acct_1Ttestserver0000"
    country: str = "IE"
    currency: str = "eur"
    retry_days: tuple[int, ...] = (3, 5, 7)  # after the first failed attempt at a renewal
    after_retries: str = "cancel"  # or "unpaid", "past_due", "pause": what the subscription becomes
    invoice_after_retries: str = "open"  # or "uncollectible"
    finalize_after: int = 3600  # seconds a renewal's invoice stays a draft
    payouts: bool = True
    also_settles: tuple[str, ...] = ()  # currencies with a bank account of their own
    methods: tuple[str, ...] = ("card", "sepa_debit")  # what Checkout offers when the caller names nothing
    books_debits_at_once: bool = False  # a debit's balance transaction comes when it is sent, not when it arrives
    debit_days: int = 5  # until a bank debit arrives or fails
    debit_fails_late_days: int = 20  # after it arrived
    reopens_invoices: bool = False  # after a late failure; Stripe does not say
    url: str = "http://127.0.0.1"  # known once the server listens

    @property
    def settlement(self) -> Settlement:
        return Settlement(self.currency, self.also_settles)


@dataclass(slots=True)
class Cause:
    """The API request behind the present change; all None when the test server acts by itself."""

    request_id: str | None = None
    idempotency_key: str | None = None
    version: str | None = None  # in which the answer is drawn; None: the newest


@dataclass
class World:
    """Everything the test server knows. Use it inside `working()`; every operation takes it first."""

    store: Store
    clock: Clock
    settings: Settings = field(default_factory=Settings)
    faults: Faults = field(default_factory=Faults)
    requests: Tally = field(default_factory=Tally)
    cause: Cause = field(default_factory=Cause)
    seed: int | None = None  # for ids and faults that come out the same

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.after_commit: Callable[[], None] = lambda: None
        self._depth = 0
        self._instant: int | None = None
        fresh = secrets.randbits(48) if self.seed is None else self.seed
        salt = self.store.setting("salt") or str(fresh)
        if self.seed is not None:
            self.faults.sow(self.seed)
        self.store.remember("salt", salt)
        self._ids_kept = int(self.store.setting("ids") or 0)
        self.ids = Ids(int(salt), self._ids_kept)

    @classmethod
    def open(
        cls, path: Path | None, clock: Clock, settings: Settings | None = None, seed: int | None = None
    ) -> World:
        """A world kept in the file `path`, or in memory."""
        return cls(Store(path), clock, settings or Settings(), seed=seed)

    @contextmanager
    def working(self) -> Iterator[None]:
        """One transaction under the lock: all of it stays or none; a declined charge stays."""
        with self.lock:
            outermost = self._depth == 0
            self._depth += 1
            if outermost:
                self.store.db.execute("BEGIN")
            try:
                yield
            except BaseException as error:
                if outermost:
                    self._end(keep=isinstance(error, StripeError) and error.keeps)
                raise
            else:
                if outermost:
                    self._end(keep=True)
            finally:
                self._depth -= 1
        if outermost:
            self.after_commit()

    def _end(self, *, keep: bool) -> None:
        if keep and self._ids_kept != self.ids.count:
            self.store.remember("ids", str(self.ids.count))
            self._ids_kept = self.ids.count
        self.store.db.execute("COMMIT" if keep else "ROLLBACK")

    @contextmanager
    def at(self, instant: int) -> Iterator[None]:
        """Let what happens inside carry this instant: a renewal is as old as its due time."""
        before, self._instant = self._instant, instant
        try:
            yield
        finally:
            self._instant = before

    def now(self) -> int:
        """Unix seconds of the present operation."""
        return int(self.clock.now()) if self._instant is None else self._instant

    def find(self, kind: str, identifier: str, param: str = "id") -> Record:
        """The record, or Stripe's "No such ..." error."""
        record = self.store.get(kind, identifier)
        if record is None:
            raise missing(kind.rpartition(".")[2] if "." in kind else kind, identifier, param)
        return record

    def look_up(self, identifier: str) -> Record | None:
        """The record of any id, found by its prefix."""
        kind = kind_of(identifier)
        return self.store.get(kind.name, identifier) if kind else None

    def show(self, kind: str, record: Record) -> dict[str, Any]:
        """Stripe's full object as it stands now, in the version that was asked for."""
        return self.aged(render(kind, record, Scene(self.now(), self.settings.url)))

    def aged(self, drawn: dict[str, Any], version: str | None = None) -> dict[str, Any]:
        """A drawn object as an older version shows it; by default that of the present request."""
        day = older.day_of(version or self.cause.version)
        if day is None:
            return drawn
        look = Relations(self.store, Scene(self.now(), self.settings.url))
        shown: dict[str, Any] = older.convert(drawn, day, look)
        return shown

    def add(self, kind: str, record: Record, *events: str) -> Record:
        """Store a new object; `id` and `created` are filled in. Tell it by `events`."""
        full = {"id": self.ids.new(kind), "created": self.now(), **record}
        self.store.put(kind, full)
        for event in events:
            self.emit(event, kind, full)
        return full

    def change(self, kind: str, record: Record, event: str | None = None, **fields: Any) -> Record:
        """Store the record with other fields, in place, and tell it by `event`."""
        told = event is not None and event.endswith(".updated")  # only these carry previous_attributes on Stripe
        before = self.store.get(kind, record["id"]) if told else None
        record.update(fields)
        self.store.put(kind, record)
        if event:
            self.emit(event, kind, record, before)
        return record

    def emit(self, event: str, kind: str, record: Record, before: Record | None = None) -> None:
        """Record an event with the object as it stands, and queue it for every endpoint that wants it."""
        told: Record = {
            "id": self.ids.new("event"),
            "created": self.faults.second(self.now()),
            "type": event,
            "kind": kind,
            "object": record["id"],
            "record": record,
            "request": [self.cause.request_id, self.cause.idempotency_key],
        }
        if before is not None:
            told["before"] = before
        self.store.put("event", told)
        for endpoint in self.store.each("webhook_endpoint"):
            wanted = endpoint["enabled_events"]
            if endpoint["status"] == "enabled" and ("*" in wanted or event in wanted):
                self.queue(told["id"], endpoint)

    def queue(self, event: str, endpoint: Record) -> None:
        """Have an event sent to an endpoint, as the faults in force will have it."""
        for fate in self.faults.fates(endpoint.get("payload", "snapshot")):
            state = "kept" if fate.state == "pending" and endpoint["url"] == IN_PROCESS else fate.state
            self.store.db.execute(
                "INSERT INTO delivery (event, endpoint, attempt, due_at, state, rank, version, form)"
                " VALUES (?, ?, 1, ?, ?, ?, ?, ?)",
                (event, endpoint["id"], self.clock.now() + fate.delay, state, fate.rank, fate.version, fate.form),
            )

    def plan(self, at: int, action: str, identifier: str | None = None) -> None:
        """Have `schedule` do `action` at `at`; the action checks itself whether it still applies."""
        self.store.db.execute("INSERT INTO due (at, action, object) VALUES (?, ?, ?)", (at, action, identifier))
