"""The books while processes are killed, the database goes away and many want something of them at once."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from tests.line.conftest import House
from tests.line.test_closing import booking, close, entries_of, over
from tests.line.test_closing_together import SOON, apart, is_once, others
from tests.line.test_month_commands import desk, run
from tracker.db import db
from tracker.ledger import books, months
from tracker.projections.finance import closing, deferred_sql
from tracker.projections.finance.snapshot import ahead, once, one_snapshot

__all__ = ["desk", "others", "over"]
ROOT = Path(__file__).parents[2]
TABLES = ("month_version", "month_file", "month_part", "closed_entry")
CLOSER = """
import importlib, os, signal, sys
from datetime import datetime

from tracker import config
from tracker.app import create_app
from tracker.projections.finance import closing

place, now = sys.argv[1:]
module, _, name = place.partition(":")
owner = importlib.import_module(module)

def deadly(*given, **named):
    os.kill(os.getpid(), signal.SIGKILL)

settings = config.load()
app = create_app(settings, needed={})
setattr(owner, name, deadly)
with app.app_context():
    closing.close("2026-11", settings.zone, "fin@paper.example", datetime.fromisoformat(now))
"""
STEPS = {
    "before anything is drawn": "tracker.projections.finance.closing:_keep",
    "some of it written": "tracker.ledger.months:keep_homes",
    "all of it written, nobody may book": "tracker.ledger.months:shut",
}


@pytest.mark.parametrize("step", STEPS)
def test_a_closing_killed_by_9_leaves_nothing_and_no_lock_and_the_next_one_closes(over: House, step: str) -> None:
    settings = over.line.settings
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": settings.database_url,
        "SECRET_KEY": settings.secret_key,
        "TIMEZONE": settings.timezone,
    }
    command = [sys.executable, "-c", CLOSER, STEPS[step], over.now().isoformat()]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert [over.scalar(f"SELECT count(*) FROM {table}") for table in TABLES] == [0, 0, 0, 0]
    db.session.rollback()
    until = time.monotonic() + SOON
    while True:
        try:
            assert close(over).version == 1
            break
        except closing.RefusedError:  # the database has not noticed yet that its client is gone
            assert time.monotonic() < until
            time.sleep(0.05)
    is_once(over)


def test_a_database_that_goes_away_during_a_closing_is_told_in_words_and_nothing_is_half_closed(
    desk: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = closing._keep

    def away(*given: Any) -> Any:
        with db.engine.connect() as other:
            other.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                     " AND datname = current_database() AND backend_type = 'client backend'")
            )  # fmt: skip
        return real(*given)

    with monkeypatch.context() as broken:
        broken.setattr(closing, "_keep", away)
        done = run(desk, "close-month", "2026-11")
    assert done.exit_code == 1, done.output
    assert "the database does not answer, or went away meanwhile" in done.output and "Traceback" not in done.output
    db.session.rollback()
    assert [desk.scalar(f"SELECT count(*) FROM {table}") for table in TABLES] == [0, 0, 0, 0]
    assert run(desk, "close-month", "2026-11").exit_code == 0


def test_a_closing_works_the_waterfall_out_once_for_its_file_and_its_checks(over: House) -> None:
    asked = list[str]()

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if "by_intent" in statement and "movements" in statement:
            asked.append(statement)

    assert "by_intent" in deferred_sql.PAYMENTS and "movements" in deferred_sql.PAYMENTS
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        close(over)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(asked) == 1


def test_what_is_worked_out_beside_a_snapshot_sees_that_snapshot_and_no_later_booking(
    over: House, others: ThreadPoolExecutor
) -> None:
    def count() -> int:
        return int(db.session.scalar(text("SELECT count(*) FROM entry")) or 0)

    def book() -> None:
        books.add_entries(db.session(), [booking("txn_late")], over.line.settings.zone, over.now())
        db.session.commit()

    def slowly() -> int:
        apart(others, over, book).result(SOON)
        return count()

    with one_snapshot():
        before = count()
        with ahead("count", slowly):
            assert once("count", lambda: -1) == before
        assert once("count", lambda: -1) == before, "asked again, it is not worked out again"
    assert count() == before + 1
    assert once("count", count) == before + 1, "outside of a snapshot nothing is kept"


def test_what_breaks_beside_a_snapshot_breaks_the_closing(over: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deferred_sql, "PAYMENTS", "SELECT 1 / 0 AS currency")
    with pytest.raises(Exception, match="division by zero"):
        close(over)
    assert [over.scalar(f"SELECT count(*) FROM {table}") for table in TABLES] == [0, 0, 0, 0]


def test_a_booker_an_offline_record_and_a_closing_that_wait_in_a_ring_all_come_to_their_end(
    over: House, others: ThreadPoolExecutor
) -> None:
    """A booked and wants the offline records; B has those and waits behind the closing, which waits for A."""
    books.add_entries(db.session(), [booking("txn_ring")], over.line.settings.zone, over.now())

    def record() -> None:
        db.session.execute(text("LOCK TABLE offline_record IN SHARE ROW EXCLUSIVE MODE"))
        months.keep_still(db.session())
        db.session.commit()

    closed = apart(others, over, lambda: close(over))
    until_waiting(1)
    recorded = apart(others, over, record)
    until_waiting(2)
    db.session.execute(text("LOCK TABLE offline_record IN SHARE ROW EXCLUSIVE MODE"))
    db.session.commit()
    assert closed.result(SOON).version == 1 and recorded.result(SOON) is None
    assert entries_of(over, "2026-11")["txn_ring"]["prior_period"] == "no"
    is_once(over)


def until_waiting(count: int) -> None:
    """In the booking's own transaction, which stays open."""
    sql = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = CAST('month_version' AS regclass)")
    ends = time.monotonic() + SOON
    while db.session.scalar(sql) != count:
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_a_month_closes_once_while_two_hundred_bookings_a_second_come_in(
    over: House, others: ThreadPoolExecutor
) -> None:
    ends = time.monotonic() + 4

    def book(who: int) -> int:
        number = 0
        while time.monotonic() < ends:
            created = ("2026-11-10T10:00:00+00:00", "2026-12-02T10:00:00+00:00")[number % 2]
            one = booking(f"txn_{who}_{number}", created)
            books.add_entries(db.session(), [one], over.line.settings.zone, over.now())
            db.session.commit()
            number += 1
        return number

    def try_to_close() -> int:
        try:
            return close(over).version
        except closing.RefusedError as error:
            assert "being closed or reopened just now" in str(error)
            return 0

    bookers = [apart(others, over, lambda who=who: book(who)) for who in range(4)]
    time.sleep(0.5)
    closers = [apart(others, over, try_to_close) for _ in range(3)]
    versions = [one.result(60) for one in closers]
    booked = sum(one.result(60) for one in bookers)
    assert set(versions) <= {0, 1} and 1 in versions
    print(f"{booked / 4.5:.0f} bookings a second")
    is_once(over)
