"""Who was covered when (RULES 1-3): terms, grace and cuts of all of a person's memberships.

Pure functions: facts in, pieces of coverage out.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from tracker.core.coverage import Kind, Piece, Renewal, Span, until, without
from tracker.core.cuts import HALTED, PAUSED, held
from tracker.core.facts import SUBSCRIPTION_STATUSES, Invoice, Subscription
from tracker.core.person import PersonFacts, Terms
from tracker.core.purchases import offline_pieces, purchase_pieces
from tracker.core.renewals import renewals
from tracker.core.terms import Term, member_lines, paid_minor, terms_of

FINALISE_WITHIN = timedelta(days=3)
"""RULES 2: without a finalised invoice for the following period, grace ends after 3 days."""


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
    terms = terms_of(told, invoices, rules)
    found: list[Piece] = []

    def add(kind: Kind, spans: Iterable[Span], term: Term, renews: Renewal | None = None) -> None:
        for span in spans:
            last = renews if span.ends_at == term.ends_at else None
            start, end = span.starts_at, span.ends_at
            plan, pledge = term.plan, subscription.pledge
            found.append(Piece(subscription.id, kind, start, end, plan, pledge, inferred, term.worth, last))

    following = [*(term.starts_at for term in terms[1:]), None]
    ends = [
        _grace_end(subscription, term, then, invoices, rules, halted)
        for term, then in zip(terms, following, strict=False)
    ]
    due = renewals(subscription, terms, ends, invoices)
    for term, end, renewal in zip(terms, ends, due, strict=True):
        bought = until(term.starts_at, term.ends_at, subscription.ended_at)
        add(Kind.TERM, without(bought, [*term.gone, *paused]), term, renewal)
        add(Kind.GRACE, until(term.ends_at, end, None), term)
    for span, plan in _free_spans(invoices, rules):
        for left_over in without(until(span.starts_at, span.ends_at, subscription.ended_at), paused):
            start, end = left_over.starts_at, left_over.ends_at
            found.append(Piece(subscription.id, Kind.FREE, start, end, plan, subscription.pledge, inferred))
    return found


def _free_spans(invoices: Sequence[Invoice], rules: Terms) -> list[tuple[Span, str | None]]:
    """Periods that cost nothing: trials, full coupons, invoices that came to nothing. No proration's credit."""
    return [
        (Span(line.period_start_at, line.period_end_at), line.price)
        for invoice in invoices
        if invoice.status == "paid"
        for line in member_lines(invoice, rules)
        if (line.amount_minor == 0 or (line.amount_minor > 0 >= paid_minor(invoice)))
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
        if any(line.period_start_at == end for line in member_lines(invoice, rules))
    ]
    if not following:
        return [end + FINALISE_WITHIN]
    invoice = following[0]
    # Paid, it is being collected no more: a next term begins then, or the payment bought no time.
    limits = [at for at in (invoice.voided_at, invoice.uncollectible_at, invoice.paid_at) if at is not None]
    if invoice.finalized_at is None or invoice.finalized_at > end + FINALISE_WITHIN:
        limits.append(end + FINALISE_WITHIN)
    return limits
