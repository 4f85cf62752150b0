"""RULES 6 and 8: a booking stays as first stored; what was altered here comes back, the rest is an alarm."""

from typing import Any

import flask_migrate
import pytest
from sqlalchemy import text

from tests.line.conftest import House
from tracker import flow
from tracker.db import db
from tracker.intake import health
from tracker.intake.stripe import sweep
from tracker.ledger import books

ALTERED = {
    "type": "'payment'",
    "reporting_category": "'fee'",
    "currency": "'USD'",
    "amount_minor": "amount_minor + 1",
    "fee_minor": "fee_minor - 1",
    "net_minor": "-net_minor",
    "created_at": "created_at + interval '1 second'",
    "source_id": "NULL",
}


@pytest.fixture
def compared(house: House) -> House:
    """An account with the booking of one membership; an hour later everything was compared with Stripe's lists."""
    house.connect()
    house.join("ada@example.org")
    house.sandbox.clock.advance(hours=1)
    flow.sync(house.line, full=True)
    return house


def the_charge(house: House) -> str:
    found: str = house.scalar("SELECT min(id) FROM entry WHERE type = 'charge'")
    return found


def alter(sql: str) -> None:
    db.session.execute(text(sql))
    db.session.commit()


def at_stripe(house: House, entry: str, **fields: int) -> None:
    """Stripe itself tells the booking otherwise from now on."""
    world = house.sandbox.world
    with world.working():
        world.change("balance_transaction", world.find("balance_transaction", entry), **fields)


def alarms(house: House) -> list[tuple[str, str]]:
    return [(one.kind, one.object_id) for one in health.stripe_health(house.now()).alarms]


def plant(house: House, created: str) -> None:
    """A booking that Stripe knows nothing of, made at that SQL instant."""
    alter(
        "INSERT INTO entry (id, type, reporting_category, currency, amount_minor, fee_minor, net_minor,"
        " created_at, status, booked_month, digest)"
        f" SELECT 'txn_planted', type, reporting_category, currency, 1, 0, 1, {created}, status, booked_month,"
        f" digest FROM entry WHERE id = '{the_charge(house)}'"
    )


@pytest.mark.parametrize("is_full", [False, True], ids=["nightly", "full"])
@pytest.mark.parametrize("column", ALTERED)
def test_whatever_of_a_booking_is_altered_here_comes_back(compared: House, column: str, is_full: bool) -> None:
    entry, whole = the_charge(compared), "SELECT CAST(e AS text) FROM entry e"
    before = compared.scalar(whole)
    alter(f"UPDATE entry SET {column} = {ALTERED[column]}")
    assert compared.scalar(whole) != before
    synced = flow.sync(compared.line, full=is_full)
    assert (synced.drift, synced.repaired, alarms(compared)) == ([], [entry], [])
    assert compared.scalar(whole) == before
    assert flow.sync(compared.line, full=is_full).repaired == []


def test_a_nightly_sync_brings_back_what_went_missing_and_leaves_older_bookings_to_the_full_one(
    compared: House,
) -> None:
    old = the_charge(compared)
    compared.sandbox.clock.advance(days=62)
    flow.minute(compared.line)
    flow.sync(compared.line, full=False)
    recent = compared.scalar("SELECT max(id) FROM entry WHERE type = 'charge' AND created_at > '2026-12-20'")
    alter(f"DELETE FROM entry WHERE id IN ('{old}', '{recent}')")
    assert flow.sync(compared.line, full=False).repaired == [recent]
    assert flow.sync(compared.line, full=True).repaired == [old]


def test_news_are_not_counted_as_repaired(compared: House) -> None:
    compared.join("bo@example.org")
    synced = flow.sync(compared.line, full=True)
    booked = compared.scalar("SELECT count(*) FROM entry WHERE type = 'charge'")
    assert booked == 2 and [one for one in synced.repaired if one.startswith("txn_")] == []


def test_a_booking_missing_since_the_first_reading_is_repaired_by_the_first_sync(house: House) -> None:
    house.join("ada@example.org")
    house.sandbox.clock.advance(hours=1)
    house.connect()
    entry = the_charge(house)
    alter("DELETE FROM entry")
    assert flow.sync(house.line, full=True).repaired == [entry]


def test_what_a_fetch_set_right_before_the_sync_is_named_by_the_sync(compared: House) -> None:
    entry = the_charge(compared)
    alter("UPDATE entry SET net_minor = net_minor + 1")
    alter("UPDATE stripe_object SET wanted = nextval('hint') WHERE kind = 'charge'")
    flow.minute(compared.line)
    assert compared.scalar("SELECT amount_minor - fee_minor - net_minor FROM entry") == 0
    assert flow.sync(compared.line, full=False).repaired == [entry]
    assert flow.sync(compared.line, full=False).repaired == []


@pytest.mark.parametrize("is_full", [False, True], ids=["nightly", "full"])
def test_what_stripe_itself_tells_otherwise_is_an_alarm_and_drift_and_keeps_its_amount(
    compared: House, is_full: bool
) -> None:
    entry = the_charge(compared)
    at_stripe(compared, entry, amount=501)
    for _ in range(2):
        synced = flow.sync(compared.line, full=is_full)
        assert (synced.drift, synced.repaired) == ([entry], [])
        assert alarms(compared) == [("entry_differs", entry)]
        assert health.stripe_health(compared.now()).drift == [entry]
    assert compared.scalar("SELECT amount_minor FROM entry") == 500
    assert "a later read differs: amount 501" in compared.scalar("SELECT alarm FROM entry")
    at_stripe(compared, entry, amount=500)
    synced = flow.sync(compared.line, full=is_full)
    assert (synced.drift, synced.repaired, alarms(compared)) == ([], [], [])


