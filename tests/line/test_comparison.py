"""A comparison that staff asked for: done by a worker, found again where the message to it was lost."""

from dataclasses import replace

import pytest

from tests.line.conftest import House
from tracker import flow, tasks
from tracker.db import db
from tracker.intake.stripe import comparison, shapes
from tracker.intake.stripe.gateway import Gateway


def asked(house: House) -> comparison.Comparison:
    found = comparison.last(db.session())
    assert found is not None
    return found


def test_a_worker_compares_repairs_and_says_when_it_ended(house: House) -> None:
    house.connect()
    subscription = house.join("ada@example.org")
    assert comparison.ask(db.session(), "admin@paper.example", house.now())
    assert not comparison.ask(db.session(), "admin@paper.example", house.now()), "one is on its way"
    tasks.compare()
    assert asked(house).ended_at == house.now() and asked(house).problem is None
    assert house.count() == 1 and subscription
    assert comparison.ask(db.session(), "admin@paper.example", house.now())


def test_one_whose_message_was_lost_is_found_by_the_next_minute(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.connect()
    comparison.ask(db.session(), "admin@paper.example", house.now())
    sent: list[dict[str, float]] = []
    monkeypatch.setattr(tasks.compare, "apply_async", lambda **how: sent.append(how))
    tasks.minute()
    assert len(sent) == 1
    tasks.compare()
    tasks.minute()
    assert len(sent) == 1 and not comparison.is_wanted(db.session())


def test_it_waits_while_another_sweep_runs(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.connect()
    comparison.ask(db.session(), "admin@paper.example", house.now())
    sent: list[dict[str, float]] = []
    monkeypatch.setattr(tasks.compare, "apply_async", lambda **how: sent.append(how))
    with flow.alone(db.session()) as granted:
        assert granted
        tasks.compare()
    assert len(sent) == 1 and asked(house).started_at is None


def test_where_stripe_does_not_answer_the_page_says_so(house: House) -> None:
    house.connect()
    comparison.ask(db.session(), "admin@paper.example", house.now())
    line = house.line
    away = Gateway("sk_test_x", "http://127.0.0.1:9")
    house.app.extensions["line"] = flow.Line(line.settings, away, line.clock)
    tasks.compare()
    assert asked(house).ended_at is not None and asked(house).problem


def test_an_object_that_cannot_be_read_is_drift_and_not_passed_over(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stripe's list holds it, ours does not: the sync says so until it can be read."""
    house.connect()
    subscription = house.join("ada@example.org")
    real = shapes.KINDS["subscription"]

    def unreadable(raw: shapes.Raw) -> shapes.Reading:
        raise KeyError("items")

    monkeypatch.setitem(shapes.KINDS, "subscription", replace(real, read=unreadable))
    assert flow.sync(house.line, full=True).drift == [subscription]
    monkeypatch.setitem(shapes.KINDS, "subscription", real)
    assert flow.sync(house.line, full=True).drift == [] and house.count() == 1
