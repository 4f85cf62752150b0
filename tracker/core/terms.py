"""A subscription's terms: the time that its paid invoices bought, and what it is worth (RULES 1 and 4)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache

from tracker.core import money
from tracker.core.calendar import add_months
from tracker.core.coverage import Span, Worth
from tracker.core.cuts import gone
from tracker.core.facts import Invoice, Line
from tracker.core.person import PersonFacts, Terms

NEARLY = timedelta(days=3)
"""Stripe keeps the day of the month that a subscription began on: 28 February to 31 March is a month."""


@dataclass(frozen=True, slots=True)
class Term:
    """A stretch of time that a payment bought."""

    starts_at: datetime
    ends_at: datetime
    invoice: str
    plan: str | None
    worth: Worth
    gone: tuple[Span, ...] = field(default=())
    """While the money for it was back with the reader or taken by a dispute."""


def terms_of(told: PersonFacts, invoices: Sequence[Invoice], rules: Terms) -> list[Term]:
    """RULES 1: one term per paid line of a member product, by start; none in a currency not known here."""
    found = []
    changed: list[tuple[str, datetime]] = []
    for invoice in invoices:
        if invoice.status != "paid" or invoice.paid_at is None or paid_minor(invoice) <= 0:
            continue
        if not money.is_known(invoice.currency):
            continue
        back = _gone(told, invoice)
        for line in member_lines(invoice, rules):
            start = max(line.period_start_at, invoice.paid_at)
            if line.amount_minor > 0 and start < line.period_end_at:
                worth = _worth(invoice, line)
                found.append(Term(start, line.period_end_at, invoice.id, line.price, worth, back))
            elif line.amount_minor < 0:
                changed.append((invoice.id, start))
    ordered = sorted(found, key=lambda term: (term.starts_at, term.ends_at, term.invoice))
    return [_until_changed(term, changed) for term in ordered] if changed else ordered


def member_lines(invoice: Invoice, rules: Terms) -> list[Line]:
    """Its lines that count for the campaign."""
    return [line for line in invoice.lines if line.product in rules.products]


def paid_minor(invoice: Invoice) -> int:
    """What was paid for the invoice: its total less credit notes issued before payment (RULES 3)."""
    return invoice.total_minor - invoice.credited_before_minor


def length(start: datetime, end: datetime) -> str:
    """A period's length: whole months as a number, else days with a `d`."""
    months = (end.year - start.year) * 12 + end.month - start.month
    for guess in (months, months + 1):
        if guess > 0 and abs(add_months(start, guess, UTC) - end) <= NEARLY:
            return str(guess)
    return f"{max(1, round((end - start) / timedelta(days=1)))}d"


@cache
def months_in(length: str) -> Fraction:
    """The months of a `length`; a year has 365 days where it is told in days."""
    return Fraction(int(length[:-1]) * 12, 365) if length.endswith("d") else Fraction(int(length))


def _gone(told: PersonFacts, invoice: Invoice) -> tuple[Span, ...]:
    mine = [payment for payment in told.payments if payment.invoice == invoice.id]
    charges = frozenset(payment.charge for payment in mine if payment.charge)
    intents = frozenset(payment.payment_intent for payment in mine if payment.payment_intent)
    return gone(told, paid_minor(invoice), charges, intents, invoice.id)


def _worth(invoice: Invoice, line: Line) -> Worth:
    """RULES 4: after discounts, without tax. Stripe tells the tax of the whole invoice: what of it lies within the
    lines is taken off each by its part of their sum, and so are credit notes issued before payment."""
    span = length(line.period_start_at, line.period_end_at)
    lines = sum(one.amount_minor for one in invoice.lines)
    if lines == invoice.total_minor and not invoice.tax_minor and not invoice.credited_before_minor:
        return Worth(invoice.currency, line.amount_minor, span)
    within = min(max(invoice.tax_minor - (invoice.total_minor - lines), 0), max(invoice.tax_minor, 0))
    share = Fraction(lines - within, lines) if lines > 0 else Fraction(1)
    paid = Fraction(paid_minor(invoice), invoice.total_minor)
    return Worth(invoice.currency, round(line.amount_minor * share * paid), span)


def _until_changed(term: Term, changed: Sequence[tuple[str, datetime]]) -> Term:
    """An invoice that credits unused time puts its own lines in the place of the terms that it interrupts."""
    later = [at for invoice, at in changed if invoice != term.invoice and term.starts_at <= at < term.ends_at]
    return replace(term, worth=replace(term.worth, until_at=min(later))) if later else term
