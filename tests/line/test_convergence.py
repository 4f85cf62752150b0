"""RULES 8: after any duplication, order, delay or loss of messages, the same members and the same cents."""

import itertools

from sqlalchemy import text

from tests.line.conftest import FAILS_LATER, House
from tracker import flow
from tracker.db import db
from tracker.intake.stripe import refresh
from tracker.ledger import objects
from tracker.projections.rows import TABLES


def test_a_reader_who_joins_is_counted_once_the_messages_are_in(house: House) -> None:
    house.connect()
    assert house.count() == 0
    house.join("ada@example.org")
    for event in house.events():
        house.deliver(event)
    house.process()
    assert house.count() == 1


def test_no_number_is_told_before_the_account_is_read(house: House) -> None:
    house.join("ada@example.org")
    assert house.count() is None and house.progress().state == "unknown"


def test_every_message_twice_counts_once(house: House) -> None:
    house.connect()
    house.join("ada@example.org")
    for event in house.events():
        assert house.deliver(event).is_new
        assert not house.deliver(event).is_new
    house.process()
    assert house.count() == 1
    assert house.scalar("SELECT count(*) FROM message") == len(house.events())
    assert house.scalar("SELECT sum(amount_minor) FROM entry") == 500


def test_all_messages_lost_the_sweep_finds_the_reader(house: House) -> None:
    house.connect()
    house.join("ada@example.org")
    house.process()
    assert house.count() == 0
    flow.minute(house.line)
    assert house.count() == 1


def test_a_refund_and_a_cancellation_take_it_back(house: House) -> None:
    house.connect()
    first, second = house.join("ada@example.org"), house.join("bo@example.org")
    flow.minute(house.line)
    assert house.count() == 2
    house.sandbox.clock.advance(hours=1)
    house.refund(first)
    house.cancel(second)
    house.sandbox.clock.advance(minutes=1)
    flow.minute(house.line)
    found = house.progress()
    assert (found.count, found.joined, found.left) == (0, 2, 2)
    assert house.scalar("SELECT sum(amount_minor) FROM entry") == 500


def story(house: House) -> list[dict[str, object]]:
    """Six events of one subscription's life: created, paid, set to end, kept, refunded in part, ended."""
    subscription = house.join("ada@example.org")
    house.sandbox.clock.advance(days=1)
    house.client.v1.subscriptions.update(subscription, {"cancel_at_period_end": True})
    house.sandbox.clock.advance(days=1)
    house.client.v1.subscriptions.update(subscription, {"cancel_at_period_end": False})
    house.sandbox.clock.advance(days=1)
    house.refund(subscription, 200)
    house.sandbox.clock.advance(days=1)
    house.client.v1.subscriptions.cancel(subscription)
    house.sandbox.clock.advance(days=1)
    told = [
        event
        for event in house.events()
        if event["type"].startswith(("customer.subscription.", "invoice.paid", "refund.created"))
    ]
    return [event for event in told if "incomplete" not in str(event["data"].get("previous_attributes"))]


def test_all_720_orders_of_a_six_event_story_end_in_the_same_count(house: House) -> None:
    """Each order from nothing, processed after every third message."""
    six = story(house)
    assert len({event["id"] for event in six}) == 6, [event["type"] for event in six]
    house.connect()
    booked = "SELECT sum(net_minor) FROM entry WHERE type <> 'payout'"
    truth, cents = house.hash(), house.scalar(booked)
    truth_count = house.count()
    kept = [table.name for table in TABLES]
    for order in itertools.permutations(six):
        for table in (
            *"message stripe_object entry transition stale_person tally received stale_purpose".split(),
            *kept,
        ):
            db.session.execute(text(f"DELETE FROM {table}"))
        for number, event in enumerate(order):
            house.deliver(event)
            if number % 3 == 2:
                house.work_out()
        assert (house.hash(), house.count()) == (truth, truth_count), [event["type"] for event in order]
        assert house.scalar(booked) == cents


def test_a_slow_fetch_never_overwrites_a_newer_one(house: House) -> None:
    house.connect()
    subscription = house.join("ada@example.org")
    flow.minute(house.line)
    session = db.session()
    early = objects.next_number(session)
    before = house.line.gateway.get(f"/v1/subscriptions/{subscription}")
    assert before is not None
    house.cancel(subscription)
    flow.minute(house.line)
    assert house.count() == 0
    reading = refresh.shapes.read("subscription", before)
    assert refresh.store(session, early, [reading], house.line.settings.zone, house.now()).changed == set()
    house.process()
    assert house.count() == 0


def test_a_hint_that_comes_while_its_object_is_fetched_is_not_lost(house: House) -> None:
    """The message is stored between the fetch and its write: the object stays marked and is fetched again."""
    house.connect()
    subscription = house.join("ada@example.org")
    flow.minute(house.line)
    session = db.session()
    objects.want(session, [("subscription", subscription)])
    number = objects.next_number(session)
    old = house.line.gateway.get(f"/v1/subscriptions/{subscription}")
    assert old is not None
    house.cancel(subscription)
    objects.want(session, [("subscription", subscription)])
    refresh.store(
        session, number, [refresh.shapes.read("subscription", old)], house.line.settings.zone, house.now()
    )
    session.commit()
    assert house.count() == 1 and objects.marked_count(session) == 1
    house.process()
    assert house.count() == 0


