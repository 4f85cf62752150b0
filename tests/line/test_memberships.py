"""RULES 1 to 4 through the whole line: purchases, offline facts, links, and what changes past days."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from tests.line.conftest import House, year_end
from tracker import clock, flow
from tracker.db import db
from tracker.ledger import campaigns, landmarks, people
from tracker.ledger.tables import OfflineRecord, PersonLink
from tracker.projections import corrections, queries
from tracker.projections.finance import files
from tracker.projections.finance import transactions as transactions_csv
from tracker.projections.finance.cut import cut

SECOND = timedelta(seconds=1)


def one_off(house: House, months: str | None = "6", **product: Any) -> None:
    """A product that is bought once."""
    metadata = {"membership_months": months} if months else {}
    house.client.v1.products.create({"id": "prod_half", "name": "Half a year", "metadata": metadata, **product})
    campaigns.put(db.session(), year_end(products=("prod_member", "prod_half"), donation_products=("prod_gift",)))
    db.session.commit()


def buy(house: House, amount: int = 3000, product: str = "prod_half", **more: Any) -> str:
    """Somebody pays once through Checkout; answers the session's id."""
    price = {"currency": "eur", "product": product, "unit_amount": amount}
    session = house.client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "line_items": [{"price_data": price, "quantity": 1}],
            "success_url": "http://news.example/thanks",
            **more,
        }
    )
    house.pay(session.id)
    return str(session.id)


def progress(house: House, **campaign: Any) -> Any:
    campaigns.put(db.session(), year_end(products=("prod_member", "prod_half"), **campaign))
    db.session.commit()
    flow.rebuild(house.line)
    return house.progress()


def transactions(month: str) -> list[dict[str, str]]:
    """The rows of a month's transactions.csv."""
    pieces = files.pieces(transactions_csv.FILE, cut(month, ZoneInfo("Europe/Kyiv"), clock.now()))
    return list(csv.DictReader(io.StringIO(b"".join(pieces).decode())))


def offline(house: House, reference: str, **fields: Any) -> None:
    given: dict[str, Any] = {"campaign": "year-end", "person_ref": f"reader-{reference}"}
    given |= {"starts_on": date(2026, 11, 1), "ends_on": date(2027, 10, 31)}
    given |= {"amount_minor": 6000, "currency": "EUR", "paid_on": date(2026, 11, 1)}
    given |= {"recorded_at": house.now(), "recorded_by": "audience@paper.example", **fields}
    db.session.add(OfflineRecord(reference=reference, **given))
    people.mark_stale(db.session(), [given["person_ref"]], "Offline")
    db.session.commit()


def test_a_guest_who_buys_half_a_year_is_counted_and_a_refund_takes_it_back(house: House) -> None:
    one_off(house)
    house.connect()
    session = buy(house)
    flow.minute(house.line)
    found = house.progress()
    assert (found.count, found.joined) == (1, 1)
    assert house.scalar("SELECT person_id FROM stretch") == session, (
        "a session without a customer is its own person"
    )
    house.sandbox.clock.advance(hours=1)
    intent = house.client.v1.checkout.sessions.retrieve(session).payment_intent
    house.client.v1.refunds.create({"payment_intent": str(intent)})
    house.sandbox.clock.advance(minutes=1)
    flow.minute(house.line)
    assert house.count() == 0
    assert flow.verify(house.line)[0] == house.hash()


def test_purchases_before_the_connection_are_counted_at_the_first_reading(house: House) -> None:
    one_off(house)
    buy(house)
    buy(house, customer_creation="always")
    house.connect()
    assert house.count() == 2
    synced = flow.sync(house.line, full=True)
    assert (synced.drift, synced.repaired, synced.lost) == ([], [], [])


def test_a_product_that_begins_to_buy_months_makes_members_of_its_buyers(house: House) -> None:
    one_off(house, months=None)
    house.connect()
    buy(house)
    flow.minute(house.line)
    assert house.count() == 0
    house.client.v1.products.update("prod_half", {"metadata": {"membership_months": "6"}})
    flow.minute(house.line)
    assert house.count() == 1


