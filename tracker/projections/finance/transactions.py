"""transactions.csv: a row for each balance transaction, tied to what it was for (RULES 6, 7).

Amounts come from balance transactions alone; invoices give proportions, products give the purpose.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, text

from tracker.core import csv_text
from tracker.core.money import decimal_text
from tracker.db import db
from tracker.ledger import campaigns
from tracker.projections.finance.cut import Cut
from tracker.projections.finance.file import MonthFile
from tracker.projections.statements import PRODUCTS_PAID

COLUMNS = tuple(
    """
    balance_transaction_id created_utc created available_on_utc reporting_category type currency gross fee net tax
    customer_facing_amount customer_facing_currency exchange_rate source_id charge_id payment_intent_id refund_id
    dispute_id invoice_id subscription_id customer_id automatic_payout_id automatic_payout_effective_at campaign
    pledge_id plan purpose country payment_method_type original_month prior_period description
    """.split()
)
"""As Stripe's own reports name them."""

TRANSACTIONS = f"""
    SELECT e.id, e.created_at, e.available_on, e.reporting_category, e.type, e.currency, e.amount_minor,
        e.fee_minor, e.net_minor, e.exchange_rate, e.source_id, e.description, e.prior_period,
        CASE WHEN source.kind = 'charge' THEN source.id ELSE source.charge_id END AS charge_id,
        coalesce(source.payment_intent_id, charge.payment_intent_id) AS payment_intent_id,
        CASE WHEN source.kind = 'refund' THEN source.id END AS refund_id,
        CASE WHEN source.kind = 'dispute' THEN source.id END AS dispute_id,
        CASE WHEN source.kind IN ('refund', 'dispute') THEN -1 ELSE 1 END
            * CAST(source.fields ->> 'amount_minor' AS bigint) AS faced_minor,
        CASE WHEN source.fields ? 'amount_minor' THEN source.fields ->> 'currency' END AS faced_currency,
        invoice.id AS invoice_id,
        CAST(invoice.fields ->> 'tax_minor' AS bigint) AS tax_minor,
        CAST(invoice.fields ->> 'total_minor' AS bigint) AS total_minor,
        coalesce(invoice.subscription_id, source.subscription_id) AS subscription_id,
        coalesce(charge.customer_id, source.customer_id) AS customer_id,
        CASE WHEN CAST(payout.fields ->> 'is_automatic' AS boolean) THEN e.payout_id END AS payout_id,
        CASE WHEN CAST(payout.fields ->> 'is_automatic' AS boolean) THEN payout.fields ->> 'arrives_at' END
            AS payout_at,
        coalesce(subscription.fields ->> 'campaign', bought.fields ->> 'campaign', pledge.campaign) AS campaign,
        coalesce(pledge.id, subscription.fields ->> 'pledge', bought.fields ->> 'pledge') AS pledge_id,
        coalesce(invoice.fields -> 'lines' -> 0 ->> 'price', bought.fields -> 'items' -> 0 ->> 'price') AS plan,
        (SELECT CASE count(DISTINCT purpose) WHEN 0 THEN 'other' WHEN 1 THEN min(purpose) ELSE 'mixed' END
            FROM ({PRODUCTS_PAID}) found) AS purpose,
        coalesce(contact.country, charge.fields ->> 'card_country') AS country,
        charge.fields ->> 'method_type' AS method_type,
        CASE WHEN charged.id <> e.id THEN charged.booked_month END AS original_month
    FROM entry e
    LEFT JOIN stripe_object source ON source.id = e.source_id
    LEFT JOIN stripe_object charge
        ON charge.id = CASE WHEN source.kind = 'charge' THEN source.id ELSE source.charge_id END
    LEFT JOIN LATERAL (
        SELECT invoice_id FROM stripe_object paid
        WHERE paid.payment_intent_id = coalesce(source.payment_intent_id, charge.payment_intent_id)
            AND paid.kind = 'invoice_payment' LIMIT 1
    ) paid ON true
    LEFT JOIN stripe_object invoice ON invoice.id = paid.invoice_id
    LEFT JOIN stripe_object subscription ON subscription.id = invoice.subscription_id
    LEFT JOIN LATERAL (
        SELECT fields FROM stripe_object session
        WHERE session.payment_intent_id = coalesce(source.payment_intent_id, charge.payment_intent_id)
            AND session.kind = 'checkout.session' LIMIT 1
    ) bought ON true
    LEFT JOIN pledge ON pledge.id = coalesce(subscription.fields ->> 'pledge', bought.fields ->> 'pledge')
    LEFT JOIN contact ON contact.customer_id = coalesce(charge.customer_id, source.customer_id)
    LEFT JOIN entry charged ON charged.id = charge.fields ->> 'balance_transaction'
    LEFT JOIN stripe_object payout ON payout.id = e.payout_id
    WHERE e.booked_month = :month
    ORDER BY e.created_at, e.id
"""  # noqa: S608  our own text


def rows(cut: Cut) -> Iterator[list[str]]:
    """As the database hands them out, in one snapshot."""
    member, donation = set[str](), set[str]()
    for campaign in campaigns.every(db.session()):
        member |= set(campaign.products)
        donation |= set(campaign.donation_products)
    asked = {"month": cut.month, "members": sorted(member), "donations": sorted(donation)}
    result = db.session().execute(text(TRANSACTIONS), asked, execution_options={"yield_per": 1000})
    return (_cells(row, cut.zone) for row in result.mappings())


def _cells(row: RowMapping, zone: ZoneInfo) -> list[str]:
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
        "yes" if row["prior_period"] else "no",
        safe(row["description"]),
    ]


def _tax(row: RowMapping) -> int:
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


FILE = MonthFile("transactions.csv", COLUMNS, rows, sums=("gross", "fee", "net", "tax"))
