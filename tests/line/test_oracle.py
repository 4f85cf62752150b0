"""The oracle on stories whose instants were worked out by hand: what a subscription's terms and grace cover.

A monthly member of 3 November noon has paid until 3 December noon; the next invoice is finalised at 13:00 and
tried again on days 3, 5 and 7.
"""

from __future__ import annotations

import pytest

from tests.line.memberships import Row
from tests.line.plays import MONTHLY, NOON, Play
from tests.line.stage import BOUNCES, BOUNCES_LATE, SETTLES

BEGUN, ENDS = "2026-11-03 12:00", "2026-12-03 12:00"
TRIED, THREE_DAYS, GIVEN_UP, GRACE_OVER = (
    "2026-12-03 13:00", "2026-12-06 12:00", "2026-12-10 13:00", "2027-01-02 12:00",
)  # fmt: skip


@pytest.fixture
def play() -> Play:
    return Play()


def test_a_paid_period_and_the_three_days_in_which_its_invoice_may_come(play: Play) -> None:
    play.join()
    assert play.spans() == [(BEGUN, THREE_DAYS)]


def test_an_hour_as_draft_is_bridged_by_grace_and_periods_touch(play: Play) -> None:
    play.join()
    play.until("12-20")
    assert play.spans() == [(BEGUN, "2027-01-06 12:00")]


def test_a_renewal_that_fails_is_covered_for_the_days_of_grace(play: Play) -> None:
    play.join_and_fail_later()
    play.until("12-03 14:00")
    assert play.spans() == [(BEGUN, GRACE_OVER)]
    assert play.spans(grace_days=7) == [(BEGUN, "2026-12-10 12:00")]
    assert play.spans(grace_days=0) == [(BEGUN, ENDS)]


def test_grace_ends_with_the_subscription() -> None:
    play = Play(after_retries="cancel")
    play.join_and_fail_later()
    play.until("12-20")
    assert play.spans() == [(BEGUN, GIVEN_UP)]


@pytest.mark.parametrize("status", ["unpaid", "pause"])
def test_grace_ends_when_it_becomes_unpaid_or_paused_and_a_late_payment_begins_a_term(status: str) -> None:
    play = Play(after_retries=status)
    member = play.join_and_fail_later()
    play.until("12-12")
    assert play.spans() == [(BEGUN, GIVEN_UP)]
    play.post(f"invoices/{play.bill(member)['id']}/pay", payment_method="pm_card_visa")
    assert play.spans() == [(BEGUN, GIVEN_UP), ("2026-12-12 12:00", "2027-01-06 12:00")]


@pytest.mark.parametrize("how", ["void", "mark_uncollectible"])
def test_grace_ends_when_nobody_collects_any_more(play: Play, how: str) -> None:
    member = play.join_and_fail_later()
    play.until("12-05")
    play.post(f"invoices/{play.bill(member)['id']}/{how}")
    assert play.spans() == [(BEGUN, "2026-12-05 12:00")]


def test_what_was_written_off_may_still_be_paid(play: Play) -> None:
    member = play.join_and_fail_later()
    play.until("12-05")
    play.post(f"invoices/{play.bill(member)['id']}/mark_uncollectible")
    play.until("12-08")
    play.post(f"invoices/{play.bill(member)['id']}/pay", payment_method="pm_card_visa")
    assert play.spans() == [(BEGUN, "2026-12-05 12:00"), ("2026-12-08 12:00", "2027-01-06 12:00")]


def test_a_next_term_ends_the_grace_of_the_one_before(play: Play) -> None:
    """A refund of the later payment does not bring the earlier grace back."""
    member = play.join_and_fail_later()
    play.until("12-08")
    play.post(f"invoices/{play.bill(member)['id']}/pay", payment_method="pm_card_visa")
    play.until("12-09")
    play.refund()
    assert play.spans() == [(BEGUN, "2026-12-09 12:00")]


def test_an_invoice_paid_after_its_period_bought_no_time() -> None:
    """Weekly: the week from 10 to 17 November is paid on the 20th; grace ends there, the next is owed."""
    play = Play()
    member = play.join_and_fail_later("price_member_week_eur")
    play.until("11-20")
    play.post(f"invoices/{play.bill(member, 1)['id']}/pay", payment_method="pm_card_visa")
    assert play.spans() == [(BEGUN, "2026-11-20 12:00")]


