"""Money as Stripe booked it: balance transactions, a set that only grows (RULES 6); and the contacts beside it."""

from collections.abc import Sequence
from dataclasses import asdict
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.core import facts
from tracker.db import as_json

ADD = text("""
INSERT INTO entry AS e (id, type, reporting_category, currency, amount_minor, fee_minor, net_minor, created_at,
    available_on, status, source_id, exchange_rate, description, booked_month)
SELECT id, type, reporting_category, currency, amount_minor, fee_minor, net_minor, created_at,
    available_on, status, source, exchange_rate, description, month
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS given (id text, type text, reporting_category text, currency text,
    amount_minor bigint, fee_minor bigint, net_minor bigint, created_at timestamptz, available_on timestamptz,
    status text, source text, exchange_rate text, description text, month text)
ORDER BY id
ON CONFLICT (id) DO UPDATE SET
    status = CASE WHEN e.status = 'available' THEN e.status ELSE excluded.status END,
    available_on = excluded.available_on,
    alarm = CASE WHEN (e.amount_minor, e.fee_minor, e.net_minor, e.currency, e.type, e.reporting_category,
            e.created_at, e.source_id) IS DISTINCT FROM (excluded.amount_minor, excluded.fee_minor,
            excluded.net_minor, excluded.currency, excluded.type, excluded.reporting_category,
            excluded.created_at, excluded.source_id)
        THEN 'a later read differs: amount ' || excluded.amount_minor || ', fee ' || excluded.fee_minor
            || ', net ' || excluded.net_minor || ' ' || excluded.currency
        ELSE e.alarm END
WHERE (e.status, e.available_on, e.amount_minor, e.fee_minor, e.net_minor, e.currency, e.type,
        e.reporting_category, e.created_at, e.source_id)
    IS DISTINCT FROM (excluded.status, excluded.available_on, excluded.amount_minor, excluded.fee_minor,
        excluded.net_minor, excluded.currency, excluded.type, excluded.reporting_category,
        excluded.created_at, excluded.source_id)
RETURNING e.id, e.xmax = 0 AS is_new
""")


KEEP = text("""
INSERT INTO contact AS c (customer_id, email, country)
SELECT customer, email, country
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS given (customer text, email text, country text) ORDER BY customer
ON CONFLICT (customer_id) DO UPDATE
SET email = coalesce(excluded.email, c.email), country = coalesce(excluded.country, c.country)
WHERE c.erased_at IS NULL AND (c.email, c.country)
    IS DISTINCT FROM (coalesce(excluded.email, c.email), coalesce(excluded.country, c.country))
""")


def add_entries(session: Session, entries: Sequence[facts.Entry], zone: ZoneInfo) -> list[str]:
    """Store balance transactions; what is there keeps its amounts, a read that differs is an alarm.

    Answers the ids of those that are new here. `booked_month` is the month of `created` in the deployment's
    `zone`, given once (RULES 7).
    """
    latest = {entry.id: entry for entry in entries}
    rows = [asdict(entry) | {"month": f"{entry.created_at.astimezone(zone):%Y-%m}"} for entry in latest.values()]
    if not rows:
        return []
    added = session.execute(ADD, {"rows": as_json(rows)})
    return [row.id for row in added if row.is_new]


def link_payout(session: Session, payout: str, entries: Sequence[str]) -> None:
    """These entries left the balance with that payout."""
    session.execute(
        text("UPDATE entry SET payout_id = :payout WHERE id = ANY(:ids) AND payout_id IS DISTINCT FROM :payout"),
        {"payout": payout, "ids": list(entries)},
    )


def keep_contacts(session: Session, contacts: Sequence[facts.Contact]) -> None:
    """Remember e-mail and country; an erased person stays erased, whatever a sweep brings."""
    latest = {contact.customer: contact for contact in contacts}
    if latest:
        session.execute(KEEP, {"rows": as_json(list(latest.values()))})
