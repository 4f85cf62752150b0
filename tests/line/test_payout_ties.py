"""RULES 7: every automatic payout is the sum of its entries; others are said so; what comes back is shown."""

from decimal import Decimal
from typing import Any

import pytest
import requests

from tests.line.conftest import House
from tests.line.finance_files import cents, checks, month, table
from tests.line.test_bookings import alter
from tests.line.test_statement import book
from tracker import flow
from tracker.intake.stripe.gateway import Gateway, StripeRefusedError


def steer(house: House, payout: str, **wish: Any) -> None:
    answer = requests.post(f"{house.sandbox.url}/_test/payouts/{payout}", json=wish, timeout=5)
    assert answer.ok, answer.text


def ties(house: House, name: str) -> bool:
    return checks(month(house, name))["payouts_tie"].is_green


@pytest.fixture
def paid_out(house: House) -> House:
    """Two members' money, a fee of Stripe's own, and the automatic payout of them."""
    house.connect()
    house.join("ada@example.org")
    house.join("bo@example.org", "price_yearly")
    book(house, "stripe_fee", -100)
    house.sandbox.clock.advance(days=10)
    flow.sync(house.line, full=False)
    return house


def test_an_automatic_payout_is_the_sum_of_its_entries(paid_out: House) -> None:
    [row] = table("payouts.csv", month(paid_out, "2026-11"))
    own = paid_out.scalar("SELECT source_id FROM entry WHERE type = 'payout'")
    assert row == {
        "payout_id": own,
        "created": row["created"],
        "arrival_date": row["arrival_date"],
        "currency": "EUR",
        "amount": "52.67",
        "status": "paid",
        "automatic": "yes",
        "entries": "3",
        "entries_net": "52.67",
        "difference": "0.00",
    }
    assert row["created"].endswith("+02:00") and len(row["arrival_date"]) == 10
    assert ties(paid_out, "2026-11")


def test_every_entry_names_the_payout_that_took_it_along(paid_out: House) -> None:
    rows = table("transactions.csv", month(paid_out, "2026-11"))
    [payout] = {row["automatic_payout_id"] for row in rows}
    assert payout.startswith("po_") and len(rows) == 4


def test_payouts_from_before_the_connection_are_tied_too(house: House) -> None:
    house.join("ada@example.org")
    house.sandbox.clock.advance(days=70)
    house.connect()
    for name, paid in (("2026-11", "4.67"), ("2026-12", "4.67"), ("2027-01", "4.67")):
        [row] = table("payouts.csv", month(house, name))
        assert (row["amount"], row["entries_net"], row["difference"]) == (paid, paid, "0.00")
        assert ties(house, name)


def test_a_payout_belongs_to_the_month_of_its_own_booking_whatever_its_entries_are_of(house: House) -> None:
    house.connect()
    house.sandbox.clock.advance(days=26, hours=12)  # 30 November
    house.join("ada@example.org")
    house.sandbox.clock.advance(days=10)
    flow.sync(house.line, full=False)
    assert table("payouts.csv", month(house, "2026-11")) == []
    [row] = table("payouts.csv", month(house, "2026-12"))
    assert (row["entries"], row["difference"]) == ("1", "0.00")


def test_made_by_hand_and_instantly_cannot_be_tied_and_the_next_automatic_one_still_is(house: House) -> None:
    house.connect()
    house.join("ada@example.org", "price_yearly")
    house.sandbox.clock.set(
        house.sandbox.world.store.db.execute(
            "SELECT max(data ->> '$.available_on') FROM o_balance_transaction"
        ).fetchone()[0]
        - 1
    )
    house.sandbox.clock.advance(seconds=1)
    book(house, "adjustment", 5000)
    by_hand = house.client.v1.payouts.create({"amount": 1000, "currency": "eur"}).id
    instant = house.client.v1.payouts.create({"amount": 500, "currency": "eur", "method": "instant"}).id
    house.sandbox.clock.advance(days=5)
    flow.sync(house.line, full=False)
    rows = {row["payout_id"]: row for row in table("payouts.csv", month(house, "2026-11"))}
    for payout, amount in ((by_hand, "10.00"), (instant, "5.00")):
        row = rows.pop(payout)
        assert (row["amount"], row["automatic"]) == (amount, "no")
        assert (row["entries"], row["entries_net"], row["difference"]) == ("", "", "")
    assert rows and {(row["automatic"], row["difference"]) for row in rows.values()} == {("yes", "0.00")}
    check = checks(month(house, "2026-11"))["payouts_tie"]
    assert check.is_green and check.values["untied"] == 2