def test_a_trial_and_a_free_period_cover_nobody(play: Play) -> None:
    play.join(subscription_data={"trial_period_days": 7})
    play.until("11-09")
    assert play.spans() == []
    assert len(play.figures("2026-11-05 12:00").complimentary) == 1
    play.until("11-11")
    assert play.spans() == [("2026-11-10 13:00", "2026-12-13 12:00")]


def test_a_first_month_for_nothing_is_complimentary_and_the_second_counts(play: Play) -> None:
    coupon = play.post("coupons", percent_off=100, duration="once")["id"]
    play.join(discounts=[{"coupon": coupon}])
    assert play.spans() == []
    play.until("12-04")
    assert play.spans() == [(TRIED, "2027-01-06 12:00")]


def test_grace_ends_when_a_free_invoice_is_paid(play: Play) -> None:
    member = play.join()
    coupon = play.post("coupons", percent_off=100, duration="once")["id"]
    play.post(f"subscriptions/{member['id']}", discounts=[{"coupon": coupon}])
    play.until("12-10")
    assert play.spans() == [(BEGUN, TRIED)]
    assert play.figures("2026-12-05 12:00").complimentary == {member["customer"]}


def test_part_of_the_price_is_enough(play: Play) -> None:
    coupon = play.post("coupons", percent_off=90, duration="once")["id"]
    play.join(discounts=[{"coupon": coupon}])
    assert play.spans() == [(BEGUN, THREE_DAYS)]


def test_ones_own_credit_and_payment_out_of_band_are_payments(play: Play) -> None:
    member = play.join_and_fail_later()
    play.post(f"customers/{member['customer']}/balance_transactions", amount=-500, currency="eur")
    play.until("12-04")
    assert play.spans() == [(BEGUN, "2027-01-06 12:00")]
    play.until("01-04")
    play.post(f"invoices/{play.bill(member)['id']}/pay", paid_out_of_band=True)
    assert play.spans() == [(BEGUN, "2027-02-06 12:00")]


def test_an_invoice_credited_wholly_before_payment_buys_nothing(play: Play) -> None:
    member = play.join_and_fail_later()
    play.until("12-05")
    play.post("credit_notes", invoice=play.bill(member)["id"], amount=500)
    assert play.spans() == [(BEGUN, "2026-12-05 12:00")]
    assert play.figures("2026-12-06 12:00").complimentary == {member["customer"]}


def test_an_invoice_credited_in_part_before_payment_buys_its_term(play: Play) -> None:
    member = play.join_and_fail_later()
    play.until("12-05")
    bill = play.bill(member)["id"]
    play.post("credit_notes", invoice=bill, amount=200)
    play.post(f"invoices/{bill}/pay", payment_method="pm_card_visa")
    assert play.spans() == [(BEGUN, "2027-01-06 12:00")]


def test_a_first_debit_counts_when_it_settles_and_not_before(play: Play) -> None:
    play.join(iban=SETTLES)
    play.until("11-07")
    assert play.spans() == []
    play.until("11-09")
    assert play.spans() == [("2026-11-08 12:00", THREE_DAYS)]


def test_a_first_debit_that_bounces_has_no_grace(play: Play) -> None:
    play.join(iban=BOUNCES)
    play.until("11-20")
    assert play.spans() == []


def test_a_debit_for_a_renewal_is_on_its_way_in_grace(play: Play) -> None:
    play.join(iban=SETTLES)
    play.until("12-10")
    assert play.spans() == [("2026-11-08 12:00", "2027-01-06 12:00")]
    assert len(play.figures("2026-12-08 13:00").in_grace) == 1
    assert play.figures("2026-12-08 13:01").in_grace == frozenset()


@pytest.mark.parametrize(
    ("behavior", "end"), [("keep_as_draft", THREE_DAYS), ("void", TRIED), ("mark_uncollectible", TRIED)]
)
def test_paused_collection_needs_no_rule_of_its_own(play: Play, behavior: str, end: str) -> None:
    member = play.join()
    play.post(f"subscriptions/{member['id']}", pause_collection={"behavior": behavior})
    play.until("12-20")
    assert play.spans() == [(BEGUN, end)]


