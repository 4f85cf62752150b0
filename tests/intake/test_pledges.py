"""RULES, words: a pledge is open, fulfilled, expired with its session, or cancelled; a late payment fulfils it."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.core import facts
from tracker.intake import pledges
from tracker.intake.pledges import Intention, Pledge
from tracker.ledger import objects

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MONTHLY = Intention("year-end", "price_monthly", 500, "eur", "month", "https://news.example/a", "slim-bar", "v1")


def record(session: Session, now: datetime = NOON, form: bytes = b"") -> Pledge:
    return pledges.record(session, MONTHLY, now, form=form, key="secret")


def checkout(
    pledge: str | None, status: str, payment: str = "unpaid", session_id: str = "cs_1"
) -> facts.CheckoutSession:
    return facts.CheckoutSession(
        id=session_id,
        mode="subscription",
        status=status,
        payment_status=payment,
        created_at=NOON,
        expires_at=None,
        customer=None,
        subscription=None,
        payment_intent=None,
        invoice=None,
        pledge=pledge,
        campaign="year-end",
    )


def state(session: Session, pledge: Pledge) -> str:
    found = pledges.find(session, pledge.id)
    assert found is not None
    return found.state


def test_a_pledge_is_recorded_open_with_what_was_meant_and_nothing_personal(session: Session) -> None:
    pledge = record(session)
    assert pledge.id.startswith("plg_") and len(pledge.id) == 28
    assert pledges.find(session, pledge.id) == pledge == Pledge(pledge.id, MONTHLY, NOON, None, "open")


def test_the_same_form_sent_twice_is_one_pledge(session: Session) -> None:
    first = record(session, form=b"one form")
    again = record(session, NOON + timedelta(minutes=10), form=b"one form")
    assert again == first


def test_the_same_form_sent_much_later_and_another_form_are_new_pledges(session: Session) -> None:
    first = record(session, form=b"one form")
    later = record(session, NOON + timedelta(minutes=11), form=b"one form")
    other = record(session, form=b"another form")
    assert len({first.id, later.id, other.id, record(session).id, record(session).id}) == 5


def test_a_forms_pledge_cannot_be_guessed_without_the_deployments_secret(session: Session) -> None:
    one = pledges.record(session, MONTHLY, NOON, form=b"form", key="a")
    other = pledges.record(session, MONTHLY, NOON, form=b"form", key="b")
    assert one.id != other.id


STEPS = (("open", "unpaid"), ("expired", "unpaid"), ("complete", "unpaid"), ("complete", "paid"))


@pytest.mark.parametrize("order", list(permutations(STEPS)))
def test_a_payment_fulfils_in_every_order_and_any_number_of_times(
    session: Session, order: tuple[tuple[str, str], ...]
) -> None:
    pledge = record(session)
    for status, payment in (*order, *order):
        pledges.settle(session, checkout(pledge.id, status, payment), NOON)
    assert state(session, pledge) == "fulfilled"


def test_a_pledge_expires_with_its_session_and_not_with_an_older_one(session: Session) -> None:
    pledge = record(session)
    pledges.attach_session(session, pledge.id, "cs_new")
    pledges.settle(session, checkout(pledge.id, "expired", session_id="cs_old"), NOON)
    assert state(session, pledge) == "open"
    pledges.settle(session, checkout(pledge.id, "expired", session_id="cs_new"), NOON)
    assert state(session, pledge) == "expired"


def test_a_debit_on_its_way_keeps_the_pledge_open(session: Session) -> None:
    pledge = record(session)
    pledges.settle(session, checkout(pledge.id, "complete", "unpaid"), NOON)
    assert state(session, pledge) == "open"


def test_a_session_that_costs_nothing_fulfils(session: Session) -> None:
    pledge = record(session)
    pledges.settle(session, checkout(pledge.id, "complete", "no_payment_required"), NOON)
    assert state(session, pledge) == "fulfilled"


def test_a_session_finds_its_pledge_by_either_name(session: Session) -> None:
    attached, named = record(session), record(session)
    pledges.attach_session(session, attached.id, "cs_attached")
    pledges.settle(session, checkout(None, "complete", "paid", "cs_attached"), NOON)
    pledges.settle(session, checkout(named.id, "complete", "paid", "cs_named"), NOON)
    assert state(session, attached) == state(session, named) == "fulfilled"
    found = pledges.of_session(session, "cs_named")
    assert found is not None and found.id == named.id


def test_sessions_settle_together_as_they_do_alone(session: Session) -> None:
    paid, left = record(session), record(session)
    told = [checkout(paid.id, "expired", session_id="cs_1"), checkout(paid.id, "complete", "paid", "cs_2")]
    pledges.settle_all(session, [*told, checkout(left.id, "expired", session_id="cs_3")], NOON)
    assert (state(session, paid), state(session, left)) == ("fulfilled", "expired")


def test_a_strangers_session_settles_nothing(session: Session) -> None:
    pledge = record(session)
    pledges.settle(session, checkout("plg_unknown", "complete", "paid"), NOON)
    pledges.settle(session, checkout(None, "complete", "paid"), NOON)
    assert state(session, pledge) == "open"


def test_a_pledge_that_never_reached_checkout_expires_after_a_day_and_may_still_be_fulfilled(
    session: Session,
) -> None:
    lonely, carried = record(session), record(session)
    pledges.attach_session(session, carried.id, "cs_1")
    assert pledges.expire_unfollowed(session, NOON + timedelta(hours=23)) == 0
    assert pledges.expire_unfollowed(session, NOON + timedelta(hours=25)) == 1
    assert (state(session, lonely), state(session, carried)) == ("expired", "open")
    pledges.settle(session, checkout(lonely.id, "complete", "paid", "cs_late"), NOON)
    assert state(session, lonely) == "fulfilled"


def test_history_is_imported_once_and_settled_by_sessions_that_came_before_it(session: Session) -> None:
    paid, left = "plg_" + "a" * 24, "plg_" + "b" * 24
    rows = [
        {"id": paid, "created": 1_795_000_000, "plan": "price_monthly", "amount": 500, "currency": "eur",
         "interval": "month", "article": "https://News.example/x?utm=1#c", "placement": "article-end",
         "session_id": "cs_a"},
        {"id": left, "created": 1_795_000_060, "plan": "price_yearly", "article": "", "placement": "Bad Label"},
    ]  # fmt: skip
    objects.write(session, 1, [(checkout(paid, "complete", "paid", "cs_a"), None)], NOON)
    assert pledges.import_pledges(session, "year-end", rows, NOON) == 2
    assert pledges.import_pledges(session, "year-end", rows, NOON) == 0
    first, second = pledges.find(session, paid), pledges.find(session, left)
    assert first is not None and second is not None
    assert (first.state, first.intention.article) == ("fulfilled", "https://news.example/x")
    assert (second.state, second.intention.placement, second.session_id) == ("open", "", None)
    assert msgspec.json.encode(first.intention)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://news.example/a/b?utm_source=x#top", "https://news.example/a/b"),
        ("http://News.Example:8080", "http://news.example:8080/"),
        ("https://reader:pass@news.example/a", "https://news.example/a"),
        ("https://[::1]:8000/demo/article", "https://[::1]:8000/demo/article"),
        ("https://news.example/%D0%B0", "https://news.example/%D0%B0"),
        ("https://news.example/" + "a" * 2100, ""),
        ("https://news.example/" + "a" * 10_000, ""),
        ("javascript:alert(1)", ""),
        ("//news.example/a", ""),
        ("data:text/html,x", ""),
        ("https://", ""),
        ("https://news.example:port/", ""),
        ("https://[bad/", ""),
        ("https://news.example/a\\b", ""),
        ("https://news.example/a b", ""),
        ("https://news.example/\x00", ""),
        ("https://news.example/\ud800", ""),
        ("", ""),
    ],
)
def test_of_an_article_only_origin_and_path_are_kept(given: str, kept: str) -> None:
    assert pledges.canonical_article(given) == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("article-top", "article-top"),
        ("v1", "v1"),
        ("a" * 41, ""),
        ("Slim", ""),
        ("a b", ""),
        ("a\n", ""),
        ("", ""),
    ],
)
def test_placements_are_short_plain_names(given: str, kept: str) -> None:
    assert pledges.label(given) == kept


def test_an_odd_id_finds_nothing(session: Session) -> None:
    assert pledges.find(session, "plg_\x00") is None and pledges.of_session(session, "") is None
    assert not session.scalar(text("SELECT count(*) FROM pledge"))
