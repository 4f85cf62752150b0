"""The oracle on hand-computed stories in which money goes back, or a subscription ends or pauses."""

from __future__ import annotations

import pytest

from tests.line.plays import MONTHLY, Play
from tests.line.stage import BOUNCES_LATE, REFUNDS_FAIL, REFUNDS_WAIT

BEGUN, ENDS, THREE_DAYS = "2026-11-03 12:00", "2026-12-03 12:00", "2026-12-06 12:00"
TENTH, TWELFTH = "2026-11-10 12:00", "2026-11-12 12:00"
WHOLE = [(BEGUN, THREE_DAYS)]
CUT = [(BEGUN, TENTH)]
SUSPENDED = [(BEGUN, TENTH), (TWELFTH, THREE_DAYS)]


@pytest.fixture
def play() -> Play:
    return Play()


@pytest.fixture
def member(play: Play) -> str:
    """A monthly member on 10 November; 5 euros paid."""
    identifier = play.join()["id"]
    play.until("11-10")
    return str(identifier)


@pytest.mark.usefixtures("member")
def test_a_refund_cuts_when_it_is_whole(play: Play) -> None:
    play.refund(499)
    assert play.spans() == WHOLE
    play.until("11-12")
    play.refund(1)
    assert play.spans() == [(BEGUN, TWELFTH)]


def test_a_pending_refund_cuts_once_it_succeeded_from_its_making_on(play: Play) -> None:
    play.join(card=REFUNDS_WAIT)
    play.until("11-10")
    play.refund()
    assert play.spans() == WHOLE
    play.until("11-13")
    assert play.spans() == CUT


def test_a_refund_that_fails_or_is_called_off_never_counted(play: Play) -> None:
    play.join(card=REFUNDS_FAIL)
    play.until("11-10")
    play.refund()
    assert play.spans() == CUT
    play.until("11-13")
    assert play.spans() == WHOLE
    waits = play.refund(instructions_email="ada@example.org")
    play.post(f"refunds/{waits['id']}/cancel")
    assert play.spans() == WHOLE


@pytest.mark.usefixtures("member")
def test_a_dispute_suspends_until_the_money_is_given_back(play: Play) -> None:
    dispute = play.dispute()
    assert play.spans() == CUT
    play.until("11-12")
    play.post(f"/_test/disputes/{dispute}", status="won")
    assert play.spans() == SUSPENDED
    play.until("11-14")
    play.post(f"/_test/disputes/{dispute}", withdraw=True)
    assert play.spans() == [(BEGUN, TENTH), (TWELFTH, "2026-11-14 12:00")]


@pytest.mark.usefixtures("member")
def test_the_status_of_a_dispute_is_not_read(play: Play) -> None:
    dispute = play.dispute()
    play.until("11-12")
    play.post(f"/_test/disputes/{dispute}", reinstate=True)
    play.post(f"/_test/disputes/{dispute}", status="lost")
    assert play.spans() == SUSPENDED


@pytest.mark.usefixtures("member")
def test_an_inquiry_cuts_nothing_until_money_is_taken(play: Play) -> None:
    dispute = play.dispute(inquiry=True)
    assert play.spans() == WHOLE
    play.until("11-12")
    play.post(f"/_test/disputes/{dispute}", status="needs_response")
    assert play.spans() == [(BEGUN, TWELFTH)]


@pytest.mark.usefixtures("member")
def test_parts_by_refund_dispute_and_credit_note_add_up(play: Play) -> None:
    play.dispute(amount=300)
    play.refund(100)
    assert play.spans() == WHOLE
    bill = play.all("invoices")[0]["id"]
    play.until("11-12")
    play.post("credit_notes", invoice=bill, amount=100, out_of_band_amount=100)
    assert play.spans() == [(BEGUN, TWELFTH)]


@pytest.mark.usefixtures("member")
def test_a_refund_that_a_credit_note_carries_counts_once(play: Play) -> None:
    bill = play.all("invoices")[0]["id"]
    play.post("credit_notes", invoice=bill, amount=250, refund_amount=250)
    assert play.spans() == WHOLE
    play.until("11-12")
    play.post("credit_notes", invoice=bill, amount=250, credit_amount=250)
    assert play.spans() == [(BEGUN, TWELFTH)]


@pytest.mark.usefixtures("member")
def test_only_what_a_credit_note_gives_beyond_its_refund_is_added(play: Play) -> None:
    bill = play.all("invoices")[0]["id"]
    play.post("credit_notes", invoice=bill, amount=300, refund_amount=200, out_of_band_amount=100)
    assert play.spans() == WHOLE


@pytest.mark.usefixtures("member")
def test_a_credit_note_taken_back_never_counted(play: Play) -> None:
    bill = play.all("invoices")[0]["id"]
    note = play.post("credit_notes", invoice=bill, amount=500, credit_amount=500)
    assert play.spans() == CUT
    play.post(f"credit_notes/{note['id']}/void")
    assert play.spans() == WHOLE


