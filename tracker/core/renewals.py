"""Where a subscription's paid term ends and it renews or not: what a forecast counts its lapses from."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tracker.core.coverage import Renewal
from tracker.core.facts import Invoice, Subscription
from tracker.core.terms import Term

AT_ONCE = timedelta(days=1)
"""Stripe finalises a renewal's invoice an hour after the term's end and charges it then."""
OVER = frozenset(["canceled", "incomplete", "incomplete_expired", "unpaid", "paused"])


def renewals(
    subscription: Subscription,
    terms: Sequence[Term],
    covered_until: Sequence[datetime],
    invoices: Sequence[Invoice],
) -> list[Renewal | None]:
    """Of each term, the renewal at its end; `covered_until`: of each term, the end of its grace.

    None where another term of the subscription runs on beyond that end, and for all but the last with one end.
    """
    due = [_is_due(terms, number) for number in range(len(terms))]
    first = min((term.ends_at for term, is_due in zip(terms, due, strict=True) if is_due), default=None)
    return [
        _renewal(subscription, terms, number, covered_until[number], invoices, first) if is_due else None
        for number, is_due in enumerate(due)
    ]


def _is_due(terms: Sequence[Term], number: int) -> bool:
    end = terms[number].ends_at
    return not any(
        one.starts_at < end and (one.ends_at > end or (one.ends_at == end and place > number))
        for place, one in enumerate(terms)
    )


def _renewal(
    subscription: Subscription,
    terms: Sequence[Term],
    number: int,
    covered_until: datetime,
    invoices: Sequence[Invoice],
    first: datetime | None,
) -> Renewal:
    term = terms[number]
    end = term.ends_at
    following = next((one.starts_at for one in terms if one.starts_at >= end), None)
    is_open = following is None and subscription.ended_at is None and subscription.status not in OVER
    alike = [one for one in terms if one.ends_at == end and one.worth.until_at is None]
    return Renewal(
        due_at=end,
        until_at=covered_until,
        length=term.worth.length,
        is_first=end == first,
        standing=_standing(subscription, end, invoices, is_open=is_open),
        is_kept=following is not None and following <= covered_until,
        was_late=following is None or following - end > AT_ONCE,
        is_open=is_open,
        currency=term.worth.currency,
        amount_minor=sum(one.worth.amount_minor for one in alike),
    )


def _standing(subscription: Subscription, end: datetime, invoices: Sequence[Invoice], *, is_open: bool) -> str:
    """As far as it is known: of what ended, Stripe keeps when it was cancelled, not what had been planned."""
    if not is_open:
        planned = subscription.canceled_at is not None and subscription.canceled_at < end
        ended = subscription.ended_at is not None and subscription.ended_at <= end + AT_ONCE
        return "leaving" if planned and ended else "fine"
    cancel_at = subscription.cancel_at
    if subscription.cancel_at_period_end or (cancel_at is not None and cancel_at <= end):
        return "leaving"
    is_late = any(
        one.status == "open" and any(line.period_start_at == end for line in one.lines) for one in invoices
    )
    return "failing" if subscription.status == "past_due" or is_late else "fine"
