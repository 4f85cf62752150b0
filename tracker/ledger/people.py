"""From objects to persons: whose coverage a fact may touch, and all that was told of a person."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.core import facts
from tracker.core.person import PersonFacts
from tracker.ledger import changes, origins

COVERING: dict[str, type] = {
    "subscription": facts.Subscription,
    "invoice": facts.Invoice,
    "invoice_payment": facts.InvoicePayment,
    "charge": facts.Charge,
    "refund": facts.Refund,
    "dispute": facts.Dispute,
    "credit_note": facts.CreditNote,
    "checkout.session": facts.CheckoutSession,
}
"""The kinds of objects that coverage is made of."""
DECODE: dict[str, Callable[[str], Any]] = {
    kind: msgspec.json.Decoder(fact).decode for kind, fact in COVERING.items()
}

# The person of an object: its own customer, else by its invoice, charge or payment intent; a Checkout session
# without a customer is its own person (RULES, words).
OWNER = """
    SELECT DISTINCT coalesce(o.customer_id, i.customer_id, c.customer_id, pi.customer_id, s.customer_id, s.id,
        CASE WHEN o.kind = 'checkout.session' THEN o.id END) AS person
    FROM stripe_object o
    LEFT JOIN stripe_object i ON i.id = o.invoice_id
    LEFT JOIN stripe_object c ON c.id = o.charge_id
    LEFT JOIN stripe_object p ON p.payment_intent_id = coalesce(o.payment_intent_id, c.payment_intent_id)
        AND p.kind = 'invoice_payment' AND o.customer_id IS NULL
    LEFT JOIN stripe_object pi ON pi.id = p.invoice_id
    LEFT JOIN stripe_object s ON s.payment_intent_id = coalesce(o.payment_intent_id, c.payment_intent_id)
        AND s.kind = 'checkout.session' AND o.customer_id IS NULL
    WHERE o.id = ANY(:ids)
"""


def mark_stale(session: Session, persons: Iterable[str], reason: str = "") -> None:
    """These persons' coverage must be worked out again; kept until it was.

    `reason` is what the corrections log says if it changes a past day: the first one told stands.
    """
    mark(session, dict.fromkeys(persons, reason))


def mark(session: Session, reasons: Mapping[str, str]) -> None:
    """As `mark_stale`, each with a reason. Once a transaction, as its last lock: one order for everybody."""
    known = sorted((person, reason) for person, reason in reasons.items() if person)
    if known:
        session.execute(
            text(
                "INSERT INTO stale_person (person_id, reason)"
                " SELECT * FROM unnest(CAST(:persons AS text[]), CAST(:reasons AS text[]))"
                " ON CONFLICT (person_id) DO UPDATE SET person_id = excluded.person_id"
            ),
            {"persons": [one[0] for one in known], "reasons": [one[1] for one in known]},
        )


def owners(session: Session, object_ids: Sequence[str]) -> list[str]:
    """The persons that these stored objects belong to, as far as they are known."""
    if not object_ids:
        return []
    return [one for one in session.scalars(text(OWNER), {"ids": list(object_ids)}) if one]


def touched(session: Session, told: Iterable[facts.Fact], entries: Sequence[str]) -> dict[str, str]:
    """Person -> reason, of everybody whose coverage these changed facts and new balance transactions may touch.

    A subscription's coverage asks for no booking, so an ordinary renewal is not worked out twice.
    """
    found: dict[str, str] = {}
    by_object: dict[str, list[str]] = defaultdict(list)
    for fact in told:
        reason = type(fact).__name__
        if isinstance(fact, facts.Subscription | facts.Invoice):
            found[fact.customer] = reason
        elif isinstance(fact, facts.Product):
            buyers = session.scalars(text(BUYERS), {"product": fact.id})
            found |= dict.fromkeys(buyers, reason)
        elif isinstance(fact, tuple(COVERING.values())):
            by_object[reason].append(fact.id)
    if entries:
        by_object["Entry"] += session.scalars(text(BOOKED_CHARGES), {"ids": list(entries)}).all()
    for reason, ids in by_object.items():
        found |= dict.fromkeys(owners(session, ids), reason)
    return found


BUYERS = """
    SELECT coalesce(customer_id, id) FROM stripe_object WHERE kind = 'checkout.session'
    AND fields -> 'items' @> jsonb_build_array(jsonb_build_object('product', CAST(:product AS text)))
