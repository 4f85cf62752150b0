"""RULES 7 on random worlds: every month of the waterfall closes, opens where the last closed, and loses no cent.

The same rows are worked out a second time from Stripe's raw objects, without our tables and our SQL.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from tests.conftest import empty
from tests.line.account import Account, Raw
from tests.line.in_process import InProcessGateway
from tests.line.memberships import cost, product_of
from tests.line.schedules import campaign_of, clear
from tests.line.worlds import DONATION_PRODUCTS, World
from tracker import config, flow
from tracker.app import create_app
from tracker.core.calendar import add_months
from tracker.core.deferred import Line, Movement, Payment, Row, pieces, row
from tracker.core.purposes import CATEGORIES
from tracker.db import db
from tracker.ledger import campaigns
from tracker.projections.finance import deferred
from tracker.projections.finance.cut import Cut, cut

KYIV = ZoneInfo("Europe/Kyiv")
LATER = datetime(2029, 2, 1, tzinfo=UTC)
"""Everything that the worlds sold is delivered by then."""
MONTHS = [f"{2026 + n // 12}-{n % 12 + 1:02}" for n in range(36)]
WORLDS = 16
SAYS = {"prod_club": "40%", "prod_plain": "contribution"}


@pytest.fixture(scope="module")
def app(database_url: str) -> Iterator[Flask]:
    settings = config.load(database_url=database_url, secret_key="x" * 32, stripe_secret_key="sk_test_x")
    made = create_app(settings)
    yield made
    empty(made)
    with made.app_context():
        db.engine.dispose()


def test_every_month_closes_and_says_what_stripe_s_objects_say(app: Flask) -> None:
    seen = Counter[str]()
    for seed in range(WORLDS):
        with app.app_context(), World(seed) as world:
            for product, said in SAYS.items():
                world.sandbox.must("POST", f"/v1/products/{product}", {"metadata": {"revenue": said}})
            world.play()
            clear()
            campaigns.put(db.session(), campaign_of(world))
            db.session.commit()
            line = flow.Line(app.extensions["line"].settings, InProcessGateway(world.sandbox), world.now)
            assert flow.load(line, world.now() + timedelta(days=1))
            try:
                seen += compare(Account.of(world.sandbox))
            except AssertionError as error:
                raise AssertionError(f"{error}\n{world.story()}") from error
            finally:
                db.session.remove()
    assert all(seen[name] for name in ("deferred", "refunded", "negative revenue", "given back")), seen


def compare(account: Account) -> Counter[str]:
    """Month by month; answers what there was of interest."""
    payments = list(told(account))
    closing: Counter[deferred.Key] = Counter()
    kept: Counter[deferred.Key] = Counter()
    seen = Counter[str]()
    for name in MONTHS:
        month = cut(name, KYIV, LATER)
        found = deferred.waterfall(month)
        assert found.rows == expected(payments, month), name
        assert deferred.closes(found, month).is_green
        for key in found.rows.keys() | closing.keys():
            one = found.rows.get(key, Row())
            assert one.is_closed and one.opening_minor == closing[key], (name, key, one)
            closing[key] = one.closing_minor
            kept[key] += one.billed_minor - one.refunded_minor - one.recognised_minor
            seen["deferred"] += one.closing_minor != 0
            seen["refunded"] += one.refunded_minor > 0
            seen["given back"] += one.refunded_minor < 0
            seen["negative revenue"] += one.recognised_minor < 0
    assert not any(closing.values()) and not any(kept.values())
    return seen


def expected(payments: list[tuple[str, Payment]], month: Cut) -> dict[deferred.Key, Row]:
    found: dict[deferred.Key, Row] = defaultdict(Row)
    for currency, payment in payments:
        for piece in pieces(payment):
            found[currency, piece.line.product] += row(piece, month.first_on - timedelta(days=1), month.last_on)
    return {key: one for key, one in sorted(found.items()) if one != Row()}


def told(account: Account) -> Iterator[tuple[str, Payment]]:
    """Every charge in every currency it moved, from the raw objects."""
    moved: dict[tuple[str, str], list[Movement]] = defaultdict(list)
    source = {one["id"]: charge for charge, refunds in account.refunds.items() for one in refunds}
    source |= {one["id"]: charge for charge, disputes in account.disputes.items() for one in disputes}
    for entry in account.balance.values():
        if entry["reporting_category"] in CATEGORIES:
            charge = source.get(entry["source"], entry["source"])
            is_billing = entry["reporting_category"] == "charge"
            moved[charge, entry["currency"].upper()].append(
                Movement(day(entry["created"]), entry["amount"], is_billing)
            )
    for (charge, currency), movements in moved.items():
        lines, ended_on = bought(account, account.charges[charge])
        yield currency, Payment(tuple(lines), tuple(movements), ended_on)


def bought(account: Account, charge: Raw) -> tuple[list[Line], date | None]:
    intent = charge["payment_intent"]
    for session in account.sessions.values():
        if session["mode"] == "payment" and session["payment_intent"] == intent:
            return [once(account, session, item, charge) for item in account.items(session)], None
    invoice = next(
        account.invoices[invoice]
        for invoice, payments in account.payments.items()
        if any(one["payment"]["payment_intent"] == intent for one in payments)
    )
    parent = invoice["parent"] and invoice["parent"].get("subscription_details")
    ended = account.subscriptions[parent["subscription"]]["ended_at"] if parent else None
    return [invoiced(account, one) for one in account.lines(invoice)], ended and day(ended)


def invoiced(account: Account, raw: Raw) -> Line:
    first, over = day(raw["period"]["start"]), day(raw["period"]["end"])
    is_span = raw["period"]["end"] > raw["period"]["start"]
    return Line(product_of(raw), cost(raw), first, max((over - first).days, int(is_span)), share(product_of(raw)))


def once(account: Account, session: Raw, item: Raw, charge: Raw) -> Line:
    product = item["price"]["product"]
    months = account.months(product)
    start = at(account.booked_at(charge["balance_transaction"]))
    if months:
        start = chained(account, session, product, months, start)
    first = start.astimezone(KYIV).date()
    days = (add_months(start, months, KYIV).astimezone(KYIV).date() - first).days if months else 0
    return Line(product, item["amount_total"], first, days, share(product))


def chained(account: Account, session: Raw, product: str, months: int, booked: datetime) -> datetime:
    """RULES 1: where the person's earlier term of it has neither ended nor been cut, at its end."""
    person = session["customer"] or session["id"]
    earlier: list[tuple[datetime, str, str]] = []
    for one in account.sessions.values():
        charge = account.charge_of_intent(one["payment_intent"])
        when = charge and account.booked_at(charge["balance_transaction"])
        is_same = one["mode"] == "payment" and (one["customer"] or one["id"]) == person
        if when and charge and is_same and buys(account, one, product):
            earlier.append((at(when), one["id"], charge["id"]))
    ends: list[tuple[datetime, str]] = []
    for when, identifier, charge_id in sorted(earlier):
        live = [end for end, other in ends if end > when and not is_gone(account, other, when)]
        start = max([when, *live])
        if identifier == session["id"]:
            return start
        ends.append((add_months(start, months, KYIV), charge_id))
    return booked


def buys(account: Account, session: Raw, product: str) -> bool:
    return any(one["price"]["product"] == product and one["amount_total"] > 0 for one in account.items(session))


def is_gone(account: Account, charge: str, when: datetime) -> bool:
    """Whether nothing of a charge was left by then."""
    sources = {charge} | {one["id"] for one in (*account.refunds[charge], *account.disputes[charge])}
    moved = [one for one in account.balance.values() if one["source"] in sources and at(one["created"]) <= when]
    return sum(one["amount"] for one in moved if one["reporting_category"] in CATEGORIES) <= 0


def share(product: str) -> Fraction:
    said: dict[str, Any] = {"40%": Fraction(2, 5), "contribution": Fraction(0)}
    return said.get(SAYS.get(product, ""), Fraction(product not in DONATION_PRODUCTS))


def day(instant: int) -> date:
    return at(instant).astimezone(KYIV).date()


def at(instant: int | None) -> datetime:
    assert instant is not None
    return datetime.fromtimestamp(instant, UTC)
