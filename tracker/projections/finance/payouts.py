"""payouts.csv: what left for the bank, what came back, and whether each ties to its entries (RULES 7).

A payout belongs to the month of its own balance transaction, whose amount is the payout's. An automatic one is
tied to the entries that Stripe names for it; made by hand or instantly it cannot be tied: its last three cells are
empty. A return (failed or called off) is a row of its own, below 0, in the month in which the money came back.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tracker.core.balance_types import PAID_OUT, PAYOUT_RETURNED
from tracker.core.csv_text import safe
from tracker.core.findings import N_
from tracker.core.money import decimal_text
from tracker.ledger.payouts import IS_TIED
from tracker.projections import asking
from tracker.projections.finance.check import Check
from tracker.projections.finance.cut import Cut
from tracker.projections.finance.file import MonthFile
from tracker.projections.finance.statement import some

PAYOUTS = f"""
    SELECT coalesce(e.source_id, e.id) AS id, e.created_at, p.fields ->> 'arrives_at' AS arrives_at, e.currency,
        -e.amount_minor AS amount, coalesce(p.fields ->> 'status', '') AS status, p.id IS NOT NULL AS is_known,
        CAST(p.fields ->> 'is_automatic' AS boolean) AS is_automatic,
        own.is_own AND {IS_TIED} AS is_tied,
        p.fields ->> 'reconciliation' AS reconciliation, own.is_own,
        coalesce(held.count, 0) AS count, coalesce(held.net, 0) AS net
    FROM entry e
    LEFT JOIN stripe_object p ON p.id = e.source_id AND p.kind = 'payout' AND p.fields IS NOT NULL
    CROSS JOIN LATERAL (
        SELECT coalesce(p.fields ->> 'balance_transaction' = e.id, e.type = 'payout') AS is_own
    ) own
    LEFT JOIN LATERAL (
        SELECT count(*) AS count, sum(i.net_minor) AS net FROM entry i
        WHERE own.is_own AND i.payout_id = p.id AND i.id <> e.id
    ) held ON true
    WHERE e.booked_month = :month AND e.reporting_category IN ('{PAID_OUT}', '{PAYOUT_RETURNED}')
    ORDER BY e.created_at, e.id
"""  # noqa: S608  our own text


def rows(cut: Cut) -> Iterator[list[str]]:
    """In the order in which they left or came back."""
    return (_cells(row, cut) for row in asking.rows(PAYOUTS, None, month=cut.month))


def _cells(row: Mapping[str, Any], cut: Cut) -> list[str]:
    currency, automatic = row["currency"], {True: "yes", False: "no", None: ""}[row["is_automatic"]]
    cells = [
        row["id"],
        row["created_at"].astimezone(cut.zone).isoformat(timespec="seconds"),
        _day(row["arrives_at"]),
        currency,
        decimal_text(row["amount"], currency),
        safe(row["status"]),
        automatic,
    ]
    if not row["is_tied"]:
        return [*cells, "", "", ""]
    amounts = (int(row["net"]), _difference(row))
    return [*cells, str(row["count"]), *(decimal_text(amount, currency) for amount in amounts)]


def _difference(row: Mapping[str, Any]) -> int:
    return int(row["net"]) - int(row["amount"])


def _day(arrives_at: str | None) -> str:
    """Stripe tells the bank's day as its midnight in UTC."""
    return f"{datetime.fromisoformat(arrives_at).astimezone(UTC):%Y-%m-%d}" if arrives_at else ""


def checks(cut: Cut) -> Iterator[Check]:
    """Whether every automatic payout of the month is the sum of its entries."""
    found = asking.rows(PAYOUTS, None, month=cut.month)
    apart = [row for row in found if (row["is_tied"] and _difference(row)) or not row["is_known"]]
    if not apart:
        text = N_("Every automatic payout is the sum of its entries (%(tied)s); %(untied)s cannot be tied.")
        tied = sum(1 for row in found if row["is_tied"])
        untied = sum(1 for row in found if row["is_own"] and not row["is_tied"])
        yield Check("payouts_tie", True, text, values={"tied": tied, "untied": untied})
        return
    is_early = all(row["reconciliation"] == "in_progress" for row in apart)
    cure = N_(
        "Run `tracker sync`: it asks Stripe for the entries of each payout. If one still differs, lay its rows in"
        " transactions.csv beside Stripe’s payout reconciliation report and ask Stripe’s support about it."
    )
    if is_early:
        cure = N_("Stripe is still working out what is in them: wait a day or two, it is asked again by itself.")
    yield Check(
        "payouts_tie",
        False,
        N_("These payouts do not tie to their entries: %(payouts)s."),
        cure,
        {"payouts": some([_named(row) for row in apart])},
    )


def _named(row: Mapping[str, Any]) -> str:
    currency = row["currency"]
    if not row["is_known"]:
        return f"{row['id']} ({decimal_text(int(row['amount']), currency)} {currency}, ?)"
    return f"{row['id']} ({decimal_text(_difference(row), currency)} {currency})"


FILE = MonthFile(
    "payouts.csv",
    tuple(
        "payout_id created arrival_date currency amount status automatic entries entries_net difference".split()
    ),
    rows,
    sums=("amount", "entries_net", "difference"),
)
