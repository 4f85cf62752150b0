"""transactions.csv: a row for each balance transaction, tied to what it was for (RULES 6, 7).

Amounts come from balance transactions alone; invoices give proportions, products give the purpose.
"""

from collections.abc import Iterator

from sqlalchemy import text

from tracker.db import db
from tracker.ledger import campaigns
from tracker.projections.finance import cells
from tracker.projections.finance.chain import CHAIN
from tracker.projections.finance.cut import Cut
from tracker.projections.finance.file import MonthFile, Row
from tracker.projections.finance.plans import step_by_step

_CELLS = {
    "balance_transaction_id": cells.safe("e.id"),
    "created_utc": cells.utc("e.created_at"),
    "created": cells.local("e.created_at"),
    "available_on_utc": cells.utc("e.available_on"),
    "reporting_category": cells.safe("e.reporting_category"),
    "type": cells.safe("e.type"),
    "currency": cells.safe("e.currency"),
    "gross": cells.decimal("e.amount_minor", "e.currency"),
    "fee": cells.decimal("e.fee_minor", "e.currency"),
    "net": cells.decimal("e.net_minor", "e.currency"),
    "tax": cells.decimal("found.tax_minor", "e.currency"),
    "customer_facing_amount": cells.decimal("found.faced_minor", "found.faced_currency"),
    "customer_facing_currency": cells.safe("found.faced_currency"),
    "exchange_rate": cells.safe("e.exchange_rate"),
    "source_id": cells.safe("e.source_id"),
    "charge_id": cells.safe("found.charge_id"),
    "payment_intent_id": cells.safe("found.intent_id"),
    "refund_id": cells.safe("found.refund_id"),
    "dispute_id": cells.safe("found.dispute_id"),
    "invoice_id": cells.safe("found.invoice_id"),
    "subscription_id": cells.safe("found.subscription_id"),
    "customer_id": cells.safe("found.customer_id"),
    "automatic_payout_id": cells.safe("found.payout_id"),
    "automatic_payout_effective_at": cells.utc("found.payout_at"),
    "campaign": cells.safe("found.campaign"),
    "pledge_id": cells.safe("found.pledge_id"),
    "plan": cells.safe("found.plan"),
    "purpose": cells.safe("found.purpose"),
    "country": cells.safe("found.country"),
    "payment_method_type": cells.safe("found.method_type"),
    "original_month": cells.safe("found.original_month"),
    "prior_period": "CASE WHEN e.prior_period THEN 'yes' ELSE 'no' END",
    "description": cells.safe("e.description"),
}
"""Column -> its cell, finished by the database; named as in Stripe's own reports."""
COLUMNS = tuple(_CELLS)

TRANSACTIONS = f"""
    SELECT {", ".join(_CELLS.values())}
    FROM entry e {CHAIN}
    WHERE e.booked_month = :month ORDER BY e.created_at, e.id
"""  # noqa: S608  our own text


def rows(cut: Cut) -> Iterator[Row]:
    """As the database hands them out, in one snapshot, the first at once."""
    session = db.session()
    asked = {"month": cut.month, "zone": cut.zone.key, **products()}
    with step_by_step(session):
        result = session.execute(text(TRANSACTIONS), {**cells.VALUES, **asked}, execution_options=_AS_IT_COMES)
    return iter(result)


_AS_IT_COMES = {"yield_per": 1000}


def products() -> dict[str, list[str]]:
    """The products of all campaigns, which say what an entry was for (RULES 6)."""
    members, donations = campaigns.products(db.session())
    return {"members": sorted(members), "donations": sorted(donations)}


FILE = MonthFile("transactions.csv", COLUMNS, rows, sums=("gross", "fee", "net", "tax"))
