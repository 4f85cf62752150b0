"""The latest Stripe objects: hints set `wanted`, writers carry `done`, an older writer changes nothing (RULES 8).

The number of a hint or a writer is drawn from one sequence; a writer draws its before it asks Stripe.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tracker.core import facts
from tracker.db import as_json
from tracker.ledger import changes, people, purposes
from tracker.ledger.tables import hint_sequence

LEASE = timedelta(seconds=30)
"""A claimed object is left to its worker for so long; a killed worker delays it no longer than this."""
LONGEST_PAUSE = timedelta(minutes=10)
WRITER = 7_340_003
"""Advisory lock: one transaction at a time writes facts. A fact's person is found through other facts; of two that
are written at once neither sees the other, and nobody would be marked. Stripe's own limits are lower."""

KIND_OF: dict[type, str] = {
    facts.Product: "product",
    facts.Price: "price",
    facts.Customer: "customer",
    facts.Subscription: "subscription",
    facts.Invoice: "invoice",
    facts.InvoicePayment: "invoice_payment",
    facts.Charge: "charge",
    facts.PaymentIntent: "payment_intent",
    facts.Refund: "refund",
    facts.Dispute: "dispute",
    facts.CreditNote: "credit_note",
    facts.CheckoutSession: "checkout.session",
    facts.Payout: "payout",
}
LINKS = ("customer", "subscription", "invoice", "payment_intent", "charge")


@dataclass(frozen=True, slots=True)
class Marked:
    """An object that must be fetched again."""

    id: str
    kind: str
    attempts: int


def next_number(session: Session) -> int:
    """A number from the one sequence; a writer draws it before its request to Stripe."""
    return session.scalars(select(hint_sequence.next_value())).one()


def want(session: Session, wants: Iterable[tuple[str, str]]) -> None:
    """Mark each (kind, id); the number is drawn in the call, hence after anything the caller has seen."""
    pairs = {(object_id, kind) for kind, object_id in wants}
    if pairs:
        ids, kinds = zip(*pairs, strict=True)
        session.execute(text("SELECT mark_objects(:ids, :kinds)"), {"ids": list(ids), "kinds": list(kinds)})


def write_alone(session: Session) -> None:
    """Wait for other writers of facts; to be called before the first lock of a transaction that writes some."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITER})


def hold(session: Session, known: Iterable[tuple[str, str]], wants: Iterable[tuple[str, str]] = ()) -> None:
    """Take the rows of these (kind, id) for this transaction; of `wants`, those never heard of are marked.

    First every row that is missing, then every lock, each in one order: so two writers wait for each other, and
    neither blocks the other.
    """
    rows = {object_id: (kind, False) for kind, object_id in known}
    rows = {object_id: (kind, True) for kind, object_id in wants} | rows
    given = sorted((object_id, *row) for object_id, row in rows.items())
    if given:
        ids, kinds, wanted = zip(*given, strict=True)
        session.execute(ENTER, {"ids": list(ids), "kinds": list(kinds), "wanted": list(wanted)})
        if not all(wanted):
            session.execute(LOCK, {"ids": [one for one, _, is_wanted in given if not is_wanted]})


ENTER = text("""
    INSERT INTO stripe_object (id, kind, wanted)
    SELECT id, kind, CASE WHEN is_wanted THEN nextval('hint') ELSE 0 END
    FROM unnest(CAST(:ids AS text[]), CAST(:kinds AS text[]), CAST(:wanted AS boolean[]))
        AS given (id, kind, is_wanted) ORDER BY id ON CONFLICT DO NOTHING
""")
LOCK = text("SELECT FROM stripe_object WHERE id = ANY(:ids) ORDER BY id FOR UPDATE")

WRITE = text("""
WITH given AS (
    SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (id text, kind text, fields jsonb, problem text,
        customer text, subscription text, invoice text, payment_intent text, charge text)
), same AS (
    UPDATE stripe_object o SET done = :number, attempts = 0, retry_at = NULL, problem = given.problem
    FROM given WHERE o.id = given.id AND o.done < :number AND o.fields = given.fields
    RETURNING o.id
)
INSERT INTO stripe_object AS o (id, kind, done, fields, problem,
    customer_id, subscription_id, invoice_id, payment_intent_id, charge_id)
SELECT id, kind, :number, fields, problem, customer, subscription, invoice, payment_intent, charge
FROM given WHERE id NOT IN (SELECT id FROM same) ORDER BY id
ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, done = excluded.done, fields = excluded.fields,
    problem = excluded.problem, attempts = 0, retry_at = NULL,
    customer_id = excluded.customer_id, subscription_id = excluded.subscription_id,
    invoice_id = excluded.invoice_id, payment_intent_id = excluded.payment_intent_id,
    charge_id = excluded.charge_id
