"""RULES 4 in sentences: what a term is worth a month, what moved recurring revenue, who is due and was kept."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from tests.core.test_membership import APR, FEB, JAN, KYIV, MAR, at, invoice, line, rules, subscription, told
from tracker.core import facts
from tracker.core.coverage import Kind, Renewal, Worth
from tracker.core.membership import pieces
from tracker.core.person import PersonFacts
from tracker.core.recurring import movements
from tracker.core.terms import length

HOUR = timedelta(hours=1)


def worths(person: PersonFacts) -> list[Worth | None]:
    return [piece.worth for piece in pieces(person, rules()) if piece.kind is Kind.TERM]


def renewals(person: PersonFacts) -> list[Renewal]:
    return [piece.renewal for piece in pieces(person, rules()) if piece.renewal is not None]


def moves(person: PersonFacts) -> list[tuple[str, str, str, int]]:
    found = movements(pieces(person, rules()), KYIV)
    return sorted((day.isoformat(), move, key, n) for (move, key, day), n in found.items())


def paid(start: datetime, end: datetime, late: timedelta = HOUR, **more: Any) -> facts.Invoice:
    return invoice(f"in_{start:%Y%m%d}", start, end, paid_at=start + late, **more)


def test_a_term_is_worth_its_line_for_its_months() -> None:
    assert worths(told(invoice("in_1", JAN, FEB))) == [Worth("EUR", 500, "1")]
    year = line(JAN, at("2027-01-10"), amount_minor=5000)
    assert worths(told(invoice("in_1", JAN, FEB, lines=(year,), total_minor=5000))) == [Worth("EUR", 5000, "12")]


def test_tax_within_the_price_is_taken_off_and_tax_beside_it_was_never_in() -> None:
    within = invoice("in_1", JAN, FEB, lines=(line(JAN, FEB, amount_minor=600),), total_minor=600, tax_minor=100)
    beside = invoice("in_1", JAN, FEB, lines=(line(JAN, FEB, amount_minor=500),), total_minor=600, tax_minor=100)
    assert worths(told(within)) == worths(told(beside)) == [Worth("EUR", 500, "1")]


def test_a_credit_note_before_payment_makes_the_term_worth_less() -> None:
    assert worths(told(invoice("in_1", JAN, FEB, credited_before_minor=100))) == [Worth("EUR", 400, "1")]


def test_lengths_are_months_where_they_are_and_days_where_not() -> None:
    assert length(at("2026-02-28"), at("2026-03-31")) == "1"  # the subscription began on a 31st
    assert length(at("2026-01-31"), at("2026-02-28")) == "1"
    assert length(at("2026-01-15"), at("2026-02-01")) == "17d"
    assert length(at("2026-01-26"), at("2026-02-02")) == "7d"
    assert length(JAN, at("2028-01-10")) == "24"


def test_a_change_of_plan_takes_the_place_of_the_term_that_it_interrupts() -> None:
    middle = at("2026-01-25")
    lines = (line(middle, FEB, amount_minor=-250), line(middle, FEB, amount_minor=600, price="patron"))
    change = invoice("in_up", middle, FEB, lines=lines, total_minor=350)
    both = told(invoice("in_1", JAN, FEB), change)
    assert worths(both) == [Worth("EUR", 500, "1", middle), Worth("EUR", 600, "16d")]
    assert [(one.due_at, one.is_first) for one in renewals(both)] == [(FEB, True)]
    assert moves(both)[:3] == [
        ("2026-01-10", "new", "EUR/1", 500),
        ("2026-01-25", "up", "EUR/1", -500),
        ("2026-01-25", "up", "EUR/16d", 600),
    ]


def test_a_late_renewal_is_collected_and_no_loss() -> None:
    late = told(invoice("in_1", JAN, FEB), paid(FEB, MAR, timedelta(days=5)))
    assert moves(late)[:3] == [
        ("2026-01-10", "new", "EUR/1", 500),
        ("2026-02-10", "into_collection", "EUR/1", -500),
        ("2026-02-15", "collected", "EUR/1", 500),
    ]


def test_what_is_given_up_in_grace_is_lost_on_that_day() -> None:
    given_up = at("2026-02-20")
    void = invoice("in_2", FEB, MAR, status="void", paid_at=None, voided_at=given_up)
    assert moves(told(invoice("in_1", JAN, FEB), void)) == [
        ("2026-01-10", "new", "EUR/1", 500),
        ("2026-02-10", "into_collection", "EUR/1", -500),
        ("2026-02-20", "into_collection", "EUR/1", 500),
        ("2026-02-20", "lost", "EUR/1", -500),
    ]


def test_who_comes_back_returns() -> None:
    gone = told(invoice("in_1", JAN, FEB), paid(MAR, APR, timedelta(0)))
    assert [move for _, move, _, n in moves(gone) if n > 0] == [
        "new",
        "into_collection",
        "returned",
        "into_collection",
    ]


def test_a_renewal_paid_at_once_is_kept_and_the_last_one_is_open() -> None:
    kept, due = renewals(told(invoice("in_1", JAN, FEB), paid(FEB, MAR)))
    assert (kept.is_kept, kept.was_late, kept.is_open, kept.is_first, kept.standing) == (
        True,
        False,
        False,
        True,
        "fine",
    )
    assert (due.is_kept, due.is_open, due.is_first, due.due_at) == (False, True, False, MAR)


def test_set_to_end_it_is_leaving_and_past_due_it_is_failing() -> None:
    def standing(**more: Any) -> str:
        return renewals(told(invoice("in_1", JAN, FEB), subscriptions=(subscription(**more),)))[0].standing

    assert standing(cancel_at_period_end=True) == standing(cancel_at=FEB) == "leaving"
    assert standing(cancel_at=MAR) == "fine"
    assert standing(status="past_due") == "failing"


def test_who_had_cancelled_and_ended_with_the_term_was_leaving() -> None:
    over = subscription(status="canceled", ended_at=FEB, canceled_at=JAN + HOUR)
    (only,) = renewals(told(invoice("in_1", JAN, FEB), subscriptions=(over,)))
    assert (only.standing, only.is_open, only.is_kept) == ("leaving", False, False)


def test_a_term_that_was_cut_short_comes_to_no_renewal() -> None:
    over = subscription(status="canceled", ended_at=JAN + timedelta(days=9))
    assert renewals(told(invoice("in_1", JAN, FEB), subscriptions=(over,))) == []


def test_a_day_within_which_it_ends_and_goes_on_is_no_movement() -> None:
    assert [move for _, move, _, _ in moves(told(invoice("in_1", JAN, FEB), paid(FEB, MAR)))].count(
        "collected"
    ) == 0
    assert Counter(day for day, *_ in moves(told(invoice("in_1", JAN, FEB), paid(FEB, MAR))))["2026-02-10"] == 0


def test_nothing_else_is_recurring() -> None:
    row = facts.Offline("r1", "year-end", "cus_1", JAN.date(), FEB.date(), 500, "EUR", JAN.date())
    assert moves(PersonFacts("cus_1", offline=(row,))) == []
