"""Finance's view of the ledger: a row for each balance transaction, tied to what it was for (RULES 6, 7).

Amounts come from balance transactions alone; invoices give proportions, products give the purpose.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import text

from tracker.db import db
from tracker.ledger import months as closings
from tracker.projections.statements import BOOKED_MONTHS


@dataclass(frozen=True, slots=True)
class Total:
    """The sums of a month in one currency, minor units; net = gross - fee, payouts apart."""

    currency: str
    count: int
    """Of all entries, payouts too: the rows of transactions.csv."""
    gross_minor: int
    fee_minor: int
    net_minor: int
    paid_out_minor: int
    """What left the balance for the bank, above 0."""


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the books in the deployment's zone."""

    month: str
    """YYYY-MM"""
    state: str
    """running | open | closed | carried: before the first closed month, so in its opening balances"""
    totals: tuple[Total, ...]
    version: int | None = None
    """Of the closing, where it is closed."""
    closed_at: datetime | None = None
    closed_by: str | None = None


def months(zone: ZoneInfo, now: datetime) -> list[Month]:
    """Every month with entries and the running one, the latest first."""
    running = f"{now.astimezone(zone):%Y-%m}"
    totals: dict[str, list[Total]] = {running: []}
    for row in db.session().execute(text(BOOKED_MONTHS)).mappings():
        totals.setdefault(row["month"], []).append(
            Total(
                row["currency"],
                row["count"],
                int(row["gross"]),
                int(row["fee"]),
                int(row["net"]),
                int(row["paid_out"]),
            )
        )
    closed = {one.month: one for one in closings.versions(db.session()) if one.stands}
    for month in closed:
        totals.setdefault(month, [])
    return [_month(month, tuple(totals[month]), running, closed) for month in sorted(totals, reverse=True)]


def _month(month: str, totals: tuple[Total, ...], running: str, closed: Mapping[str, closings.Version]) -> Month:
    if month in closed:
        version = closed[month]
        return Month(month, "closed", totals, version.version, version.closed_at, version.closed_by)
    if closed and month < min(closed):
        return Month(month, "carried", totals)
    return Month(month, "running" if month == running else "open", totals)
