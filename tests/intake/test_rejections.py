"""What is refused is counted by reason and hour: bounded, never in the way, and none of it kept."""

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.intake import rejections
from tracker.intake.rejections import Refusals, Tally
from tracker.local.life import wait_until

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Book:
    """Where a tally writes; it may be shut."""

    def __init__(self, *, is_open: bool = True) -> None:
        self.is_open = is_open
        self.written: list[list[Refusals]] = []

    def __call__(self, refused: Sequence[Refusals]) -> bool:
        if self.is_open:
            self.written.append(list(refused))
        return self.is_open

    @property
    def total(self) -> int:
        return sum(one.count for written in self.written for one in written)


def flood(tally: Tally, reason: str, times: int) -> None:
    for _ in range(times):
        tally.refuse(reason, NOON)


def test_a_flood_is_one_write_at_once_and_one_a_second_after() -> None:
    book = Book()
    tally = Tally(book, pause=0.2)
    senders = [threading.Thread(target=flood, args=(tally, "wrong_secret", 2_500)) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert wait_until(lambda: book.total == 10_000, 5)
    assert len(book.written) <= 3


def test_while_nothing_can_be_written_the_counts_are_held_and_written_later() -> None:
    book = Book(is_open=False)
    tally = Tally(book, pause=0.01, pause_after_failure=0.01)
    flood(tally, "not_json", 5)
    flood(tally, "too_old", 2)
    book.is_open = True
    time.sleep(0.02)
    tally.refuse("not_json", NOON)
    assert wait_until(lambda: book.total == 8, 5)
    assert {one.reason: one.count for one in book.written[-1]} == {"not_json": 6, "too_old": 2}


def test_what_is_held_is_bounded() -> None:
    book = Book(is_open=False)
    tally = Tally(book, pause_after_failure=0.5)
    for hour in range(1_000):
        tally.refuse("not_json", NOON + timedelta(hours=hour))
    book.is_open = True
    time.sleep(0.5)
    tally.refuse("not_json", NOON + timedelta(hours=999))
    assert wait_until(lambda: bool(book.written), 5)
    assert len(book.written[0]) <= 24 * len(rejections.REASONS)
    assert max(one.hour_at for one in book.written[0]) == NOON + timedelta(hours=999)


def test_counts_of_one_hour_add_up_in_one_row_a_reason(session: Session) -> None:
    for minute in (0, 30):
        at = NOON + timedelta(minutes=minute)
        rejections.add(session, [Refusals("too_old", NOON, 2, at), Refusals("not_json", NOON, 1, at)])
    rows = session.execute(text("SELECT reason, count, last_at FROM rejection ORDER BY reason")).all()
    half_past = NOON + timedelta(minutes=30)
    assert [tuple(row) for row in rows] == [("not_json", 2, half_past), ("too_old", 4, half_past)]


def test_the_last_day_is_told_by_reason_the_most_frequent_first(session: Session) -> None:
    for hours, count in ((1, 3), (20, 4), (30, 100)):
        at = NOON - timedelta(hours=hours)
        rejections.add(session, [Refusals("wrong_secret", at, count, at)])
    rejections.add(session, [Refusals("too_large", NOON, 1, NOON)])
    told = [(one.reason, one.count) for one in rejections.last_day(session, NOON)]
    assert told == [("wrong_secret", 7), ("too_large", 1)]
