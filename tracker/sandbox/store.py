"""Where the test server keeps its objects: compact records in SQLite, one table a kind.

A record is a small JSON object with the facts only; `shapes` draws Stripe's full object from it. In
memory for a test, in a file for the demo, where a restart must find everything again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One object type: its `object` field, its id's prefix, the fields that lists filter by."""

    name: str
    prefix: str
    indexed: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()  # filtered by, but too unselective for an index
    columns: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", self.indexed + self.plain)

    @property
    def table(self) -> str:
        return "o_" + self.name.replace(".", "_")


# A new object type starts here; then its shape, its operations and its routes.
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("product", "prod", plain=("active", "deleted")),
        Kind("price", "price", plain=("product", "active", "type", "currency", "lookup_key")),
        Kind("customer", "cus", indexed=("email",), plain=("deleted",)),
        Kind("payment_method", "pm", indexed=("customer",)),
        Kind("subscription", "sub", indexed=("customer",), plain=("status",)),
        Kind("invoice", "in", indexed=("customer", "subscription"), plain=("status",)),
        Kind("invoice_payment", "inpay", indexed=("invoice", "payment_intent"), plain=("status",)),
        Kind("payment_intent", "pi", indexed=("customer",)),
        Kind("charge", "ch", indexed=("payment_intent", "customer")),
        Kind("refund", "re", indexed=("charge", "payment_intent")),
        Kind("dispute", "dp", indexed=("charge", "payment_intent")),
        Kind("credit_note", "cn", indexed=("invoice", "customer")),
        Kind("coupon", "coupon", plain=("deleted",)),
        Kind("promotion_code", "promo", plain=("active", "code", "coupon", "customer")),
        Kind("discount", "di", indexed=("customer",)),
        Kind("customer_balance_transaction", "cbtxn", indexed=("customer",), plain=("invoice",)),
        Kind("invoiceitem", "ii", indexed=("customer",), plain=("invoice",)),
        Kind("balance_transaction", "txn", indexed=("source", "payout"), plain=("type", "currency")),
        Kind("topup", "tu"),
        Kind("payout", "po", plain=("status", "arrival_date")),
        Kind(
            "checkout.session",
            "cs",
            indexed=("subscription", "payment_intent", "customer"),
            plain=("status",),
        ),
        Kind("billing_portal.session", "bps"),
        Kind("webhook_endpoint", "we"),
        Kind("event", "evt", plain=("type",)),
    )
}
BY_PREFIX = {kind.prefix: kind for kind in KINDS.values()}

