"""What Stripe's balance was when we asked: readings kept for ever, each with how far its list had come."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Text, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from tracker.db import Instant, Model, as_json


class Balance(Model):
    """One currency of one reading; a row is never changed or removed (the database refuses it)."""

    __tablename__ = "balance"
    at: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    currency: Mapped[str] = mapped_column(Text, primary_key=True)
    available_minor: Mapped[int] = mapped_column(BigInteger)
    pending_minor: Mapped[int] = mapped_column(BigInteger)
    apart_minor: Mapped[int] = mapped_column(BigInteger)
    """Kept apart at Stripe for issued cards, refunds and disputes: in neither of the two."""
    newest_at: Mapped[datetime | None] = mapped_column(Instant)
    """The second of the newest balance transaction in it; None where there was none."""
    newest_ids: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """All that were made in that second so far: others of it came after the reading."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """A currency's money at Stripe, minor units."""

    currency: str
    available_minor: int
    pending_minor: int
    apart_minor: int

    @property
    def total_minor(self) -> int:
        return self.available_minor + self.pending_minor + self.apart_minor


@dataclass(frozen=True, slots=True)
class Reading:
    """Stripe's balance, and exactly which balance transactions are in it."""

    at: datetime
    """When we asked, by our clock."""
    newest_at: datetime | None
    newest_ids: tuple[str, ...]
    amounts: tuple[Amounts, ...]


KEEP = text("""
    INSERT INTO balance (at, newest_at, newest_ids, currency, available_minor, pending_minor, apart_minor)
    SELECT :at, :newest_at, :newest_ids, currency, available_minor, pending_minor, apart_minor
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS given (currency text, available_minor bigint, pending_minor bigint, apart_minor bigint)
    WHERE NOT EXISTS (SELECT FROM balance WHERE at = :at)
""")

READ = """
    SELECT at, newest_at, newest_ids, currency, available_minor, pending_minor, apart_minor FROM balance
    WHERE at >= :since AND at < :until ORDER BY at, currency
"""

OURS = text("""
    SELECT currency, sum(net_minor) AS net FROM entry WHERE created_at < :newest_at OR id = ANY(:newest_ids)
    GROUP BY currency
""")


def keep(session: Session, reading: Reading) -> None:
    """Add a reading, unless there is one of the very same instant; the caller commits."""
    asked = {"at": reading.at, "newest_at": reading.newest_at, "newest_ids": list(reading.newest_ids)}
    session.execute(KEEP, asked | {"rows": as_json([asdict(one) for one in reading.amounts])})


def between(session: Session, since: datetime, until: datetime) -> list[Reading]:
    """The readings of that stretch (until exclusive), the earliest first."""
    found: dict[datetime, list[Amounts]] = {}
    heads: dict[datetime, tuple[datetime | None, tuple[str, ...]]] = {}
    for row in session.execute(text(READ), {"since": since, "until": until}):
        heads[row.at] = (row.newest_at, tuple(row.newest_ids))
        amounts = (row.available_minor, row.pending_minor, row.apart_minor)
        found.setdefault(row.at, []).append(Amounts(row.currency, *amounts))
    return [Reading(at, *heads[at], tuple(found[at])) for at in sorted(found)]


def last_at(session: Session) -> datetime | None:
    """When the balance was last read."""
    return session.scalar(select(func.max(Balance.at)))


def ours(session: Session, reading: Reading) -> dict[str, int]:
    """By currency the net of just those entries that are in the reading, as our ledger has them."""
    rows = session.execute(OURS, {"newest_at": reading.newest_at, "newest_ids": list(reading.newest_ids)})
    return {row.currency: int(row.net) for row in rows}


def differences(reading: Reading, net: Mapping[str, int]) -> dict[str, int]:
    """Currency -> how much more Stripe has than we, minor units; what agrees is left out."""
    theirs = {one.currency: one.total_minor for one in reading.amounts}
    apart = {name: theirs.get(name, 0) - net.get(name, 0) for name in sorted(theirs.keys() | net.keys())}
    return {name: amount for name, amount in apart.items() if amount}


def newest(rows: Sequence[Mapping[str, object]]) -> tuple[int | None, tuple[str, ...]]:
    """The second of the first rows of Stripe's list, newest first, and the ids of those made in it."""
    if not rows:
        return None, ()
    second = int(str(rows[0]["created"]))
    return second, tuple(sorted(str(row["id"]) for row in rows if row["created"] == second))