def test_a_payout_that_fails_a_month_later_shows_its_return_there_and_stays_tied(paid_out: House) -> None:
    payout = paid_out.scalar("SELECT source_id FROM entry WHERE type = 'payout'")
    paid_out.sandbox.clock.advance(days=20)
    steer(paid_out, payout, status="failed")
    flow.minute(paid_out.line)
    [row] = table("payouts.csv", month(paid_out, "2026-11"))
    assert (row["amount"], row["status"], row["difference"]) == ("52.67", "failed", "0.00")
    paid_out.sandbox.clock.advance(days=2)
    flow.sync(paid_out.line, full=False)
    december = table("payouts.csv", month(paid_out, "2026-12"))
    assert [(row["payout_id"] == payout, row["amount"], row["difference"]) for row in december] == [
        (True, "-52.67", ""),
        (False, "52.67", "0.00"),
        (False, "4.67", "0.00"),  # Ada's next month
    ]
    assert ties(paid_out, "2026-11") and ties(paid_out, "2026-12")


def test_the_amounts_are_what_the_statement_says_left_and_came_back(paid_out: House) -> None:
    steer(paid_out, paid_out.scalar("SELECT source_id FROM entry WHERE type = 'payout'"), status="failed")
    paid_out.sandbox.clock.advance(days=3)
    flow.sync(paid_out.line, full=False)
    asked = month(paid_out, "2026-11")
    statement = table("statement.csv", asked)
    left = sum(cents(statement, "gross", reporting_category=one) for one in ("payout", "payout_reversal"))
    assert cents(table("payouts.csv", asked), "amount") == -left == Decimal("52.67")


def test_a_payout_that_misses_an_entry_is_red_with_its_id_and_a_sync_brings_it_back(paid_out: House) -> None:
    payout = paid_out.scalar("SELECT source_id FROM entry WHERE type = 'payout'")
    alter("DELETE FROM entry WHERE reporting_category = 'fee'")
    check = checks(month(paid_out, "2026-11"))["payouts_tie"]
    assert not check.is_green and f"{payout} (1.00 EUR)" in check.text % check.values
    assert "tracker sync" in check.cure
    flow.sync(paid_out.line, full=False)
    assert ties(paid_out, "2026-11")


def test_a_link_that_was_altered_here_comes_back(paid_out: House) -> None:
    alter("UPDATE entry SET payout_id = NULL WHERE reporting_category = 'charge'")
    assert not ties(paid_out, "2026-11")
    alter("UPDATE entry SET payout_id = 'po_else' WHERE reporting_category = 'charge'")
    flow.sync(paid_out.line, full=True)
    assert ties(paid_out, "2026-11")


def test_an_entry_that_only_the_payout_knows_is_booked_with_all_that_is_behind_it(house: House) -> None:
    """No message ever came of it; the payout's own message is enough."""
    house.connect()
    house.join("ada@example.org")
    house.sandbox.clock.advance(days=10)
    alter("DELETE FROM message")
    for event in house.events():
        if event["type"].startswith("payout."):
            house.deliver(event)
    house.process()
    flow.follow_money(house.line)
    house.process()
    [row] = table("payouts.csv", month(house, "2026-11"))
    assert (row["entries"], row["difference"]) == ("1", "0.00")
    [charge] = [row for row in table("transactions.csv", month(house, "2026-11")) if row["type"] == "charge"]
    assert charge["charge_id"] and charge["automatic_payout_id"] == row["payout_id"]


def test_while_stripe_works_out_the_entries_the_month_waits_and_nobody_is_sent_searching(house: House) -> None:
    house.connect()
    house.join("ada@example.org")
    house.sandbox.clock.advance(days=10)
    flow.sync(house.line, full=False)
    alter("UPDATE entry SET payout_id = NULL")
    alter(
        "UPDATE stripe_object SET fields = fields || '{\"reconciliation\": \"in_progress\"}' WHERE kind = 'payout'"
    )
    check = checks(month(house, "2026-11"))["payouts_tie"]
    assert not check.is_green and "still working out" in check.cure


def test_what_stripe_will_not_list_is_asked_once_and_stays_red(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.connect()
    house.join("ada@example.org")
    house.sandbox.clock.advance(days=10)
    real, asked = Gateway.page, []

    def page(self: Gateway, path: str, params: Any, after: str | None = None) -> Any:
        if "payout" in params:
            asked.append(params["payout"])
            raise StripeRefusedError("Balance transaction history can only be filtered on automatic transfers")
        return real(self, path, params, after)

    monkeypatch.setattr(Gateway, "page", page)
    flow.minute(house.line)
    flow.minute(house.line)
    assert len(asked) == 1
    flow.sync(house.line, full=False)
    assert not ties(house, "2026-11")