_OTHER_TABLES = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS due (n INTEGER PRIMARY KEY, at INTEGER NOT NULL, action TEXT NOT NULL, object TEXT);
CREATE INDEX IF NOT EXISTS due_at ON due (at, n);
CREATE TABLE IF NOT EXISTS idempotency (
  key TEXT PRIMARY KEY, request TEXT NOT NULL, status INTEGER NOT NULL, answer BLOB NOT NULL,
  request_id TEXT NOT NULL, created INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS delivery (
  n INTEGER PRIMARY KEY, event TEXT NOT NULL, endpoint TEXT NOT NULL, attempt INTEGER NOT NULL,
  due_at REAL NOT NULL, state TEXT NOT NULL, status INTEGER, error TEXT, finished_at REAL,
  rank REAL NOT NULL DEFAULT 0, version TEXT, form TEXT NOT NULL DEFAULT 'snapshot', body BLOB);
CREATE INDEX IF NOT EXISTS delivery_event ON delivery (event);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (due_at, n) WHERE state = 'pending';
CREATE TABLE IF NOT EXISTS pledge (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, data BLOB NOT NULL);
"""

_LATER_COLUMNS = (
    "rank REAL NOT NULL DEFAULT 0",
    "version TEXT",
    "form TEXT NOT NULL DEFAULT 'snapshot'",
    "body BLOB",
)


# Each midnight's payout looks for the few entries that no payout holds yet.
_UNPAID = (
    "CREATE INDEX IF NOT EXISTS o_balance_transaction_unpaid ON o_balance_transaction (created)"
    " WHERE payout IS NULL"
)


def kind_of(identifier: str) -> Kind | None:
    """The kind whose prefix `identifier` carries, if any."""
    return BY_PREFIX.get(identifier.partition("_")[0])


class Store:
    """Records by kind. Not for several threads at once: the world's lock is around every use."""

    def __init__(self, path: Path | None = None) -> None:
        self.db = sqlite3.connect(str(path or ":memory:"), check_same_thread=False, isolation_level=None)
        self.durably()
        self.db.execute("PRAGMA cache_size = -65536")
        self.db.executescript(_OTHER_TABLES)
        self._complete()
        for kind in KINDS.values():
            self._create(kind)
        self.index()

    def _complete(self) -> None:
        """Add the columns that a state of an earlier version lacks."""
        known = {row[1] for row in self.db.execute("PRAGMA table_info(delivery)")}
        for column in _LATER_COLUMNS:
            if column.partition(" ")[0] not in known:
                self.db.execute(f"ALTER TABLE delivery ADD COLUMN {column}")

    def durably(self) -> None:
        """The way of every day: a write-ahead log, so that readers and a kill cost nothing."""
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = NORMAL")

    def hastily(self) -> None:
        """For one bulk load: a rollback journal, which new pages need not pass through."""
        self.db.execute("PRAGMA journal_mode = DELETE")
        self.db.execute("PRAGMA synchronous = OFF")

    def _create(self, kind: Kind) -> None:
        columns = "".join(f", {name}" for name in kind.columns)
        self.db.execute(
            f"CREATE TABLE IF NOT EXISTS {kind.table} (n INTEGER PRIMARY KEY, id TEXT NOT NULL,"
            f" created INTEGER NOT NULL{columns}, data BLOB NOT NULL)"
        )

    def index(self) -> None:
        """Build the indexes; seeding drops them first, because one sort is quicker than 80,000 inserts."""
        for kind in KINDS.values():
            table = kind.table
            self.db.execute(f"CREATE UNIQUE INDEX IF NOT EXISTS {table}_id ON {table} (id)")
            self.db.execute(f"CREATE INDEX IF NOT EXISTS {table}_created ON {table} (created)")
            for name in kind.indexed:
                self.db.execute(
                    f"CREATE INDEX IF NOT EXISTS {table}_{name} ON {table} ({name}) WHERE {name} IS NOT NULL"
                )
        self.db.execute(_UNPAID)

    def unindex(self) -> None:
        """Drop the indexes before a bulk load."""
        for kind in KINDS.values():
            for name in ("id", "created", *kind.indexed):
                self.db.execute(f"DROP INDEX IF EXISTS {kind.table}_{name}")

    def get(self, kind: str, identifier: str) -> Record | None:
        table = KINDS[kind].table
        row = self.db.execute(f"SELECT data FROM {table} WHERE id = ?", (identifier,)).fetchone()
        return orjson.loads(row[0]) if row else None

    def put(self, kind: str, record: Record) -> None:
        """Insert, or replace the record of this id in its place."""
        known = KINDS[kind]
        names = ("id", "created", *known.columns, "data")
        updates = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
        self.db.execute(
            f"INSERT INTO {known.table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
            f" ON CONFLICT (id) DO UPDATE SET {updates}",
            _row(known, record),
        )

    def load(self, kind: str, records: Iterable[Record]) -> None:
        """Append many new records."""
        known = KINDS[kind]
        names = ("id", "created", *known.columns, "data")
        self.db.executemany(
            f"INSERT INTO {known.table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
            (_row(known, record) for record in records),
        )

    def each(self, kind: str, **equals: Any) -> list[Record]:
        """All records whose columns equal the values, oldest first."""
        where = " AND ".join(f"{name} = ?" for name in equals) or "1"
        sql = f"SELECT data FROM {KINDS[kind].table} WHERE {where} ORDER BY created, n"
        return [orjson.loads(row[0]) for row in self.db.execute(sql, tuple(equals.values()))]

    def place(self, kind: str, identifier: str) -> tuple[int, int] | None:
        """(created, n) of a record: its place in every list."""
        table = KINDS[kind].table
        row = self.db.execute(f"SELECT created, n FROM {table} WHERE id = ?", (identifier,)).fetchone()
        return (row[0], row[1]) if row else None

    def select(self, kind: str, where: Sequence[str], values: Sequence[Any], tail: str) -> Iterator[Record]:
        """Records under SQL conditions; `tail` holds the order and the limit."""
        condition = " AND ".join(where) or "1"
        sql = f"SELECT data FROM {KINDS[kind].table} WHERE {condition} {tail}"
        for row in self.db.execute(sql, tuple(values)):
            yield orjson.loads(row[0])

    def setting(self, name: str) -> str | None:
        row = self.db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else None

    def remember(self, name: str, value: str) -> None:
        self.db.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (name, value))

    def close(self) -> None:
        self.db.close()


def _row(kind: Kind, record: Record) -> tuple[Any, ...]:
    return (record["id"], record["created"], *map(record.get, kind.columns), orjson.dumps(record))
