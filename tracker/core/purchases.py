"""Memberships that no subscription carries: one-off purchases of a term, and those that staff told (RULES 1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tracker.core import money
from tracker.core.calendar import add_months, day_start
from tracker.core.coverage import Kind, Piece, Span, without
from tracker.core.cuts import gone
from tracker.core.facts import CheckoutSession, Offline, SessionItem
from tracker.core.person import PersonFacts, Terms

OFFLINE = "offline:"
"""What a membership's name begins with where it came through staff, not through Stripe."""


@dataclass(frozen=True, slots=True)
class Purchase:
    """Money for terms, of one Checkout session."""

    session: CheckoutSession
    booked_at: datetime
    """When the charge's balance transaction was created: a bank debit's charge is days older."""
    gone: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class _Bought:
    """A term of one product as it lies in the calendar."""

    span: Span
    gone: tuple[Span, ...]

    def is_live(self, at: datetime) -> bool:
        """Whether it has neither ended nor been cut."""
        return self.span.ends_at > at and not any(cut.starts_at <= at < cut.ends_at for cut in self.gone)


def purchase_pieces(told: PersonFacts, rules: Terms) -> list[Piece]:
    """One-off terms: each begins when its money was booked, or when the person's earlier one of it ends.

    Products run side by side; of one product, the terms follow each other. A part of a session that cost nothing
    is complimentary.
    """
    found: list[Piece] = []
    bought: dict[str, list[_Bought]] = {}
    for purchase in sorted(_purchases(told), key=lambda one: (one.booked_at, one.session.id)):
        for product, item in _terms_of(purchase.session, rules):
            earlier = bought.setdefault(product, [])
            live = [one.span.ends_at for one in earlier if one.is_live(purchase.booked_at)]
            start = max([purchase.booked_at, *live])
            span = Span(start, add_months(start, rules.months[product], rules.zone))
            earlier.append(_Bought(span, purchase.gone))
            left = without([span], purchase.gone)
            found += _pieces(purchase.session, Kind.TERM, left, item.price)
    for session in told.sessions:
        if session.mode == "payment" and session.status == "complete":
            found += _free_pieces(session, rules)
    return found


def _purchases(told: PersonFacts) -> Iterable[Purchase]:
    """Paid sessions whose money is booked; one that still waits for its balance transaction is not there yet."""
    for session in told.sessions:
        if session.mode != "payment" or session.payment_status != "paid" or not session.payment_intent:
            continue
        charges = [charge for charge in told.charges if charge.payment_intent == session.payment_intent]
        booked = [
            (at, charge)
            for charge in charges
            if (at := told.booked.get(charge.balance_transaction or "")) and money.is_known(charge.currency)
        ]
        if booked:
            at, charge = min(booked, key=lambda pair: (pair[0], pair[1].id))
            intents = frozenset([session.payment_intent])
            back = gone(told, charge.amount_minor, frozenset([charge.id]), intents, session.invoice)
            yield Purchase(session, at, back)


def _terms_of(session: CheckoutSession, rules: Terms) -> list[tuple[str, SessionItem]]:
    """The paid products of the campaign that buy months, each once: quantity does not lengthen a term."""
    found = {
        item.product: item
        for item in reversed(session.items)
        if item.product in rules.products and item.product in rules.months and item.amount_minor > 0
    }
    return sorted(found.items())


def _free_pieces(session: CheckoutSession, rules: Terms) -> list[Piece]:
    found: list[Piece] = []
    for item in session.items:
        if item.amount_minor == 0 and item.product in rules.products and item.product in rules.months:
            end = add_months(session.created_at, rules.months[item.product], rules.zone)
            found += _pieces(session, Kind.FREE, [Span(session.created_at, end)], item.price)
    return found


def _pieces(session: CheckoutSession, kind: Kind, spans: Iterable[Span], plan: str | None) -> list[Piece]:
    return [Piece(session.id, kind, span.starts_at, span.ends_at, plan, session.pledge) for span in spans]


def offline_pieces(told: PersonFacts, rules: Terms) -> list[Piece]:
    """From 00:00 of the first day to 00:00 after the last; without a receipt above 0 it is complimentary."""
    found = []
    for row in told.offline:
        if row.campaign == rules.campaign and row.starts_on and row.ends_on:
            starts = day_start(row.starts_on, rules.zone)
            ends = day_start(row.ends_on + timedelta(days=1), rules.zone)
            kind = Kind.TERM if has_receipt(row) else Kind.FREE
            found.append(Piece(f"{OFFLINE}{row.reference}", kind, starts, ends, row.plan or None, None))
    return found


def has_receipt(row: Offline) -> bool:
    """RULES 1: amount, currency and the day it was paid, above 0."""
    return bool(row.paid_on and row.currency and row.amount_minor and row.amount_minor > 0)
