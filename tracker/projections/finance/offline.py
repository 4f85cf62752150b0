"""offline.csv: receipts outside Stripe, as staff told them, in the month in which they are booked (RULES 7).

That is the month in which they were paid, or, where it was closed when they were told, the one they were told in.
One that staff took back while its month was open is in no file; taken back later, it stands in the month of that
once more, with the amount below 0.
"""

from collections.abc import Iterator
from datetime import UTC

from sqlalchemy import RowMapping, text

from tracker.core.csv_text import safe
from tracker.core.money import decimal_text
from tracker.db import db
from tracker.projections.finance.cut import Cut
from tracker.projections.finance.file import MonthFile

COLUMNS = tuple(
    "reference paid_on currency amount campaign person_ref plan starts_on ends_on recorded_at recorded_by".split()
)

RECEIPTS = """
    SELECT reference, paid_on, currency, amount_minor, campaign, person_ref, plan, starts_on, ends_on,
        recorded_at, recorded_by, 0 AS place
    FROM offline_record WHERE booked_month = :month AND withdrawn_month IS DISTINCT FROM booked_month
        AND amount_minor > 0 AND paid_on IS NOT NULL
    UNION ALL
    SELECT reference, paid_on, currency, -amount_minor, campaign, person_ref, plan, starts_on, ends_on,
        withdrawn_at, recorded_by, 1
    FROM offline_record WHERE withdrawn_month = :month AND withdrawn_month <> booked_month
        AND amount_minor > 0 AND paid_on IS NOT NULL
    ORDER BY paid_on, reference, place
"""


def rows(cut: Cut) -> Iterator[list[str]]:
    """By the day they were paid, then by reference."""
    result = db.session().execute(text(RECEIPTS), {"month": cut.month}, execution_options={"yield_per": 1000})
    return (_cells(row) for row in result.mappings())


def _cells(row: RowMapping) -> list[str]:
    return [
        safe(row["reference"]),
        str(row["paid_on"]),
        safe(row["currency"]),
        decimal_text(row["amount_minor"], row["currency"]),
        safe(row["campaign"]),
        safe(row["person_ref"]),
        safe(row["plan"]),
        str(row["starts_on"] or ""),
        str(row["ends_on"] or ""),
        row["recorded_at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        safe(row["recorded_by"]),
    ]


FILE = MonthFile("offline.csv", COLUMNS, rows, sums=("amount",))
