"""Money adds up by construction: fees, refunds, payouts, other currencies."""

from __future__ import annotations

import pytest
import stripe

from tracker.sandbox import money

from .conftest import Shop


def entries(shop: Shop) -> list[stripe.BalanceTransaction]:
    return list(shop.v1.balance_transactions.list({"limit": 100}).auto_paging_iter())


def balance(shop: Shop) -> int:
    held = shop.v1.balance.retrieve()
    return sum(part.amount for part in [*held.available, *held.pending] if part.currency == "eur")


@pytest.mark.parametrize(("amount", "fee"), [(500, 33), (5000, 100), (100, 27), (33, 25), (34, 26), (1, 25)])
def test_the_fee_is_one_and_a_half_percent_rounded_half_up_and_25_cents(amount: int, fee: int) -> None:
    assert money.fee(amount) == fee


def test_every_entry_and_the_whole_balance_add_up(shop: Shop) -> None:
    shop.join()
    shop.join("price_yearly")
    charge = shop.charges()[0]
    shop.v1.refunds.create({"charge": charge.id, "amount": 1200})
    booked = entries(shop)
    assert len(booked) == 3
    for entry in booked:
        assert entry.net == entry.amount - entry.fee
        assert entry.fee == sum(detail.amount for detail in entry.fee_details)
    assert balance(shop) == sum(entry.net for entry in booked) == 467 + 4900 - 1200


def test_refunds_in_parts_reach_the_whole_and_no_further(shop: Shop) -> None:
    shop.join()
    [charge] = shop.charges()
    part = shop.v1.refunds.create({"charge": charge.id, "amount": 200, "reason": "requested_by_customer"})
    assert (part.status, part.payment_intent) == ("succeeded", charge.payment_intent)
    [charge] = shop.charges()
    assert (charge.amount_refunded, charge.refunded) == (200, False)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        shop.v1.refunds.create({"charge": charge.id, "amount": 301})
    rest = shop.v1.refunds.create({"payment_intent": charge.payment_intent})
    assert rest.amount == 300
    [charge] = shop.charges()
    assert (charge.amount_refunded, charge.refunded) == (500, True)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.refunds.create({"charge": charge.id})
    assert caught.value.code == "charge_already_refunded"
    listed = shop.v1.refunds.list({"charge": charge.id, "expand": ["data.balance_transaction"]}).data
    assert [(one.amount, one.balance_transaction.net) for one in listed] == [(300, -300), (200, -200)]
    assert shop.event_types()[-4:] == ["refund.created", "charge.refunded"] * 2


def test_a_payout_each_midnight_ties_out_with_its_entries(shop: Shop) -> None:
    shop.join()
    shop.sandbox.clock.advance(hours=6)
    shop.join("price_yearly")
    [first] = [charge for charge in shop.charges() if charge.amount == 500]
    shop.v1.refunds.create({"charge": first.id})
    shop.sandbox.clock.advance(days=3)
    paid_out = shop.v1.payouts.list({"expand": ["data.balance_transaction"]}).data
    assert [payout.status for payout in paid_out] == ["paid"]
    [payout] = paid_out
    held = shop.v1.balance_transactions.list({"payout": payout.id, "limit": 100}).data
    own = [entry for entry in held if entry.type == "payout"]
    others = [entry for entry in held if entry.type != "payout"]
    assert [entry.id for entry in own] == [payout.balance_transaction.id]
    assert sum(entry.net for entry in others) == payout.amount == -own[0].net == 467 + 4900 - 500
    assert balance(shop) == 0
    assert {entry.status for entry in held} == {"available"}


def test_an_entry_is_pending_until_its_day(shop: Shop) -> None:
    shop.join()
    [entry] = entries(shop)
    assert entry.status == "pending"
    shop.sandbox.clock.set(entry.available_on)
    assert [one.status for one in entries(shop) if one.type == "charge"] == ["available"]


def test_another_currency_settles_in_euros_at_a_stated_rate(shop: Shop) -> None:
    data = {"product": "prod_member", "recurring": {"interval": "month"}}
    for currency, amount in (("usd", 1000), ("jpy", 1000), ("kwd", 1000), ("isk", 50_000)):
        item = {"price_data": {**data, "currency": currency, "unit_amount": amount}, "quantity": 1}
        assert shop.submit(shop.open_session(line_items=[item])).status_code == 303
    booked = {
        entry.source.currency: entry for entry in shop.v1.balance_transactions.list({"expand": ["data.source"]})
    }
    assert (booked["usd"].amount, booked["usd"].currency, booked["usd"].exchange_rate) == (920, "eur", 0.92)
    assert booked["jpy"].amount == 610
    assert booked["kwd"].amount == 301
    assert (booked["isk"].amount, booked["isk"].currency, booked["isk"].exchange_rate) == (50_000, "isk", None)
