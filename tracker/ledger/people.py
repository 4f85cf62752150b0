"""From objects to persons: whose coverage a fact may touch, and all that was told of a person."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.core import facts
from tracker.core.membership import PersonFacts
from tracker.ledger import changes

COVERING: dict[str, type] = {
    "subscription": facts.Subscription,
    "invoice": facts.Invoice,
    "invoice_payment": facts.InvoicePayment,
    "charge": facts.Charge,
    "refund": facts.Refund,
    "dispute": facts.Dispute,
    "credit_note": facts.CreditNote,
}
"""The kinds of objects that coverage is made of."""
BY_LINK = (facts.InvoicePayment, facts.Refund, facts.Dispute, facts.CreditNote)
"""Those whose person is found through what they hang on."""
DECODE: dict[str, Callable[[str], Any]] = {
    kind: msgspec.json.Decoder(fact).decode for kind, fact in COVERING.items()
}

# The person of an object: its own customer, else by its invoice, charge or payment intent.
OWNER = """
    SELECT DISTINCT coalesce(o.customer_id, i.customer_id, c.customer_id, pi.customer_id) AS person
    FROM stripe_object o
    LEFT JOIN stripe_object i ON i.id = o.invoice_id
    LEFT JOIN stripe_object c ON c.id = o.charge_id
    LEFT JOIN stripe_object p ON p.payment_intent_id = coalesce(o.payment_intent_id, c.payment_intent_id)
        AND p.kind = 'invoice_payment' AND o.customer_id IS NULL
    LEFT JOIN stripe_object pi ON pi.id = p.invoice_id
    WHERE o.id = ANY(:ids)
"""


def mark_stale(session: Session, persons: Iterable[str], reason: str = "") -> None:
    """These persons' coverage must be worked out again; kept until it was.

    `reason` is what the corrections log says if it changes a past day: the first one told stands.
    """
    known = sorted({person for person in persons if person})
    if known:
        session.execute(
            text(
                "INSERT INTO stale_person (person_id, reason) SELECT unnest(CAST(:persons AS text[])), :reason"
                " ON CONFLICT (person_id) DO UPDATE SET person_id = excluded.person_id"
            ),
            {"persons": known, "reason": reason},
        )


def mark_stale_by_ids(session: Session, object_ids: Sequence[str]) -> None:
    """Mark the persons that these stored objects belong to."""
    if object_ids:
        mark_stale(session, session.scalars(text(OWNER), {"ids": list(object_ids)}).all())


def mark_stale_by_facts(session: Session, told: Iterable[facts.Fact]) -> None:
    """Mark the persons that these changed facts belong to; facts that make no coverage mark nobody."""
    direct: list[str] = []
    by_object: list[str] = []
    for fact in told:
        if isinstance(fact, facts.Subscription | facts.Invoice):
            direct.append(fact.customer)
        elif isinstance(fact, BY_LINK) or (isinstance(fact, facts.Charge) and fact.failed_at):
            by_object.append(fact.id)
    mark_stale(session, direct)
    mark_stale_by_ids(session, by_object)


OF_PERSONS = text("""
    WITH own AS (
        SELECT id, kind, fields, customer_id, payment_intent_id FROM stripe_object
        WHERE customer_id = ANY(:persons) AND kind = ANY(:kinds) AND fields IS NOT NULL
    ), paid AS (
        SELECT p.id, p.kind, p.fields, own.customer_id, p.payment_intent_id, p.charge_id
        FROM own JOIN stripe_object p ON p.invoice_id = own.id
            AND p.kind IN ('invoice_payment', 'credit_note') AND p.customer_id IS NULL
        WHERE own.kind = 'invoice' AND p.fields IS NOT NULL
    ), back AS (
        SELECT r.id, r.kind, r.fields, paid.customer_id
        FROM paid JOIN stripe_object r ON r.payment_intent_id = paid.payment_intent_id
        WHERE r.kind IN ('refund', 'dispute') AND r.fields IS NOT NULL
        UNION
        SELECT r.id, r.kind, r.fields, paid.customer_id
        FROM paid JOIN stripe_object r ON r.charge_id = paid.charge_id
        WHERE r.kind IN ('refund', 'dispute') AND r.fields IS NOT NULL
    )
    SELECT customer_id, kind, CAST(fields AS text) FROM own
    UNION ALL SELECT customer_id, kind, CAST(fields AS text) FROM paid
    UNION ALL SELECT customer_id, kind, CAST(fields AS text) FROM back
""")


def facts_of(session: Session, persons: Sequence[str]) -> Iterator[PersonFacts]:
    """All that was told of each of these persons; of whom nothing is known comes back empty."""
    told: dict[str, dict[str, list[Any]]] = {person: defaultdict(list) for person in persons}
    for person, kind, fields in session.execute(OF_PERSONS, {"persons": list(persons), "kinds": list(COVERING)}):
        told[person][kind].append(DECODE[kind](fields))
    halted: dict[str, list[facts.Change]] = defaultdict(list)
    subscriptions = [one.id for kinds in told.values() for one in kinds["subscription"]]
    for change in changes.of(session, subscriptions):
        halted[change.object].append(change)
    for person, kinds in told.items():
        own = [change for one in kinds["subscription"] for change in halted.get(one.id, ())]
        yield _gather(person, kinds, own)


def all_persons(session: Session) -> list[str]:
    """Everybody of whom a subscription or an invoice is stored."""
    return list(
        session.scalars(
            text(
                "SELECT DISTINCT customer_id FROM stripe_object"
                " WHERE kind IN ('subscription', 'invoice') AND customer_id IS NOT NULL ORDER BY 1"
            )
        )
    )


def _gather(person: str, told: dict[str, list[Any]], own: Sequence[facts.Change]) -> PersonFacts:
    return PersonFacts(
        person=person,
        subscriptions=tuple(told["subscription"]),
        invoices=tuple(told["invoice"]),
        payments=tuple(told["invoice_payment"]),
        charges=tuple(told["charge"]),
        refunds=tuple(told["refund"]),
        disputes=tuple(told["dispute"]),
        credit_notes=tuple(told["credit_note"]),
        changes=tuple(own),
    )
