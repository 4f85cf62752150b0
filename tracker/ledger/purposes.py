"""Which bookings' purposes a fact may touch, and what was bought with each (RULES 6).

A mark is the id of an entry, of its source or charge, of a payment intent or an invoice, or names a campaign. It
is followed to the entries only when they are worked out: what came meanwhile is found then.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.core import facts
from tracker.core.purposes import CATEGORIES, Bought


@dataclass(frozen=True, slots=True)
class Booked:
    """An entry of the categories that are counted, and what it paid for; all campaigns alike."""

    id: str
    created_at: datetime
    currency: str
    amount_minor: int
    """Gross; below 0 where money went back."""
    bought: tuple[Bought, ...]


def of_campaign(slug: str) -> str:
    """The mark of a campaign whose products or zone changed: all entries must be worked out again for it."""
    return f"{CAMPAIGN}{slug}"


CAMPAIGN = "campaign:"
"""No id of Stripe's has a colon."""


def mark(session: Session, keys: Iterable[str | None]) -> None:
    """These must be worked out again; kept until they were. To be called before people.mark: one order."""
    known = sorted({key for key in keys if key})
    if known:
        session.execute(MARK, {"keys": known})


# One that is being worked out is waited for, then marked anew.
MARK = text(
    "INSERT INTO stale_purpose (key) SELECT * FROM unnest(CAST(:keys AS text[]))"
    " ON CONFLICT (key) DO UPDATE SET key = excluded.key"
)


def payments(session: Session, told: Iterable[facts.Fact]) -> dict[str, str]:
    """The payment intent that each of these sessions and invoice payments had when last stored."""
    ids = [fact.id for fact in told if isinstance(fact, facts.InvoicePayment | facts.CheckoutSession)]
    if not ids:
        return {}
    had = text(
        "SELECT id, payment_intent_id FROM stripe_object WHERE id = ANY(:ids) AND payment_intent_id IS NOT NULL"
    )
    return {row.id: row.payment_intent_id for row in session.execute(had, {"ids": ids})}


def touched(session: Session, changed: Iterable[facts.Fact], had: Mapping[str, str]) -> set[str | None]:
    """The marks of these changed facts; `had` is what `payments` answered before they were written."""
    found: set[str | None] = set()
    for fact in changed:
        if isinstance(fact, facts.InvoicePayment | facts.CheckoutSession):
            found |= {fact.payment_intent, had.get(fact.id)}
        elif isinstance(fact, facts.Charge | facts.Refund | facts.Dispute | facts.Invoice):
            found.add(fact.id)
        elif isinstance(fact, facts.Product):
            found |= _sold(session, fact.id)
    return found


def touched_by_loss(session: Session, object_id: str, kind: str) -> set[str | None]:
    """The marks of a stored object that Stripe has no more."""
    if kind == "product":
        return _sold(session, object_id)
    found = session.scalars(
        text("SELECT payment_intent_id FROM stripe_object WHERE id = :id"), {"id": object_id}
    ).one_or_none()
    return {object_id, found}


def _sold(session: Session, product: str) -> set[str | None]:
    """The payments by which it was bought once: its months say what they were for."""
    return set(session.scalars(SOLD, {"product": product}))


SOLD = text("""
    SELECT payment_intent_id FROM stripe_object WHERE kind = 'checkout.session'
    AND fields -> 'items' @> jsonb_build_array(jsonb_build_object('product', CAST(:product AS text)))
""")


def entries(session: Session, keys: Sequence[str]) -> list[str]:
    """The entries that these marks lead to, by id."""
    return list(session.scalars(ENTRIES, {"keys": list(keys)})) if keys else []


ENTRIES = text("""
    WITH given AS (SELECT unnest(CAST(:keys AS text[])) AS id), intents AS (
        SELECT id FROM given
        UNION SELECT p.payment_intent_id FROM given JOIN stripe_object p ON p.invoice_id = given.id
        WHERE p.kind = 'invoice_payment' AND p.payment_intent_id IS NOT NULL
    ), paid AS (
        SELECT id FROM given
        UNION SELECT o.id FROM intents JOIN stripe_object o ON o.payment_intent_id = intents.id
    ), sources AS (
        SELECT id FROM paid UNION SELECT o.id FROM paid JOIN stripe_object o ON o.charge_id = paid.id
    )
    SELECT e.id FROM given JOIN entry e ON e.id = given.id
    UNION SELECT e.id FROM sources JOIN entry e ON e.source_id = sources.id
    ORDER BY 1
""")


def every_entry(session: Session, after: str, limit: int) -> list[str]:
    """So many of all entries that are counted, by id, from the one that follows `after`."""
    return list(
        session.scalars(EVERY, {"after": after, "limit": limit, "categories": list(CATEGORIES)}),
    )


EVERY = text("""
    SELECT id FROM entry WHERE id > :after AND reporting_category = ANY(:categories) ORDER BY id LIMIT :limit
""")


def booked(session: Session, ids: Sequence[str]) -> list[Booked]:
    """Those of the entries that are counted and lead to a payment, each with what was bought."""
    found = session.execute(BOOKED, {"ids": list(ids), "categories": list(CATEGORIES)}).all()
    bought: dict[str, list[Bought]] = defaultdict(list)
    for intent, *fields in session.execute(BOUGHT, {"intents": sorted({row.intent for row in found})}):
        bought[intent].append(Bought(*fields))
    return [
        Booked(row.id, row.created_at, row.currency, row.amount_minor, tuple(bought[row.intent])) for row in found
    ]


BOOKED = text("""
    SELECT e.id, e.created_at, e.currency, e.amount_minor,
        coalesce(source.payment_intent_id, charge.payment_intent_id) AS intent
    FROM entry e JOIN stripe_object source ON source.id = e.source_id
    LEFT JOIN stripe_object charge ON charge.id = source.charge_id
    WHERE e.id = ANY(:ids) AND e.reporting_category = ANY(:categories)
        AND coalesce(source.payment_intent_id, charge.payment_intent_id) IS NOT NULL
    ORDER BY e.id
""")

# A line or item without a product is of no known one.
BOUGHT = text("""
    SELECT paid.payment_intent_id, line ->> 'product', false, false
    FROM stripe_object paid JOIN stripe_object invoice ON invoice.id = paid.invoice_id,
        jsonb_array_elements(invoice.fields -> 'lines') line
    WHERE paid.payment_intent_id = ANY(:intents) AND paid.kind = 'invoice_payment'
        AND line ->> 'amount_minor' <> '0'
    UNION
    SELECT bought.payment_intent_id, item ->> 'product', true, coalesce(
        (SELECT product.fields ->> 'membership_months' FROM stripe_object product
            WHERE product.id = item ->> 'product') IS NOT NULL, false)
    FROM stripe_object bought, jsonb_array_elements(bought.fields -> 'items') item
    WHERE bought.payment_intent_id = ANY(:intents) AND bought.kind = 'checkout.session'
        AND item ->> 'amount_minor' <> '0'
""")
