"""Terms, grace and cuts make coverage (RULES 1-3); coverage of all memberships makes a person's stretches.

Pure functions: facts in, half-open-from-the-left stretches out. A person is covered just before t where
start < t <= end, so stretches that touch are one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from tracker.core.facts import (
    Change,
    Charge,
    CreditNote,
    Dispute,
    Invoice,
    InvoicePayment,
    Line,
    Refund,
    Subscription,
)

FINALISE_WITHIN = timedelta(days=3)
"""RULES 2: without a finalised invoice for the following period, grace ends after 3 days."""


PAUSED = frozenset(["paused"])
HALTED = frozenset(["unpaid", "paused"])


class Kind(StrEnum):
    """Why somebody is covered."""

    TERM = "term"
    GRACE = "grace"
    FREE = "free"
    """A period that cost nothing: complimentary, never counted."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, start < t <= end."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Piece:
    """One membership's coverage of one kind over one stretch."""

    membership: str
    kind: Kind
    starts_at: datetime
    ends_at: datetime
    plan: str | None
    pledge: str | None
    inferred: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """A person's unbroken coverage by all memberships together."""

    starts_at: datetime
    ends_at: datetime
    is_first: bool
    """The person's first ever: joined; later ones: returned."""
    membership: str
    """The covering membership that began first, ties by id (RULES 4)."""
    plan: str | None
    pledge: str | None
    inferred: bool


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """All that Stripe told of one person."""

    person: str
    subscriptions: tuple[Subscription, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    payments: tuple[InvoicePayment, ...] = ()
    charges: tuple[Charge, ...] = ()
    refunds: tuple[Refund, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    credit_notes: tuple[CreditNote, ...] = ()
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """A stretch of time that a payment bought."""

    starts_at: datetime
    ends_at: datetime
    invoice: str
    plan: str | None
    gone: tuple[Span, ...] = field(default=())
    """While the money for it was back with the reader or taken by a dispute."""


FAR = datetime.max.replace(tzinfo=UTC)
"""The end of what has not ended."""


def pieces(facts: PersonFacts, products: frozenset[str], grace_days: int) -> list[Piece]:
    """All coverage of a person, membership by membership, for a campaign's products and grace."""
    found: list[Piece] = []
    for subscription in facts.subscriptions:
        own = [invoice for invoice in facts.invoices if invoice.subscription == subscription.id]
        found += _subscription_pieces(facts, subscription, own, products, grace_days)
    return found


def stretches(found: Iterable[Piece]) -> list[Stretch]:
    """The person's coverage as one: touching or overlapping pieces of any membership are one stretch."""
    counted = sorted(
        (piece for piece in found if piece.kind is not Kind.FREE),
        key=lambda piece: (piece.starts_at, piece.membership, piece.ends_at),
    )
    merged: list[list[Piece]] = []
    reach: list[datetime] = []
    for piece in counted:
        if merged and piece.starts_at <= reach[-1]:
            merged[-1].append(piece)
            reach[-1] = max(reach[-1], piece.ends_at)
        else:
            merged.append([piece])
            reach.append(piece.ends_at)
    return [
        Stretch(
            starts_at=group[0].starts_at,
            ends_at=end,
            is_first=number == 0,
            membership=group[0].membership,
            plan=group[0].plan,
            pledge=group[0].pledge,
            inferred=any(piece.inferred for piece in group),
        )
        for number, (group, end) in enumerate(zip(merged, reach, strict=True))
    ]


def _subscription_pieces(
    facts: PersonFacts,
    subscription: Subscription,
    invoices: Sequence[Invoice],
    products: frozenset[str],
    grace_days: int,
) -> list[Piece]:
    """RULES 1-3 for one subscription."""
    own = [change for change in facts.changes if change.object == subscription.id and change.field == "status"]
    paused = _held(subscription, own, PAUSED)
    halted = _held(subscription, own, HALTED)
    inferred = any(change.inferred for change in own)
    terms = _terms(facts, invoices, products)
    found: list[Piece] = []

    def add(kind: Kind, spans: Iterable[Span], plan: str | None) -> None:
        for span in spans:
            found.append(
                Piece(subscription.id, kind, span.starts_at, span.ends_at, plan, subscription.pledge, inferred)
            )

    for number, term in enumerate(terms):
        cuts = [*term.gone, *paused]
        add(Kind.TERM, _without(_until(term.starts_at, term.ends_at, subscription.ended_at), cuts), term.plan)
        following = terms[number + 1].starts_at if number + 1 < len(terms) else None
        end = _grace_end(subscription, term, following, invoices, products, grace_days, halted)
        add(Kind.GRACE, _until(term.ends_at, end, None), term.plan)
    for span, plan in _free_spans(invoices, products):
        add(Kind.FREE, _until(span.starts_at, span.ends_at, subscription.ended_at), plan)
    return found


def _terms(facts: PersonFacts, invoices: Sequence[Invoice], products: frozenset[str]) -> list[Term]:
    """RULES 1: one term per paid line of a member product, by start."""
    found = []
    for invoice in invoices:
        if invoice.status != "paid" or invoice.paid_at is None or _paid_minor(invoice) <= 0:
            continue
        gone = _gone(facts, invoice)
        for line in _member_lines(invoice, products):
            start = max(line.period_start_at, invoice.paid_at)
            if line.amount_minor > 0 and start < line.period_end_at:
                found.append(Term(start, line.period_end_at, invoice.id, line.price, gone))
    return sorted(found, key=lambda term: (term.starts_at, term.ends_at, term.invoice))


def _member_lines(invoice: Invoice, products: frozenset[str]) -> list[Line]:
    return [line for line in invoice.lines if line.product in products]


def _paid_minor(invoice: Invoice) -> int:
    """What was paid for the invoice: its total less credit notes issued before payment (RULES 3)."""
    return invoice.total_minor - invoice.credited_before_minor


def _free_spans(invoices: Sequence[Invoice], products: frozenset[str]) -> list[tuple[Span, str | None]]:
    """Periods that cost nothing: trials, full coupons, invoices wholly credited before payment."""
    return [
        (Span(line.period_start_at, line.period_end_at), line.price)
        for invoice in invoices
        if invoice.status == "paid"
        for line in _member_lines(invoice, products)
        if (line.amount_minor <= 0 or _paid_minor(invoice) <= 0) and line.period_start_at < line.period_end_at
    ]


def _gone(facts: PersonFacts, invoice: Invoice) -> tuple[Span, ...]:
    """While refunds, disputes in force and later credit notes together reach what was paid (RULES 3)."""
    paid = _paid_minor(invoice)
    mine = [payment for payment in facts.payments if payment.invoice == invoice.id]
    intents = {payment.payment_intent for payment in mine if payment.payment_intent}
    charges = {payment.charge for payment in mine if payment.charge}
    charges |= {charge.id for charge in facts.charges if charge.payment_intent in intents}

    def is_ours(charge: str | None, intent: str | None) -> bool:
        return charge in charges or intent in intents

    back: list[tuple[datetime, int]] = []
    back += [
        (refund.created_at, refund.amount_minor)
        for refund in facts.refunds
        if refund.status == "succeeded" and is_ours(refund.charge, refund.payment_intent)
    ]
    for dispute in facts.disputes:
        if is_ours(dispute.charge, dispute.payment_intent):
            back += [(movement.at, -movement.amount_minor) for movement in dispute.movements]
    back += [
        (note.created_at, note.amount_minor - note.refunded_minor)
        for note in facts.credit_notes
        if note.invoice == invoice.id and not note.is_before_payment and note.status == "issued"
    ]
    back += [
        (charge.failed_at, charge.amount_minor)
        for charge in facts.charges
        if charge.failed_at and charge.id in charges
    ]
    return _reached(sorted(back), paid)


def _reached(changes: Sequence[tuple[datetime, int]], threshold: int) -> tuple[Span, ...]:
    """The spans in which the running sum of `changes` is at or above `threshold`; an open end is far away."""
    spans: list[Span] = []
    total, since = 0, None
    for number, (at, amount) in enumerate(changes):
        total += amount
        if number + 1 < len(changes) and changes[number + 1][0] == at:
            continue
        if total >= threshold and since is None:
            since = at
        elif total < threshold and since is not None:
            spans.append(Span(since, at))
            since = None
    if since is not None:
        spans.append(Span(since, FAR))
    return tuple(spans)


def _held(subscription: Subscription, changes: Sequence[Change], statuses: frozenset[str]) -> list[Span]:
    """The spans in which the subscription stood in one of `statuses`, from its recorded changes."""
    moments = [(change.at, change.became in statuses) for change in changes]
    if subscription.paused_at is not None and "paused" in statuses:
        moments.append((subscription.paused_at, True))
    spans: list[Span] = []
    since: datetime | None = None
    for at, is_in in sorted(moments):
        if is_in and since is None:
            since = at
        elif not is_in and since is not None:
            spans.append(Span(since, at))
            since = None
    return spans if since is None else [*spans, Span(since, FAR)]


def _grace_end(
    subscription: Subscription,
    term: Term,
    following: datetime | None,
    invoices: Sequence[Invoice],
    products: frozenset[str],
    grace_days: int,
    halted: Sequence[Span],
) -> datetime:
    """RULES 2: the earliest of what ends the grace after `term`; not after its end where there is none."""
    end = term.ends_at
    if any(span.starts_at <= end < span.ends_at for span in term.gone):
        return end
    limits = [end + timedelta(days=grace_days)]
    if following is not None:
        limits.append(following)
    if subscription.ended_at is not None:
        limits.append(subscription.ended_at)
    limits += [span.starts_at for span in term.gone if span.starts_at > end]
    limits += [max(span.starts_at, end) for span in halted if span.ends_at > end]
    limits += _collection_limits(end, invoices, products)
    return min(limits)


def _collection_limits(end: datetime, invoices: Sequence[Invoice], products: frozenset[str]) -> list[datetime]:
    """What the invoice for the following period, the one with a line that starts at the term's end, says."""
    following = [
        invoice
        for invoice in sorted(invoices, key=lambda invoice: (invoice.created_at, invoice.id))
        if any(line.period_start_at == end for line in _member_lines(invoice, products))
    ]
    if not following:
        return [end + FINALISE_WITHIN]
    invoice = following[0]
    limits = [at for at in (invoice.voided_at, invoice.uncollectible_at) if at is not None]
    if invoice.paid_at is not None and not _terms_bought(invoice, products):
        limits.append(invoice.paid_at)
    if invoice.finalized_at is None or invoice.finalized_at > end + FINALISE_WITHIN:
        limits.append(end + FINALISE_WITHIN)
    return limits


def _terms_bought(invoice: Invoice, products: frozenset[str]) -> bool:
    return _paid_minor(invoice) > 0 and any(line.amount_minor > 0 for line in _member_lines(invoice, products))


def _until(start: datetime, end: datetime, ended: datetime | None) -> list[Span]:
    last = end if ended is None else min(end, ended)
    return [Span(start, last)] if start < last else []


def _without(spans: Sequence[Span], cuts: Sequence[Span]) -> list[Span]:
    """What is left of `spans` outside all `cuts`."""
    left = list(spans)
    for cut in cuts:
        left = [
            Span(start, end)
            for span in left
            for start, end in pairwise(sorted({span.starts_at, *_inside(span, cut), span.ends_at}))
            if end <= cut.starts_at or start >= cut.ends_at
        ]
    return left


def _inside(span: Span, cut: Span) -> list[datetime]:
    return [at for at in (cut.starts_at, cut.ends_at) if span.starts_at < at < span.ends_at]
