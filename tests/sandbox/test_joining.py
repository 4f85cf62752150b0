"""Joining through Checkout: paid, declined, left, expired."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests
import stripe

from .conftest import NOV_3, Shop


def test_a_paid_session_makes_customer_subscription_invoice_and_money(shop: Shop) -> None:
    session = shop.open_session()
    answer = shop.submit(session)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"http://news.example/thanks?session={session.id}"

    paths = ["subscription.latest_invoice.payments", "customer", "line_items"]
    done = shop.v1.checkout.sessions.retrieve(session.id, {"expand": paths})
    assert (done.status, done.payment_status, done.amount_total) == ("complete", "paid", 500)
    assert done.client_reference_id == "pledge-1"
    assert done.customer.email == done.customer_details.email == "ada@example.org"
    assert done.customer.address.country == "UA"
    assert done.line_items.data[0].price.id == "price_monthly"
    assert done.subscription.status == "active"
    assert done.subscription.metadata["pledge_id"] == "pledge-1"
    assert "payments" in done.subscription.latest_invoice

    invoice = done.subscription.latest_invoice
    assert (invoice.status, invoice.billing_reason, invoice.total) == ("paid", "subscription_create", 500)
    assert invoice.parent.subscription_details.subscription == done.subscription.id
    line = invoice.lines.data[0]
    assert line.pricing.price_details.to_dict() == {"price": "price_monthly", "product": "prod_member"}
    assert line.period.start == int(NOV_3.timestamp())
    assert line.period.end == int(NOV_3.replace(month=12).timestamp())
    item = done.subscription["items"].data[0]
    assert (item.current_period_start, item.current_period_end) == (line.period.start, line.period.end)

    intent = shop.v1.payment_intents.retrieve(invoice.payments.data[0].payment.payment_intent)
    charge = shop.v1.charges.retrieve(intent.latest_charge, {"expand": ["balance_transaction"]})
    assert charge.payment_method_details.card.last4 == "4242"
    assert charge.billing_details.address.country == "UA"
    entry = charge.balance_transaction
    assert (entry.amount, entry.fee, entry.net, entry.reporting_category) == (500, 33, 467, "charge")
    assert "invoice" not in charge and "invoice" not in intent


def test_a_declined_card_stays_on_the_page_and_the_reader_can_try_another(shop: Shop) -> None:
    session = shop.open_session()
    answer = shop.submit(session, "4000 0000 0000 0002")
    assert answer.status_code == 402
    assert "Your card was declined." in answer.text
    assert 'value="ada@example.org"' in answer.text
    assert shop.v1.subscriptions.list({"status": "all"}).data == []
    assert [charge.status for charge in shop.charges()] == ["failed"]
    assert shop.submit(session).status_code == 303


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("email", "ada", "email address"),
        ("card_number", "1234", "not a test card"),
        ("name", " ", "name on the card"),
    ],
)
def test_a_form_filled_in_wrong_says_what_is_wrong(shop: Shop, field: str, value: str, words: str) -> None:
    session = shop.open_session()
    answer = shop.submit(session, **{field: value})
    assert answer.status_code == 400
    assert words in answer.text


def test_paying_twice_makes_one_member(shop: Shop) -> None:
    session = shop.open_session()
    assert shop.submit(session).headers["Location"] == shop.submit(session).headers["Location"]
    assert len(shop.v1.subscriptions.list().data) == 1


def test_a_session_nobody_pays_expires_after_a_day(shop: Shop) -> None:
    session = shop.open_session()
    shop.sandbox.clock.advance(hours=23, minutes=59)
    assert shop.v1.checkout.sessions.retrieve(session.id).status == "open"
    shop.sandbox.clock.advance(minutes=1)
    left = shop.v1.checkout.sessions.retrieve(session.id)
    assert (left.status, left.payment_status, left.url) == ("expired", "unpaid", None)
    assert shop.event_types()[-1] == "checkout.session.expired"
    assert shop.submit(session).status_code == 410


def test_a_session_may_expire_sooner_but_not_later_than_stripe_allows(shop: Shop) -> None:
    soon = int((NOV_3 + timedelta(minutes=31)).timestamp())
    assert shop.open_session(expires_at=soon).expires_at == soon
    with pytest.raises(stripe.InvalidRequestError, match="between 30 minutes and 24 hours"):
        shop.open_session(expires_at=soon + 90_000)


def test_every_page_says_test_server_and_loads_nothing_from_elsewhere(shop: Shop) -> None:
    session = shop.open_session()
    for path in (f"/c/pay/{session.id}", "/", "/p/login/x", "/nothing"):
        answer = requests.get(shop.sandbox.url + path, timeout=5)
        assert "Test server" in answer.text
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "<script" not in answer.text and "style=" not in answer.text


def test_joining_tells_the_usual_events(shop: Shop) -> None:
    shop.join()
    told = shop.event_types()
    for name in (
        "checkout.session.completed",
        "customer.created",
        "customer.subscription.created",
        "customer.subscription.updated",
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
        "payment_intent.succeeded",
        "charge.succeeded",
        "charge.updated",
    ):
        assert told.count(name) == 1, name


def test_an_event_shows_the_object_as_it_stood_and_what_changed(shop: Shop) -> None:
    shop.join()
    events = {event.type: event for event in shop.v1.events.list({"limit": 100}).data}
    assert events["charge.succeeded"].data.object["balance_transaction"] is None
    assert events["charge.updated"].data.object["balance_transaction"].startswith("txn_")
    assert events["charge.updated"].data.previous_attributes["balance_transaction"] is None
    assert events["customer.subscription.created"].data.object["status"] == "incomplete"
    assert events["customer.subscription.updated"].data.previous_attributes["status"] == "incomplete"
    assert events["customer.subscription.updated"].data.object["status"] == "active"
    assert {event.created for event in events.values()} == {int(NOV_3.timestamp())}


def test_a_trial_costs_nothing_and_buys_nothing_until_it_ends(shop: Shop) -> None:
    subscription = shop.join(subscription_data={"trial_period_days": 14})
    assert subscription.status == "trialing"
    [first] = shop.invoices(subscription)
    assert (first.status, first.total, first.lines.data[0].amount) == ("paid", 0, 0)
    assert shop.charges() == []
    shop.sandbox.clock.advance(days=14, hours=2)
    assert shop.subscription(subscription).status == "active"
    assert [invoice.total for invoice in shop.invoices(subscription)] == [500, 0]


def test_a_gift_is_paid_once_for_an_amount_of_its_own(shop: Shop) -> None:
    shop.v1.products.create({"id": "prod_gift", "name": "Gift"})
    item = {"price_data": {"currency": "eur", "product": "prod_gift", "unit_amount": 1234}, "quantity": 1}
    session = shop.open_session(
        mode="payment", line_items=[item], payment_intent_data={"metadata": {"pledge_id": "pledge-1"}}
    )
    assert shop.submit(session).status_code == 303
    done = shop.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert (done.customer, done.subscription, done.invoice) == (None, None, None)
    assert done.payment_intent.metadata["pledge_id"] == "pledge-1"
    assert done.payment_intent.latest_charge.amount == 1234


def test_one_modes_parameters_are_refused_in_the_other(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="payment_intent_data"):
        shop.open_session(payment_intent_data={"metadata": {}, "description": "x"})
    with pytest.raises(stripe.InvalidRequestError, match="recurring price"):
        shop.open_session(mode="payment")


def test_a_member_cancels_and_keeps_in_the_portal(shop: Shop) -> None:
    subscription = shop.join()
    wish = {"customer": subscription.customer, "return_url": "http://news.example/back"}
    portal = shop.v1.billing_portal.sessions.create(wish)
    assert "http://news.example/back" in requests.get(portal.url, timeout=5).text
    form = {"subscription": subscription.id, "do": "period_end"}
    assert "Keep it" in requests.post(portal.url, form, timeout=5).text
    assert shop.subscription(subscription).cancel_at_period_end is True
    requests.post(portal.url, {**form, "do": "keep"}, timeout=5)
    assert shop.subscription(subscription).cancel_at_period_end is False
    requests.post(portal.url, {**form, "do": "now"}, timeout=5)
    assert shop.subscription(subscription).status == "canceled"