"""


BOOKED_CHARGES = """
    SELECT c.id FROM entry e JOIN stripe_object c ON c.id = e.source_id AND c.kind = 'charge'
    WHERE e.id = ANY(:ids) AND (c.fields ->> 'failure_entry' = e.id OR EXISTS (
        SELECT 1 FROM stripe_object s WHERE s.payment_intent_id = c.payment_intent_id
        AND s.kind = 'checkout.session' AND s.fields ->> 'mode' = 'payment'))
"""

OF_PERSONS = text("""
    WITH asked AS (
        SELECT person_id AS main, person_id AS person FROM unnest(CAST(:persons AS text[])) AS given (person_id)
        UNION SELECT main_id, person_id FROM person_link WHERE main_id = ANY(:persons)
    ), own AS (
        SELECT asked.main, o.id, o.kind, o.fields, o.payment_intent_id
        FROM asked JOIN stripe_object o ON o.customer_id = asked.person
        WHERE o.kind = ANY(:kinds) AND o.fields IS NOT NULL
        UNION ALL
        SELECT asked.main, o.id, o.kind, o.fields, o.payment_intent_id
        FROM asked JOIN stripe_object o ON o.id = asked.person
        WHERE o.kind = 'checkout.session' AND o.customer_id IS NULL AND o.fields IS NOT NULL
    ), paid AS (
        SELECT own.main, p.id, p.kind, p.fields, p.payment_intent_id, p.charge_id
        FROM own JOIN stripe_object p ON p.invoice_id = own.id
            AND p.kind IN ('invoice_payment', 'credit_note') AND p.customer_id IS NULL
        WHERE own.kind = 'invoice' AND p.fields IS NOT NULL
    ), intents AS (
        SELECT main, payment_intent_id FROM paid WHERE payment_intent_id IS NOT NULL
        UNION SELECT main, payment_intent_id FROM own
        WHERE kind = 'checkout.session' AND payment_intent_id IS NOT NULL
    ), charged AS (
        SELECT intents.main, c.id, c.kind, c.fields FROM intents
        JOIN stripe_object c ON c.payment_intent_id = intents.payment_intent_id
        WHERE c.kind = 'charge' AND c.customer_id IS NULL AND c.fields IS NOT NULL
    ), charges AS (
        SELECT main, id FROM own WHERE kind = 'charge' UNION SELECT main, id FROM charged
        UNION SELECT main, charge_id FROM paid WHERE charge_id IS NOT NULL
    ), back AS (
        SELECT intents.main, r.id, r.kind, r.fields
        FROM intents JOIN stripe_object r ON r.payment_intent_id = intents.payment_intent_id
        WHERE r.kind IN ('refund', 'dispute') AND r.fields IS NOT NULL
        UNION
        SELECT charges.main, r.id, r.kind, r.fields
        FROM charges JOIN stripe_object r ON r.charge_id = charges.id
        WHERE r.kind IN ('refund', 'dispute') AND r.fields IS NOT NULL
    )
    SELECT main, kind, CAST(fields AS text) FROM own
    UNION ALL SELECT main, kind, CAST(fields AS text) FROM paid
    UNION ALL SELECT main, kind, CAST(fields AS text) FROM charged
    UNION ALL SELECT main, kind, CAST(fields AS text) FROM back
