"""What two workers publish at once: the later truth stands, whoever was slower."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import cast

import pytest
import time_machine
from sqlalchemy import create_engine, text
from staff_house import NOON, House, member, running, year_end

from tracker import flow
from tracker.projections import surfaces


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with running(database_url) as found, time_machine.travel(NOON, tick=True):
        found.keep(campaign=year_end())
        found.keep(member("ada", NOON - timedelta(days=40)))
        found.is_whole()
        yield found


def published(house: House) -> dict[str, int]:
    """The counts that the stored data holds, by path."""
    with house.app.app_context():
        stored = surfaces.newer_than(0)[1]
    return {one.path: json.loads(one.body)["count"] for one in stored if one.path.endswith(".json")}


def test_a_worker_that_had_to_wait_publishes_what_is_true_when_its_turn_comes(house: House) -> None:
    def publish() -> None:
        with house.app.app_context():
            flow.publish(cast(flow.Line, house.app.extensions["line"]))

    engine = create_engine(house.app.config["SQLALCHEMY_DATABASE_URI"])
    with engine.connect() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": surfaces.ONE_WRITER})
        slow = threading.Thread(target=publish)
        slow.start()
        slow.join(1.0)
        assert slow.is_alive(), "it waits for the other worker"
        house.keep(member("bo", NOON - timedelta(days=2)))
        other.rollback()
    slow.join(20)
    engine.dispose()
    assert published(house)["/e/year-end.en.json"] == 2


def test_the_script_is_kept_under_its_digest_when_something_is_published(house: House) -> None:
    with house.app.app_context():
        flow.publish(cast(flow.Line, house.app.extensions["line"]))
        kept = [one for one in surfaces.newer_than(0)[1] if one.path.endswith(".js")]
    assert len(kept) == 1 and kept[0].valid_until.year == 9999
