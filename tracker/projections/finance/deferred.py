"""deferred-revenue.csv: what is paid for and not delivered yet, by product and currency (RULES 7).

The rules are core/deferred.py's; here is what they are applied to. Payments that are alike are worked out once.
"""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import groupby
from typing import Any

from sqlalchemy import RowMapping, text

from tracker.core import csv_text, deferred
from tracker.core.calendar import add_months, local_day
from tracker.core.findings import N_, shown
from tracker.core.money import decimal_text, signed_minor
from tracker.core.purposes import CATEGORIES
from tracker.db import as_json, db
from tracker.ledger import campaigns, months
from tracker.projections.finance import deferred_sql
from tracker.projections.finance.check import Check
from tracker.projections.finance.cut import Cut
from tracker.projections.finance.file import MonthFile
from tracker.projections.finance.plans import step_by_step
from tracker.projections.finance.snapshot import ahead, once

COLUMNS = ("currency", "product", "opening", "billed", "recognised", "refunded", "closing")
Key = tuple[str, str]
"""(currency, product's id; empty where a line names none)"""


@dataclass(slots=True)
class Waterfall:
    """A month's rows by currency and product, and what they were made from."""

    rows: dict[Key, deferred.Row]
    gross_minor: Counter[str] = field(default_factory=Counter)
    """By currency: what was booked in the month and leads to a product, with tax."""
    unknown_minor: Counter[str] = field(default_factory=Counter)
    """By currency: what was booked in the month and leads to no line of any invoice or session."""


@dataclass(frozen=True, slots=True)
class _Products:
    """What the products say of themselves."""

    said: Mapping[str, str | None]
    months: Mapping[str, int]
    members: frozenset[str]
    """Products that make a member of some campaign."""
    donations: frozenset[str]
    """Products that campaigns take for donations alone."""

    def exchange(self, product: str) -> Fraction:
        """Nothing said, or no such word: a donation is earned at receipt, all else by day."""
        told = deferred.exchange_of(self.said.get(product))
        return told if told is not None else Fraction(product not in self.donations)


def waterfall(cut: Cut, frozen: Mapping[Key, int] | None = None) -> Waterfall:
    """The month as it is known now; a running one up to today.

    `frozen` is what a closed month before it came to: it opens this one, and what was learned since is caught up
    here. Without it the month before is worked out from what is known now, too, and closes where this one opens.
    """
    products = _products()
    before, last = cut.first_on - timedelta(days=1), min(cut.last_on, local_day(cut.now, cut.zone))
    totals: dict[Key, deferred.Row] = defaultdict(deferred.Row)
    found = Waterfall(totals)
    for told in _payments(cut, products):
        payment = _payment(told, products)
        pieces = deferred.pieces(payment)
        moved = sum(one.amount_minor for one in payment.movements if before < one.on)
        side = found.gross_minor if pieces else found.unknown_minor
        side[told["currency"]] += moved * told["count"]
        for piece in pieces:
            row = deferred.row(piece, before, last).times(told["count"])
            totals[told["currency"], piece.line.product] += row
    rows = deferred.joined(totals, frozen) if frozen is not None else totals
    found.rows = {key: row for key, row in sorted(rows.items()) if row != deferred.Row()}
    return found


def _payments(cut: Cut, products: _Products) -> Iterator[RowMapping]:
    asked = {
        "month": cut.month,
        "first": cut.first_on,
        "zone": cut.zone.key,
        "categories": list(CATEGORIES),
        "months": as_json(products.months),
        "chained": as_json(_chained(cut, products)),
    }
    session = db.session()
    with step_by_step(session):
        result = session.execute(text(deferred_sql.PAYMENTS), asked, execution_options={"yield_per": 1000})
    yield from result.mappings()


def _payment(told: RowMapping, products: _Products) -> deferred.Payment:
    lines = (
        deferred.Line(product, weight, date.fromisoformat(first), days, products.exchange(product))
        for product, weight, first, days in told["lines"] or ()
    )
    movements = (
        deferred.Movement(date.fromisoformat(day), amount, is_billing)
        for day, is_billing, amount in told["movements"]
    )
    tax, total = told["tax_minor"] or 0, told["total_minor"] or 0
    return deferred.Payment(tuple(lines), tuple(movements), told["ended_on"], tax, total)


def _products() -> _Products:
    session = db.session()
    found = session.execute(text(deferred_sql.PRODUCTS)).all()
    members, donations = campaigns.products(session)
    months = {row.id: row.months for row in found if row.months}
    return _Products(
        {row.id: row.revenue for row in found}, months, frozenset(members), frozenset(donations - members)
    )


