"""Money as Stripe booked it: balance transactions, a set that only grows (RULES 6); and the contacts beside it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from tracker.core import balance_types, facts, money
from tracker.db import as_json
from tracker.ledger import landmarks, months

FIXED = (
    "type",
    "reporting_category",
    "currency",
    "amount_minor",
    "fee_minor",
    "net_minor",
    "created_at",
    "source_id",
)
"""What of a booking never changes once stored (RULES 6)."""
RECENT = timedelta(days=62)
"""How long an entry of an unknown kind is an alarm; in its month it is named for ever."""
UNLISTED = "Stripe has no such booking"
"""The alarm of an entry that Stripe does not know."""

DIGEST = """sha256(convert_to(CAST(jsonb_build_array(id, type, reporting_category, currency, amount_minor,
    fee_minor, net_minor, CAST(extract(epoch FROM created_at) AS bigint), source_id) AS text), 'UTF8'))"""
"""Of a booking's columns as Stripe told them, whatever zone or date style the session has."""

READ_UNTIL = f"""SELECT max(at) - interval '{landmarks.OVERLAP.total_seconds()} seconds' FROM sync_state
    WHERE name = '{landmarks.LAST_SYNC}' OR name = '{landmarks.CONNECTED}'
        AND EXISTS (SELECT FROM sync_state WHERE name = '{landmarks.LEDGER_WHOLE}')"""  # noqa: S608  our own text
"""Stripe's lists were once read to their end up to here: what is older and not here went missing here."""

_FIRST = ", ".join(f"e.{name}" for name in FIXED)
_TOLD = ", ".join(f"excluded.{name}" for name in FIXED)
_SET_BACK = ",\n    ".join(
    f"{name} = CASE WHEN e.digest = excluded.digest THEN excluded.{name} ELSE e.{name} END" for name in FIXED
)

ADD = text(f"""
INSERT INTO entry AS e (id, {", ".join(FIXED)}, available_on, status, exchange_rate, description, booked_month,
    prior_period, digest, is_mended)
SELECT id, {", ".join(FIXED)}, available_on, status, exchange_rate, description,
    coalesce(closed_entry.month, given.month), coalesce(closed_entry.prior_period, given.prior_period),
    {DIGEST}, coalesce(created_at < ({READ_UNTIL}), false)
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS given (id text, type text, reporting_category text, currency text,
    amount_minor bigint, fee_minor bigint, net_minor bigint, created_at timestamptz, available_on timestamptz,
    status text, source_id text, exchange_rate text, description text, month text,
    prior_period boolean)
LEFT JOIN closed_entry USING (id)
ORDER BY id
ON CONFLICT (id) DO UPDATE SET
    status = CASE WHEN e.status = 'available' THEN e.status ELSE excluded.status END,
    available_on = excluded.available_on,
    {_SET_BACK},
    alarm = CASE WHEN e.digest <> excluded.digest
        THEN 'a later read differs: amount ' || excluded.amount_minor || ', fee ' || excluded.fee_minor
            || ', net ' || excluded.net_minor || ' ' || excluded.currency END,
    is_mended = e.is_mended OR (e.digest = excluded.digest AND ({_FIRST}) IS DISTINCT FROM ({_TOLD}))
WHERE (e.status, e.available_on, e.digest, {_FIRST})
    IS DISTINCT FROM (excluded.status, excluded.available_on, excluded.digest, {_TOLD}) OR e.alarm IS NOT NULL
RETURNING e.id, e.xmax = 0 OR e.is_mended AS is_news
""")  # noqa: S608  our own text


KEEP = text("""
WITH given AS (
    SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (customer text, email text, country text)
), was AS (
    SELECT customer_id, country FROM contact WHERE customer_id IN (SELECT customer FROM given)
), kept AS (
    INSERT INTO contact AS c (customer_id, email, country)
    SELECT customer, email, country FROM given ORDER BY customer
    ON CONFLICT (customer_id) DO UPDATE
    SET email = coalesce(excluded.email, c.email), country = coalesce(excluded.country, c.country)
    WHERE c.erased_at IS NULL AND (c.email, c.country)
        IS DISTINCT FROM (coalesce(excluded.email, c.email), coalesce(excluded.country, c.country))
    RETURNING c.customer_id, c.country
)
SELECT customer_id FROM kept LEFT JOIN was USING (customer_id) WHERE kept.country IS DISTINCT FROM was.country
""")


