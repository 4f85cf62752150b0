"""Records on their way into the store in bulk: collected by kind, flushed by the thousand."""

from __future__ import annotations

from typing import Any

from tracker.sandbox.store import Record
from tracker.sandbox.world import DAY, World

_FLUSH_AT = 20_000


class Rows:
    """What the seed writes: records, events of the last 30 days, things that fall due, payouts."""

    def __init__(self, world: World, now: int) -> None:
        self.world = world
        self.now = now
        self.new_id = world.ids.new
        self._records: dict[str, list[Record]] = {}
        self._waiting = 0
        self._events: list[tuple[int, str, str, str, dict[str, Any] | None]] = []
        self._window = now - 30 * DAY
        self._due: list[tuple[int, str, str]] = []
        self._payouts: dict[int, list[Any]] = {}  # day -> [id, sum]

    def add(self, kind: str, record: Record) -> None:
        self._records.setdefault(kind, []).append(record)
        self._waiting += 1
        if self._waiting >= _FLUSH_AT:
            self.flush()

    def flush(self) -> None:
        """Write what was collected."""
        for kind, records in self._records.items():
            self.world.store.load(kind, records)
        self._records.clear()
        self._waiting = 0

    def event(self, at: int, kind: str, record: Record, *types: str, **previous: Any) -> None:
        """Something happened; kept when it is inside the window, drawn later from the object's present state."""
        if at >= self._window:
            for name in types:
                self._events.append((at, name, kind, record["id"], previous or None))

    def due(self, at: int, action: str, identifier: str) -> None:
        self._due.append((at, action, identifier))

    def entry(self, kind: str, at: int, amount: int, fee: int, currency: str, source: Record) -> str:
        """A balance transaction, in the payout of the day it became available; its id."""
        charged = kind == "charge"
        available = (at // DAY + 2) * DAY if charged else at
        record: Record = {
            "id": self.new_id("balance_transaction"),
            "created": at,
            "type": kind,
            "amount": amount,
            "fee": fee,
            "currency": currency,
            "source": source["id"],
            "available_on": available,
        }
        day = -(-available // DAY)
        if day * DAY <= self.now:
            payout = self._payouts.setdefault(day, [self.new_id("payout"), 0])
            payout[1] += amount - fee
            record["payout"] = payout[0]
        self.add("balance_transaction", record)
        return str(record["id"])

    def finish(self, currency: str) -> None:
        """Payouts, events in the order of time, and the due list."""
        self._pay_out(currency)
        self.flush()
        events = (
            {"id": self.new_id("event"), "created": at, "type": name, "kind": kind, "object": identifier}
            | ({"previous": previous} if previous else {})
            for at, name, kind, identifier, previous in sorted(self._events, key=lambda event: event[0])
        )
        self.world.store.load("event", events)
        self.world.store.db.executemany("INSERT INTO due (at, action, object) VALUES (?, ?, ?)", sorted(self._due))

    def _pay_out(self, currency: str) -> None:
        self.flush()
        waiting: list[str] = []  # payouts of days on which more went back than came in: they join the next
        carried = 0
        for day, (identifier, net) in sorted(self._payouts.items()):
            carried += net
            if carried <= 0:
                waiting.append(identifier)
                continue
            for earlier in waiting:
                self._join(earlier, identifier)
            self._payout(day * DAY, identifier, carried, currency)
            waiting, carried = [], 0
        for earlier in waiting:
            self._join(earlier, None)

    def _join(self, earlier: str, later: str | None) -> None:
        """Move the entries of a payout that never was to a later one, or to none yet."""
        self.world.store.db.execute(
            "UPDATE o_balance_transaction SET payout = ?1, data = json_set(data, '$.payout', ?1)"
            " WHERE payout = ?2",
            (later, earlier),
        )

    def _payout(self, at: int, identifier: str, amount: int, currency: str) -> None:
        entry = {
            "id": self.new_id("balance_transaction"),
            "created": at,
            "type": "payout",
            "amount": -amount,
            "currency": currency,
            "source": identifier,
            "payout": identifier,
            "available_on": at,
            "description": "STRIPE PAYOUT",
        }
        facts = {"amount": amount, "currency": currency, "status": "paid", "arrival_date": at + 2 * DAY}
        payout = {"id": identifier, "created": at, "txn": entry["id"], **facts}
        self.add("balance_transaction", entry)
        self.add("payout", payout)
        self.event(at, "payout", payout, "payout.created", "payout.paid")
