"""The oracle on hand-computed stories of things bought once, the calendar, figures, and money."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.line.account import Account
from tests.line.oracle import cents, entries, months_after, truth
from tests.line.plays import TERMS, Play
from tests.line.stage import BOUNCES, BOUNCES_LATE, SETTLES

BEGUN = "2026-11-03 12:00"
SHORT, HALF = "2026-12-03 12:00", "2027-05-03 11:00"  # noon in winter is 14:00 in Kyiv, 11:00 UTC in summer


@pytest.fixture
def play() -> Play:
    return Play()


def test_a_guest_is_the_session_and_months_follow_the_clock_on_the_wall(play: Play) -> None:
    session = play.buy("price_half_eur", quantity=2)
    assert session["customer"] is None
    assert play.truth() == {session["id"]: [(BEGUN, HALF)]}


def test_a_second_term_of_the_same_product_begins_at_the_firsts_end(play: Play) -> None:
    first = play.buy("price_short_eur", customer_creation="always")
    play.until("11-10")
    play.buy("price_short_2_eur", customer=first["customer"])
    assert play.spans() == [(BEGUN, "2027-01-03 12:00")]
    play.until("11-12")
    play.refund(charge=play.charge(1))
    assert play.spans() == [(BEGUN, "2026-11-12 12:00"), (SHORT, "2027-01-03 12:00")]


def test_bought_again_after_the_end_it_begins_with_the_money(play: Play) -> None:
    first = play.buy("price_short_eur", customer_creation="always")
    play.until("12-10")
    play.buy("price_short_eur", customer=first["customer"])
    assert play.spans() == [(BEGUN, SHORT), ("2026-12-10 12:00", "2027-01-10 12:00")]


def test_bought_again_after_a_refund_it_begins_at_once(play: Play) -> None:
    first = play.buy("price_short_eur", customer_creation="always")
    play.until("11-10")
    play.refund()
    play.until("11-12")
    play.buy("price_short_eur", customer=first["customer"])
    assert play.spans() == [(BEGUN, "2026-11-10 12:00"), ("2026-11-12 12:00", "2026-12-12 12:00")]


def test_what_was_cut_in_the_second_of_the_booking_has_been_cut(play: Play) -> None:
    first = play.buy("price_short_eur", customer_creation="always")
    play.until("11-10")
    play.buy("price_short_eur", customer=first["customer"])
    play.refund(charge=play.charge(1))
    assert play.spans() == [(BEGUN, "2026-12-10 12:00")]


def test_two_products_run_side_by_side(play: Play) -> None:
    first = play.buy("price_short_eur price_half_eur", customer_creation="always")
    assert play.spans() == [(BEGUN, HALF)]
    play.buy("price_short_eur", customer=first["customer"])
    assert play.spans() == [(BEGUN, HALF)]
    assert play.spans(products=frozenset({"prod_short"})) == [(BEGUN, "2027-01-03 12:00")]


def test_a_debit_counts_from_its_booking_and_may_fail_before_or_after(play: Play) -> None:
    settles = play.buy("price_short_eur", iban=SETTLES, customer_creation="always")["customer"]
    play.buy("price_short_eur", iban=BOUNCES, customer_creation="always")
    late = play.buy("price_short_eur", iban=BOUNCES_LATE, customer_creation="always")["customer"]
    assert play.truth() == {}
    play.until("11-29")
    booked = "2026-11-08 12:00"
    assert play.truth() == {settles: [(booked, "2026-12-08 12:00")], late: [(booked, "2026-11-28 12:00")]}


def test_donations_other_products_and_a_free_term_make_no_member(play: Play) -> None:
    coupon = play.post("coupons", percent_off=100, duration="once")["id"]
    for price in ("price_plain_eur", "price_gift_eur", "price_shirt_eur"):
        play.buy(price, customer_creation="always")
    free = play.buy("price_short_eur", customer_creation="always", discounts=[{"coupon": coupon}])
    assert play.truth() == {}
    assert play.figures("2026-11-04 12:00").complimentary == {free["customer"]}


def test_a_bill_by_hand_buys_no_term(play: Play) -> None:
    who = play.post("customers", email="ada@example.org", payment_method="pm_card_visa")["id"]
    play.post("invoiceitems", customer=who, pricing={"price": "price_half_eur"})
    bill = play.post("invoices", customer=who, pending_invoice_items_behavior="include")
    assert play.post(f"invoices/{bill['id']}/pay")["status"] == "paid"
    assert play.truth() == {}


def test_a_part_of_a_session_refunded_cuts_nothing_and_all_of_it_everything(play: Play) -> None:
    play.buy("price_short_eur price_shirt_eur")
    play.until("11-10")
    play.refund(600)
    assert play.spans() == [(BEGUN, SHORT)]
    play.refund()
    assert play.spans() == [(BEGUN, "2026-11-10 12:00")]


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-01-31 12:00", 1, "2026-02-28 12:00"),
        ("2026-08-31 12:00", 6, "2027-02-28 13:00"),  # summer to winter
        ("2026-08-29 00:30", 7, "2027-03-29 00:30"),  # both in summer
        ("2026-02-28 01:30", 1, "2026-03-28 01:30"),
        ("2026-02-27 22:30", 1, "2026-03-27 22:30"),  # 00:30 of the 28th in Kyiv
        ("2026-03-01 01:30", 1, "2026-04-01 00:30"),
        ("2026-09-25 00:30", 1, "2026-10-25 00:30"),  # 03:30 twice: the first
        ("2026-11-25 01:30", 11, "2027-10-25 00:30"),
        ("2026-01-29 01:30", 2, "2026-03-29 01:30"),  # 03:30 is skipped: 04:30
    ],
)
def test_months_are_the_calendars_in_kyiv(start: str, months: int, end: str) -> None:
    at = datetime.fromisoformat(start).replace(tzinfo=UTC)
    found = months_after(int(at.timestamp()), months, "Europe/Kyiv")
    assert f"{datetime.fromtimestamp(found, UTC):%Y-%m-%d %H:%M}" == end


def test_a_person_in_grace_is_counted_and_told_apart(play: Play) -> None:
    member = play.join_and_fail_later()["customer"]
    play.until("12-05")
    assert play.figures("2026-12-03 12:00").in_grace == frozenset()
    figures = play.figures("2026-12-03 12:01")
    assert (figures.active, figures.in_grace) == ({member}, {member})
    play.buy("price_short_eur", customer=member)
    assert play.figures("2026-12-06 12:00").in_grace == frozenset()


def test_cents_are_the_balance_to_the_last_one(play: Play) -> None:
    play.join()
    play.join("price_club_month_jpy")
    play.refund()
    account = Account.of(play.sandbox)
    sums = cents(account)["eur"]
    # 500 EUR cents and 900 JPY at 0.0061; 1.5 % + 25 cents each; the fee stays.
    assert sums == {"amount": 500 + 549 - 549, "fee": 33 + 33, "net": -66 + 500, "count": 3}
    assert sorted(one[:3] for one in entries(account).values()) == [
        (-549, 0, -549),
        (500, 33, 467),
        (549, 33, 516),
    ]


def test_asked_twice_it_says_the_same(play: Play) -> None:
    play.join_and_fail_later()
    play.until("12-20")
    account = Account.of(play.sandbox)
    assert truth(account, play.history, TERMS, ()) == truth(account, play.history, TERMS, ())
