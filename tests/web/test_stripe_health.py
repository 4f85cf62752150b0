"""/health/stripe: a sentence, figures, and behind each figure the ids, what it means and what to do."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import text
from staff_house import NOON, House, csrf_of, entry, message, running

from tracker import access
from tracker.db import db
from tracker.intake import unsettled
from tracker.intake.stripe import comparison
from tracker.ledger import books, landmarks
from tracker.ledger.tables import Rejection, StripeObject, SweptEvent

HOUR_AGO = NOON - timedelta(hours=1)


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with running(database_url) as found, time_machine.travel(NOON, tick=False):
        found.is_whole()
        yield found


def page(house: House, role: str = "audience", query: str = "") -> str:
    answer = house.client(role).get(f"/health/stripe{query}")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def waiting(name: str, problem: str | None = None, **more: Any) -> StripeObject:
    return StripeObject(id=name, kind="subscription", wanted=0, done=-1, problem=problem, **more)


def unknown(name: str, problem: str) -> StripeObject:
    return StripeObject(id=name, kind="invoice", wanted=0, done=0, problem=problem)


def scalar(house: House, sql: str) -> Any:
    with house.app.app_context():
        return db.session.scalar(text(sql))


def test_an_unsettled_object_is_named_with_its_trouble_its_words_and_what_to_do(house: House) -> None:
    house.keep(
        waiting("sub_busy", "Stripe did not answer: 429, asked to slow down", attempts=3),
        unknown("in_new", "unknown status 'quarterly'"),
    )
    told = page(house)
    assert "sub_busy subscription Stripe did not answer" in told and "429, asked to slow down" in told
    assert "in_new invoice holds something we do not know unknown status &#39;quarterly&#39;" in told
    assert "Ask for an update of the tracker." in told


def test_since_when_an_object_is_unsettled_is_noted_each_minute_and_ends_with_it(house: House) -> None:
    house.keep(waiting("sub_1"))
    with house.app.app_context():
        unsettled.follow(db.session(), HOUR_AGO)
        unsettled.follow(db.session(), NOON)
        assert unsettled.since(db.session()) == {"sub_1": HOUR_AGO}
        db.session.execute(text("UPDATE stripe_object SET done = wanted"))
        unsettled.follow(db.session(), NOON)
        assert unsettled.since(db.session()) == {}


def test_of_a_long_list_the_first_200_are_shown_and_the_rest_counted(house: House) -> None:
    house.keep(*(waiting(f"sub_{number:03}") for number in range(250)))
    told = page(house)
    assert told.count("sub_") == 200 and "and 50 more" in told


def test_lost_events_are_named_with_type_and_object(house: House) -> None:
    at = NOON - timedelta(hours=2)
    house.keep(SweptEvent(id="evt_lost", type="invoice.paid", object_id="in_1", created_at=at))
    assert "evt_lost invoice.paid in_1" in page(house)


def test_messages_kept_aside_are_named_with_the_reason(house: House) -> None:
    aside = message("evt_live", HOUR_AGO)
    aside.quarantine = "a message of live mode, our key is of test mode"
    house.keep(aside)
    assert "evt_live invoice.paid a message of live mode, our key is of test mode" in page(house)


def test_refused_messages_are_counted_by_reason_with_the_cure(house: House) -> None:
    hour = NOON.replace(minute=0)
    house.keep(Rejection(reason="wrong_secret", hour_at=hour, count=1_234, last_at=NOON))
    told = page(house)
    assert "signed under another secret 1,234" in told and "during a rotation, name both" in told


def test_drift_and_repairs_of_the_last_comparison_are_named(house: House) -> None:
    house.keep(waiting("sub_drift"))
    with house.app.app_context():
        found = {"drift": ["sub_drift", "sub_settled"], "repaired": 2, "repaired_ids": ["sub_a", "sub_b"]}
        landmarks.put(db.session(), landmarks.LAST_SYNC, HOUR_AGO, found)
        db.session.commit()
    told = page(house)
    assert "2 objects differed and were repaired." in told and "sub_a" in told and "sub_drift" in told
    assert "sub_settled" not in told, "what has been settled since is drift no longer"


def test_a_booking_that_differs_is_drift_and_an_alarm_and_one_thing_for_a_person(house: House) -> None:
    differs, unlisted = entry("txn_differs", 1000, 50), entry("txn_unlisted", 250, 30)
    differs.alarm, unlisted.alarm = "a later read differs: amount 1001, fee 50, net 951 EUR", books.UNLISTED
    house.keep(differs, unlisted)
    with house.app.app_context():
        landmarks.put(db.session(), landmarks.LAST_SYNC, HOUR_AGO, {"drift": ["txn_differs", "txn_mended"]})
        db.session.commit()
    told = page(house)
    assert "2 things need a person." in told and "Objects that still differ txn_differs" in told
    assert "a later read of this entry differs txn_differs" in told and "txn_mended" not in told
    assert "Stripe does not have this entry txn_unlisted" in told and "It stays in the books." in told


def test_only_an_admin_sees_the_buttons_and_may_press_them(house: House) -> None:
    house.keep(waiting("sub_1"))
    assert "Fetch these now" not in page(house, "finance") and "Fetch these now" in page(house, "admin")
    for path in ("/health/stripe/fetch", "/health/stripe/compare"):
        assert house.client("audience").post(path).status_code == 403
        assert house.client("admin").post(path).status_code == 400, "without the form's token"


def press(house: House, path: str) -> Any:
    admin = house.client("admin")
    token = csrf_of(admin.get("/health/stripe").text)
    return admin.post(path, data={"csrf_token": token})


def test_fetch_these_now_marks_them_anew_wakes_a_worker_and_is_written_down(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[str] = []
    monkeypatch.setitem(house.app.extensions, "nudge", lambda: woken.append("nudge"))
    house.keep(
        waiting("sub_1", "x", attempts=9, retry_at=NOON + timedelta(minutes=10)), unknown("in_1", "unknown")
    )
    answer = press(house, "/health/stripe/fetch")
    assert answer.status_code == 303 and woken == ["nudge"]
    due = "SELECT count(*) FROM stripe_object WHERE done < wanted AND retry_at IS NULL AND attempts = 0"
    assert scalar(house, due) == 2
    assert "2 objects are being fetched again." in page(house, "admin", "?fetching=2")
    with house.app.app_context():
        line = db.session.query(access.Audit).filter_by(action="asked to fetch unsettled objects").one()
        assert (line.who, line.detail) == ("admin@paper.example", {"objects": 2})


def test_a_comparison_is_asked_for_once_and_the_page_follows_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ConnectionError("no broker")

    monkeypatch.setitem(house.app.extensions, "compare", broken)
    for _ in range(2):
        assert press(house, "/health/stripe/compare").status_code == 303
    assert "A comparison was asked for" in page(house) and "Compare with Stripe now" not in page(house, "admin")
    with house.app.app_context():
        comparison.begin(db.session(), NOON)
    assert "A comparison is running since" in page(house)
    with house.app.app_context():
        comparison.end(db.session(), NOON, "Stripe did not answer")
    told = page(house, "admin")
    assert "could not be done: Stripe did not answer" in told and "Compare with Stripe now" in told
    assert scalar(house, "SELECT count(*) FROM audit WHERE action = 'asked to compare with Stripe'") == 1


def test_with_nothing_the_matter_every_list_says_none(house: House) -> None:
    told = page(house)
    assert told.count("None.") == 5 and "Nothing needs a person." in told


def test_the_page_speaks_ukrainian(house: House) -> None:
    house.keep(waiting("sub_1"))
    answer = house.client("admin").get("/health/stripe", headers={"Accept-Language": "uk"})
    english = re.findall(r"Unsettled|Fetch these now|What to do|Compare with Stripe now|waits for", answer.text)
    assert english == []