def test_money_raised_counts_memberships_and_donations_and_keeps_currencies_apart(house: House) -> None:
    """RULES 4: refunds come off, other products and mixed invoices do not count."""
    one_off(house)
    house.client.v1.products.create({"id": "prod_gift", "name": "A gift"})
    house.client.v1.products.create({"id": "prod_shirt", "name": "A shirt"})
    house.connect()
    house.join("ada@example.org")
    buy(house)
    buy(house, 700, "prod_gift")
    buy(house, 2500, "prod_shirt")
    offline(house, "A-1")
    offline(house, "A-2", amount_minor=9900, currency="USD")
    flow.minute(house.line)
    purposes = {row["gross"]: row["purpose"] for row in transactions("2026-11")}
    assert purposes == {"5.00": "membership", "30.00": "membership", "7.00": "donation", "25.00": "other"}
    found = progress(house, metric="amount_raised", goal=100_000, donation_products=("prod_gift",))
    assert found.count == 500 + 3000 + 700 + 6000
    assert (found.offline, dict(found.other_currencies)) == (6000, {"USD": 9900})


def test_an_offline_membership_counts_with_its_receipt_and_not_without(house: House) -> None:
    house.connect()
    offline(house, "A-1")
    offline(house, "A-2", amount_minor=None, currency=None, paid_on=None)
    flow.minute(house.line)
    found = house.progress()
    assert (found.count, found.offline, found.complimentary) == (1, 1, 1)
    steps = {step["step"]: step["count"] for step in queries.stripe_bridge(house.now())}
    assert (steps["stripe_active"], steps["offline"], steps["ours"]) == (0, 1, 1)


def test_linked_persons_are_one_and_apart_again_when_the_link_is_undone(house: House) -> None:
    house.connect()
    house.join("ada@example.org")
    house.join("ada@example.org")
    flow.minute(house.line)
    found = house.progress()
    assert (found.count, found.possible_duplicates) == (2, 2)
    first, second = db.session.scalars(text("SELECT person_id FROM stretch ORDER BY 1")).all()
    db.session.add(PersonLink(person_id=second, main_id=first, linked_at=house.now(), linked_by="audience"))
    people.mark_stale(db.session(), [first, second], "PersonLink")
    db.session.commit()
    flow.minute(house.line)
    assert (house.count(), house.progress().possible_duplicates) == (1, 0)
    assert flow.verify(house.line)[0] == house.hash()
    steps = {step["step"]: step["count"] for step in queries.stripe_bridge(house.now() + SECOND)}
    assert (steps["stripe_active"], steps["linked_to_another"], steps["ours"]) == (2, -1, 1)
    db.session.execute(text("DELETE FROM person_link"))
    people.mark_stale(db.session(), [first, second], "PersonLink")
    db.session.commit()
    flow.minute(house.line)
    assert house.count() == 2


def test_a_change_of_past_days_is_a_dated_line_with_its_reason(house: House) -> None:
    """RULES 4: what readers were shown is kept, and every later change of it is told."""
    house.connect()
    house.join("ada@example.org")
    flow.minute(house.line)
    house.sandbox.clock.advance(days=5)
    flow.minute(house.line)
    assert corrections.of(db.session(), year_end()) == []
    offline(house, "A-1")
    flow.minute(house.line)
    (line,) = corrections.of(db.session(), year_end())
    assert (line.noticed_on, line.reason, line.delta) == (date(2026, 11, 8), "Offline", 1)
    assert (line.first_day, line.last_day) == (date(2026, 11, 3), date(2026, 11, 7)), "the days that were shown"


def test_a_rule_changed_later_is_told_in_the_log(house: House) -> None:
    house.connect()
    offline(house, "A-1")
    flow.minute(house.line)
    house.sandbox.clock.advance(days=3)
    flow.minute(house.line)
    campaigns.put(db.session(), year_end(slug="year-end", starts_on=date(2026, 1, 1), timezone="Europe/Kyiv"))
    db.session.execute(text("UPDATE offline_record SET withdrawn_at = now()"))
    db.session.commit()
    flow.rebuild(house.line)
    assert [(one.reason, one.delta) for one in corrections.of(db.session(), year_end())] == [("rules", -1)]


def test_days_are_inferred_where_messages_may_be_missing(house: House) -> None:
    """RULES 8: before connection, and beyond the window in which Stripe keeps events."""
    house.connect()
    house.join("ada@example.org")
    flow.minute(house.line)
    house.sandbox.clock.advance(days=40)
    flow.minute(house.line)
    silence = landmarks.silences(db.session())[0]
    assert silence.since == datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
    assert silence.until == datetime(2026, 12, 13, 12, 0, tzinfo=UTC) - timedelta(days=29)
    days = queries.daily(year_end(), date(2026, 11, 1), date(2026, 12, 13), house.now())
    flagged = [one.day for one in days if one.inferred]
    assert flagged[0] == date(2026, 11, 1) and flagged[-1] == date(2026, 11, 14)
