"""RULES 6, 7: every line of transactions.csv is what the test server itself knows of that money."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import text

from tests.conftest import empty
from tests.line.account import Account
from tests.line.conftest import House, year_end
from tests.line.in_process import InProcessGateway
from tests.line.ledger_truth import Cells, Truth
from tests.line.worlds import MEMBER_PRODUCTS, World
from tracker import config, flow
from tracker.app import create_app
from tracker.db import db
from tracker.intake.stripe import payouts
from tracker.ledger import campaigns
from tracker.projections.finance import files
from tracker.projections.finance import transactions as transactions_csv
from tracker.projections.finance.cut import cut

KYIV = ZoneInfo("Europe/Kyiv")
GIFTS = ("prod_gift",)
WORLDS = 12
DESCRIPTIONS = (
    "=SUM(A1)",
    "  +1",
    "תודה על התרומה",
    "זה \u202eRTL",
    "💛 Дякую,\r\nщиро",
    '"quoted"',
    "-",
    "@a",
    "\t=1",
    "＝1",
)


@pytest.fixture
def app(database_url: str) -> Iterator[Flask]:
    app = create_app(
        config.load(database_url=database_url, secret_key="x" * 32, timezone="Europe/Kyiv"), needed={}
    )
    with app.app_context():
        campaigns.put(db.session(), year_end(products=tuple(sorted(MEMBER_PRODUCTS)), donation_products=GIFTS))
        db.session.commit()
        yield app
    empty(app)
    with app.app_context():
        db.engine.dispose()


def dress(world: World, dice: Random) -> None:
    """Tax on the invoices, money of another currency, words of all kinds: what the stories do not bring."""
    account, server = Account.of(world.sandbox), world.sandbox.world
    with server.working():
        for one in account.invoices.values():
            if one["total"] > 0 and dice.random() < 0.7:
                shown = {"total_taxes": [{"amount": dice.randint(1, one["total"] // 2 or 1)}]}
                server.change("invoice", server.find("invoice", one["id"]), forced=shown)
        for entry in (one for one in account.balance.values() if not str(one["source"]).startswith("dp_")):
            shown = {"description": dice.choice(DESCRIPTIONS)}
            if dice.random() < 0.3:
                shown |= {"currency": dice.choice(("jpy", "kwd", "isk", "ugx")), "exchange_rate": 1.0731}
            server.change("balance_transaction", server.find("balance_transaction", entry["id"]), forced=shown)


def read(world: World, app: Flask) -> None:
    line = flow.Line(app.extensions["line"].settings, InProcessGateway(world.sandbox), world.now)
    assert flow.load(line, world.now() + timedelta(days=1))
    payouts.tie(db.session(), line.gateway, line.settings.zone, world.now)


def rows(month: str, at: World | House, *, now: datetime | None = None) -> list[Cells]:
    pieces = files.pieces(transactions_csv.FILE, cut(month, KYIV, now or at.now()))
    return list(csv.DictReader(io.StringIO(b"".join(pieces).decode(), newline="")))


@pytest.mark.parametrize("seed", range(WORLDS))
def test_every_line_is_what_the_test_server_knows(app: Flask, seed: int) -> None:
    with World(seed, 90) as world:
        world.play()
        dress(world, Random(seed))
        read(world, app)
        expected = Truth(Account.of(world.sandbox), MEMBER_PRODUCTS, GIFTS, KYIV).rows()
        for month, told in expected.items():
            found = rows(month, world)
            countries = [row.pop("country") for row in found]
            wrong = "\n".join(differences(found, told))
            assert not wrong, f"{month}: {wrong}\n{world.story()}"
            assert set(countries) <= {"", "UA", "US"}


def test_those_worlds_have_all_that_a_line_may_tell() -> None:
    """So that the test before this one could fail: tax that goes back, several purposes, other currencies."""
    told: list[Cells] = []
    for seed in range(WORLDS):
        with World(seed, 90) as world:
            world.play()
            dress(world, Random(seed))
            for rows_ in Truth(Account.of(world.sandbox), MEMBER_PRODUCTS, GIFTS, KYIV).rows().values():
                told += rows_
    for column in told[0]:
        if column not in ("campaign", "pledge_id"):  # the stories join without us
            assert sum(bool(row[column]) for row in told) > 2, column
    assert {"membership", "donation", "mixed", "other"} <= {row["purpose"] for row in told}
    assert sum(row["tax"].startswith("-") for row in told) > 5
    assert sum(row["currency"] != row["customer_facing_currency"] != "" for row in told) > 20
    several = Counter(row["invoice_id"] for row in told if row["tax"].strip("0."))
    assert max(several.values()) >= 3


def differences(found: list[Cells], told: list[Cells]) -> list[str]:
    """Each cell that is another than it should be, in words."""
    if [row["balance_transaction_id"] for row in found] != [row["balance_transaction_id"] for row in told]:
        return ["other rows, or in another order"]
    return [
        f"{one['type']} {one['balance_transaction_id']} {name}: {one.get(name)!r}, not {other.get(name)!r}"
        for one, other in zip(found, told, strict=True)
        for name in sorted(one.keys() | other.keys())
        if one.get(name) != other.get(name)
    ]


def test_a_renewal_nobody_was_there_for_still_leads_to_its_campaign_and_reader(house: House) -> None:
    subscription = house.join("ada@example.org")
    house.client.v1.subscriptions.update(
        subscription, {"metadata": {"campaign": "year-end", "pledge_id": "=plg_1"}}
    )
    house.sandbox.clock.advance(days=32)
    house.connect()
    (row,) = (one for one in rows("2026-12", house) if one["reporting_category"] == "charge")
    assert row["subscription_id"] == subscription
    assert (row["campaign"], row["pledge_id"], row["plan"]) == ("year-end", "'=plg_1", "price_monthly")
    assert (row["purpose"], row["country"], row["payment_method_type"]) == ("membership", "UA", "card")
    assert row["original_month"] == ""


def test_a_part_refund_takes_back_its_share_of_the_tax_and_shares_add_up_to_the_cent(house: House) -> None:
    """RULES 7: 50.00 with 8.33 of tax goes back in three parts: in the end nothing of the tax is left."""
    subscription = house.join("ada@example.org", "price_yearly")
    invoice = house.client.v1.invoices.list({"subscription": subscription}).data[0]
    server = house.sandbox.world
    with server.working():
        shown = {"total_taxes": [{"amount": 833}]}
        server.change("invoice", server.find("invoice", str(invoice.id)), forced=shown)
    for amount in (1667, 1667, 1666):
        house.sandbox.clock.advance(hours=1)
        house.refund(subscription, amount)
    house.connect()
    found = rows("2026-11", house)
    assert [(row["gross"], row["tax"]) for row in found] == [
        ("50.00", "8.33"), ("-16.67", "-2.78"), ("-16.67", "-2.77"), ("-16.66", "-2.78"),
    ]  # fmt: skip


def test_what_was_paid_before_payment_intents_came_is_found_by_its_charge(house: House) -> None:
    house.join("ada@example.org")
    house.connect()
    db.session.execute(
        text("""
        UPDATE stripe_object SET charge_id = (SELECT id FROM stripe_object WHERE kind = 'charge')
            WHERE kind = 'invoice_payment'
    """)
    )
    db.session.execute(text("UPDATE stripe_object SET payment_intent_id = NULL"))
    (row,) = rows("2026-11", house)
    assert row["invoice_id"].startswith("in_") and row["subscription_id"].startswith("sub_")
    assert (row["purpose"], row["plan"]) == ("membership", "price_monthly")


def test_the_offset_tells_the_two_of_a_doubled_hour(house: House) -> None:
    """Kyiv, 25 October 2026: 03:30 comes twice, and the month's last hour is another in UTC than its first."""
    house.connect()
    for at in ("2026-10-25 00:30+00", "2026-10-25 01:30+00", "2026-09-30 21:00+00", "2026-10-31 21:59:59+00"):
        db.session.execute(text(PLANT), {"at": at})
    found = [
        (row["created_utc"], row["created"])
        for row in rows("2026-10", house, now=datetime(2026, 11, 3, tzinfo=UTC))
    ]
    assert found == [
        ("2026-09-30T21:00:00Z", "2026-10-01T00:00:00+03:00"),
        ("2026-10-25T00:30:00Z", "2026-10-25T03:30:00+03:00"),
        ("2026-10-25T01:30:00Z", "2026-10-25T03:30:00+02:00"),
        ("2026-10-31T21:59:59Z", "2026-10-31T23:59:59+02:00"),
    ]


PLANT = """
    INSERT INTO entry (id, type, reporting_category, currency, amount_minor, fee_minor, net_minor, created_at,
        status, booked_month, digest)
    SELECT 'txn_' || at, 'stripe_fee', 'fee', 'EUR', -1, 0, -1, at, 'available',
        to_char(at AT TIME ZONE 'Europe/Kyiv', 'YYYY-MM'), ''
    FROM (SELECT CAST(CAST(:at AS text) AS timestamptz) AS at) told
"""