def test_what_was_credited_before_payment_is_not_to_be_refunded(play: Play) -> None:
    play.join_and_fail_later()
    play.until("12-05")
    bill = play.all("invoices")[0]["id"]
    play.post("credit_notes", invoice=bill, amount=200)
    play.post(f"invoices/{bill}/pay", payment_method="pm_card_visa")
    play.until("12-10")
    play.refund()
    assert play.spans() == [(BEGUN, "2026-12-10 12:00")]


def test_ones_own_credit_counts_as_paid(play: Play) -> None:
    """2 of 5 euros from the credit: a refund of the other 3 is not all of it."""
    member = play.join()
    play.post(f"customers/{member['customer']}/balance_transactions", amount=-200, currency="eur")
    play.until("12-10")
    play.refund()
    assert play.spans() == [(BEGUN, "2027-01-06 12:00")]


def test_all_terms_of_an_invoice_are_cut_together_and_no_others(play: Play) -> None:
    play.join(f"{MONTHLY} price_club_month_eur")
    play.until("11-10")
    play.refund(500)
    assert play.spans() == WHOLE
    play.refund()
    assert play.spans() == CUT
    play.until("12-05")
    assert play.spans() == [(BEGUN, TENTH), ("2026-12-03 13:00", "2027-01-06 12:00")]


def test_there_is_no_grace_after_money_that_was_gone(play: Play) -> None:
    play.join_and_fail_later()
    play.until("11-10")
    dispute = play.dispute()
    play.until("12-05")
    play.post(f"/_test/disputes/{dispute}", status="won")
    assert play.spans() == CUT


def test_money_gone_during_grace_ends_it_for_good(play: Play) -> None:
    play.join_and_fail_later()
    play.until("12-05")
    dispute = play.dispute()
    play.until("12-07")
    play.post(f"/_test/disputes/{dispute}", status="won")
    assert play.spans() == [(BEGUN, "2026-12-05 12:00")]


def test_money_back_before_the_end_leaves_grace_whole(play: Play) -> None:
    play.join_and_fail_later()
    play.until("11-10")
    dispute = play.dispute()
    play.until("11-12")
    play.post(f"/_test/disputes/{dispute}", status="won")
    play.until("12-05")
    assert play.spans() == [(BEGUN, TENTH), (TWELFTH, "2027-01-02 12:00")]


def test_cancelling_and_deletion_end_at_once(play: Play, member: str) -> None:
    play.sandbox.must("DELETE", f"/v1/subscriptions/{member}")
    assert play.spans() == CUT
    another = play.join()
    play.until("11-12")
    play.sandbox.must("DELETE", f"/v1/customers/{another['customer']}")
    assert sorted(play.truth().values()) == [CUT, [(TENTH, TWELFTH)]]


def test_a_pause_cuts_until_it_resumes(play: Play, member: str) -> None:
    play.post(f"subscriptions/{member}/pause", type="subscription")
    assert play.spans() == CUT
    play.until("11-12")
    play.post(f"subscriptions/{member}/resume")
    assert play.spans() == [(BEGUN, TENTH), (TWELFTH, "2026-12-15 12:00")]


def test_the_pause_is_as_old_as_stripe_says(play: Play, member: str) -> None:
    play.post(f"subscriptions/{member}/pause", type="subscription")
    play.hear()
    [told] = [one for one in play.history if one["type"] == "customer.subscription.paused"]
    told["created"] += 7200
    assert play.spans() == CUT


def test_what_is_given_back_of_an_old_plan_is_no_free_period(play: Play) -> None:
    who = play.join()
    play.until("11-10")
    item = who["items"]["data"][0]["id"]
    change = {"items": [{"id": item, "price": "price_club_month_eur"}], "proration_behavior": "always_invoice"}
    play.post(f"subscriptions/{who['id']}", **change)
    for place in (0, 1):
        play.refund(charge=play.all("charges")[place]["id"])
    assert play.spans() == CUT
    assert play.figures("2026-11-12 12:00").complimentary == frozenset()


def test_what_was_left_of_a_term_goes_on_when_the_payment_on_resuming_fails(play: Play) -> None:
    """Until 3 December, and 3 days for an invoice that starts there; the one of the resuming starts earlier."""
    member = play.join_and_fail_later()["id"]
    play.until("11-10")
    play.post(f"subscriptions/{member}/pause", type="subscription")
    play.until("11-12")
    play.post(f"subscriptions/{member}/resume")
    assert play.spans() == SUSPENDED


def test_a_pause_in_grace_ends_it_for_good(play: Play) -> None:
    member = play.join_and_fail_later()["id"]
    play.until("12-05")
    play.post(f"subscriptions/{member}/pause", type="subscription")
    play.until("12-07")
    play.post(f"subscriptions/{member}/resume")
    assert play.spans() == [(BEGUN, "2026-12-05 12:00")]


def test_a_dispute_of_a_debit_and_its_late_failure_both_cut(play: Play) -> None:
    play.join(iban=BOUNCES_LATE)
    play.until("11-10")
    dispute = play.dispute()
    play.until("11-12")
    play.post(f"/_test/disputes/{dispute}", status="won")
    play.until("11-29")
    assert play.spans() == [("2026-11-08 12:00", TENTH), (TWELFTH, "2026-11-28 12:00")]
