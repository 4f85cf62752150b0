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
from tracker.ledger import changes, people
from tracker.ledger.tables import hint_sequence

LEASE = timedelta(seconds=30)
"""A claimed object is left to its worker for so long; a killed worker delays it no longer than this."""
LONGEST_PAUSE = timedelta(minutes=10)

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


def want(session: Session, wants: Iterable[tuple[str, str]], *, only_missing: bool = False) -> None:
    """Mark each (kind, id); with `only_missing` those alone that were never fetched nor marked.

    The number is drawn in the statement itself, hence after anything the caller has seen.
    """
    pairs = sorted({(object_id, kind) for kind, object_id in wants})
    if not pairs:
        return
    when_known = (
        "DO NOTHING"
        if only_missing
        else "(id) DO UPDATE SET wanted = excluded.wanted, retry_at = NULL, attempts = 0"
        " WHERE stripe_object.wanted < excluded.wanted"
    )
    session.execute(
        text(
            "INSERT INTO stripe_object (id, kind, wanted)"  # noqa: S608  one of two clauses of ours
            " SELECT id, kind, nextval('hint') FROM unnest(CAST(:ids AS text[]), CAST(:kinds AS text[]))"
            f" AS given (id, kind) ORDER BY id ON CONFLICT {when_known}"
        ),
        {"ids": [pair[0] for pair in pairs], "kinds": [pair[1] for pair in pairs]},
    )


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
    session: Session,
    number: int,
    told: Sequence[tuple[facts.Fact, str | None]],
    now: datetime,
    *,
    mark_persons: bool = True,
) -> set[str]:
    """Store the latest state of objects, each with its problem or None; answers the ids that changed.

    Persons whose coverage the changes may touch are marked stale in the same transaction, but where the caller
    is about to rebuild everybody (`mark_persons=False`).
    """
    latest = {fact.id: (fact, problem) for fact, problem in told}
    if not latest:
        return set()
    changes.notice_status(session, [fact for fact, _ in latest.values()], now)
    rows = [
        {"id": fact.id, "kind": KIND_OF[type(fact)], "fields": fact, "problem": problem}
        | {link: _link(fact, link) for link in LINKS}
        for fact, problem in latest.values()
    ]
    changed = set(session.scalars(WRITE, {"number": number, "rows": as_json(rows)}))
    if mark_persons:
        people.mark_stale_by_facts(session, [fact for fact, _ in latest.values() if fact.id in changed])
    return changed


def _link(fact: facts.Fact, link: str) -> str | None:
    if link == "customer" and isinstance(fact, facts.Customer):
        return fact.id
    return getattr(fact, link, None)


def mark_gone(session: Session, number: int, object_id: str, kind: str) -> None:
    """Stripe says there is no such object: nothing of it counts any more, its row stays."""
    people.mark_stale_by_ids(session, [object_id])
    session.execute(
        text(
            "UPDATE stripe_object SET done = :number, fields = NULL, attempts = 0, retry_at = NULL,"
            " problem = 'Stripe has no such ' || :kind WHERE id = :id AND done < :number"
        ),
        {"number": number, "id": object_id, "kind": kind},
    )


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
            UPDATE stripe_object o SET retry_at = :until FROM (
                SELECT id FROM stripe_object WHERE done < wanted
                    AND (:all OR retry_at IS NULL OR retry_at <= :now)
                    AND id <> ALL(:but)
                    AND (CAST(:quiet AS timestamptz) IS NULL OR wanted <= :before OR NOT EXISTS (
                        SELECT 1 FROM message m WHERE m.object_id = stripe_object.id AND m.received_at > :quiet))
                ORDER BY retry_at NULLS FIRST LIMIT :limit FOR UPDATE SKIP LOCKED
            ) due WHERE o.id = due.id RETURNING o.id, o.kind, o.attempts
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


def release(session: Session, object_ids: Sequence[str]) -> None:
    """Leave claimed objects to whoever comes next, at once."""
    session.execute(
        text("UPDATE stripe_object SET retry_at = NULL WHERE id = ANY(:ids) AND done < wanted"),
        {"ids": sorted(object_ids)},
    )


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


def is_waiting(session: Session, before: int) -> bool:
    """Whether an object marked before that number, or a person, still waits to be dealt with."""
    waiting = text(
        "SELECT EXISTS (SELECT 1 FROM stripe_object WHERE done < wanted AND wanted <= :before)"
        " OR EXISTS (SELECT 1 FROM stale_person)"
    )
    return bool(session.scalars(waiting, {"before": before}).one())


def never_read(session: Session) -> set[str]:
    """Objects that Stripe told of and that could not be read once: its lists hold them, ours do not."""
    return set(session.scalars(text("SELECT id FROM stripe_object WHERE done < wanted AND fields IS NULL")))


def still_wrong(session: Session, object_ids: Iterable[str]) -> list[str]:
    """Those of the objects that are still marked or hold a problem."""
    rows = session.scalars(
        text(
            "SELECT id FROM stripe_object WHERE id = ANY(:ids) AND (done < wanted OR problem IS NOT NULL)"
            " ORDER BY id"
        ),
        {"ids": list(object_ids)},
    )
    return list(rows)
