"""What readers wrote with their gifts: read by staff alone, taken away for good when anybody wishes so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

PAGE = 50


@dataclass(frozen=True, slots=True)
class Note:
    """A few words with a gift that was paid; who wrote them is not told."""

    pledge: str
    campaign: str
    paid_at: datetime
    amount_minor: int
    currency: str
    interval: str
    words: str


PAID = text("""
    SELECT id, campaign, settled_at, amount_minor, currency, interval, note, count(*) OVER () AS total
    FROM pledge WHERE note IS NOT NULL AND state = 'fulfilled' AND price IS NULL
    ORDER BY settled_at DESC, id LIMIT :limit OFFSET :start
""")


def newest(session: Session, page: int) -> tuple[list[Note], int]:
    """(a page of notes, the latest first, how many on all pages); of gifts that were paid alone."""
    rows = session.execute(PAID, {"limit": PAGE, "start": (page - 1) * PAGE}).all()
    return [Note(*row[:-1]) for row in rows], rows[0].total if rows else 0


def forget(session: Session, pledge: str) -> bool:
    """Take the words of one gift away; False where there are none. The caller commits."""
    gone = text("UPDATE pledge SET note = NULL WHERE id = :pledge AND note IS NOT NULL RETURNING id")
    return session.scalar(gone, {"pledge": pledge}) is not None


def forget_of(session: Session, customers: Sequence[str]) -> int:
    """Take away what these customers wrote with their gifts; how many notes. The caller commits.

    Part of erasing a person: the pledges stay, for no count may change.
    """
    gone = text(
        "UPDATE pledge SET note = NULL WHERE note IS NOT NULL AND session_id IN"
        " (SELECT id FROM stripe_object WHERE kind = 'checkout.session' AND customer_id = ANY(:customers))"
        " RETURNING id"
    )
    return len(session.scalars(gone, {"customers": list(customers)}).all())
