"""Credit notes before and after payment, and the customer's own credit."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from .conftest import NOV_3, Shop

T0 = int(NOV_3.timestamp())


def credited(shop: Shop, invoice: Any, **wish: Any) -> Any:
    return shop.v1.credit_notes.create({"invoice": invoice.id, **wish})


def paid(shop: Shop) -> Any:
    return shop.invoices(shop.join())[0]


def owed(shop: Shop) -> Any:
    """An open invoice of 500: a renewal whose card failed."""
    subscription = shop.join(card="4000000000000341")
    shop.sandbox.clock.advance(days=31)
    return shop.invoices(subscription)[0]


def refreshed(shop: Shop, invoice: Any) -> Any:
    return shop.v1.invoices.retrieve(invoice.id)


def test_a_note_before_payment_lowers_what_is_owed(shop: Shop) -> None:
    invoice = owed(shop)
    note = credited(shop, invoice, amount=200, reason="order_change")
    assert (note.type, note.pre_payment_amount, note.post_payment_amount) == ("pre_payment", 200, 0)
    invoice = refreshed(shop, invoice)
    assert (invoice.total, invoice.amount_due, invoice.amount_remaining) == (500, 300, 300)
    assert invoice.pre_payment_credit_notes_amount == 200
    assert shop.event_types()[-2:] == ["credit_note.created", "invoice.updated"]
    paid = shop.v1.invoices.pay(invoice.id, {"payment_method": "pm_card_visa"})
    assert (paid.amount_paid, shop.charges()[0].amount) == (300, 300)


def test_a_note_over_all_that_is_owed_makes_the_invoice_paid_without_money(shop: Shop) -> None:
    invoice = owed(shop)
    before = len(shop.charges())
    credited(shop, invoice, amount=500)
    invoice = refreshed(shop, invoice)
    assert (invoice.status, invoice.amount_paid, invoice.amount_due) == ("paid", 0, 0)
    assert invoice.pre_payment_credit_notes_amount == 500
    assert len(shop.charges()) == before
    assert shop.event_types()[-2:] == ["invoice.paid", "invoice.payment_succeeded"]


def test_a_note_taken_back_is_owed_again(shop: Shop) -> None:
    invoice = owed(shop)
    note = credited(shop, invoice, amount=200)
    voided = shop.v1.credit_notes.void_credit_note(note.id)
    assert (voided.status, voided.voided_at) == ("void", int(shop.sandbox.clock.now()))
    assert refreshed(shop, invoice).amount_due == 500
    assert "credit_note.voided" in shop.event_types()


def test_after_payment_the_ways_back_add_up(shop: Shop) -> None:
    invoice = paid(shop)
    with pytest.raises(stripe.InvalidRequestError, match="must equal"):
        credited(shop, invoice, amount=400, refund_amount=100)
    ways = {"refund_amount": 100, "credit_amount": 200, "out_of_band_amount": 100}
    note = credited(shop, invoice, amount=400, **ways)
    assert (note.type, note.post_payment_amount, note.out_of_band_amount) == ("post_payment", 400, 100)
    [back] = note.refunds
    refund = shop.v1.refunds.retrieve(back.refund)
    assert (back.amount_refunded, refund.amount, refund.status) == (100, 100, "succeeded")
    assert shop.v1.customers.retrieve(note.customer).balance == -200
    invoice = refreshed(shop, invoice)
    assert (invoice.status, invoice.post_payment_credit_notes_amount, invoice.amount_paid) == ("paid", 400, 500)
    with pytest.raises(stripe.InvalidRequestError, match="1 to 100"):
        credited(shop, invoice, amount=101, refund_amount=101)
    with pytest.raises(stripe.InvalidRequestError, match="without refunds"):
        shop.v1.credit_notes.void_credit_note(note.id)


def test_a_note_may_carry_a_refund_made_before_it(shop: Shop) -> None:
    invoice = paid(shop)
    refund = shop.v1.refunds.create({"charge": shop.charges()[0].id, "amount": 500})
    line = {"type": "invoice_line_item", "invoice_line_item": invoice.lines.data[0].id, "quantity": 1}
    note = credited(shop, invoice, lines=[line], refunds=[{"refund": refund.id, "amount_refunded": 500}])
    assert (note.refunds[0].refund, len(shop.v1.refunds.list().data)) == (refund.id, 1)
    assert note.lines.data[0].invoice_line_item == invoice.lines.data[0].id
    assert [one.id for one in shop.v1.credit_notes.list({"invoice": invoice.id}).data] == [note.id]


def test_credit_given_pays_the_next_invoices_first(shop: Shop) -> None:
    subscription = shop.join()
    given = shop.v1.customers.balance_transactions.create(
        subscription.customer, {"amount": -700, "currency": "eur", "description": "sorry"}
    )
    assert (given.type, given.ending_balance) == ("adjustment", -700)
    shop.sandbox.clock.advance(days=31)
    [whole, _] = shop.invoices(subscription)
    assert (whole.status, whole.total, whole.amount_due, whole.amount_paid) == ("paid", 500, 0, 0)
    assert (whole.starting_balance, whole.ending_balance) == (-700, -200)
    assert shop.v1.invoice_payments.list({"invoice": whole.id}).data == []
    shop.sandbox.clock.advance(days=31)
    part = shop.invoices(subscription)[0]
    assert (part.amount_due, part.amount_paid, part.ending_balance) == (300, 300, 0)
    assert shop.charges()[0].amount == 300
    moved = shop.v1.customers.balance_transactions.list(subscription.customer).data
    assert [(one.type, one.amount, one.invoice) for one in moved] == [
        ("applied_to_invoice", 200, part.id),
        ("applied_to_invoice", 500, whole.id),
        ("adjustment", -700, None),
    ]


def test_what_a_customer_owes_is_added_to_the_next_invoice(shop: Shop) -> None:
    subscription = shop.join()
    owes = {"amount": 250, "currency": "eur"}
    shop.v1.customers.balance_transactions.create(subscription.customer, owes)
    shop.sandbox.clock.advance(days=31)
    bill = shop.invoices(subscription)[0]
    assert (bill.total, bill.amount_due, bill.amount_paid, bill.ending_balance) == (500, 750, 750, 0)


def test_a_void_invoice_gives_the_credit_back(shop: Shop) -> None:
    subscription = shop.join(card="4000000000000341")
    credit = {"amount": -200, "currency": "eur"}
    shop.v1.customers.balance_transactions.create(subscription.customer, credit)
    shop.sandbox.clock.advance(days=31)
    bill = shop.invoices(subscription)[0]
    assert (bill.status, bill.amount_due) == ("open", 300)
    shop.v1.invoices.void_invoice(bill.id)
    assert shop.v1.customers.retrieve(subscription.customer).balance == -200
    entries = shop.v1.customers.balance_transactions.list(subscription.customer).data
    assert entries[0].type == "unapplied_from_invoice"
