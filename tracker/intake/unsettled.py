"""Objects that wait for a fetch or hold something unknown: since when, and fetching all of them again."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.ledger import landmarks, objects

SINCE = "unsettled"
MOST = 1_000
"""So many are followed one by one; of more, staff see the number."""
UNSETTLED = "done < wanted OR problem IS NOT NULL"


def follow(session: Session, now: datetime) -> None:
    """Note which objects are unsettled and since when each is; called every minute, the caller commits."""
    rows = session.scalars(
        text(f"SELECT id FROM stripe_object WHERE {UNSETTLED} ORDER BY id LIMIT {MOST}")  # noqa: S608  ours
    )
    before = landmarks.value(session, SINCE)
    found = {object_id: before.get(object_id, now.isoformat()) for object_id in rows}
    if found != before:
        landmarks.put(session, SINCE, now, found)


def since(session: Session) -> dict[str, datetime]:
    """Since when each object that is followed has been unsettled, to the minute."""
    return {name: datetime.fromisoformat(at) for name, at in landmarks.value(session, SINCE).items()}


def fetch_again(session: Session) -> int:
    """Mark all of them anew, with no pause after earlier failures; commits. How many there are."""
    rows = session.execute(text(f"SELECT kind, id FROM stripe_object WHERE {UNSETTLED}"))  # noqa: S608  ours
    wants = [(row[0], row[1]) for row in rows]
    objects.want(session, wants)
    session.commit()
    return len(wants)