def test_a_failed_renewal_is_in_grace_and_leaves_when_stripe_gives_up(house: House) -> None:
    house.connect()
    house.join("ada@example.org", card=FAILS_LATER)
    house.sandbox.clock.advance(days=31)
    flow.minute(house.line)
    found = house.progress()
    assert (found.count, found.in_grace) == (1, 1)
    house.sandbox.clock.advance(days=20)
    flow.minute(house.line)
    found = house.progress()
    assert (found.count, found.in_grace, found.left) == (0, 0, 1)


def test_a_rebuild_gives_the_live_hash_and_a_planted_error_is_told(house: House) -> None:
    house.connect()
    for number in range(5):
        house.join(f"reader{number}@example.org")
    flow.minute(house.line)
    made, live = flow.verify(house.line)
    assert made == live
    db.session.execute(text("DELETE FROM stretch WHERE id = (SELECT min(id) FROM stretch)"))
    db.session.commit()
    made, live = flow.verify(house.line)
    assert made != live
    assert flow.rebuild(house.line) == made and house.count() == 5


def test_what_was_shown_to_readers_is_kept(house: House) -> None:
    house.connect()
    for email in ("ada@example.org", "bo@example.org"):
        house.join(email)
        house.sandbox.clock.advance(minutes=1)
        flow.minute(house.line)
    shown = db.session.execute(text("SELECT count FROM published ORDER BY id")).scalars().all()
    assert shown == [0, 1, 2]


def test_as_of_stands_still_when_stripe_does_not_answer(house: House) -> None:
    house.connect()
    before = house.progress().as_of
    house.join("ada@example.org")
    for event in house.events():
        house.deliver(event)
    house.sandbox.clock.advance(minutes=5)
    gateway = house.line.gateway
    broken = flow.Line(house.line.settings, type(gateway)("sk_test_x", "http://127.0.0.1:9"), house.line.clock)
    flow.process(broken, all_marked=True)
    assert house.progress().as_of == before and house.count() == 0
    assert house.progress().unsettled > 0
    flow.minute(house.line)
    house.process()
    assert house.count() == 1


def test_a_sync_names_what_differed_and_leaves_no_drift(house: House) -> None:
    house.connect()
    subscription = house.join("ada@example.org")
    flow.minute(house.line)
    clean = flow.sync(house.line, full=True)
    assert (clean.lost, clean.drift, clean.repaired) == ([], [], [])
    db.session.execute(
        text(
            "UPDATE stripe_object SET fields = jsonb_set(fields, '{ended_at}', '\"2026-11-03T12:00:01Z\"')"
            " WHERE id = :id"
        ),
        {"id": subscription},
    )
    db.session.execute(
        text("INSERT INTO stale_person SELECT customer_id FROM stripe_object WHERE id = :id"), {"id": subscription}
    )
    db.session.commit()
    repaired = flow.sync(house.line, full=True)
    assert (repaired.drift, repaired.repaired) == ([], [subscription])
    assert house.count() == 1


def test_a_planted_cent_is_found_named_and_repaired_by_the_next_sync(house: House) -> None:
    """In an object, in a booking, and a booking that is gone: each by its id, and right to the cent again."""
    house.connect()
    for email in ("ada@example.org", "bo@example.org", "cy@example.org"):
        house.join(email)
    flow.minute(house.line)
    house.sandbox.clock.advance(hours=1)
    flow.sync(house.line, full=True)
    books = "SELECT string_agg(CAST(e AS text), ';' ORDER BY id) FROM entry e"
    before, run = house.scalar(books), db.session.execute
    invoice = house.scalar("SELECT min(id) FROM stripe_object WHERE kind = 'invoice'")
    gone, altered, _ = run(text("SELECT id FROM entry WHERE type = 'charge' ORDER BY id")).scalars().all()
    cent = "jsonb_set(fields, '{total_minor}', to_jsonb(cast(fields ->> 'total_minor' AS int) + 1))"
    planted = text(f"UPDATE stripe_object SET fields = {cent} WHERE id = :id RETURNING fields ->> 'total_minor'")
    assert run(planted, {"id": invoice}).scalar_one() == "501"
    run(text("DELETE FROM entry WHERE id = :id"), {"id": gone})
    run(text("UPDATE entry SET amount_minor = amount_minor + 1 WHERE id = :id"), {"id": altered})
    db.session.commit()
    assert house.scalar("SELECT sum(amount_minor) FROM entry") == 1001

    synced = flow.sync(house.line, full=True)

    assert (synced.drift, synced.repaired) == ([], sorted([invoice, gone, altered]))
    assert house.scalar("SELECT sum(amount_minor) FROM entry") == 1500
    assert house.scalar(books) == before and house.count() == 3
    assert flow.sync(house.line, full=True).repaired == []


def test_the_bridge_to_stripe_closes(house: House) -> None:
    house.connect()
    house.join("ada@example.org")
    refunded = house.join("bo@example.org")
    house.sandbox.clock.advance(minutes=5)
    house.refund(refunded)
    house.sandbox.clock.advance(minutes=1)
    steps = {step["step"]: step for step in flow.sync(house.line, full=True).stripe_bridge}
    between = sum(step["count"] for name, step in steps.items() if name not in ("stripe_active", "ours"))
    assert (steps["stripe_active"]["count"], between, steps["ours"]["count"]) == (2, -1, 1)
    assert len(steps["nothing_paid_in_force"]["ids"]) == 1
