"""Who was covered when (RULES 1-3): terms, grace and cuts of all of a person's memberships.

Pure functions: facts in, pieces of coverage out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tracker.core import money
from tracker.core.coverage import Kind, Piece, Span, until, without
from tracker.core.cuts import HALTED, PAUSED, gone, held
from tracker.core.facts import SUBSCRIPTION_STATUSES, Invoice, Line, Subscription
from tracker.core.person import PersonFacts, Terms
from tracker.core.purchases import offline_pieces, purchase_pieces

FINALISE_WITHIN = timedelta(days=3)
"""RULES 2: without a finalised invoice for the following period, grace ends after 3 days."""


@dataclass(frozen=True, slots=True)
class Term:
    """A stretch of time that a payment bought."""

    starts_at: datetime
    ends_at: datetime
    invoice: str
    plan: str | None
    gone: tuple[Span, ...] = field(default=())
    """While the money for it was back with the reader or taken by a dispute."""


def pieces(told: PersonFacts, terms: Terms) -> list[Piece]:
    """All coverage of a person for a campaign, membership by membership.

    A subscription whose status is unknown here is not counted (RULES 4); it is kept, and an alarm says so.
    """
    found: list[Piece] = []
    for subscription in told.subscriptions:
        if subscription.status in SUBSCRIPTION_STATUSES:
            found += _subscription_pieces(told, subscription, terms)
    return found + purchase_pieces(told, terms) + offline_pieces(told, terms)


def _subscription_pieces(told: PersonFacts, subscription: Subscription, rules: Terms) -> list[Piece]:
    """RULES 1-3 for one subscription."""
    own = [change for change in told.changes if change.object == subscription.id and change.field == "status"]
    invoices = [invoice for invoice in told.invoices if invoice.subscription == subscription.id]
    paused, halted = held(subscription, own, PAUSED), held(subscription, own, HALTED)
    inferred = any(change.inferred for change in own)
    terms = _terms(told, invoices, rules)
    found: list[Piece] = []

    def add(kind: Kind, spans: Iterable[Span], plan: str | None) -> None:
        for span in spans:
            found.append(
                Piece(subscription.id, kind, span.starts_at, span.ends_at, plan, subscription.pledge, inferred)
            )

    for number, term in enumerate(terms):
        cuts = [*term.gone, *paused]
        add(Kind.TERM, without(until(term.starts_at, term.ends_at, subscription.ended_at), cuts), term.plan)
        following = terms[number + 1].starts_at if number + 1 < len(terms) else None
        end = _grace_end(subscription, term, following, invoices, rules, halted)
        add(Kind.GRACE, until(term.ends_at, end, None), term.plan)
    for span, plan in _free_spans(invoices, rules):
        add(Kind.FREE, until(span.starts_at, span.ends_at, subscription.ended_at), plan)
    return found


def _terms(told: PersonFacts, invoices: Sequence[Invoice], rules: Terms) -> list[Term]:
    """RULES 1: one term per paid line of a member product, by start; none in a currency not known here."""
    found = []
    for invoice in invoices:
        if invoice.status != "paid" or invoice.paid_at is None or _paid_minor(invoice) <= 0:
            continue
        if not money.is_known(invoice.currency):
            continue
        back = _gone(told, invoice)
        for line in _member_lines(invoice, rules):
            start = max(line.period_start_at, invoice.paid_at)
            if line.amount_minor > 0 and start < line.period_end_at:
                found.append(Term(start, line.period_end_at, invoice.id, line.price, back))
    return sorted(found, key=lambda term: (term.starts_at, term.ends_at, term.invoice))


def _gone(told: PersonFacts, invoice: Invoice) -> tuple[Span, ...]:
    mine = [payment for payment in told.payments if payment.invoice == invoice.id]
    charges = frozenset(payment.charge for payment in mine if payment.charge)
    intents = frozenset(payment.payment_intent for payment in mine if payment.payment_intent)
    return gone(told, _paid_minor(invoice), charges, intents, invoice.id)


def _member_lines(invoice: Invoice, rules: Terms) -> list[Line]:
    return [line for line in invoice.lines if line.product in rules.products]


def _paid_minor(invoice: Invoice) -> int:
    """What was paid for the invoice: its total less credit notes issued before payment (RULES 3)."""
    return invoice.total_minor - invoice.credited_before_minor


def _free_spans(invoices: Sequence[Invoice], rules: Terms) -> list[tuple[Span, str | None]]:
    """Periods that cost nothing: trials, full coupons, invoices that came to nothing. No proration's credit."""
    return [
        (Span(line.period_start_at, line.period_end_at), line.price)
        for invoice in invoices
        if invoice.status == "paid"
        for line in _member_lines(invoice, rules)
        if (line.amount_minor == 0 or (line.amount_minor > 0 >= _paid_minor(invoice)))
        and line.period_start_at < line.period_end_at
    ]


def _grace_end(
    subscription: Subscription,
    term: Term,
    following: datetime | None,
    invoices: Sequence[Invoice],
    rules: Terms,
    halted: Sequence[Span],
) -> datetime:
    """RULES 2: the earliest of what ends the grace after `term`; not after its end where there is none."""
    end = term.ends_at
    if any(span.starts_at <= end < span.ends_at for span in term.gone):
        return end
    limits = [end + timedelta(days=rules.grace_days)]
    if following is not None:
        limits.append(following)
    if subscription.ended_at is not None:
        limits.append(subscription.ended_at)
    limits += [span.starts_at for span in term.gone if span.starts_at > end]
    limits += [max(span.starts_at, end) for span in halted if span.ends_at > end]
    limits += _collection_limits(end, invoices, rules)
    return min(limits)


def _collection_limits(end: datetime, invoices: Sequence[Invoice], rules: Terms) -> list[datetime]:
    """What the invoice for the following period, the one with a line that starts at the term's end, says."""
    following = [
        invoice
        for invoice in sorted(invoices, key=lambda invoice: (invoice.created_at, invoice.id))
        if any(line.period_start_at == end for line in _member_lines(invoice, rules))
    ]
    if not following:
        return [end + FINALISE_WITHIN]
    invoice = following[0]
    limits = [at for at in (invoice.voided_at, invoice.uncollectible_at) if at is not None]
    if invoice.paid_at is not None and not _terms_bought(invoice, rules):
        limits.append(invoice.paid_at)
    if invoice.finalized_at is None or invoice.finalized_at > end + FINALISE_WITHIN:
        limits.append(end + FINALISE_WITHIN)
    return limits


def _terms_bought(invoice: Invoice, rules: Terms) -> bool:
    return _paid_minor(invoice) > 0 and any(line.amount_minor > 0 for line in _member_lines(invoice, rules))
