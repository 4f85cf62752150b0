"""A house whose books can be closed: a month that is over, read whole, compared, nothing red."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from sqlalchemy import text
from staff_house import NOON, House, csrf_of, entry, running, year_end

from tracker import tasks
from tracker.db import db
from tracker.ledger import landmarks

OCTOBER, SEPTEMBER, NOVEMBER = "2026-10", "2026-09", "2026-11"
SYNCED = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@contextmanager
def books(database_url: str, **settings: Any) -> Iterator[House]:
    """October is over and has three entries, November runs; everything was read and compared this night."""
    with running(database_url, **settings) as found, time_machine.travel(NOON, tick=True):
        found.keep(campaign=year_end())
        found.keep(
            entry("txn_1", 1000, 50),
            entry("txn_2", 250, 30, description="=HYPERLINK(1)"),
            entry("txn_3", -1000, 0),
            entry("txn_4", 500, 40, month=NOVEMBER),
        )
        is_settled(found)
        yield found


def is_settled(house: House) -> None:
    """All of it heard and compared, so that a month that is over can be closed."""
    house.is_whole()
    with house.app.app_context():
        landmarks.put(db.session(), landmarks.LAST_SYNC, SYNCED, {"drift": []})
        db.session.commit()


def rows(house: House, sql: str, **values: Any) -> list[Any]:
    with house.app.app_context():
        found = db.session.execute(text(sql), values)
        told = [tuple(row) for row in found] if found.returns_rows else []
        db.session.commit()
        return told


def send(house: House, role: str, path: str, **form: str) -> Any:
    """Press a button of a month's page, as that role."""
    client = house.client(role)
    token = csrf_of(client.get("/finance").text)
    return client.post(f"/finance/months/{path}", data={"csrf_token": token, **form})


def close(house: House, month: str = OCTOBER) -> Any:
    answer = send(house, "finance", f"{month}/close")
    assert answer.status_code == 303, answer.text
    return answer


def work(house: House) -> None:
    """A worker's turn."""
    with house.app.app_context():
        tasks.books.run()


def many(house: House, count: int, month: str = OCTOBER) -> None:
    """So many entries more in a month."""
    rows(
        house,
        """INSERT INTO entry (id, type, reporting_category, currency, amount_minor, fee_minor, net_minor,
            created_at, status, description, booked_month, digest)
        SELECT 'txn_m' || n, 'charge', 'charge', 'EUR', 100, 4, 96,
            CAST(CAST(:month AS text) || '-12T00:00:00Z' AS timestamptz) + n * interval '1 second', 'available',
            '', CAST(:month AS text), ''
        FROM generate_series(1, :count) n""",
        month=month,
        count=count,
    )


def later(house: House, days: int) -> datetime:
    return NOON + timedelta(days=days)
