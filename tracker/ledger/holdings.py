"""What we hold of Stripe's objects, as questions that sweeps and the rules ask."""

from collections.abc import Iterable, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session


def known_ids(session: Session, kind: str) -> set[str]:
    """Ids of the objects of that kind that we hold and that Stripe had when last asked."""
    return set(
        session.scalars(
            text("SELECT id FROM stripe_object WHERE kind = :kind AND fields IS NOT NULL"), {"kind": kind}
        )
    )


def kinds_of(session: Session, object_ids: Iterable[str]) -> dict[str, str]:
    """The kind of each of these stored objects."""
    rows = session.execute(
        text("SELECT id, kind FROM stripe_object WHERE id = ANY(:ids)"), {"ids": list(object_ids)}
    )
    return {row[0]: row[1] for row in rows}


def membership_months(session: Session) -> dict[str, int]:
    """Product -> how many months a one-off purchase of it lasts, of those that Stripe says so of (RULES 1)."""
    rows = session.execute(
        text(
            "SELECT id, CAST(fields ->> 'membership_months' AS integer) AS months FROM stripe_object"
            " WHERE kind = 'product' AND fields ->> 'membership_months' IS NOT NULL"
        )
    )
    return {row.id: row.months for row in rows}


def payments_under_way(session: Session) -> list[str]:
    """Payment intents of bank debits that had not settled when last asked: Stripe has no list to find them by."""
    return list(
        session.scalars(
            text(
                "SELECT id FROM stripe_object WHERE kind = 'payment_intent' AND fields ->> 'status' = 'processing'"
                " UNION SELECT payment_intent_id FROM stripe_object WHERE kind = 'checkout.session'"
                " AND payment_intent_id IS NOT NULL AND fields ->> 'status' = 'complete'"
                " AND fields ->> 'payment_status' = 'unpaid'"
            )
        )
    )


def behind(session: Session, entries: Sequence[str]) -> list[tuple[str, str]]:
    """(kind, id) of the invoices and Checkout sessions that these balance transactions were paid for, if known."""
    if not entries:
        return []
    rows = session.execute(
        text("""
            WITH moved AS (
                SELECT coalesce(s.payment_intent_id, c.payment_intent_id) AS intent FROM entry e
                JOIN stripe_object s ON s.id = e.source_id LEFT JOIN stripe_object c ON c.id = s.charge_id
                WHERE e.id = ANY(:ids)
            )
            SELECT 'invoice' AS kind, p.invoice_id AS id FROM moved JOIN stripe_object p
                ON p.payment_intent_id = moved.intent AND p.kind = 'invoice_payment' AND p.invoice_id IS NOT NULL
            UNION SELECT o.kind, o.id FROM moved JOIN stripe_object o
                ON o.payment_intent_id = moved.intent AND o.kind = 'checkout.session'
        """),
        {"ids": list(entries)},
    )
    return [(row.kind, row.id) for row in rows]
