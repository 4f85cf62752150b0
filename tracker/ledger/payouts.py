"""Which entries left the balance with which payout: Stripe alone tells it, payout by payout."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, Text, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from tracker.db import Model


class PayoutRead(Model):
    """A payout whose entries Stripe was asked for, and in which of its states: asked again once it changed."""

    __tablename__ = "payout_read"
    payout_id: Mapped[str] = mapped_column(Text, primary_key=True)
    done: Mapped[int] = mapped_column(BigInteger)
    """The payout's `done` when we asked (RULES 8)."""


@dataclass(frozen=True, slots=True)
class Due:
    """A payout whose entries must be asked for."""

    id: str
    done: int


IS_TIED = """
    CAST(p.fields ->> 'is_automatic' AS boolean)
    AND coalesce(p.fields ->> 'method', 'standard') <> 'instant'
    AND coalesce(p.fields ->> 'reconciliation', '') <> 'not_applicable'
"""
"""Whether Stripe ties payout `p` to entries; of one made by hand or instantly it does not know them."""

_CHANGED = f"""
    FROM stripe_object p LEFT JOIN payout_read r ON r.payout_id = p.id
    WHERE p.kind = 'payout' AND p.fields IS NOT NULL AND {IS_TIED} AND (r.done IS NULL OR r.done < p.done)
"""

PASS = text(f"""
    INSERT INTO payout_read AS r (payout_id, done)
    SELECT p.id, p.done {_CHANGED} AND CAST(p.fields ->> 'amount_minor' AS bigint) = (
        SELECT sum(e.net_minor) FROM entry e
        WHERE e.payout_id = p.id AND e.id IS DISTINCT FROM p.fields ->> 'balance_transaction')
    ON CONFLICT (payout_id) DO UPDATE SET done = excluded.done
""")  # noqa: S608  our own text

DUE = f"""
    SELECT p.id, p.done {_CHANGED} ORDER BY p.fields ->> 'created_at' DESC, p.id LIMIT :most
"""
"""The latest first; each once in each of its states."""

LINK = text("""
    UPDATE entry SET payout_id = CASE WHEN id = ANY(:ids) THEN :payout END
    WHERE (id = ANY(:ids) AND payout_id IS DISTINCT FROM :payout) OR (payout_id = :payout AND id <> ALL(:ids))
""")

ASKED = text("""
    INSERT INTO payout_read AS r (payout_id, done) VALUES (:payout, :done)
    ON CONFLICT (payout_id) DO UPDATE SET done = greatest(r.done, excluded.done)
""")


def pass_tied(session: Session) -> None:
    """Those that changed and add up are not asked for, and not added up again each minute; the caller commits."""
    session.execute(PASS)


def due(session: Session, most: int) -> list[Due]:
    """The payouts whose entries must be asked for, so many at most; after `pass_tied`."""
    return [Due(row.id, row.done) for row in session.execute(text(DUE), {"most": most})]


def unknown(session: Session, entries: Sequence[str]) -> set[str]:
    """Those of these balance transactions that our ledger does not have."""
    known = text("SELECT id FROM entry WHERE id = ANY(:ids)")
    return set(entries) - set(session.scalars(known, {"ids": list(entries)}))


def link(session: Session, payout: Due, entries: Sequence[str]) -> None:
    """Just these entries left the balance with that payout; the caller commits."""
    session.execute(LINK, {"payout": payout.id, "ids": sorted(entries)})
    note_asked(session, payout)


def note_asked(session: Session, payout: Due) -> None:
    """Not to be asked again before it changes."""
    session.execute(ASKED, {"payout": payout.id, "done": payout.done})