def test_what_is_altered_here_and_at_stripe_is_left_to_a_person(compared: House) -> None:
    entry = the_charge(compared)
    at_stripe(compared, entry, amount=501)
    alter("UPDATE entry SET amount_minor = 499")
    assert flow.sync(compared.line, full=True).drift == [entry]
    assert compared.scalar("SELECT amount_minor FROM entry") == 499
    at_stripe(compared, entry, amount=500)
    synced = flow.sync(compared.line, full=True)
    assert (synced.drift, synced.repaired) == ([], [entry])
    assert compared.scalar("SELECT amount_minor FROM entry") == 500


@pytest.mark.parametrize("is_full", [False, True], ids=["nightly", "full"])
def test_a_booking_that_stripe_does_not_have_is_drift_and_an_alarm_and_stays(
    compared: House, is_full: bool
) -> None:
    plant(compared, "created_at")
    for _ in range(2):
        synced = flow.sync(compared.line, full=is_full)
        assert (synced.drift, synced.repaired) == (["txn_planted"], [])
        assert alarms(compared) == [("entry_unlisted", "txn_planted")]
        assert health.stripe_health(compared.now()).drift == ["txn_planted"]
        assert compared.progress().unsettled == 0
    assert compared.scalar("SELECT amount_minor FROM entry WHERE id = 'txn_planted'") == 1
    alter("DELETE FROM entry WHERE id = 'txn_planted'")
    assert flow.sync(compared.line, full=is_full).drift == [] and alarms(compared) == []


def test_an_old_one_that_stripe_does_not_have_is_found_by_the_full_sync_and_stays_drift(compared: House) -> None:
    plant(compared, "created_at - interval '60 days'")
    assert flow.sync(compared.line, full=False).drift == []
    assert flow.sync(compared.line, full=True).drift == ["txn_planted"]
    assert flow.sync(compared.line, full=False).drift == ["txn_planted"]


def test_the_alarm_goes_when_stripe_has_the_booking_after_all(compared: House) -> None:
    world, entry = compared.sandbox.world, the_charge(compared)
    record = world.find("balance_transaction", entry)
    with world.working():
        world.store.db.execute("DELETE FROM o_balance_transaction WHERE id = ?", (entry,))
    assert flow.sync(compared.line, full=True).drift == [entry]
    with world.working():
        world.store.put("balance_transaction", record)
    synced = flow.sync(compared.line, full=False)
    assert (synced.drift, synced.repaired, alarms(compared)) == ([], [], [])


def test_a_booking_that_comes_while_the_list_is_read_is_not_called_missing(
    compared: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stripe has answered with its list; before that is stored, a message of a new booking is dealt with."""
    real = sweep._store_page

    def store_page(*given: Any, **how: Any) -> Any:
        if given[2] is sweep.BOOKINGS:
            compared.join("bo@example.org")
            for event in compared.events():
                compared.deliver(event)
            compared.process()
            assert compared.scalar("SELECT count(*) FROM entry WHERE type = 'charge'") == 2
        return real(*given, **how)

    monkeypatch.setattr(sweep, "_store_page", store_page)
    synced = flow.sync(compared.line, full=True)
    assert synced.drift == [] and alarms(compared) == []


@pytest.mark.parametrize("days", [-60, 60])
def test_a_booking_whose_instant_was_altered_over_the_nightly_window_is_no_nonsense(
    compared: House, days: int
) -> None:
    """Moved out of the window, or into it: what Stripe lists, or says when it is asked, sets it back."""
    entry = the_charge(compared)
    if days > 0:
        compared.sandbox.clock.advance(days=60)
        flow.sync(compared.line, full=False)
    alter(f"UPDATE entry SET created_at = created_at + interval '{days} days' WHERE id = '{entry}'")
    synced = flow.sync(compared.line, full=False)
    assert (synced.drift, synced.repaired, alarms(compared)) == ([], [entry], [])
    assert str(compared.scalar(f"SELECT created_at FROM entry WHERE id = '{entry}'")).startswith("2026-11-03")


def test_what_was_booked_before_the_digest_came_is_clean_after_the_migration(compared: House) -> None:
    digests = "SELECT string_agg(id || encode(digest, 'hex'), ';' ORDER BY id) FROM entry"
    before = compared.scalar(digests)
    db.session.remove()
    try:
        flask_migrate.downgrade(revision="0002")
    finally:
        flask_migrate.upgrade()
    db.engine.dispose()
    assert compared.scalar(digests) == before
    synced = flow.sync(compared.line, full=True)
    assert (synced.drift, synced.repaired, alarms(compared)) == ([], [], [])


def test_a_digest_is_the_same_in_every_zone_and_date_style(compared: House) -> None:
    db.session.execute(text("SET LOCAL TIME ZONE 'America/Caracas'; SET LOCAL DateStyle TO 'German'"))
    assert compared.scalar(f"SELECT bool_and(digest = {books.DIGEST}) FROM entry") is True
    db.session.rollback()
