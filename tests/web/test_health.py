"""Alive, ready, and how well we hear Stripe: each failing part by its name."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from staff_house import BOOTSTRAP, NOON, House, message, running

from tracker.local import valkey
from tracker.local.ports import any_port


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with running(database_url) as found, time_machine.travel(NOON, tick=True):
        yield found


def test_a_process_that_answers_is_alive(house: House) -> None:
    answer = house.client().get("/healthz")
    assert answer.status_code == 200 and answer.get_json() == {"alive": True}


def test_with_every_part_there_it_is_ready(database_url: str, tmp_path: Path) -> None:
    server = valkey.ensure(tmp_path)
    try:
        with running(database_url, redis_url=server.url) as house:
            answer = house.client().get("/readyz")
            assert answer.get_json() == {"ready": True, "database": "ok", "broker": "ok", "migrations": "ok"}
            assert answer.status_code == 200
    finally:
        server.stop()


def test_a_broker_that_is_away_is_named(database_url: str) -> None:
    with running(database_url, redis_url=f"redis://127.0.0.1:{any_port()}/0") as house:
        answer = house.client().get("/readyz")
        told = answer.get_json()
        assert answer.status_code == 503 and told["database"] == "ok"
        assert told["broker"] == "does not answer (ConnectionError)"


def test_a_database_that_is_behind_is_named_with_the_cure(house: House) -> None:
    from sqlalchemy import text

    from tracker.db import db

    with house.app.app_context():
        was = db.session.scalar(text("SELECT version_num FROM alembic_version"))
        db.session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
        db.session.commit()
        try:
            told = house.client().get("/readyz").get_json()["migrations"]
        finally:
            db.session.execute(text("UPDATE alembic_version SET version_num = :was"), {"was": was})
            db.session.commit()
    assert told.startswith("at 0000, the program needs ") and "tracker db upgrade" in told


def test_prometheus_reads_the_figures_by_token_and_nobody_without(house: House) -> None:
    house.keep(message("evt_1", NOON - timedelta(minutes=1)))
    answer = house.client().get("/metrics", headers={"Authorization": f"Bearer {BOOTSTRAP}"})
    assert "tracker_messages_stored 1.0" in answer.text and "tracker_message_lag_seconds 4.0" in answer.text
    assert house.client().get("/metrics").status_code == 401


def test_staff_read_how_well_we_hear_stripe(house: House) -> None:
    house.keep(message("evt_1", NOON - timedelta(minutes=1)))
    page = house.client("finance").get("/health/stripe").text
    assert "stored 4 seconds after Stripe made it" in page and "Nothing needs a person." in page


def test_before_the_first_message_the_page_says_so(house: House) -> None:
    assert "No message from Stripe has arrived yet." in house.client("audience").get("/health/stripe").text