""")


def facts_of(session: Session, persons: Sequence[str]) -> Iterator[PersonFacts]:
    """All that was told of each of these persons and of those linked to them; possibly nothing."""
    told: dict[str, dict[str, list[Any]]] = {person: defaultdict(list) for person in persons}
    for person, kind, fields in session.execute(OF_PERSONS, {"persons": list(persons), "kinds": list(COVERING)}):
        told[person][kind].append(DECODE[kind](fields))
    subscriptions = [one.id for kinds in told.values() for one in kinds["subscription"]]
    by_subscription = {key: list(rows) for key, rows in _by(changes.of(session, subscriptions), "object").items()}
    booked = _booked(session, told.values())
    offline = _offline(session, persons)
    pledged = [one.pledge for kinds in told.values() for kind in PLEDGED for one in kinds[kind] if one.pledge]
    pledges = origins.pledges(session, pledged)
    payers = [one.customer for kinds in told.values() for kind in PLEDGED for one in kinds[kind] if one.customer]
    payers += [row.person_ref for rows in offline.values() for row in rows]
    countries = origins.countries(session, payers)
    for person, kinds in told.items():
        own = [change for one in kinds["subscription"] for change in by_subscription.get(one.id, ())]
        gathered = _gather(person, kinds, own, booked, offline.get(person, ()))
        yield replace(gathered, pledges=pledges, countries=countries)


PLEDGED = ("subscription", "checkout.session")
"""The kinds that name their pledge."""


def _by(rows: Iterable[Any], name: str) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found


def _booked(session: Session, told: Iterable[dict[str, list[Any]]]) -> dict[str, datetime]:
    """When the balance transactions were created that coverage asks for."""
    ids: set[str | None] = set()
    for kinds in told:
        bought = {one.payment_intent for one in kinds["checkout.session"] if one.mode == "payment"}
        ids |= {one.balance_transaction for one in kinds["charge"] if one.payment_intent in bought}
        ids |= {one.failure_entry for one in kinds["charge"]}
    known = sorted(one for one in ids if one)
    if not known:
        return {}
    rows = session.execute(text("SELECT id, created_at FROM entry WHERE id = ANY(:ids)"), {"ids": known})
    return {row.id: row.created_at for row in rows}


def _offline(session: Session, persons: Sequence[str]) -> dict[str, list[facts.Offline]]:
    rows = session.execute(
        text(
            "SELECT coalesce(l.main_id, o.person_ref) AS person, o.reference, o.campaign, o.person_ref,"
            " o.starts_on, o.ends_on, o.amount_minor, o.currency, o.paid_on, o.plan, o.source, o.country"
            " FROM offline_record o LEFT JOIN person_link l ON l.person_id = o.person_ref"
            " WHERE o.withdrawn_at IS NULL AND coalesce(l.main_id, o.person_ref) = ANY(:persons)"
        ),
        {"persons": list(persons)},
    )
    found: dict[str, list[facts.Offline]] = defaultdict(list)
    for person, *fields in rows:
        found[person].append(facts.Offline(*fields))
    return found


def links(session: Session, persons: Iterable[str]) -> dict[str, str]:
    """Those of the persons whom staff linked to another -> whom they are counted as."""
    rows = session.execute(
        text("SELECT person_id, main_id FROM person_link WHERE person_id = ANY(:persons)"),
        {"persons": list(persons)},
    )
    return {row.person_id: row.main_id for row in rows}


def pass_on(session: Session, reasons: Mapping[str, str]) -> set[str]:
    """Mark these persons and hold their marks, without waiting; answers those that were to be had."""
    if not reasons:
        return set()
    known = sorted(reasons.items())
    session.execute(
        text(
            "INSERT INTO stale_person (person_id, reason)"
            " SELECT * FROM unnest(CAST(:persons AS text[]), CAST(:reasons AS text[])) ON CONFLICT DO NOTHING"
        ),
        {"persons": [one[0] for one in known], "reasons": [one[1] for one in known]},
    )
    held = text("SELECT person_id FROM stale_person WHERE person_id = ANY(:persons) FOR UPDATE SKIP LOCKED")
    return set(session.scalars(held, {"persons": list(reasons)}))


def all_persons(session: Session) -> list[str]:
    """Everybody who may be covered, by a subscription, a purchase or an offline fact; links followed."""
    return list(session.scalars(text(EVERYBODY)))


EVERYBODY = """
    SELECT DISTINCT coalesce(l.main_id, known.person) AS person FROM (
        SELECT customer_id AS person FROM stripe_object
        WHERE kind IN ('subscription', 'invoice') AND customer_id IS NOT NULL
        UNION SELECT coalesce(customer_id, id) FROM stripe_object
        WHERE kind = 'checkout.session' AND fields ->> 'mode' = 'payment' AND fields ->> 'status' = 'complete'
        UNION SELECT person_ref FROM offline_record WHERE withdrawn_at IS NULL AND starts_on IS NOT NULL
    ) known LEFT JOIN person_link l ON l.person_id = known.person ORDER BY 1
"""


def _gather(
    person: str,
    told: dict[str, list[Any]],
    own: Sequence[facts.Change],
    booked: Mapping[str, datetime],
    offline: Sequence[facts.Offline],
) -> PersonFacts:
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
        sessions=tuple(told["checkout.session"]),
        offline=tuple(offline),
        booked=booked,
    )
