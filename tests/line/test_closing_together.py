"""RULES 7, side by side: a booking is in the frozen files or in a later month, whoever comes first."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from random import Random
from threading import Event
from typing import Any

import pytest
from sqlalchemy import text

from tests.line.conftest import House
from tests.line.test_closing import all_entries, booking, close, entries_of, in_the_ledger, over, store
from tracker.db import db
from tracker.ledger import books, months
from tracker.projections.finance import closing
from tracker.projections.finance.closing import RefusedError

__all__ = ["over"]
SOON = 20.0
WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = CAST('month_version' AS regclass)"


@pytest.fixture
def others() -> Iterator[ThreadPoolExecutor]:
    """Other processes, as far as the database can tell: each with a connection of its own."""
    with ThreadPoolExecutor(8) as pool:
        yield pool


def apart(others: ThreadPoolExecutor, house: House, do: Callable[[], Any]) -> Future[Any]:
    def run() -> Any:
        with house.app.app_context():
            return do()

    return others.submit(run)


def until_one_waits(house: House) -> None:
    ends = time.monotonic() + SOON
    while not house.scalar(WAITS):
        db.session.rollback()
        assert time.monotonic() < ends, "nobody waits"
        time.sleep(0.01)
    db.session.rollback()


def is_once(house: House) -> None:
    """Every entry stands in one month's file, and the frozen file has just what is booked in November."""
    assert set(all_entries(house)) == in_the_ledger(house)
    for name, row in entries_of(house, "2026-12").items():
        assert (row["prior_period"] == "yes") == (row["created_utc"][:7] == "2026-11"), name
    frozen = set(entries_of(house, "2026-11"))
    assert frozen == set(house.scalar("SELECT array_agg(id) FROM entry WHERE booked_month = '2026-11'"))


def test_a_closing_waits_for_a_booking_under_way_and_takes_it_in(over: House, others: ThreadPoolExecutor) -> None:
    books.add_entries(db.session(), [booking("txn_way")], over.line.settings.zone, over.now())
    closed = apart(others, over, lambda: close(over))
    ends = time.monotonic() + SOON
    while not db.session.scalar(text(WAITS)):  # in the booking's own transaction, which stays open
        assert time.monotonic() < ends and not closed.done()
        time.sleep(0.01)
    db.session.commit()
    assert closed.result(SOON).version == 1
    assert entries_of(over, "2026-11")["txn_way"]["prior_period"] == "no"
    is_once(over)


def test_a_booking_given_up_is_in_no_month(over: House, others: ThreadPoolExecutor) -> None:
    books.add_entries(db.session(), [booking("txn_way")], over.line.settings.zone, over.now())
    closed = apart(others, over, lambda: close(over))
    db.session.rollback()
    closed.result(SOON)
    assert "txn_way" not in all_entries(over)
    is_once(over)


def test_a_booking_waits_for_a_closing_at_its_end_and_comes_after_it(
    over: House, others: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, at_its_end, go_on = months.shut, Event(), Event()

    def shut(*given: Any) -> None:
        at_its_end.set()
        assert go_on.wait(SOON)
        real(*given)

    monkeypatch.setattr(months, "shut", shut)
    closed = apart(others, over, lambda: close(over))
    assert at_its_end.wait(SOON)
    stored = apart(others, over, lambda: store(over, booking("txn_way")))
    until_one_waits(over)
    go_on.set()
    closed.result(SOON), stored.result(SOON)
    assert entries_of(over, "2026-12")["txn_way"]["prior_period"] == "yes"
    is_once(over)


@pytest.mark.parametrize("busy_tries", range(1, closing.TRIES + 1))
def test_what_comes_while_the_files_are_frozen_is_taken_in_by_another_try_and_the_last_try_waits_for_nobody(
    over: House, others: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, busy_tries: int
) -> None:
    real, stored = closing._freeze, list[Future[Any]]()

    def freeze(*given: Any) -> None:
        real(*given)
        number = len(stored) + 1
        if number <= busy_tries:
            stored.append(apart(others, over, lambda: store(over, booking(f"txn_way{number}"))))
            if number < closing.TRIES:
                stored[-1].result(SOON)

    monkeypatch.setattr(closing, "_freeze", freeze)
    assert close(over).version == 1
    for one in stored:
        one.result(SOON)
    frozen, late = entries_of(over, "2026-11"), entries_of(over, "2026-12")
    early = min(busy_tries, closing.TRIES - 1)
    assert [f"txn_way{n}" in frozen for n in range(1, busy_tries + 1)] == [
        n <= early for n in range(1, busy_tries + 1)
    ]
    assert [name for name in late if name.startswith("txn_way")] == [
        f"txn_way{n}" for n in range(early + 1, busy_tries + 1)
    ]
    is_once(over)


@pytest.mark.parametrize("seed", range(6))
def test_whoever_books_while_a_month_closes_every_booking_is_in_one_month(
    over: House, others: ThreadPoolExecutor, seed: int
) -> None:
    def book(who: int) -> None:
        dice = Random(seed * 10 + who)
        for number in range(40):
            time.sleep(dice.random() * 0.02)
            created = dice.choice(("2026-11-10T10:00:00+00:00", "2026-12-02T10:00:00+00:00"))
            store(over, booking(f"txn_{who}_{number}", created), booking(f"txn_{who}_{number}b", created))

    bookers = [apart(others, over, lambda who=who: book(who)) for who in range(4)]
    time.sleep(Random(seed).random() * 0.3)
    close(over)
    for one in bookers:
        one.result(60)
    assert len(all_entries(over)) >= 320
    is_once(over)


def test_two_who_close_at_once_make_one_version(
    over: House, others: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, frozen, go_on = closing._freeze, Event(), Event()

    def freeze(*given: Any) -> None:
        real(*given)
        frozen.set()
        assert go_on.wait(SOON)

    monkeypatch.setattr(closing, "_freeze", freeze)
    first = apart(others, over, lambda: close(over))
    assert frozen.wait(SOON)
    with pytest.raises(RefusedError, match="just now"):
        close(over)
    go_on.set()
    made = first.result(SOON)
    assert close(over) == made
    assert over.scalar("SELECT count(*) FROM month_version") == 1