WHERE o.done < excluded.done
RETURNING o.id
""")


def write(
    session: Session, number: int, told: Sequence[tuple[facts.Fact, str | None]], now: datetime
) -> list[facts.Fact]:
    """Store the latest state of objects, each with its problem or None; answers the facts that changed."""
    latest = {fact.id: (fact, problem) for fact, problem in told}
    if not latest:
        return []
    session.execute(LOCK, {"ids": list(latest)})
    changes.notice_status(session, number, [fact for fact, _ in latest.values()], now)
    rows = [
        {"id": fact.id, "kind": KIND_OF[type(fact)], "fields": fact, "problem": problem}
        | {link: _link(fact, link) for link in LINKS}
        for fact, problem in latest.values()
    ]
    changed = session.scalars(WRITE, {"number": number, "rows": as_json(rows)})
    return [latest[object_id][0] for object_id in changed]


def _link(fact: facts.Fact, link: str) -> str | None:
    if link == "customer" and isinstance(fact, facts.Customer):
        return fact.id
    return getattr(fact, link, None)


def mark_gone(session: Session, number: int, object_id: str, kind: str) -> None:
    """Stripe says there is no such object: nothing of it counts any more, its row stays."""
    write_alone(session)
    persons = people.owners(session, [object_id])
    purposes.mark(session, purposes.touched_by_loss(session, object_id, kind))
    session.execute(
        text(
            "UPDATE stripe_object SET done = :number, fields = NULL, attempts = 0, retry_at = NULL,"
            " problem = 'Stripe has no such ' || :kind WHERE id = :id AND done < :number"
        ),
        {"number": number, "id": object_id, "kind": kind},
    )
    people.mark_stale(session, persons, "gone")


def claim(
    session: Session,
    now: datetime,
    limit: int,
    *,
    all_marked: bool = False,
    but: Sequence[str] = (),
    quiet_since: datetime | None = None,
    before: int = 0,
) -> list[Marked]:
    """Marked objects to fetch now, each left to the caller for LEASE; `all_marked` heeds no lease or pause.

    With `quiet_since` those alone that no message spoke of since then, or that were marked up to number `before`.
    """
    rows = session.execute(
        text("""
            WITH due AS MATERIALIZED (  -- a plan may run a sub-query for each row, and take all
                SELECT id FROM stripe_object WHERE done < wanted
                    AND (:all OR retry_at IS NULL OR retry_at <= :now)
                    AND id <> ALL(:but)
                    AND (CAST(:quiet AS timestamptz) IS NULL OR wanted <= :before OR NOT EXISTS (
                        SELECT 1 FROM message m WHERE m.object_id = stripe_object.id AND m.received_at > :quiet))
                ORDER BY retry_at NULLS FIRST LIMIT :limit FOR UPDATE SKIP LOCKED
            ) UPDATE stripe_object o SET retry_at = :until FROM due WHERE o.id = due.id
            RETURNING o.id, o.kind, o.attempts
        """),
        {
            "until": now + LEASE,
            "now": now,
            "limit": limit,
            "all": all_marked,
            "but": list(but),
            "quiet": quiet_since,
            "before": before,
        },
    )
    return [Marked(*row) for row in rows]


def settle(session: Session, number: int, object_id: str) -> None:
    """What that object told stands elsewhere than in its own row: it is fetched, nothing more is to do."""
    session.execute(
        text(
            "UPDATE stripe_object SET done = :number, problem = NULL, attempts = 0, retry_at = NULL"
            " WHERE id = :id AND done < :number"
        ),
        {"number": number, "id": object_id},
    )


def note_failure(
    session: Session, marked: Marked, problem: str, now: datetime, asked_pause: timedelta = timedelta(0)
) -> None:
    """The fetch failed: say why and wait, twice as long each time, at most ten minutes; longer if Stripe asked."""
    pause = max(min(timedelta(seconds=2 ** min(marked.attempts + 1, 12)), LONGEST_PAUSE), asked_pause)
    session.execute(
        text(
            "UPDATE stripe_object SET problem = :problem, attempts = attempts + 1, retry_at = :retry"
            " WHERE id = :id AND done < wanted"
        ),
        {"problem": problem[:500], "retry": now + pause, "id": marked.id},
    )


def marked_count(session: Session) -> int:
    """How many objects wait for a fetch."""
    return int(session.scalars(text("SELECT count(*) FROM stripe_object WHERE done < wanted")).one())


def unsettled_count(session: Session) -> int:
    """Objects waiting for a fetch or holding an unknown (RULES 4)."""
    waiting = text("SELECT count(*) FROM stripe_object WHERE done < wanted OR problem IS NOT NULL")
    return int(session.scalars(waiting).one())


def is_waiting(session: Session, before: int) -> bool:
    """Whether an object marked before that number, a person or a booking's purpose still waits to be dealt
    with."""
    waiting = text(
        "SELECT EXISTS (SELECT 1 FROM stripe_object WHERE done < wanted AND wanted <= :before)"
        " OR EXISTS (SELECT 1 FROM stale_person) OR EXISTS (SELECT 1 FROM stale_purpose)"
    )
    return bool(session.scalars(waiting, {"before": before}).one())


def never_read(session: Session) -> set[str]:
    """Objects that Stripe told of and that could not be read once: its lists hold them, ours do not."""
    return set(session.scalars(text("SELECT id FROM stripe_object WHERE done < wanted AND fields IS NULL")))


def still_wrong(session: Session, object_ids: Iterable[str]) -> list[str]:
    """Those of the objects that are still marked or hold a problem, and of the entries with an alarm."""
    rows = session.scalars(
        text(
            "SELECT id FROM stripe_object WHERE id = ANY(:ids) AND (done < wanted OR problem IS NOT NULL)"
            " UNION SELECT id FROM entry WHERE id = ANY(:ids) AND alarm IS NOT NULL ORDER BY id"
        ),
        {"ids": list(object_ids)},
    )
    return list(rows)
