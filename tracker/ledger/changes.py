"""Transitions: the few changes that leave no time in their object, as a grow-only set (RULES 8 b)."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.core import facts
from tracker.core.membership import HALTED


def record(session: Session, change: facts.Change) -> None:
    """Add a change told by an event; it replaces one of the same kind that a sweep had only inferred."""
    values = {
        "object": change.object,
        "field": change.field,
        "was": change.was,
        "became": change.became,
        "at": change.at,
    }
    session.execute(
        text(
            "DELETE FROM transition WHERE object_id = :object AND field = :field AND became = :became"
            " AND inferred AND at >= :at"
        ),
        values,
    )
    session.execute(
        text(
            "INSERT INTO transition (object_id, field, was, became, at, inferred)"
            " VALUES (:object, :field, :was, :became, :at, false) ON CONFLICT DO NOTHING"
        ),
        values,
    )


def notice_status(session: Session, told: Iterable[facts.Fact], now: datetime) -> None:
    """Infer a transition where a stored subscription went to or from unpaid or paused and no event told."""
    halted = {fact.id: fact.status for fact in told if isinstance(fact, facts.Subscription)}
    if not halted:
        return
    session.execute(
        text("""
            INSERT INTO transition (object_id, field, was, became, at, inferred)
            SELECT o.id, 'status', o.fields ->> 'status', given.status, :now, true
            FROM stripe_object o
            JOIN unnest(CAST(:ids AS text[]), CAST(:statuses AS text[])) AS given (id, status) USING (id)
            WHERE o.fields ->> 'status' <> given.status
              AND (given.status = ANY(:halted) OR o.fields ->> 'status' = ANY(:halted))
              AND given.status IS DISTINCT FROM (
                SELECT t.became FROM transition t WHERE t.object_id = o.id AND t.field = 'status'
                ORDER BY t.at DESC LIMIT 1)
            ON CONFLICT DO NOTHING
        """),
        {"ids": list(halted), "statuses": list(halted.values()), "halted": sorted(HALTED), "now": now},
    )


def of(session: Session, object_ids: Sequence[str]) -> list[facts.Change]:
    """The recorded changes of these objects, in time order."""
    rows = session.execute(
        text(
            "SELECT object_id, field, was, became, at, inferred FROM transition"
            " WHERE object_id = ANY(:ids) ORDER BY object_id, at"
        ),
        {"ids": list(object_ids)},
    )
    return [facts.Change(*row) for row in rows]
