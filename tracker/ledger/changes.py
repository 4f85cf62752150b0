"""Transitions: the few changes that leave no time in their object, as a grow-only set (RULES 8 b)."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.core import facts
from tracker.core.cuts import HALTED


def record(session: Session, change: facts.Change) -> None:
    """Add a change told by an event; it replaces what had only been inferred of it.

    An event that tells the end of a status whose beginning nobody told lets that beginning be inferred: it lies
    somewhere since the last instant up to which everything was known.
    """
    values = {
        "object": change.object,
        "field": change.field,
        "was": change.was,
        "became": change.became,
        "at": change.at,
        "halted": sorted(HALTED),
    }
    for statement in (REPLACE, ADD, ADD_BEGINNING):
        session.execute(statement, values)


REPLACE = text("""
    DELETE FROM transition i WHERE object_id = :object AND field = :field AND became = :became
        AND inferred AND at >= :at AND NOT EXISTS (
            SELECT 1 FROM transition left_it WHERE left_it.object_id = :object AND left_it.field = :field
            AND left_it.was = :became AND left_it.at >= :at AND left_it.at < i.at)
""")
ADD = text("""
    INSERT INTO transition (object_id, field, was, became, at, inferred)
    VALUES (:object, :field, :was, :became, :at, false) ON CONFLICT DO NOTHING
""")
ADD_BEGINNING = text("""
    INSERT INTO transition (object_id, field, was, became, at, inferred, since)
    SELECT :object, :field, '', :was, :at, true, (SELECT at FROM sync_state WHERE name = 'as_of')
    WHERE :was = ANY(:halted) AND (
        SELECT t.became FROM transition t WHERE t.object_id = :object AND t.field = :field AND t.at <= :at
            AND (t.was, t.became, t.at) <> (:was, :became, :at)
        ORDER BY t.at DESC, t.became = :was DESC LIMIT 1) IS DISTINCT FROM :was
    ON CONFLICT DO NOTHING
""")


def notice_status(session: Session, number: int, told: Iterable[facts.Fact], now: datetime) -> None:
    """Note a change to or from unpaid or paused that a subscription shows and that no event told.

    Where Stripe tells its own time of a pause, that is it. Else it is inferred: the change came somewhere since
    the last instant up to which everything was known, and is taken to be now until its event turns up. A reader
    whose `number` is older than what is stored notes nothing. The caller holds the objects' rows.
    """
    seen = {fact.id: fact for fact in told if isinstance(fact, facts.Subscription)}
    if not seen:
        return
    session.execute(
        text("""
            INSERT INTO transition (object_id, field, was, became, at, inferred, since)
            SELECT given.id, 'status', coalesce(o.fields ->> 'status', ''), given.status,
                coalesce(given.paused_at, :now), given.paused_at IS NULL,
                CASE WHEN given.paused_at IS NULL THEN (SELECT at FROM sync_state WHERE name = 'as_of') END
            FROM unnest(CAST(:ids AS text[]), CAST(:statuses AS text[]), CAST(:paused AS timestamptz[]))
                AS given (id, status, paused_at)
            LEFT JOIN stripe_object o ON o.id = given.id
            WHERE coalesce(o.done, 0) < :number AND o.fields ->> 'status' IS DISTINCT FROM given.status
              AND (given.status = ANY(:halted) OR o.fields ->> 'status' = ANY(:halted))
              AND given.status IS DISTINCT FROM (
                SELECT t.became FROM transition t WHERE t.object_id = given.id AND t.field = 'status'
                ORDER BY t.at DESC LIMIT 1)
            ON CONFLICT DO NOTHING
        """),
        {
            "number": number,
            "ids": list(seen),
            "statuses": [one.status for one in seen.values()],
            "paused": [one.paused_at for one in seen.values()],
            "halted": sorted(HALTED),
            "now": now,
        },
    )


def of(session: Session, object_ids: Sequence[str]) -> list[facts.Change]:
    """The recorded changes of these objects, in time order."""
    rows = session.execute(
        text(
            "SELECT object_id, field, was, became, at, inferred, since FROM transition"
            " WHERE object_id = ANY(:ids) ORDER BY object_id, at"
        ),
        {"ids": list(object_ids)},
    )
    return [facts.Change(*row) for row in rows]
