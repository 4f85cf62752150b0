"""The journey when Stripe's messages come twice, or not at all: the same number, the same cents."""

import json
import time

import pytest

from tests.journeys.house import House, soon
from tests.journeys.readers import Account, booked, join

pytestmark = pytest.mark.journey

QUICKLY = 10.0


def counts(house: House, count: int, within: float = QUICKLY) -> None:
    soon(lambda: house.count() == count, time.monotonic() + within, f"the banner shows {count}")


def test_with_every_message_twice_a_reader_counts_once_and_is_booked_once(house: House, account: Account) -> None:
    before = house.count()
    assert before is not None
    account.break_webhooks(duplicate=2)
    bought = join(house, "twice@example.org")
    counts(house, before + 1)
    arrived = time.monotonic() + QUICKLY
    soon(lambda: bool(booked(house, bought)), arrived, "the charge is booked")
    soon(lambda: {tuple(told) for told in account.attempts(bought)} == {("delivered",) * 2}, arrived, "all twice")
    assert [row["reporting_category"] for row in booked(house, bought)] == ["charge"]
    account.refund(bought)
    counts(house, before)


def test_with_every_message_lost_a_sync_repairs_and_no_drift_is_left(house: House, account: Account) -> None:
    before = house.count()
    assert before is not None
    account.break_webhooks(drop=1)
    bought = join(house, "lost@example.org")
    synced = house.tracker("sync", "--json")
    assert {tuple(told) for told in account.attempts(bought)} == {("dropped",)}
    assert synced.returncode == 0, synced.stderr
    assert json.loads(synced.stdout)["drift"] == []
    counts(house, before + 1)
    assert [row["reporting_category"] for row in booked(house, bought)] == ["charge"]
    account.end(bought)
    assert house.tracker("sync", "--json").returncode == 0
    counts(house, before)


def test_a_killed_worker_is_started_again_and_the_reader_is_counted(house: House, account: Account) -> None:
    before = house.count()
    assert before is not None
    house.kill("worker")
    bought = join(house, "killed@example.org")
    counts(house, before + 1, within=60.0)
    account.end(bought)
    counts(house, before)
