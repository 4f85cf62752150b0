"""RULES 7, deferred revenue: earned by day in whole units, and every month closes whatever comes and goes."""

from calendar import monthrange
from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.deferred_days import tells
from tracker.core.deferred import (
    Line,
    Movement,
    Payment,
    Piece,
    Row,
    allot,
    exchange_of,
    joined,
    pieces,
    row,
    undelivered,
    without_tax,
)

JAN_1, JUNE_30 = date(2028, 1, 1), date(2029, 6, 30)
"""A leap year is among them."""
ALL = Fraction(1)


def line(weight: int, first: date, days: int, product: str = "prod_member", exchange: Fraction = ALL) -> Line:
    return Line(product, weight, first, days, exchange)


def paid(amount: int, on: date) -> Movement:
    return Movement(on, amount, is_billing=True)


def back(amount: int, on: date) -> Movement:
    return Movement(on, -amount, is_billing=False)


def of_one(line: Line, *movements: Movement, ended_on: date | None = None) -> Piece:
    (piece,) = pieces(Payment((line,), movements, ended_on))
    return piece


def months(first: date, last: date) -> list[tuple[date, date]]:
    """(the day before a month, its last day), of every month there is a part of."""
    found, day = [], first.replace(day=1)
    while day <= last:
        over = day.replace(day=monthrange(day.year, day.month)[1])
        found.append((day - timedelta(days=1), over))
        day = over + timedelta(days=1)
    return found


def day_of(number: int) -> date:
    return JAN_1 + timedelta(days=number)


days = st.integers(0, 150).map(day_of)
exchanges = st.sampled_from([ALL, ALL, ALL, Fraction(0), Fraction(3, 10), Fraction(1, 3)])
lines = st.builds(
    line,
    st.one_of(st.integers(-900, 6000), st.sampled_from([500, 5000])),
    days,
    st.sampled_from([0, 1, 2, 28, 29, 30, 31, 91, 365, 366]),
    st.sampled_from(["prod_member", "prod_club", "prod_gift"]),
    exchanges,
)


@st.composite
def payments(draw: st.DrawFn) -> Payment:
    """A charge and what went back and came again, never more than it in all; perhaps with tax."""
    found = tuple(draw(st.lists(lines, min_size=1, max_size=4)))
    gross = draw(st.sampled_from([1, 7, 500, 4750, 5000, 123_457]))
    on, moves, out = draw(days), list[Movement](), 0
    for _ in range(draw(st.integers(0, 5))):
        amount = draw(st.integers(-out, gross - out))
        out += amount
        moves.append(Movement(max(on, draw(days)), -amount, is_billing=False))
    tax = draw(st.sampled_from([0, 0, 20, 167]))
    return Payment((*found,), (paid(gross, on), *moves), draw(st.none() | days), tax, 1000 if tax else 0)


# A term is spread ----------------------------------------------------------------------------------------------


def test_the_first_day_counts_the_end_day_does_not_and_the_last_has_the_remainder() -> None:
    piece = of_one(line(500, date(2028, 2, 10), 29), paid(500, date(2028, 2, 10)))  # to 10 March: a leap year
    left = [undelivered(piece, date(2028, 2, 10) + timedelta(days=number)) for number in (-1, 0, 1, 27, 28, 29)]
    assert left == [0, 483, 466, 500 - 28 * 17, 0, 0]


