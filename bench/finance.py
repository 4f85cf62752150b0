"""A month of a million bookings: transactions.csv against the database's own COPY of the same rows.

Rows are drawn by a process of its own, as the command and the workers draw them, while its memory is watched.
"""

import os
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from flask import Flask
from sqlalchemy import text

from bench import ledger_month
from bench.figure import Figure
from bench.processes import Finished, finished, processor_seconds, require_proc
from tracker import config
from tracker.app import create_app
from tracker.core.campaign import Campaign
from tracker.db import db
from tracker.ledger import landmarks
from tracker.local import postgres
from tracker.projections.finance import chain, closing, files
from tracker.projections.finance import transactions as transactions_csv
from tracker.projections.finance.cut import Cut, cut

ENTRIES = 1_000_000
SHARE, MIB, FIRST_SECONDS, CLOSED_SECONDS = 0.25, 150.0, 1.0, 60.0
LONGEST_SECONDS = 1800.0
ZONE = ZoneInfo("Europe/Kyiv")
CAMPAIGN = Campaign(
    "year-end", "Year end", 2_000_000, date(2026, 9, 1), date(2026, 12, 31), ZONE.key, ("prod_member",),
    donation_products=("prod_gift",),
)  # fmt: skip

PLAIN = f"""
    SELECT e.id, e.created_at, e.available_on, e.reporting_category, e.type, e.currency, e.amount_minor,
        e.fee_minor, e.net_minor, e.exchange_rate, e.source_id, found.*, e.description
    FROM entry e {chain.CHAIN}
    WHERE e.booked_month = :month ORDER BY e.created_at, e.id
"""
"""The same rows as the database has them: nothing formatted, planned as it likes."""


def month() -> Cut:
    return cut("2026-10", ZONE, datetime(2026, 11, 25, 12, tzinfo=UTC))


def figures(folder: Path, entries: int | None = None) -> list[Figure]:
    """Write the month, copy it, draw it; BENCH_ENTRIES says of how many entries."""
    import flask_migrate

    require_proc()
    entries = entries or int(os.environ.get("BENCH_ENTRIES", ENTRIES))
    database = postgres.ensure(folder)
    try:
        app = _app(database.url)
        with app.app_context():
            flask_migrate.upgrade()
            began = time.perf_counter()
            ledger_month.fill(db.session(), CAMPAIGN, month(), entries)
            filled = time.perf_counter() - began
            db.session.remove()
            db.engine.dispose()
        return [
            Figure(
                "finance: entries of the month", entries, "", note=f"with their chains, written in {filled:.0f} s"
            ),
            *_measured(folder, database.url),
        ]
    finally:
        database.stop()


def _measured(folder: Path, url: str) -> list[Figure]:
    copied, rows = _copied(url)
    drawn = _run(folder, "draw", url)
    first, seconds, size, lines, own, database = map(float, drawn.answer.split())
    closed = _run(folder, "close", url)
    if lines != rows + 1:
        raise RuntimeError(f"COPY has {rows} rows, transactions.csv {lines:.0f} lines with its header")
    return [
        Figure(
            "finance: the database's own COPY", copied, "s", note=f"{rows:,} rows with their chains, unformatted"
        ),
        Figure("finance: transactions.csv", seconds, "s", note=f"{size / 2**20:,.0f} MiB"),
        Figure("finance: its speed over COPY's", copied / seconds, "x", at_least=SHARE),
        Figure("finance: its first row", first, "s", at_most=FIRST_SECONDS),
        Figure("finance: processor time of the process", own, "s"),
        Figure("finance: processor time of its database session", database, "s"),
        Figure("finance: peak of the process", drawn.peak_mib, "MiB", at_most=MIB, note="resident"),
        Figure("finance: the month closed", float(closed.answer), "s", at_most=CLOSED_SECONDS, note="all files"),
        Figure("finance: peak of the closing", closed.peak_mib, "MiB", note="resident"),
    ]


def _run(folder: Path, verb: str, url: str) -> Finished:
    """One of VERBS in a process of its own."""
    command = [sys.executable, "-m", "bench.finance", verb, url]
    return finished(command, folder / verb, {"PYTHONPATH": str(Path.cwd())}, seconds=LONGEST_SECONDS)


def _copied(url: str) -> tuple[float, int]:
    """(seconds, rows) of COPY."""
    values: dict[str, Any] = {"month": month().month, "members": list(CAMPAIGN.products)}
    values |= {"donations": list(CAMPAIGN.donation_products)}
    plain = PLAIN
    for name in values:
        plain = plain.replace(f":{name}", f"%({name})s")
    rows = 0
    with psycopg.connect(url.replace("+psycopg", "")) as connection, connection.cursor() as cursor:
        began = time.perf_counter()
        with cursor.copy(f"COPY ({plain}) TO STDOUT (FORMAT csv)", values) as copy:
            for _ in copy:
                rows += 1
        return time.perf_counter() - began, rows


def _app(url: str) -> Flask:
    return create_app(config.load(database_url=url, secret_key="x" * 40, timezone=ZONE.key), needed={})


def _draw(url: str) -> str:
    """Draw the whole file and throw it away: "first row s, all s, bytes, lines, CPU s, CPU s of the session"."""
    first, size, lines = 0.0, 0, 0
    with _app(url).app_context():
        session = int(db.session.scalar(text("SELECT pg_backend_pid()")))
        own, database = time.process_time(), processor_seconds(session)
        began = time.perf_counter()
        for piece in files.pieces(transactions_csv.FILE, month()):
            size += len(piece)
            lines += piece.count(b"\r\n")
            first = first or time.perf_counter() - began
        took = time.perf_counter() - began
        own, database = time.process_time() - own, processor_seconds(session) - database
        db.session.remove()
        db.engine.dispose()
    return f"{first:.3f} {took:.3f} {size} {lines} {own:.2f} {database:.2f}"


def _close(url: str) -> str:
    """Close the month, all files and checks: "all s"."""
    with _app(url).app_context():
        for name in (
            landmarks.WHOLE,
            landmarks.LEDGER_WHOLE,
            landmarks.CONNECTED,
            landmarks.AS_OF,
            landmarks.LAST_SYNC,
        ):
            landmarks.put(db.session(), name, month().now)
        db.session.commit()
        began = time.perf_counter()
        closing.close(month().month, ZONE, "fin@bench.example", month().now)
        took = time.perf_counter() - began
        db.session.remove()
        db.engine.dispose()
    return f"{took:.3f}"


VERBS = {"draw": _draw, "close": _close}
"""What is measured in a process of its own over the filled month; each takes the database's address."""


if __name__ == "__main__":
    print(VERBS[sys.argv[1]](sys.argv[2]))