def _chained(cut: Cut, products: _Products) -> dict[str, dict[str, Any]]:
    """One-off terms that wait for the end of the person's earlier one: their days, by session and product."""
    asked = {"months": as_json(products.months), "categories": list(CATEGORIES)}
    result = db.session().execute(text(deferred_sql.PURCHASES), asked).mappings()
    found: dict[str, dict[str, Any]] = {}
    for (_, product), bought in groupby(result, key=lambda row: (row["person"], row["product"])):
        earlier: list[tuple[datetime, RowMapping]] = []
        for row in bought:
            live = [end for end, one in earlier if end > row["booked_at"] and not _is_gone(one, row["booked_at"])]
            start = max([row["booked_at"], *live])
            end = add_months(start, products.months[product], cut.zone)
            earlier.append((end, row))
            if live:
                first = local_day(start, cut.zone)
                days = (local_day(end, cut.zone) - first).days
                found[f"{row['session']} {product}"] = {"first": str(first), "days": days}
    return found


def _is_gone(bought: RowMapping, at: datetime) -> bool:
    """Whether all of its money was back by then."""
    moved = zip(bought["ats"] or (), bought["amounts"] or (), strict=True)
    return bool(sum(amount for when, amount in moved if when <= at) + bought["amount_minor"] <= 0)


def rows(cut: Cut) -> Iterator[list[str]]:
    """By currency, then product."""
    return cells(_known(cut))


def _known(cut: Cut) -> Waterfall:
    """The file's rows and the checks are of one waterfall, worked out once in a snapshot."""
    return once((FILE.name, cut), lambda: waterfall(cut, _frozen(cut)))


def begun(cut: Cut) -> AbstractContextManager[None]:
    """The waterfall worked out beside what else is drawn in the snapshot: it waits for no other file's rows."""
    return ahead((FILE.name, cut), lambda: waterfall(cut, _frozen(cut)))


def _frozen(cut: Cut) -> dict[Key, int] | None:
    """What the month before closed with, as its file was frozen; None where it is not closed."""
    version = months.standing(db.session(), cut.before)
    parts = None if version is None else months.pieces(db.session(), version, FILE.name)
    if parts is None:
        return None
    told = csv.DictReader(io.StringIO(b"".join(parts).decode(), newline=""))
    return {(row["currency"], row["product"]): signed_minor(row["closing"], row["currency"]) for row in told}


def cells(found: Waterfall) -> Iterator[list[str]]:
    """A waterfall as the file's rows."""
    for (currency, product), row in found.rows.items():
        amounts = (
            row.opening_minor,
            row.billed_minor,
            row.recognised_minor,
            row.refunded_minor,
            row.closing_minor,
        )
        yield [currency, csv_text.safe(product), *(decimal_text(amount, currency) for amount in amounts)]


def checks(cut: Cut) -> Iterator[Check]:
    """That the waterfall closes and holds all that was booked, and that every product says what its money is."""
    yield closes(_known(cut), cut)
    yield _revenue_said(_products())


def closes(found: Waterfall, cut: Cut) -> Check:
    """RULES 7, to the cent; and no booking of the ledger is left out or told twice."""
    name = "waterfall_closes"
    wrong = [" ".join(key).strip() for key, row in found.rows.items() if not row.is_closed]
    wrong += [
        currency
        for currency, amount in _booked(cut).items()
        if amount != found.gross_minor[currency] + found.unknown_minor[currency]
    ]
    if wrong:
        text_ = N_("Deferred revenue does not close: %(wrong)s.")
        cure = N_("Run “tracker sync --full”; if it stays, leave the month open and have this looked into.")
        return Check(name, False, text_, cure, {"wrong": ", ".join(wrong)})
    unknown = {currency: amount for currency, amount in sorted(found.unknown_minor.items()) if amount}
    if unknown:
        told = ", ".join(f"{decimal_text(amount, currency)} {currency}" for currency, amount in unknown.items())
        text_ = N_("Deferred revenue closes; %(unknown)s, with tax, lead to no product and are not in it.")
        return Check(name, True, text_, values={"unknown": told})
    return Check(name, True, N_("Deferred revenue closes, and holds all that was booked for products."))


def _booked(cut: Cut) -> Counter[str]:
    asked = {"month": cut.month, "categories": list(CATEGORIES)}
    found = db.session().execute(text(deferred_sql.BOOKED), asked)
    return Counter({row.currency: int(row.amount_minor) for row in found})


def _revenue_said(products: _Products) -> Check:
    """A word that is none is a mistake somebody made; silence has a meaning, and is named."""
    name = "revenue_unsaid"
    wrong = {
        product: said
        for product, said in sorted(products.said.items())
        if said and deferred.exchange_of(said) is None
    }
    if wrong:
        told = ", ".join(f"{product} (“{shown(said or '')}”)" for product, said in wrong.items())
        text_ = N_("These products' metadata “revenue” cannot be read: %(products)s.")
        cure = N_("Write exchange, contribution or a percentage such as 40 there, in Stripe.")
        return Check(name, False, text_, cure, {"products": told})
    silent = sorted(product for product in products.members if not products.said.get(product))
    if silent:
        text_ = N_("Earned by day, as their metadata “revenue” says nothing: %(products)s.")
        return Check(name, True, text_, values={"products": ", ".join(silent)})
    return Check(name, True, N_("Every member product says how its revenue is earned."))


FILE = MonthFile("deferred-revenue.csv", COLUMNS, rows, sums=COLUMNS[2:])
