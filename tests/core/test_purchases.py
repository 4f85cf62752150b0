"""RULES 1 in sentences: one-off purchases of a term, and memberships that staff told."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tracker.core import facts
from tracker.core.calendar import add_months
from tracker.core.coverage import Kind, Piece
from tracker.core.membership import pieces
from tracker.core.person import PersonFacts, Terms

KYIV = ZoneInfo("Europe/Kyiv")
RULES = Terms(
    "year-end", frozenset(["prod_half", "prod_year", "prod_plain"]), 30, KYIV, {"prod_half": 6, "prod_year": 12}
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def session(name: str, *items: tuple[str, int], **more: Any) -> facts.CheckoutSession:
    """A paid session for (product, amount) items."""
    given: dict[str, Any] = {"id": f"cs_{name}", "mode": "payment", "status": "complete", "payment_status": "paid"}
    given |= {"created_at": at("2026-01-01"), "expires_at": None, "customer": "cus_1", "subscription": None}
    given |= {"payment_intent": f"pi_{name}", "invoice": None, "pledge": None, "campaign": None}
    sold = tuple(facts.SessionItem(product, f"price_{product}", 1, amount) for product, amount in items)
    return facts.CheckoutSession(**{**given, "items": sold, **more})


def charge(name: str, amount: int = 5000, **more: Any) -> facts.Charge:
    given: dict[str, Any] = {"id": f"ch_{name}", "customer": "cus_1", "payment_intent": f"pi_{name}"}
    given |= {"status": "succeeded", "currency": "EUR", "amount_minor": amount, "created_at": at("2026-01-01")}
    given |= {"method_type": "card", "card_country": "UA", "balance_transaction": f"txn_{name}"}
    return facts.Charge(**{**given, "failure_entry": None, **more})


def refund(name: str, amount: int, when: datetime) -> facts.Refund:
    return facts.Refund(f"re_{name}", "succeeded", "EUR", amount, when, f"ch_{name}", f"pi_{name}", None)


def bought(*purchases: tuple[facts.CheckoutSession, datetime], **more: Any) -> PersonFacts:
    """A person who made these purchases, each with the instant its money was booked."""
    names = [one.id.removeprefix("cs_") for one, _ in purchases]
    given: dict[str, Any] = {"sessions": tuple(one for one, _ in purchases)}
    given["charges"] = tuple(map(charge, names))
    given["booked"] = {f"txn_{name}": when for name, (_, when) in zip(names, purchases, strict=True)}
    return PersonFacts("cus_1", **{**given, **more})


def terms(told: PersonFacts, kind: Kind = Kind.TERM) -> list[tuple[datetime, datetime]]:
    return [(one.starts_at, one.ends_at) for one in pieces(told, RULES) if one.kind is kind]


def test_a_purchase_lasts_its_months_from_when_the_money_was_booked() -> None:
    told = bought((session("a", ("prod_half", 5000)), at("2026-01-10T09:30")))
    assert terms(told) == [(at("2026-01-10T09:30"), at("2026-07-10T08:30"))], "the same time on the wall in Kyiv"


def test_a_paid_session_whose_money_is_not_booked_yet_buys_nothing_yet() -> None:
    told = bought((session("a", ("prod_half", 5000)), at("2026-01-10")), booked={})
    assert terms(told) == []


def test_an_unpaid_session_buys_nothing() -> None:
    waiting = session("a", ("prod_half", 5000), payment_status="unpaid")
    assert terms(bought((waiting, at("2026-01-10")))) == []


def test_a_second_purchase_begins_where_the_first_ends() -> None:
    first = (session("a", ("prod_half", 5000)), at("2026-01-10"))
    second = (session("b", ("prod_half", 5000)), at("2026-03-01"))
    spans = terms(bought(second, first))
    assert spans[0][1] == spans[1][0] and spans[1][1] == add_months(spans[1][0], 6, KYIV)


def test_a_purchase_after_the_end_or_after_the_cut_begins_at_once() -> None:
    first, later = session("a", ("prod_half", 5000)), at("2026-08-01")
    assert terms(bought((first, at("2026-01-10")), (session("b", ("prod_half", 5000)), later)))[1][0] == later
    soon = at("2026-03-01")
    told = bought(
        (first, at("2026-01-10")),
        (session("b", ("prod_half", 5000)), soon),
        refunds=(refund("a", 5000, at("2026-02-01")),),
    )
    assert terms(told) == [(at("2026-01-10"), at("2026-02-01")), (soon, add_months(soon, 6, KYIV))]


def test_products_run_side_by_side_and_quantity_lengthens_nothing() -> None:
    both = session("a", ("prod_half", 5000), ("prod_year", 9000), ("prod_half", 5000))
    start = at("2026-01-10")
    assert sorted(terms(bought((both, start)))) == [
        (start, add_months(start, 6, KYIV)),
        (start, add_months(start, 12, KYIV)),
    ]


def test_a_product_without_months_or_of_no_campaign_buys_no_term() -> None:
    told = bought((session("a", ("prod_plain", 5000), ("prod_shirt", 2000)), at("2026-01-10")))
    assert terms(told) == []


def test_what_cost_nothing_is_complimentary() -> None:
    free = session("a", ("prod_half", 0), payment_status="no_payment_required", payment_intent=None)
    told = PersonFacts("cus_1", sessions=(free,))
    assert terms(told) == [] and terms(told, Kind.FREE) == [
        (at("2026-01-01"), add_months(at("2026-01-01"), 6, KYIV))
    ]


def test_part_of_the_money_back_cuts_nothing() -> None:
    told = bought(
        (session("a", ("prod_half", 5000)), at("2026-01-10")), refunds=(refund("a", 4999, at("2026-02-01")),)
    )
    assert terms(told) == [(at("2026-01-10"), at("2026-07-09T23:00"))]


def test_a_debit_that_comes_back_cuts_at_its_failure_booking() -> None:
    told = bought(
        (session("a", ("prod_half", 5000)), at("2026-01-10")),
        charges=(charge("a", status="failed", failure_entry="txn_back"),),
        booked={"txn_a": at("2026-01-10"), "txn_back": at("2026-01-20")},
    )
    assert terms(told) == [(at("2026-01-10"), at("2026-01-20"))]


def test_a_currency_not_known_here_is_not_counted() -> None:
    told = bought((session("a", ("prod_half", 5000)), at("2026-01-10")), charges=(charge("a", currency="ZZZ"),))
    assert terms(told) == []


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-01-31T12:00", 1, "2026-02-28T12:00"),
        ("2024-01-31T12:00", 1, "2024-02-29T12:00"),
        ("2026-12-31T12:00", 2, "2027-02-28T12:00"),
        ("2026-02-28T03:30", 1, "2026-03-28T03:30"),
        ("2026-02-28T23:15", 12, "2027-02-28T23:15"),
    ],
)
def test_months_keep_day_and_time_on_the_wall_or_take_the_last_day(start: str, months: int, end: str) -> None:
    local = datetime.fromisoformat(start).replace(tzinfo=KYIV)
    assert add_months(local, months, KYIV).astimezone(KYIV).replace(tzinfo=None) == datetime.fromisoformat(end)


def test_a_skipped_time_moves_forward_and_of_a_repeated_one_the_first_counts() -> None:
    before_spring = datetime(2026, 2, 28, 3, 30, tzinfo=KYIV)
    skipped = add_months(before_spring.replace(month=2, day=28), 1, KYIV)
    assert skipped.astimezone(KYIV).hour == 3, "28 March has it"
    spring = add_months(datetime(2026, 1, 29, 3, 30, tzinfo=KYIV), 2, KYIV)
    assert spring.astimezone(KYIV).replace(tzinfo=None) == datetime(2026, 3, 29, 4, 30)
    autumn = add_months(datetime(2026, 8, 25, 3, 30, tzinfo=KYIV), 2, KYIV)
    assert autumn == datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "still summer time"


def offline(**more: Any) -> facts.Offline:
    given: dict[str, Any] = {"reference": "A-17", "campaign": "year-end", "person_ref": "reader-17"}
    given |= {"starts_on": date(2026, 3, 29), "ends_on": date(2026, 10, 25), "amount_minor": 6000}
    return facts.Offline(**{**given, "currency": "EUR", "paid_on": date(2026, 3, 20), **more})


def found(*rows: facts.Offline) -> list[Piece]:
    return pieces(PersonFacts("reader-17", offline=rows), RULES)


def test_an_offline_membership_runs_over_whole_days_of_the_campaigns_zone() -> None:
    (piece,) = found(offline())
    assert (piece.kind, piece.starts_at, piece.ends_at) == (
        Kind.TERM,
        datetime(2026, 3, 28, 22, 0, tzinfo=UTC),
        datetime(2026, 10, 25, 22, 0, tzinfo=UTC),
    )
    assert piece.membership == "offline:A-17"


@pytest.mark.parametrize(
    "lacking", [{"amount_minor": None, "currency": None}, {"amount_minor": 0}, {"paid_on": None}]
)
def test_without_a_receipt_above_zero_it_is_complimentary(lacking: dict[str, Any]) -> None:
    assert [piece.kind for piece in found(offline(**lacking))] == [Kind.FREE]


def test_a_receipt_alone_or_of_another_campaign_covers_nobody() -> None:
    assert found(offline(starts_on=None, ends_on=None), offline(campaign="other")) == []
