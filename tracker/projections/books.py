"""Finance's view of the ledger: a row for each balance transaction, tied to what it was for (RULES 6, 7).

Amounts come from balance transactions alone; invoices give proportions, products give the purpose.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, text

from tracker.core import csv_text
from tracker.core.money import decimal_text
from tracker.core.progress import Loading
from tracker.db import db
from tracker.ledger import campaigns
from tracker.projections import queries
from tracker.projections.statements import BOOKED_MONTHS, TRANSACTIONS

COLUMNS = """
    balance_transaction_id created_utc created available_on_utc reporting_category type currency gross fee net tax
    customer_facing_amount customer_facing_currency exchange_rate source_id charge_id payment_intent_id refund_id
    dispute_id invoice_id subscription_id customer_id automatic_payout_id automatic_payout_effective_at campaign
    pledge_id plan purpose country payment_method_type original_month prior_period description
""".split()
"""The columns of transactions.csv, as Stripe's own reports name them."""

Row = RowMapping


class UnknownMonthError(Exception):
    """There is no such month to export; the text says what was found and what to ask for."""


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
    """running | open"""
    totals: tuple[Total, ...]


def ledger_loading() -> Loading | None:
    """The first reading of the money, None when the ledger is whole."""
    return queries.ledger_loading()


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
    return [
        Month(month, "running" if month == running else "open", tuple(totals[month]))
        for month in sorted(totals, reverse=True)
    ]


def check_month(month: str, zone: ZoneInfo, now: datetime) -> str:
    """The month itself; UnknownMonthError for one that is malformed or still to come."""
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", month):
        raise UnknownMonthError(f"{month!r} is no month; write it as YYYY-MM, such as 2026-03")
    running = f"{now.astimezone(zone):%Y-%m}"
    if month > running:
        raise UnknownMonthError(f"{month} has not begun; the running month is {running}")
    return month


def csv_lines(month: str, zone: ZoneInfo) -> Iterator[str]:
    """transactions.csv of a month, line by line as the database hands the rows out, in one snapshot."""
    member, donation = set[str](), set[str]()
    for campaign in campaigns.every(db.session()):
        member |= set(campaign.products)
        donation |= set(campaign.donation_products)
    yield from csv_text.lines([COLUMNS])
    asked = {"month": month, "members": sorted(member), "donations": sorted(donation)}
    result = db.session().execute(text(TRANSACTIONS), asked, execution_options={"yield_per": 1000})
    yield from csv_text.lines(_cells(row, zone) for row in result.mappings())


def _cells(row: Row, zone: ZoneInfo) -> list[str]:
    currency = row["currency"]
    faced_minor, faced = row["faced_minor"], row["faced_currency"]
    safe = csv_text.safe
    return [
        row["id"],
        _utc(row["created_at"]),
        row["created_at"].astimezone(zone).isoformat(timespec="seconds"),
        _utc(row["available_on"]),
        row["reporting_category"],
        row["type"],
        currency,
        decimal_text(row["amount_minor"], currency),
        decimal_text(row["fee_minor"], currency),
        decimal_text(row["net_minor"], currency),
        decimal_text(_tax(row), currency),
        "" if faced_minor is None else decimal_text(faced_minor, faced),
        faced or "",
        row["exchange_rate"] or "",
        row["source_id"] or "",
        row["charge_id"] or "",
        row["payment_intent_id"] or "",
        row["refund_id"] or "",
        row["dispute_id"] or "",
        row["invoice_id"] or "",
        row["subscription_id"] or "",
        row["customer_id"] or "",
        row["payout_id"] or "",
        _utc(row["payout_at"]),
        safe(row["campaign"] or ""),
        safe(row["pledge_id"] or ""),
        safe(row["plan"] or ""),
        row["purpose"],
        row["country"] or "",
        row["method_type"] or "",
        row["original_month"] or "",
        "no",
        safe(row["description"]),
    ]


def _tax(row: Row) -> int:
    """The reader's tax within gross: the invoice's share of it, negative when it goes back (RULES 7)."""
    if not row["tax_minor"] or not row["total_minor"]:
        return 0
    share = Fraction(row["tax_minor"] * row["amount_minor"], row["total_minor"])
    return round(share)


def _utc(at: datetime | str | None) -> str:
    if at is None:
        return ""
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
