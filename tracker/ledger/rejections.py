"""Refused messages, counted by reason and hour: what was refused is never kept, and never a row a message."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.db import as_json


@dataclass(frozen=True, slots=True)
class Refusals:
    """So many for one reason within one hour."""

    reason: str
    hour_at: datetime
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Rejected:
    """So many for one reason since an instant."""

    reason: str
    count: int
    last_at: datetime


ADD = text("""
INSERT INTO rejection AS r (reason, hour_at, count, last_at)
SELECT reason, hour_at, count, last_at FROM jsonb_to_recordset(CAST(:rows AS jsonb))
    AS given (reason text, hour_at timestamptz, count bigint, last_at timestamptz)
ORDER BY reason, hour_at
ON CONFLICT (reason, hour_at) DO UPDATE
    SET count = r.count + excluded.count, last_at = greatest(r.last_at, excluded.last_at)
""")


def add(session: Session, refused: Iterable[Refusals]) -> None:
    """Add to what is counted, in one statement; the caller commits."""
    session.execute(ADD, {"rows": as_json(list(refused))})


def since(session: Session, at: datetime) -> list[Rejected]:
    """By reason, the most frequent first; to the hour in which `at` lies."""
    rows = session.execute(
        text(
            "SELECT reason, sum(count)::bigint, max(last_at) FROM rejection"
            " WHERE hour_at >= date_trunc('hour', CAST(:at AS timestamptz)) GROUP BY reason ORDER BY 2 DESC, 1"
        ),
        {"at": at},
    )
    return [Rejected(*row) for row in rows]
