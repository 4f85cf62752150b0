"""The read models follow every change, two workers side by side, an update of ours, and an erased person."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from tests.projections.worlds import NOW, World
from tracker.core import facts
from tracker.db import db
from tracker.ledger import landmarks, people
from tracker.ledger.tables import Contact
from tracker.projections import coverage, queries, received, tally

Invent = Callable[[int, str], World]
KYIV = "Europe/Kyiv"


def test_two_workers_on_the_same_days_come_to_what_a_rebuild_comes_to(
    invent: Invent, projecting: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes three persons at a time; all of them move figures of the same days."""
    monkeypatch.setattr(coverage, "BATCH", 3)
    world = invent(11, KYIV)
    everybody = people.all_persons(world.session)
    for _ in range(3):
        for number in range(0, 25, 2):
            world.person(f"p{number}")
        people.mark_stale(world.session, everybody)
        world.session.commit()
        with ThreadPoolExecutor(3) as workers:
            done = sum(workers.map(lambda _: work(projecting), range(3)))
        assert done >= len(everybody) // 2
        assert not coverage.is_behind(world.session)
        assert coverage.live_hash(world.session) == coverage.rebuilt_hash(world.session)
        world.session.commit()


def work(app: Flask) -> int:
    with app.app_context():
        try:
            done = coverage.catch_up(db.session(), NOW)
            received.catch_up(db.session())
            return done
        finally:
            db.session.remove()


def test_whoever_changes_the_same_figures_in_another_order_waits_and_adds(
    invent: Invent, projecting: Flask
) -> None:
    invent(12, KYIV).session.commit()
    days = [date(2030, 1, 1) + timedelta(days=number) for number in range(40)]

    def add(worker: int) -> None:
        with projecting.app_context():
            for _ in range(20):
                order = days if worker % 2 else days[::-1]
                tally.change(db.session(), Counter({("year-end", "joined", day, ""): 1 for day in order}))
                db.session.commit()
            db.session.remove()

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(add, range(4)))
    asked = text("SELECT DISTINCT n FROM tally WHERE day >= '2030-01-01'")
    assert db.session.scalars(asked).all() == [80]


def test_another_country_of_the_payer_moves_the_person_and_no_count(invent: Invent) -> None:
    world = invent(13, KYIV)
    person, count = some_member(world), queries.count_at(world.campaign, NOW)
    world.tell(contact=facts.Contact(person, None, "FR"))
    world.follow()
    assert countries(world, person) == {"FR"}
    assert queries.count_at(world.campaign, NOW) == count
    assert coverage.live_hash(world.session) == coverage.rebuilt_hash(world.session)


def test_erasing_a_person_changes_no_count(invent: Invent) -> None:
    world = invent(14, KYIV)
    person = some_member(world)
    before = [queries.count_at(world.campaign, NOW - timedelta(days=days)) for days in range(0, 400, 40)]
    contact = world.session.get(Contact, person)
    if contact is not None:
        contact.email = contact.country = None
        contact.erased_at = NOW
    people.mark_stale(world.session, [person])
    world.follow()
    assert [queries.count_at(world.campaign, NOW - timedelta(days=days)) for days in range(0, 400, 40)] == before
    assert coverage.live_hash(world.session) == coverage.rebuilt_hash(world.session)


def some_member(world: World) -> str:
    found = "SELECT person_id FROM segment WHERE person_id LIKE 'cus_p%' AND membership_id LIKE 'sub_%' LIMIT 1"
    return str(world.session.scalar(text(found)))


def countries(world: World, person: str) -> set[str]:
    found = "SELECT country FROM segment WHERE person_id = :person AND membership_id NOT LIKE 'offline:%'"
    return set(world.session.scalars(text(found), {"person": person}))


def test_after_an_update_nothing_is_told_before_everybody_was_worked_out_anew(invent: Invent) -> None:
    world = invent(15, KYIV)
    count = queries.count_at(world.campaign, NOW)
    landmarks.put(world.session, landmarks.REBUILD_DUE, NOW)
    for table in ("tally", "tally_part", "segment"):
        world.session.execute(text(f"DELETE FROM {table}"))
    assert queries.progress(world.campaign, NOW).count is None
    coverage.rebuild(world.session, NOW)
    assert queries.progress(world.campaign, NOW).count == count
    assert coverage.live_hash(world.session) == coverage.rebuilt_hash(world.session)


def test_an_error_planted_in_the_tally_is_found_by_its_hash(invent: Invent) -> None:
    world = invent(16, KYIV)
    truth = coverage.live_hash(world.session)
    world.session.execute(text("UPDATE tally SET n = n + 1 WHERE measure = 'joined'"))
    assert coverage.live_hash(world.session) != truth == coverage.rebuilt_hash(world.session)


def test_equal_e_mails_are_noted_whoever_writes_them_and_however(invent: Invent) -> None:
    session = invent(17, KYIV).session
    session.execute(text("DELETE FROM contact"))
    twins = text("SELECT customer_id FROM contact WHERE has_twin ORDER BY 1")
    session.add_all(
        [Contact(customer_id="a", email="Ada@example.org"), Contact(customer_id="b", email="b@example.org")]
    )
    session.flush()
    assert session.scalars(twins).all() == []
    session.add(Contact(customer_id="c", email="ada@EXAMPLE.org"))
    session.flush()
    assert session.scalars(twins).all() == ["a", "c"]
    session.execute(text("UPDATE contact SET email = 'b@example.org' WHERE customer_id = 'c'"))
    assert session.scalars(twins).all() == ["a", "b", "c"], "a superset: it is never taken back"
