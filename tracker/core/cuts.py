"""What takes coverage away (RULES 3): money gone back, disputes in force, late failures, pauses."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from tracker.core import facts
from tracker.core.coverage import FAR, Span
from tracker.core.person import PersonFacts

PAUSED = frozenset(["paused"])
HALTED = frozenset(["unpaid", "paused"])

Moved = tuple[datetime, int]
"""(instant, minor units of what the reader paid in): above 0 where money went back, below where it came again."""


def gone(
    told: PersonFacts, paid_minor: int, charges: frozenset[str], intents: frozenset[str], invoice: str | None
) -> tuple[Span, ...]:
    """While what went back of a payment together reaches what was paid.

    The payment is known by its charges, payment intents and invoice; a charge of one of the intents is its own.
    """
    charges |= {charge.id for charge in told.charges if charge.payment_intent in intents}

    def is_ours(charge: str | None, intent: str | None) -> bool:
        return charge in charges or intent in intents

    moved: list[Moved] = [
        (refund.created_at, refund.amount_minor)
        for refund in told.refunds
        if refund.status == "succeeded" and is_ours(refund.charge, refund.payment_intent)
    ]
    for dispute in told.disputes:
        if is_ours(dispute.charge, dispute.payment_intent):
            moved += _in_force(dispute)
    moved += [
        (note.created_at, note.after_minor - note.refunded_minor)
        for note in told.credit_notes
        if note.invoice == invoice and note.status == "issued" and note.after_minor
    ]
    ours = [charge for charge in told.charges if charge.id in charges]
    for charge in ours:
        failed_at = told.booked.get(charge.failure_entry or "")
        if failed_at and not _was_paid_anew(charge, ours):
            moved.append((failed_at, paid_minor))  # by itself, whatever credit paid the rest
    return _reached(sorted(moved), paid_minor)


def _was_paid_anew(failed: facts.Charge, charges: Iterable[facts.Charge]) -> bool:
    """Whether another charge took the place of a bank debit that came back: it is not the money of the term."""
    return any(one.status == "succeeded" and one.created_at > failed.created_at for one in charges)


def _in_force(dispute: facts.Dispute) -> Iterator[Moved]:
    """The disputed amount, in the reader's currency, from the movement that took it to the one that gave it back.

    Its balance transactions are in the account's currency: only whether all is back is read from them.
    """
    balance = in_force = 0
    for movement in sorted(dispute.movements, key=lambda one: (one.at, one.entry)):
        balance += movement.amount_minor
        now = dispute.amount_minor if balance < 0 else 0
        if now != in_force:
            yield movement.at, now - in_force
            in_force = now


def _reached(moved: Sequence[Moved], threshold: int) -> tuple[Span, ...]:
    """The spans in which the running sum of `moved` is at or above `threshold`; an open end is far away."""
    spans: list[Span] = []
    total, since = 0, None
    for number, (at, amount) in enumerate(moved):
        total += amount
        if number + 1 < len(moved) and moved[number + 1][0] == at:
            continue
        if total >= threshold and since is None:
            since = at
        elif total < threshold and since is not None:
            spans.append(Span(since, at))
            since = None
    if since is not None:
        spans.append(Span(since, FAR))
    return tuple(spans)


def held(
    subscription: facts.Subscription, changes: Iterable[facts.Change], statuses: frozenset[str]
) -> list[Span]:
    """The spans in which the subscription stood in one of `statuses`, from its recorded changes of status."""
    moments = [(change.at, change.became in statuses, change.inferred) for change in _in_order(changes)]
    if subscription.paused_at is not None and "paused" in statuses:
        moments.append((subscription.paused_at, True, False))
        moments.sort(key=lambda moment: moment[0])
    spans: list[Span] = []
    since: datetime | None = None
    is_guess = False
    for at, is_in, is_inferred in moments:
        if is_in and since is None:
            since, is_guess = at, is_inferred
        elif not is_in and since is not None:
            # Within one second it stood there at no instant; a beginning that was only inferred lies earlier.
            spans += [Span(since, at)] if since < at or is_guess else []
            since = None
    return spans if since is None else [*spans, Span(since, FAR)]


def _in_order(changes: Iterable[facts.Change]) -> list[facts.Change]:
    """By time; several of one second so that each goes on from the status that the one before led to."""
    waiting = sorted(changes, key=lambda change: (change.at, change.was, change.became))
    found: list[facts.Change] = []
    while waiting:
        same = [change for change in waiting if change.at == waiting[0].at]
        status = found[-1].became if found else None
        following = next((change for change in same if change.was == status), None)
        began = {change.became for change in same}
        following = following or next((change for change in same if change.was not in began), same[0])
        waiting.remove(following)
        found.append(following)
    return found
