"""Acts on invoices: paid by hand or elsewhere, written off, voided, credited before and after payment."""

from __future__ import annotations

from tests.line.stage import Raw, Stage, act

OWED = ("open", "uncollectible")


def _pay(stage: Stage, invoice: Raw | None, **how: object) -> str | None:
    if invoice is None or invoice["customer"] not in stage.people:
        return None
    paid = stage.try_(f"invoices/{invoice['id']}/pay", **how)
    return paid and f"{invoice['id']} is to be paid by {how}: {paid.get('status', 'declined')}"


@act(5.5)
def pay_an_invoice_by_hand(stage: Stage) -> str | None:
    return _pay(stage, stage.any(stage.quiet_invoices("open")), payment_method="pm_card_visa")


@act(0.7)
def try_to_pay_an_invoice(stage: Stage) -> str | None:
    return _pay(stage, stage.any(stage.quiet_invoices("open")), payment_method="pm_card_chargeDeclined")


@act(2.2)
def pay_an_invoice_elsewhere(stage: Stage) -> str | None:
    return _pay(stage, stage.any(stage.quiet_invoices(*OWED)), paid_out_of_band=True)


@act(3.3)
def pay_what_was_written_off(stage: Stage) -> str | None:
    return _pay(stage, stage.any(stage.quiet_invoices("uncollectible")), payment_method="pm_card_visa")


@act(2.2)
def void_an_invoice(stage: Stage) -> str | None:
    one = stage.any(stage.quiet_invoices(*OWED))
    done = one and stage.try_(f"invoices/{one['id']}/void")
    return done and f"{one['id']} is voided"


@act(2.64)
def write_off_an_invoice(stage: Stage) -> str | None:
    one = stage.any(stage.quiet_invoices("open"))
    done = one and stage.try_(f"invoices/{one['id']}/mark_uncollectible")
    return done and f"{one['id']} is written off"


@act(2.2)
def finalize_a_draft(stage: Stage) -> str | None:
    one = stage.any([one for one in stage.invoices("draft") if one["customer"] in stage.people])
    done = one and stage.try_(f"invoices/{one['id']}/finalize")
    return done and f"{one['id']} is finalised by hand"


def _credit(stage: Stage, invoice: Raw | None, amount: int, **ways: object) -> str | None:
    if invoice is None or amount <= 0:
        return None
    note = stage.try_("credit_notes", invoice=invoice["id"], amount=amount, **ways)
    return note and f"{note['id']} over {amount} on {invoice['id']}, {ways or 'before payment'}"


def _left(invoice: Raw) -> int:
    """What can still be credited."""
    credited = invoice["pre_payment_credit_notes_amount"] + invoice["post_payment_credit_notes_amount"]
    return int(invoice["total"] - credited)


@act(2.64)
def credit_a_part_before_payment(stage: Stage) -> str | None:
    one = stage.any(stage.quiet_invoices(*OWED))
    return one and _credit(stage, one, min(_left(one), one["amount_remaining"]) // 2)


@act(2.2)
def credit_all_before_payment(stage: Stage) -> str | None:
    one = stage.any(stage.quiet_invoices(*OWED))
    return one and _credit(stage, one, min(_left(one), one["amount_remaining"]))


def _paid(stage: Stage) -> tuple[Raw | None, int]:
    """A paid invoice, and all or half of what can be credited on it."""
    one = stage.any([one for one in stage.invoices("paid") if one["customer"] in stage.people])
    return one, (_left(one) // (1 if stage.chance(0.6) else 2) if one else 0)


@act(1)
def credit_by_a_refund(stage: Stage) -> str | None:
    one, amount = _paid(stage)
    return _credit(stage, one, amount, refund_amount=amount)


@act(1.2)
def credit_to_the_balance(stage: Stage) -> str | None:
    one, amount = _paid(stage)
    return _credit(stage, one, amount, credit_amount=amount)


@act(0.8)
def credit_out_of_band(stage: Stage) -> str | None:
    one, amount = _paid(stage)
    return _credit(stage, one, amount, out_of_band_amount=amount)


@act(0.5)
def credit_in_several_ways(stage: Stage) -> str | None:
    one, amount = _paid(stage)
    refund, credit = amount // 3, amount // 4
    ways = {"refund_amount": refund, "credit_amount": credit, "out_of_band_amount": amount - refund - credit}
    return _credit(stage, one, amount, **ways)


@act(1.76)
def credit_for_a_refund_made_before(stage: Stage) -> str | None:
    carried = {one["refund"] for note in stage.all("credit_notes") for one in note["refunds"]}
    found = [one for one in stage.all("refunds") if one["status"] == "succeeded" and one["id"] not in carried]
    refund = stage.any(found)
    if refund is None:
        return None
    held = stage.sandbox.must(
        "GET", "/v1/invoice_payments", {"payment": {"payment_intent": refund["payment_intent"]}}
    )
    if not held["data"]:
        return None
    invoice, amount = stage.one(f"invoices/{held['data'][0]['invoice']}"), refund["amount"]
    return _credit(stage, invoice, amount, refunds=[{"refund": refund["id"], "amount_refunded": amount}])


@act(2.2)
def take_a_credit_note_back(stage: Stage) -> str | None:
    open_notes = [note for note in stage.all("credit_notes") if note["status"] == "issued"]
    one = stage.any([note for note in open_notes if note["customer"] in stage.people])
    done = one and stage.try_(f"credit_notes/{one['id']}/void")
    return done and f"{one['id']} is taken back"


@act(1.5)
def give_credit(stage: Stage) -> str | None:
    known = [one for one in stage.subscriptions() if one["customer"] in stage.people]
    one = stage.any(known)
    if one is None:
        return None
    amount = -stage.dice.choice((100, 300, 500, 1200)) * (10 if one["currency"] == "kwd" else 1)
    who, currency = one["customer"], one["currency"]
    stage.post(f"customers/{who}/balance_transactions", amount=amount, currency=currency)
    return f"{who} is given a credit of {-amount} {currency}"


@act(0.8)
def bill_something_by_hand(stage: Stage) -> str | None:
    who = stage.need_reader()
    prices = stage.dice.sample(("price_shirt_eur", "price_gift_eur", "price_half_eur", "price_plain_eur"), 2)
    for price in prices:
        stage.post("invoiceitems", customer=who, pricing={"price": price})
    wish = {"customer": who, "currency": "eur", "pending_invoice_items_behavior": "include"}
    bill = stage.post("invoices", **wish, auto_advance=True)
    if stage.chance(0.6):
        stage.try_(f"invoices/{bill['id']}/pay", payment_method="pm_card_visa")
    return f"{who} is billed {' and '.join(prices)} by hand: {bill['id']}"


@act(0.8)
def put_something_on_the_next_bill(stage: Stage) -> str | None:
    known = [one for one in stage.subscriptions() if one["currency"] == "eur" and one["customer"] in stage.people]
    one = stage.any(known)
    if one is None:
        return None
    price = stage.dice.choice(("price_shirt_eur", "price_gift_eur"))
    stage.post("invoiceitems", customer=one["customer"], pricing={"price": price})
    return f"{price} is to come on the next bill of {one['customer']}"
