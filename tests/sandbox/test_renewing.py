"""Renewals and what can become of them, on a clock under control."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import stripe

from tracker.sandbox import periods
from tracker.sandbox.server import Sandbox
from tracker.sandbox.world import Settings

from .conftest import NOV_3, Shop, stock

FAILS_LATER = "4000 0000 0000 0341"


def seconds(year: int, month: int, day: int, hour: int = 12) -> int:
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp())


def test_a_draft_at_the_periods_end_is_paid_an_hour_later(shop: Shop) -> None:
    subscription = shop.join()
    shop.sandbox.clock.set(NOV_3.replace(month=12))
    draft, first = shop.invoices(subscription)
    assert (draft.status, draft.billing_reason) == ("draft", "subscription_cycle")
    assert draft.lines.data[0].period.start == first.lines.data[0].period.end == seconds(2026, 12, 3)
    assert (draft.period_start, draft.period_end) == (seconds(2026, 11, 3), seconds(2026, 12, 3))
    assert shop.subscription(subscription).latest_invoice == draft.id

    shop.sandbox.clock.advance(hours=1)
    [paid, _] = shop.invoices(subscription)
    assert paid.status == "paid"
    assert paid.status_transitions.finalized_at == paid.status_transitions.paid_at == seconds(2026, 12, 3, 13)
    assert "next_payment_attempt" in paid and paid.attempt_count == 1


def test_a_year_of_renewals_happens_in_order_when_the_clock_leaps(shop: Shop) -> None:
    subscription = shop.join()
    shop.sandbox.clock.set(datetime(2027, 11, 4, tzinfo=UTC))
    bills = shop.invoices(subscription)[::-1]
    assert len(bills) == 13
    assert all(bill.status == "paid" for bill in bills)
    starts = [bill.lines.data[0].period.start for bill in bills]
    ends = [bill.lines.data[0].period.end for bill in bills]
    assert starts[1:] == ends[:-1]
    assert [bill.created for bill in bills] == sorted(bill.created for bill in bills)


def test_month_ends_are_clamped_and_come_back() -> None:
    anchor = seconds(2026, 1, 31)
    ends = [periods.after(anchor, "month", 1, step) for step in (1, 2, 3)]
    assert ends == [seconds(2026, 2, 28), seconds(2026, 3, 31), seconds(2026, 4, 30)]
    assert periods.following(anchor, "month", 1, seconds(2026, 2, 28)) == seconds(2026, 3, 31)
    leap = seconds(2024, 2, 29)
    assert periods.after(leap, "year", 1, 1) == seconds(2025, 2, 28)
    assert periods.following(leap, "year", 1, seconds(2027, 2, 28)) == seconds(2028, 2, 29)


def test_a_failed_renewal_is_retried_on_days_3_5_and_7_then_ends(shop: Shop) -> None:
    subscription = shop.join(card=FAILS_LATER)
    shop.sandbox.clock.set(datetime(2026, 12, 3, 13, tzinfo=UTC))
    assert shop.subscription(subscription).status == "past_due"
    [bill, _] = shop.invoices(subscription)
    assert (bill.status, bill.attempt_count) == ("open", 1)
    for attempts, day in ((2, 6), (3, 8), (4, 10)):
        assert bill.next_payment_attempt == seconds(2026, 12, day, 13)
        shop.sandbox.clock.set(bill.next_payment_attempt)
        [bill, _] = shop.invoices(subscription)
        assert bill.attempt_count == attempts
    ended = shop.subscription(subscription)
    assert (ended.status, ended.ended_at) == ("canceled", seconds(2026, 12, 10, 13))
    assert ended.cancellation_details.reason == "payment_failed"
    assert (bill.status, bill.next_payment_attempt, bill.auto_advance) == ("open", None, False)
    assert [charge.status for charge in shop.charges()] == ["failed"] * 4 + ["succeeded"]
    assert shop.event_types()[-1] == "customer.subscription.deleted"


def test_a_new_card_recovers_a_failed_renewal(shop: Shop) -> None:
    subscription = shop.join(card=FAILS_LATER)
    shop.sandbox.clock.set(datetime(2026, 12, 4, tzinfo=UTC))
    [bill, _] = shop.invoices(subscription)
    with pytest.raises(stripe.CardError, match="declined"):
        shop.v1.invoices.pay(bill.id)
    shop.v1.subscriptions.update(subscription.id, {"default_payment_method": "pm_card_visa"})
    shop.sandbox.clock.set(bill.next_payment_attempt)
    assert shop.subscription(subscription).status == "active"
    assert shop.invoices(subscription)[0].status == "paid"
    payments = shop.v1.invoice_payments.list({"invoice": bill.id}).data
    assert [payment.status for payment in payments] == ["paid"]


@pytest.fixture
def lenient() -> Iterator[Shop]:
    settings = Settings(after_retries="unpaid", invoice_after_retries="uncollectible")
    with Sandbox(now=NOV_3, settings=settings) as sandbox:
        yield stock(sandbox)


def test_an_account_may_leave_them_unpaid_and_write_the_invoice_off(lenient: Shop) -> None:
    subscription = lenient.join(card=FAILS_LATER)
    lenient.sandbox.clock.set(datetime(2026, 12, 11, tzinfo=UTC))
    assert lenient.subscription(subscription).status == "unpaid"
    bill = lenient.invoices(subscription)[0]
    assert bill.status == "uncollectible"
    assert bill.status_transitions.marked_uncollectible_at == seconds(2026, 12, 10, 13)
    lenient.sandbox.clock.set(datetime(2027, 1, 5, tzinfo=UTC))
    assert [one.status for one in lenient.invoices(subscription)] == ["draft", "uncollectible", "paid"]


def test_cancelling_at_the_periods_end_ends_then_and_not_before(shop: Shop) -> None:
    subscription = shop.join()
    shop.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    shop.sandbox.clock.set(NOV_3.replace(month=12, hour=11))
    waiting = shop.subscription(subscription)
    assert (waiting.status, waiting.cancel_at, waiting.ended_at) == ("active", seconds(2026, 12, 3), None)
    shop.sandbox.clock.advance(hours=2)
    ended = shop.subscription(subscription)
    assert (ended.status, ended.ended_at) == ("canceled", seconds(2026, 12, 3))
    assert ended.canceled_at == seconds(2026, 11, 3)
    assert len(shop.invoices(subscription)) == 1


def test_cancelling_now_ends_now_and_once(shop: Shop) -> None:
    subscription = shop.join()
    assert shop.v1.subscriptions.cancel(subscription.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError, match="No such subscription"):
        shop.v1.subscriptions.cancel(subscription.id)
    shop.sandbox.clock.advance(days=40)
    assert len(shop.invoices(subscription)) == 1


@pytest.mark.parametrize(
    ("behavior", "status"), [("keep_as_draft", "draft"), ("void", "void"), ("mark_uncollectible", "uncollectible")]
)
def test_paused_collection_takes_no_money(shop: Shop, behavior: str, status: str) -> None:
    subscription = shop.join()
    shop.v1.subscriptions.update(subscription.id, {"pause_collection": {"behavior": behavior}})
    shop.sandbox.clock.advance(days=31)
    assert shop.subscription(subscription).status == "active"
    assert [bill.status for bill in shop.invoices(subscription)] == [status, "paid"]
    assert len(shop.charges()) == 1


def test_a_paused_subscription_says_since_when_and_resumes_with_a_new_period(shop: Shop) -> None:
    subscription = shop.join()
    shop.sandbox.clock.advance(days=10)
    paused = shop.v1.subscriptions.pause(subscription.id)
    assert paused.status == "paused"
    assert paused.status_details.paused.transitioned_at == seconds(2026, 11, 13)
    shop.sandbox.clock.advance(days=60)
    assert len(shop.invoices(subscription)) == 1
    resumed = shop.v1.subscriptions.resume(subscription.id)
    assert (resumed.status, resumed.status_details) == ("active", None)
    assert resumed["items"].data[0].current_period_start == seconds(2027, 1, 12)
    assert shop.invoices(subscription)[0].status == "paid"


def test_a_subscription_whose_first_payment_fails_is_incomplete_and_expires(shop: Shop) -> None:
    customer = shop.v1.customers.create({"email": "ada@example.org"})
    wish = {"customer": customer.id, "items": [{"price": "price_monthly"}]}
    card = {"default_payment_method": "pm_card_chargeDeclined"}
    subscription = shop.v1.subscriptions.create({**wish, **card})
    assert subscription.status == "incomplete"
    shop.sandbox.clock.advance(hours=23)
    expired = shop.subscription(subscription)
    assert expired.status == "incomplete_expired"
    assert shop.invoices(subscription)[0].status == "void"
    assert shop.v1.subscriptions.list().data == []

    with pytest.raises(stripe.CardError):
        shop.v1.subscriptions.create({**wish, **card, "payment_behavior": "error_if_incomplete"})
    assert len(shop.v1.subscriptions.list({"status": "all"}).data) == 1


def test_deleting_a_customer_ends_the_subscription_and_says_so(shop: Shop) -> None:
    subscription = shop.join()
    assert shop.v1.customers.delete(subscription.customer).deleted is True
    assert shop.subscription(subscription).status == "canceled"
    assert shop.v1.customers.retrieve(subscription.customer).deleted is True
    assert shop.v1.customers.list().data == []


def test_an_invoice_can_be_voided_written_off_or_paid_elsewhere(shop: Shop) -> None:
    bills = []
    for _ in range(3):
        subscription = shop.join(card=FAILS_LATER)
        bills.append(subscription)
    shop.sandbox.clock.advance(days=31)
    void, lost, cash = (shop.invoices(subscription)[0] for subscription in bills)
    assert shop.v1.invoices.void_invoice(void.id).status_transitions.voided_at
    assert shop.v1.invoices.mark_uncollectible(lost.id).status == "uncollectible"
    paid = shop.v1.invoices.pay(cash.id, {"paid_out_of_band": True})
    assert (paid.status, paid.amount_paid, paid.amount_paid_off_stripe) == ("paid", 0, 500)
    assert shop.subscription(bills[2]).status == "active"
    with pytest.raises(stripe.InvalidRequestError, match="already paid"):
        shop.v1.invoices.pay(cash.id)
