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


def steer(shop: Shop, dispute: Any, **wish: Any) -> Any:
    answer = requests.post(f"{shop.sandbox.url}/_test/disputes/{dispute.id}", json=wish, timeout=5)
    assert answer.ok, answer.text
    return shop.v1.disputes.retrieve(dispute.id)


def amounts(dispute: Any) -> list[tuple[str, int]]:
    return [(entry.reporting_category, entry.amount) for entry in dispute.balance_transactions]


def test_money_can_go_and_come_several_times_and_in_parts(shop: Shop) -> None:
    dispute = disputed(shop, amount=400)
    dispute = steer(shop, dispute, reinstate=150)
    dispute = steer(shop, dispute, withdraw=100)
    dispute = steer(shop, dispute, status="won")
    assert amounts(dispute) == [
        ("dispute", -400),
        ("dispute_reversal", 150),
        ("dispute", -100),
        ("dispute_reversal", 350),
    ]
    assert sum(entry.net for entry in dispute.balance_transactions) == 0
    assert balance(shop) == 467


def test_an_inquiry_may_become_a_dispute_or_close(shop: Shop) -> None:
    escalated = steer(shop, disputed(shop, inquiry=True), status="needs_response")
    assert amounts(escalated) == [("dispute", -500)]
    closed = disputed(shop, inquiry=True)
    for status in ("warning_under_review", "warning_closed"):
        closed = steer(shop, closed, status=status)
    assert (closed.status, amounts(closed)) == ("warning_closed", [])


def test_an_appeal_leaves_the_money_where_it_is_until_it_is_won(shop: Shop) -> None:
    dispute = disputed(shop)
    for status in ("under_review", "lost", "appeal_needs_response", "appeal_under_review"):
        dispute = steer(shop, dispute, status=status)
        assert (dispute.status, amounts(dispute)) == (status, [("dispute", -500)])
    assert amounts(steer(shop, dispute, status="won"))[-1] == ("dispute_reversal", 500)


def test_a_lost_dispute_may_be_followed_by_another(shop: Shop) -> None:
    first = shop.v1.disputes.close(disputed(shop, amount=200).id)
    body = {"charge": first.charge, "amount": 300}
    assert requests.post(f"{shop.sandbox.url}/_test/disputes", json=body, timeout=5).ok
    assert requests.post(f"{shop.sandbox.url}/_test/disputes", json=body, timeout=5).status_code == 400
    wrong = requests.post(f"{shop.sandbox.url}/_test/disputes/{first.id}", json={"status": "great"}, timeout=5)
    assert "Unknown dispute status" in wrong.text