def add_entries(session: Session, entries: Sequence[facts.Entry], zone: ZoneInfo, now: datetime) -> list[str]:
    """Store balance transactions; answers the ids of those that are new here or were set right.

    What is there keeps what was first stored of it, told by its digest. Where Stripe's read has that digest, the
    row was altered here and is set back; where it has another, that is an alarm and the row stays (RULES 6).
    `booked_month` is the month of `created` in the deployment's `zone`, given once (RULES 7): no read of Stripe's
    tells it, and the zone may be another by now, so it is never set back. Where that month is shut, it is the
    month that runs `now`, and the entry is of a prior period; one that a closed month's files have, and that went
    missing here, comes back to where it was. No month closes meanwhile: it waits for the caller's commit.
    """
    latest = {entry.id: entry for entry in entries}
    if not latest:
        return []
    months.keep_still(session)
    shut, running = months.shut_through(session), f"{now.astimezone(zone):%Y-%m}"
    rows = []
    for entry in latest.values():
        month, is_prior = months.home(f"{entry.created_at.astimezone(zone):%Y-%m}", shut, running)
        rows.append(asdict(entry) | {"source_id": entry.source, "month": month, "prior_period": is_prior})
    return [row.id for row in session.execute(ADD, {"rows": as_json(rows)}) if row.is_news]


def doubtful(session: Session, since: datetime | None) -> set[str]:
    """Ids of the entries that Stripe must be able to show: created `since` (None: ever), or with an alarm."""
    asked = text(
        "SELECT id FROM entry WHERE created_at >= coalesce(CAST(:since AS timestamptz), '-infinity')"
        " OR alarm IS NOT NULL"
    )
    return set(session.scalars(asked, {"since": since}))


def note_unlisted(session: Session, entry: str) -> bool:
    """Stripe has no such booking: an alarm until it has, the money stays. False where we have none either."""
    noted = text("UPDATE entry SET alarm = :alarm WHERE id = :id RETURNING id")
    return session.scalar(noted, {"alarm": UNLISTED, "id": entry}) is not None


def alarmed(session: Session) -> set[str]:
    """Ids of the entries in which Stripe and our books differ and which only a person can settle."""
    return set(session.scalars(text("SELECT id FROM entry WHERE alarm IS NOT NULL")))


def unknown_kinds(session: Session, now: datetime) -> Sequence[Row[tuple[str, datetime]]]:
    """Recent entries (id, created_at) of a type, category or currency that we do not know (RULES 4)."""
    asked = text("""
        SELECT id, created_at FROM entry WHERE created_at >= :since AND NOT (type = ANY(:types)
            AND reporting_category = ANY(:categories) AND currency = ANY(:currencies)) ORDER BY id LIMIT 1000
    """)
    known = {"types": list(balance_types.TYPES), "categories": list(balance_types.CATEGORIES)}
    known |= {"currencies": list(money.KNOWN)}
    return session.execute(asked, known | {"since": now - RECENT}).all()


def tell_mended(session: Session) -> set[str]:
    """Ids of the entries that were set right since this was last asked; the caller commits what it does with them.

    An altered one that was set back, or one that had gone missing here: whichever read of Stripe's mended it.
    """
    told = text("UPDATE entry SET is_mended = false WHERE is_mended RETURNING id")
    return set(session.scalars(told))


def keep_contacts(session: Session, contacts: Sequence[facts.Contact]) -> list[str]:
    """Remember e-mail and country; an erased person stays erased, whatever a sweep brings.

    Answers the customers whose country is another than before.
    """
    latest = {contact.customer: contact for contact in contacts}
    if not latest:
        return []
    return list(session.scalars(KEEP, {"rows": as_json(list(latest.values()))}))