@pytest.mark.parametrize(
    ("first", "n"), [(date(2028, 3, 26), 31), (date(2028, 10, 29), 30), (date(2028, 5, 1), 1)]
)
def test_days_are_the_calendar_s_whatever_the_clocks_do(first: date, n: int) -> None:
    piece = of_one(line(1000, first, n), paid(1000, first))
    assert undelivered(piece, first + timedelta(days=n - 2)) == (1000 - 1000 // n * (n - 1) if n > 1 else 0)
    assert undelivered(piece, first + timedelta(days=n - 1)) == 0


def test_what_is_paid_late_catches_up_and_what_is_paid_early_waits() -> None:
    late = of_one(line(300, day_of(0), 30), paid(300, day_of(9)))
    assert [undelivered(late, day_of(number)) for number in (8, 9, 10)] == [0, 200, 190]
    early = of_one(line(300, day_of(40), 30), paid(300, day_of(0)))
    assert [undelivered(early, day_of(number)) for number in (0, 39, 40)] == [300, 300, 290]


def test_a_contribution_is_earned_at_receipt_and_a_percentage_in_part() -> None:
    gift = of_one(line(500, day_of(0), 30, exchange=Fraction(0)), paid(500, day_of(0)))
    half = of_one(line(500, day_of(0), 30, exchange=Fraction(60, 100)), paid(500, day_of(0)))
    bought_once = of_one(line(500, day_of(0), 0), paid(500, day_of(0)))
    assert [undelivered(piece, day_of(0)) for piece in (gift, half, bought_once)] == [0, 290, 0]
    assert row(half, day_of(-1), day_of(0)) == Row(0, 500, 210, 0, 290)


def test_ended_early_the_rest_is_earned_that_day() -> None:
    piece = of_one(line(300, day_of(0), 30), paid(300, day_of(0)), ended_on=day_of(10))
    assert [undelivered(piece, day_of(number)) for number in (9, 10, 11)] == [200, 0, 0]


# Money goes back -----------------------------------------------------------------------------------------------


def test_a_refund_first_clears_what_is_undelivered_and_the_rest_is_spread_anew() -> None:
    piece = of_one(line(300, day_of(0), 30), paid(300, day_of(0)), back(100, day_of(10)))
    assert [undelivered(piece, day_of(number)) for number in (9, 10, 11, 29)] == [200, 95, 90, 0]


def test_what_remains_of_a_refund_is_negative_revenue_in_its_own_month() -> None:
    piece = of_one(line(300, date(2028, 1, 1), 30), paid(300, date(2028, 1, 1)), back(300, date(2028, 3, 5)))
    assert row(piece, date(2028, 2, 29), date(2028, 3, 31)) == Row(0, 0, -300, 300, 0)
    within = of_one(line(310, date(2028, 1, 16), 31), paid(310, date(2028, 1, 16)), back(310, date(2028, 2, 1)))
    assert row(within, date(2028, 1, 31), date(2028, 2, 29)) == Row(150, 0, -160, 310, 0)


def test_a_refund_on_the_day_of_the_end_clears_the_rest_before_it_is_earned() -> None:
    piece = of_one(line(300, day_of(0), 30), paid(300, day_of(0)), back(200, day_of(10)), ended_on=day_of(10))
    assert row(piece, day_of(9), day_of(10)) == Row(200, 0, 0, 200, 0)


def test_unused_time_that_a_new_plan_gives_back_is_taken_from_the_days_it_is_for() -> None:
    month = of_one(line(500, day_of(0), 30), paid(500, day_of(0)))
    credit, year = pieces(
        Payment((line(-250, day_of(15), 15), line(5000, day_of(15), 365)), (paid(4750, day_of(15)),))
    )
    assert [undelivered(one, day_of(15)) for one in (month, credit, year)] == [244, -234, 4987]
    assert sum(undelivered(one, day_of(30)) for one in (month, credit)) == 0


def test_what_comes_again_takes_the_latest_that_went_off() -> None:
    first = of_one(line(600, day_of(0), 60), paid(600, day_of(0)), back(100, day_of(20)))
    both = of_one(
        line(600, day_of(0), 60),
        paid(600, day_of(0)),
        back(100, day_of(20)),
        back(100, day_of(40)),
        back(-100, day_of(45)),
    )
    assert undelivered(both, day_of(44)) < undelivered(first, day_of(44)) == 7 * 15 + 20
    assert [undelivered(one, day_of(45)) for one in (first, both)] == [7 * 14 + 20] * 2


def test_a_refund_that_is_booked_before_its_charge_waits_for_it() -> None:
    piece = of_one(line(300, day_of(0), 30), paid(300, day_of(5)), back(100, day_of(2)))
    assert [undelivered(piece, day_of(number)) for number in (2, 5)] == [0, 250 - 100 - 150 // 25]
    assert row(piece, day_of(1), day_of(2)) == Row(0, 0, -100, 100, 0)


@given(payments(), st.integers(1, 300), st.randoms(use_true_random=False))
def test_a_dispute_that_is_won_leaves_no_trace(payment: Payment, length: int, dice: Random) -> None:
    """From the day on which the money is there again, all is as if it had never gone."""
    gross, bought = payment.movements[0].amount_minor, payment.movements[0].on
    plain = Payment(payment.lines, payment.movements[:1], payment.ended_on, payment.tax_minor, payment.total_minor)
    taken = bought + timedelta(days=length)
    given_back = taken + timedelta(days=dice.randint(0, 300))
    amount = dice.randint(1, gross)
    disputed = Payment(
        payment.lines,
        (*plain.movements, back(amount, taken), back(-amount, given_back)),
        payment.ended_on,
        payment.tax_minor,
        payment.total_minor,
    )
    for one, other in zip(pieces(plain), pieces(disputed), strict=True):
        assert undelivered(one, given_back) == undelivered(other, given_back)
        assert undelivered(one, given_back + timedelta(days=17)) == undelivered(
            other, given_back + timedelta(days=17)
        )


# Whatever happens ----------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(payments())
def test_every_month_closes_and_says_what_the_days_say(payment: Payment) -> None:
    found = pieces(payment)
    slow = tells(payment, date(2027, 12, 31), JUNE_30)
    opening: Counter[str] = Counter()
    for before, last in months(JAN_1, JUNE_30):
        rows: dict[str, Row] = {}
        for piece in found:
            rows[piece.line.product] = rows.get(piece.line.product, Row()) + row(piece, before, last)
        for product, one in rows.items():
            assert one.is_closed and one.opening_minor == opening[product]
            opening[product] = one.closing_minor
            told = [
                sum(slow[(product, figure), before + timedelta(days=n + 1)] for n in range((last - before).days))
                for figure in ("billed", "recognised", "refunded")
            ]
            assert [one.billed_minor, one.recognised_minor, one.refunded_minor] == told
            assert one.closing_minor == slow[(product, "deferred"), last]


@given(payments())
def test_all_that_stayed_is_earned_once_all_is_delivered(payment: Payment) -> None:
    whole = [row(piece, JAN_1 - timedelta(days=1), date(2031, 1, 1)) for piece in pieces(payment)]
    for one in whole:
        assert one.closing_minor == 0 and one.recognised_minor == one.billed_minor - one.refunded_minor
    if whole:
        came = sum(one.amount_minor for one in payment.movements)
        tax = Fraction(payment.tax_minor * came, payment.total_minor or 1)
        kept = sum(one.recognised_minor for one in whole)
        assert abs(kept - (came - tax)) <= 1  # billed and refunded are rounded each


@given(payments(), st.randoms(use_true_random=False))
def test_the_order_in_which_we_hear_of_it_changes_nothing(payment: Payment, dice: Random) -> None:
    mixed = list(payment.movements)
    dice.shuffle(mixed)
    other = Payment(payment.lines, tuple(mixed), payment.ended_on, payment.tax_minor, payment.total_minor)
    assert pieces(other) == pieces(payment)


@given(payments())
def test_nothing_is_deferred_beyond_what_is_kept(payment: Payment) -> None:
    for piece in pieces(payment):
        sign = 1 if piece.line.weight > 0 else -1
        for number in range(0, 500, 13):
            left = sign * undelivered(piece, day_of(number))
            assert 0 <= left <= sign * sum(amount for on, amount in piece.billed if on <= day_of(number))


@given(st.lists(lines, min_size=1, max_size=4), st.integers(1, 10**6), st.data())
def test_what_goes_back_in_many_steps_goes_back_whole(given_: list[Line], gross: int, data: st.DataObject) -> None:
    steps, left = list[Movement](), gross
    while left:
        amount = data.draw(st.integers(min(left, gross // 4 + 1), left))
        left -= amount
        steps.append(back(amount, day_of(10 + len(steps))))
    for piece in pieces(Payment(tuple(given_), (paid(gross, day_of(0)), *steps), None, 167, 1000)):
        assert sum(amount for _, amount in piece.billed) == sum(amount for _, amount in piece.gone)


# Parts ---------------------------------------------------------------------------------------------------------


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(-5000, 5000), min_size=1, max_size=6))
def test_parts_add_up_and_are_within_one_unit_of_their_share(amount: int, weights: list[int]) -> None:
    if sum(weights) == 0:
        weights = [*weights, 1]
    parts = allot(amount, weights)
    assert sum(parts) == amount
    assert all(abs(part - Fraction(amount * w, sum(weights))) < 1 for part, w in zip(parts, weights, strict=True))
    assert allot(-amount, weights) == [-part for part in parts]


@pytest.mark.parametrize(
    ("said", "share"),
    [
        ("exchange", 1),
        (" Contribution ", 0),
        ("40", Fraction(2, 5)),
        ("12.5 %", Fraction(1, 8)),
        ("0%", 0),
        ("100", 1),
        ("101", None),
        ("0.4", None),
        ("0,4 %", Fraction(4, 1000)),
        ("-1", None),
        ("gift", None),
        ("", None),
        (None, None),
        ("٤٠", None),
    ],
)
def test_a_product_says_how_its_money_is_earned(said: str | None, share: Fraction | None) -> None:
    assert exchange_of(said) == share


def test_tax_is_the_invoice_s_proportion() -> None:
    assert [without_tax(amount, 200, 1200) for amount in (1200, -1200, 600, 100)] == [1000, -1000, 500, 83]


def test_a_closed_month_opens_the_next_and_what_was_learned_since_is_caught_up() -> None:
    computed = {("EUR", "a"): Row(100, 50, 30, 0, 120)}
    frozen = {("EUR", "a"): 90, ("EUR", "b"): 7}
    found = joined(computed, frozen)
    assert found == {("EUR", "a"): Row(90, 50, 20, 0, 120), ("EUR", "b"): Row(7, 0, 7, 0, 0)}
    assert all(one.is_closed for one in found.values())
