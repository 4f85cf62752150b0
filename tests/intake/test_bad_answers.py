"""Whatever Stripe's API or a proxy before it answers: a clear problem on the object, tried again, nothing lost."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import liar
import pytest
import stripe
from liar import Liar
from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.intake.stripe import gateway, sweep, trouble
from tracker.intake.stripe.gateway import Gateway, StripeOddAnswerError, StripeRefusedError
from tracker.intake.stripe.pace import Pace
from tracker.intake.stripe.refresh import refresh_marked
from tracker.intake.stripe.trouble import Trouble
from tracker.ledger import objects

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KYIV = ZoneInfo("Europe/Kyiv")
CUSTOMER = {
    "id": "cus_1",
    "object": "customer",
    "livemode": False,
    "created": 1_700_000_000,
    "email": "a@b.example",
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Liar]:
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.01)
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(gateway, "TIMEOUT_SECONDS", 0.3)
    with liar.running() as found:
        yield found


def refresh(session: Session, server: Liar, now: datetime = NOON) -> int:
    return refresh_marked(session, Gateway("sk_test_liar", server.url), KYIV, lambda: now)


def kept(session: Session) -> tuple[Trouble, str | None, int, datetime | None, bool]:
    row = session.execute(
        text(
            "SELECT problem, attempts, retry_at, done < wanted AS is_marked FROM stripe_object WHERE id = 'cus_1'"
        )
    ).one()
    return trouble.of(row.problem), row.problem, row.attempts, row.retry_at, row.is_marked


def error(code: str | None, words: str) -> dict[str, Any]:
    return {"error": {"type": "invalid_request_error", "code": code, "message": words}}


BAD_DAYS: dict[str, tuple[Trouble, str, dict[str, Any]]] = {
    "429": (Trouble.UNREACHABLE, "429", {"body": error("rate_limit", "Slow down."), "status": 429}),
    "a lock held too long": (
        Trouble.UNREACHABLE,
        "409",
        {"body": error("lock_timeout", "This object cannot be accessed right now."), "status": 409},
    ),
    "500": (Trouble.UNREACHABLE, "500", {"body": error(None, "Something broke."), "status": 500}),
    "503 as a page of a proxy": (Trouble.UNREACHABLE, "503", {"body": b"<html>busy</html>", "status": 503}),
    "too slow": (Trouble.UNREACHABLE, "", {"body": CUSTOMER, "seconds": 0.6}),
    "a cut connection": (Trouble.UNREACHABLE, "", {"body": CUSTOMER, "is_cut": True}),
    "half an answer": (Trouble.UNREACHABLE, "", {"body": CUSTOMER, "missing": 20}),
    "the key may not": (Trouble.REFUSED, "may not", {"body": error(None, "The key may not."), "status": 403}),
    "the key is none": (Trouble.REFUSED, "Invalid", {"body": error(None, "Invalid API Key"), "status": 401}),
    "no such path": (Trouble.REFUSED, "Unrecognized", {"body": error(None, "Unrecognized URL"), "status": 404}),
    "a page of a proxy": (Trouble.ODD_ANSWER, "not the JSON", {"body": b"<html>sign in</html>"}),
    "half of the JSON": (Trouble.ODD_ANSWER, "not the JSON", {"body": b'{"id": "cus_1", "obj'}),
    "no text at all": (Trouble.ODD_ANSWER, "not the JSON", {"body": b"\xff\xfe\x00"}),
    "a bare list": (Trouble.ODD_ANSWER, "no object", {"body": [CUSTOMER]}),
    "a list of Stripe's": (
        Trouble.ODD_ANSWER,
        "it is 'list'",
        {"body": {"object": "list", "data": [CUSTOMER], "has_more": False}},
    ),
    "another id": (Trouble.ODD_ANSWER, "it is 'cus_2'", {"body": CUSTOMER | {"id": "cus_2"}}),
    "another kind": (Trouble.ODD_ANSWER, "it is 'charge'", {"body": CUSTOMER | {"object": "charge"}}),
    "live mode": (Trouble.ODD_ANSWER, "is of live mode", {"body": CUSTOMER | {"livemode": True}}),
    "an id that is a number": (Trouble.ODD_ANSWER, "it is '7'", {"body": CUSTOMER | {"id": 7}}),
    "a time beyond time": (Trouble.UNREADABLE, "customer cus_1", {"body": CUSTOMER | {"created": 10**18}}),
    "a time that is a word": (Trouble.UNREADABLE, "customer cus_1", {"body": CUSTOMER | {"created": "now"}}),
    "an e-mail that is a list": (Trouble.UNREADABLE, "customer cus_1", {"body": CUSTOMER | {"email": ["a"]}}),
    "a zero byte": (Trouble.UNREADABLE, "zero byte", {"body": CUSTOMER | {"email": "a\x00@b.example"}}),
}


@pytest.mark.parametrize(("kind", "words", "said"), BAD_DAYS.values(), ids=BAD_DAYS.keys())
def test_a_bad_answer_is_a_clear_problem_and_the_object_stays_marked(
    session: Session, server: Liar, kind: Trouble, words: str, said: dict[str, Any]
) -> None:
    objects.want(session, [("customer", "cus_1")])
    server.says(**said)
    assert refresh(session, server) == 0
    found, problem, attempts, retry_at, is_marked = kept(session)
    assert (found, attempts, is_marked) == (kind, 1, True) and words in str(problem)
    assert retry_at == NOON + timedelta(seconds=2)
    assert session.scalar(text("SELECT count(*) FROM stripe_object WHERE fields IS NOT NULL")) == 0
    server.says(CUSTOMER)
    assert refresh(session, server, NOON + timedelta(seconds=2)) == 1
    assert kept(session)[:2] == (Trouble.WAITING, None)


def test_the_pauses_grow_and_end_at_ten_minutes(session: Session, server: Liar) -> None:
    objects.want(session, [("customer", "cus_1")])
    server.says(b"<html>")
    now, pauses = NOON, []
    for _ in range(12):
        refresh(session, server, now)
        retry_at = kept(session)[3]
        assert retry_at is not None
        pauses.append((retry_at - now).total_seconds())
        now = retry_at
    assert pauses == [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600]


def test_stripe_s_own_pause_is_heeded_where_it_is_longer(session: Session, server: Liar) -> None:
    objects.want(session, [("customer", "cus_1")])
    headers = {"Retry-After": "90", "Stripe-Should-Retry": "false"}
    server.says(error("rate_limit", "Slow down."), status=429, headers=headers)
    refresh(session, server)
    assert kept(session)[3] == NOON + timedelta(seconds=90)
    refresh(session, server, NOON + timedelta(seconds=89))
    assert len(server.asked) == 1


def test_while_stripe_is_away_a_run_gives_up_after_one_batch(session: Session, server: Liar) -> None:
    objects.want(session, [("customer", f"cus_{number}") for number in range(100)])
    server.says(error(None, "Broken."), status=500, headers={"Stripe-Should-Retry": "false"})
    assert refresh(session, server) == 0
    assert len(server.asked) == 32
    assert session.scalar(text("SELECT count(*) FROM stripe_object WHERE done < wanted")) == 100


def test_a_batch_is_no_longer_than_asked_for_whatever_the_database_thinks_of_the_table(session: Session) -> None:
    session.commit()
    with session.connection().engine.connect().execution_options(isolation_level="AUTOCOMMIT") as alone:
        alone.execute(text("VACUUM stripe_object"))
    objects.want(session, [("customer", "cus_0")])
    session.execute(text("ANALYZE stripe_object"))  # as autovacuum may, just before a rush: a table of one row
    objects.want(session, [("customer", f"cus_{number}") for number in range(100)])
    assert len(objects.claim(session, NOON, 32)) == 32


@pytest.mark.parametrize(
    "said",
    [
        {"object": "list", "data": {}, "has_more": False},
        {"object": "list", "data": [], "has_more": True},
        {"object": "list", "data": [{"object": "customer"}], "has_more": False},
        {"object": "list", "data": [7], "has_more": False},
        {"object": "list", "data": []},
        CUSTOMER,
    ],
)
def test_what_is_no_list_ends_a_sweep_in_words_and_not_in_a_loop(server: Liar, said: dict[str, Any]) -> None:
    server.says(said)
    with pytest.raises(StripeOddAnswerError, match="/v1/customers"):
        Gateway("sk_test_liar", server.url).page("/v1/customers", {})


def test_a_path_that_stripe_does_not_know_is_no_missing_object(server: Liar) -> None:
    server.says(error(None, "Unrecognized request URL"), status=404)
    with pytest.raises(StripeRefusedError, match="Unrecognized"):
        Gateway("sk_test_liar", server.url).get("/v1/customers/cus_1")
    server.says(error("resource_missing", "No such customer"), status=404)
    assert Gateway("sk_test_liar", server.url).get("/v1/customers/cus_1") is None


def test_live_objects_and_events_under_a_test_key_are_kept_out_of_a_sweep(session: Session, server: Liar) -> None:
    live = {"id": "cus_live", "object": "customer", "livemode": True, "created": 1_700_000_000}
    server.says({"object": "list", "data": [CUSTOMER, live], "has_more": False})
    line = Gateway("sk_test_liar", server.url)
    sweep.first(session, line, KYIV, lambda: NOON, (sweep.List("customer"),), NOON + timedelta(minutes=1))
    rows = session.execute(text("SELECT id, done < wanted, fields IS NULL FROM stripe_object ORDER BY id")).all()
    assert [tuple(row) for row in rows] == [("cus_1", False, False), ("cus_live", True, True)]
    event = {
        "id": "evt_1",
        "object": "event",
        "type": "customer.updated",
        "livemode": True,
        "created": 1_700_000_000,
    }
    event["data"] = {"object": CUSTOMER | {"id": "cus_2"}}
    server.says({"object": "list", "data": [event], "has_more": False})
    sweep.events(session, line, lambda: NOON)
    assert session.scalar(text("SELECT count(*) FROM stripe_object")) == 2


def test_a_process_reads_lists_at_most_25_times_in_any_second_with_a_tenth_to_spare_for_the_way() -> None:
    now, slept = 0.0, list[float]()

    def sleep(seconds: float) -> None:
        nonlocal now
        slept.append(seconds)
        now += seconds

    pace, times = Pace(clock=lambda: now, sleep=sleep), []
    for number in range(200):
        pace.wait()
        times.append(now)
        now += 0.001 * (number % 7)
    assert all(later - earlier >= 1.1 - 1e-9 for earlier, later in zip(times, times[25:], strict=False))
    assert times[-1] < 10.0 and len(slept) <= 200