def test_a_draft_finalised_after_three_days_brings_grace_not_back(play: Play) -> None:
    member = play.join()
    play.post(f"subscriptions/{member['id']}", pause_collection={"behavior": "keep_as_draft"})
    play.until("12-08")
    play.post(f"invoices/{play.bill(member)['id']}/finalize")
    assert play.spans() == [(BEGUN, THREE_DAYS)]
    play.until("12-09")
    play.post(f"invoices/{play.bill(member)['id']}/pay")
    assert play.spans() == [(BEGUN, THREE_DAYS), ("2026-12-09 12:00", "2027-01-06 12:00")]


def test_cancelling_at_the_periods_end_changes_nothing_until_it_ends(play: Play) -> None:
    member = play.join()
    play.until("11-10")
    play.post(f"subscriptions/{member['id']}", cancel_at_period_end=True)
    assert play.spans() == [(BEGUN, THREE_DAYS)]
    play.until("12-04")
    assert play.spans() == [(BEGUN, ENDS)]


def test_another_interval_is_a_term_from_now_on(play: Play) -> None:
    """The old month's own grace ends at once: the next term by start begins before the month is over."""
    member = play.join()
    play.until("11-10")
    item = member["items"]["data"][0]["id"]
    play.post(f"subscriptions/{member['id']}", items=[{"id": item, "price": "price_member_year_eur"}])
    assert play.spans() == [(BEGUN, "2027-11-13 12:00")]
    play.refund()
    assert play.spans() == [(BEGUN, ENDS)]


def test_a_plan_of_another_product_covers_nobody_and_an_extra_on_the_bill_changes_nothing(play: Play) -> None:
    play.join("price_shirt_month_eur")
    assert play.spans() == []
    play.join(f"{MONTHLY} price_shirt_eur")
    assert play.spans() == [(BEGUN, THREE_DAYS)]


def test_two_memberships_make_one_person(play: Play) -> None:
    first = play.join("price_member_week_eur")
    play.post(f"subscriptions/{first['id']}", cancel_at_period_end=True)
    play.until("11-12")
    assert play.spans() == [(BEGUN, "2026-11-10 12:00")]
    play.join(customer=first["customer"], quantity=3)
    assert play.spans() == [(BEGUN, "2026-11-10 12:00"), ("2026-11-12 12:00", "2026-12-15 12:00")]


def test_staff_may_write_memberships_down(play: Play) -> None:
    """Whole days in Kyiv: from 22:00 UTC in winter; the last day counts."""
    rows = [
        Row("reader-1", NOON.date(), NOON.replace(day=4).date(), 6000),
        Row("reader-1", NOON.replace(day=5).date(), NOON.replace(day=5).date(), 6000),
        Row("reader-2", NOON.date(), NOON.date(), None),
        Row("reader-3", NOON.date(), NOON.date(), 6000, campaign="another"),
    ]
    assert play.truth(rows) == {"reader-1": [("2026-11-02 22:00", "2026-11-05 22:00")]}
    assert play.figures("2026-11-03 12:00", rows).complimentary == {"reader-2"}


def test_a_late_failure_cuts_at_its_own_booking_and_leaves_no_grace(play: Play) -> None:
    """Settled on 8 November, back on the 28th."""
    play.join(iban=BOUNCES_LATE)
    play.until("11-28")
    assert play.spans() == [("2026-11-08 12:00", "2026-11-28 12:00")]


def test_an_invoice_reopened_by_a_late_failure_has_not_been_paid() -> None:
    play = Play(reopens_invoices=True)
    member = play.join(iban=BOUNCES_LATE)
    play.until("11-28 18:00")
    assert play.spans() == []
    play.post(f"invoices/{play.bill(member)['id']}/pay", payment_method="pm_card_visa")
    assert play.spans() == [("2026-11-28 18:00", THREE_DAYS)]


def test_an_invoice_reopened_and_paid_elsewhere_is_not_cut_by_the_failure_before() -> None:
    play = Play(reopens_invoices=True)
    member = play.join(iban=BOUNCES_LATE)
    play.until("11-28 18:00")
    play.post(f"invoices/{play.bill(member)['id']}/pay", paid_out_of_band=True)
    assert play.spans() == [("2026-11-28 18:00", THREE_DAYS)]
