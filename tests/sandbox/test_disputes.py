"""Disputes: what they take, give back, and tell."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import stripe

from .conftest import Shop


def disputed(shop: Shop, **wish: Any) -> Any:
    shop.join()
    charge = shop.charges()[0]
    body = {"charge": charge.id, **wish}
    answer = requests.post(f"{shop.sandbox.url}/_test/disputes", json=body, timeout=5)
    assert answer.ok, answer.text
    return shop.v1.disputes.retrieve(answer.json()["id"])


def balance(shop: Shop) -> int:
    held = shop.v1.balance.retrieve()
    return sum(part.amount for part in [*held.available, *held.pending])


def test_a_dispute_takes_the_money_and_the_fee(shop: Shop) -> None:
    dispute = disputed(shop)
    [taken] = dispute.balance_transactions
    assert (taken.reporting_category, taken.amount, taken.fee, taken.net) == ("dispute", -500, 2000, -2500)
    assert dispute.status == "needs_response"
    assert shop.v1.charges.retrieve(dispute.charge).disputed is True
    assert [one.id for one in shop.v1.balance_transactions.list({"source": dispute.id}).data] == [taken.id]
    assert balance(shop) == 467 - 2500
    assert shop.event_types()[-3:] == [
        "charge.dispute.created",
        "charge.updated",
        "charge.dispute.funds_withdrawn",
    ]


def test_winning_gives_both_back_and_losing_nothing(shop: Shop) -> None:
    won = disputed(shop, amount=300)
    evidence = {"evidence": {"uncategorized_text": "winning_evidence"}}
    won = shop.v1.disputes.update(won.id, evidence)
    assert won.status == "won"
    assert [entry.reporting_category for entry in won.balance_transactions] == ["dispute", "dispute_reversal"]
    assert sum(entry.net for entry in won.balance_transactions) == 0
    assert shop.event_types()[-2:] == ["charge.dispute.funds_reinstated", "charge.dispute.closed"]
    lost = shop.v1.disputes.close(disputed(shop).id)
    assert (lost.status, len(lost.balance_transactions)) == ("lost", 1)
    with pytest.raises(stripe.InvalidRequestError, match="already lost"):
        shop.v1.disputes.close(lost.id)


def test_an_inquiry_takes_nothing(shop: Shop) -> None:
    inquiry = disputed(shop, inquiry=True)
    assert (inquiry.status, inquiry.balance_transactions) == ("warning_needs_response", [])
    assert balance(shop) == 467


def test_a_card_whose_owner_disputes_does_so_after_paying(shop: Shop) -> None:
    shop.join(card="4000 0000 0000 0259")
    assert shop.v1.disputes.list().data == []
    shop.sandbox.clock.advance(seconds=1)
    [dispute] = shop.v1.disputes.list().data
    assert dispute.payment_intent == shop.charges()[0].payment_intent
