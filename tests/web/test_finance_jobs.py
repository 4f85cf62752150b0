"""A large month's files made by a worker: once, whole or not at all, kept while nothing was written since."""

import hashlib
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from month_house import OCTOBER, books, many, rows, send, work
from staff_house import NOON, House, entry
from test_finance_month import page

from tracker.db import db
from tracker.ledger import month_jobs
from tracker.projections.finance import closing, drawing, jobs

FILE = f"/finance/months/{OCTOBER}/transactions.csv"


@pytest.fixture
def house(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A month of 104 entries, where a hundred are many, in files of several pieces."""
    monkeypatch.setattr(jobs, "LARGE", 100)
    monkeypatch.setattr(drawing, "PIECE", 4096)
    with books(database_url) as found:
        many(found, 101)
        yield found


def make(house: House) -> None:
    assert send(house, "finance", f"{OCTOBER}/files").status_code == 303
    work(house)


def open_jobs(house: House) -> int:
    return len(rows(house, "SELECT 1 FROM month_job WHERE ended_at IS NULL"))


def test_a_month_is_large_by_the_number_of_its_entries_alone(house: House) -> None:
    assert "a worker makes its files" in page(house) and "SHA-256: each" not in page(house)
    rows(house, "DELETE FROM entry WHERE id IN ('txn_m1', 'txn_m2', 'txn_m3', 'txn_m4')")
    assert "As they would be taken now" in page(house)


def test_what_a_worker_made_is_what_would_be_made_now_and_is_taken_from_there(house: House) -> None:
    before = house.client("finance").get(FILE).data
    make(house)
    told = page(house)
    assert hashlib.sha256(before).hexdigest() in told and "nothing was written to the books since" in told
    rows(house, "UPDATE made_part SET packed = packed")
    taken = house.client("finance").get(FILE)
    assert taken.data == before and taken.content_length == len(before)
    assert rows(house, "SELECT count(*) > 1 FROM made_part WHERE name = 'transactions.csv'") == [(True,)]
    excel = house.client("finance").get(f"{FILE}?excel=1")
    assert excel.data == b"\xef\xbb\xbf" + before
    manifest = house.client("finance").get(f"/finance/months/{OCTOBER}/manifest.json").get_json()
    assert manifest["files"][0]["sha256"] == hashlib.sha256(before).hexdigest()


def test_asked_twice_it_is_made_once(house: House) -> None:
    for _ in range(3):
        send(house, "finance", f"{OCTOBER}/files")
    assert open_jobs(house) == 1
    assert "a worker begins within a minute" in page(house) and "Make the files" not in page(house)
    work(house)
    assert rows(house, "SELECT count(*) FROM month_job") == [(1,)]
    log = rows(house, "SELECT action FROM audit WHERE detail ->> 'month' = :month", month=OCTOBER)
    assert log == [("asked for a month's files",)]


CHANGES = {
    "an entry came": "INSERT INTO entry SELECT 'txn_new', type, reporting_category, currency, 7, 0, 7, created_at,"
    " available_on, status, source_id, payout_id, exchange_rate, description, booked_month, alarm, digest,"
    " is_mended, prior_period FROM entry WHERE id = 'txn_1'",
    "a payout was linked": "UPDATE entry SET payout_id = 'po_1' WHERE id = 'txn_1'",
    "an object became another": "UPDATE stripe_object SET fields = '{\"name\": \"b\"}' WHERE id = 'prod_1'",
    "a receipt was withdrawn": "DELETE FROM offline_record",
    "a campaign was changed": "UPDATE campaign SET fields = fields || '{\"grace_days\": 3}'",
}


@pytest.mark.parametrize("change", CHANGES)
def test_after_any_change_of_the_books_it_is_made_anew_and_the_old_can_be_taken_as_it_was(
    house: House, change: str
) -> None:
    rows(
        house,
        "INSERT INTO stripe_object (id, kind, wanted, done, fields) VALUES ('prod_1', 'product', 1, 1, '{}')",
    )
    rows(
        house,
        "INSERT INTO offline_record (reference, campaign, person_ref, recorded_at, recorded_by)"
        " VALUES ('R-1', 'year-end', 'x', now(), 'me')",
    )
    make(house)
    before = house.client("finance").get(FILE).data
    rows(house, CHANGES[change])
    told = page(house)
    assert "Something was written to the books since" in told and "Make them anew" in told
    ((job_id,),) = rows(house, "SELECT id FROM month_job")
    assert house.client("finance").get(f"{FILE}?made={job_id}").data == before
    assert house.client("finance").get(f"{FILE}?made={job_id + 1}").status_code == 404
    make(house)
    assert "nothing was written to the books since" in page(house)
    assert rows(house, "SELECT count(*) FROM month_job") == [(1,)], "the older copy is forgotten"


def test_what_is_written_without_changing_anything_disturbs_nothing(house: House) -> None:
    rows(
        house,
        "INSERT INTO stripe_object (id, kind, wanted, done, fields) VALUES ('prod_1', 'product', 1, 1, '{}')",
    )
    make(house)
    rows(house, "UPDATE stripe_object SET wanted = 9, done = 9, retry_at = now(), fields = fields")
    rows(house, "UPDATE entry SET status = status, payout_id = payout_id, alarm = 'missing' WHERE id = 'txn_1'")
    assert "nothing was written to the books since" in page(house)


def test_a_change_under_way_while_the_files_are_read_is_seen_when_it_is_committed(house: House) -> None:
    """It began before the reading and ended after it: the files do not have it."""
    with house.app.app_context():
        engine = db.engine
    with engine.connect() as slow:
        slow.exec_driver_sql("UPDATE entry SET payout_id = 'po_9' WHERE id = 'txn_1'")
        make(house)
        assert "nothing was written to the books since" in page(house)
        slow.commit()
        assert "Something was written to the books since" in page(house)
    ((job_id,),) = rows(house, "SELECT id FROM month_job")
    assert b"po_9" not in house.client("finance").get(f"{FILE}?made={job_id}").data


class KilledError(BaseException):
    """What ends a worker asks nobody."""


def killing(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    real = month_jobs.keep_part
    left = [after]

    def kill(*args: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KilledError
        real(*args)

    monkeypatch.setattr(month_jobs, "keep_part", kill)


def test_a_worker_that_is_killed_leaves_nothing_half_written_and_the_next_makes_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(house, "finance", f"{OCTOBER}/files")
    with monkeypatch.context() as broken, pytest.raises(KilledError):
        killing(broken, after=3)
        work(house)
    assert rows(house, "SELECT 1 FROM made_part") == rows(house, "SELECT 1 FROM made_file") == []
    assert "A worker is making the files" in page(house)
    work(house)
    assert open_jobs(house) == 0 and "nothing was written to the books since" in page(house)


def test_a_job_that_ends_its_workers_again_and_again_is_given_up_in_words(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(house, "finance", f"{OCTOBER}/files")
    with monkeypatch.context() as broken:
        killing(broken, after=0)
        for _ in range(month_jobs.MOST_TRIES):
            with pytest.raises(KilledError):
                work(house)
        work(house)
    told = page(house)
    assert "could not be done" in told and "Its worker ended 3 times" in told and "Make the files" in told


def test_a_making_that_fails_says_so_and_can_be_asked_for_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise ConnectionError("the database went away")

    send(house, "finance", f"{OCTOBER}/files")
    with monkeypatch.context() as broken:
        broken.setattr(month_jobs, "finish", away)
        work(house)
    told = page(house)
    assert "could not be done" in told and "ConnectionError" in told
    make(house)
    assert "could not be done" not in page(house)


def test_progress_is_seen_while_the_files_are_made(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int]] = []
    real = month_jobs.heard

    def watch(*args: Any) -> None:
        real(*args)
        if not args[2]:
            return  # it was begun
        seen.extend(rows(house, "SELECT doing, done FROM job_progress"))

    monkeypatch.setattr(month_jobs, "heard", watch)
    make(house)
    assert seen[0][0] == "transactions.csv" and len(seen) > 3
    assert [done for _, done in seen] == sorted(done for _, done in seen)


def test_of_two_workers_one_makes_the_files(house: House) -> None:
    send(house, "finance", f"{OCTOBER}/files")
    both = [threading.Thread(target=work, args=(house,)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert rows(house, "SELECT tries FROM month_job") == [(1,)]


def test_a_worker_that_is_not_heard_of_is_asked_after(house: House) -> None:
    send(house, "finance", f"{OCTOBER}/files")
    assert "is a worker running?" not in page(house)
    with time_machine.travel(NOON + timedelta(minutes=3), tick=True):
        told = page(house)
        assert "is a worker running?" in told and "Look again" in told


def test_a_large_month_is_closed_by_a_worker_in_the_name_of_who_asked(house: House) -> None:
    assert "a worker closes it" in house.client("finance").get(f"/finance/months/{OCTOBER}/close").text
    assert send(house, "finance", f"{OCTOBER}/close").status_code == 303
    assert "A worker is closing this month" in page(house)
    work(house)
    assert rows(house, "SELECT month, version, closed_by FROM month_version") == [
        (OCTOBER, 1, "finance@paper.example")
    ]
    told = page(house)
    assert "Frozen with version 1" in told and "closed the month" in told


def test_while_a_worker_closes_a_month_nothing_asks_to_close_it(house: House) -> None:
    assert "Close this month" in page(house)
    send(house, "finance", f"{OCTOBER}/close")
    told = page(house)
    assert "A worker is closing this month" in told and "Close this month" not in told


def test_a_closing_that_a_worker_finds_red_says_why(house: House) -> None:
    send(house, "finance", f"{OCTOBER}/close")
    rows(house, "UPDATE entry SET alarm = 'missing' WHERE id = 'txn_2'")
    work(house)
    told = page(house)
    assert "could not be done" in told and "cannot be closed yet" in told and "txn_2" in told


def test_made_files_of_a_month_that_was_closed_since_are_not_taken_for_it(house: House) -> None:
    make(house)
    with house.app.app_context():
        closing.close(OCTOBER, house.app.config["TRACKER"].zone, "me", NOON)
    rows(house, "UPDATE made_part SET packed = ''")
    assert len(house.client("finance").get(FILE).data) > 1000


def test_what_was_made_is_kept_for_a_week(house: House) -> None:
    make(house)
    house.keep(entry("txn_5", 1, 0))
    with time_machine.travel(NOON + timedelta(days=8), tick=True):
        work(house)
    assert rows(house, "SELECT 1 FROM month_job") == rows(house, "SELECT 1 FROM made_part") == []
    assert rows(house, "SELECT 1 FROM book_change") == [], "what no kept file asks for is forgotten, too"


def test_a_dump_that_was_restored_on_another_server_makes_what_is_kept_stale(house: House) -> None:
    make(house)
    rows(house, "UPDATE month_job SET snapshot = '900000000:900000000:'")
    assert "Something was written to the books since" in page(house)
