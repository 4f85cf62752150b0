"""A large account without months of reading: a small one is read as ever, then multiplied in the database.

What is stored of the small one is the product's own reading of the test server, so its shapes are right; a copy
has ids of its own, in the columns and within the fields, and hangs together as the first does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import flask_migrate
from sqlalchemy import text
from sqlalchemy.orm import Session

from bench import house
from tracker import clock, config, demo, flow
from tracker.app import create_app
from tracker.db import db
from tracker.ledger import books, campaigns, landmarks, objects
from tracker.local.ports import any_port
from tracker.projections.rows import TABLES, Table
from tracker.sandbox.clock import Clock
from tracker.sandbox.seed import fill
from tracker.sandbox.server import Sandbox

YEARS = 2
"""The story begins in September before the year that lies so far back: about three years of bills."""
SHOWN = timedelta(days=365)
"""The count was shown for so long: a rebuild compares the closing count of every day of it."""
REFUNDED, DISPUTED, CREDITED = 150, 400, 250
"""One bill in so many is refunded in part, disputed, credited; the story itself refunds some in full."""
OF_PERSONS = """customer subscription invoice invoice_payment charge payment_intent refund dispute credit_note
 checkout.session""".split()
"""What grows with the number of members; products, prices and payouts do not."""


@contextmanager
def within(settings: config.Settings) -> Iterator[flow.Line]:
    """The application's context, and its connections closed behind it."""
    app = create_app(settings)
    with app.app_context():
        try:
            yield app.extensions["line"]
        finally:
            db.session.remove()
            db.engine.dispose()


def environment(folder: Path, database: str, stripe: str, key: str) -> dict[str, str]:
    """The settings of the product's processes beside this account."""
    found = house.environment(folder, database, "", any_port())
    return found | {"STRIPE_API_BASE": stripe, "STRIPE_SECRET_KEY": key}


def settings(env: dict[str, str]) -> config.Settings:
    return config.load(**{name.lower(): value for name, value in env.items() if name != "GRANIAN_HOST"})


def read(folder: Path, database: str, members: int) -> dict[str, str]:
    """Fill an empty database with an account of that many members; answers the environment to go on in."""
    with Sandbox(clock=Clock(None)) as sandbox:
        env = environment(folder, database, sandbox.url, sandbox.api_key)
        known = settings(env)
        year = clock.now().astimezone(known.zone).year - YEARS
        fill(sandbox.world, year=year, timezone=known.timezone, members=members, say=lambda words: None)
        _trouble(sandbox)
        with within(known) as line:
            flask_migrate.upgrade()
            campaigns.put(db.session(), demo.campaign(known, None))
            db.session.commit()
            _load(line, sandbox)
    return env


def _trouble(sandbox: Sandbox) -> None:
    """Money that goes back by hand: in an account of several years there is some of each."""
    store = sandbox.world.store
    returned = {one["payment_intent"] for one in store.each("refund")}
    charged = [one for one in store.each("invoice") if one["status"] == "paid" and one.get("intent")]
    paid = [one for one in charged if one["intent"] not in returned]
    charge = {one["id"]: one["charge"] for one in store.each("payment_intent")}
    for one in paid[0::REFUNDED]:
        sandbox.must("POST", "/v1/refunds", {"payment_intent": one["intent"], "amount": 100})
    for one in paid[1::DISPUTED]:
        sandbox.must("POST", "/_test/disputes", {"charge": charge[one["intent"]]})
    for one in paid[2::CREDITED]:
        credit = {"invoice": one["id"], "amount": 100, "credit_amount": 100}
        sandbox.must("POST", "/v1/credit_notes", credit)


def _load(line: flow.Line, sandbox: Sandbox) -> None:
    """The first reading; then what messages would have named in those years, and lists do not show."""
    session = db.session()
    flow.sync(line, full=False)
    for kind in ("payment_intent", "charge"):
        objects.want(session, [(kind, one["id"]) for one in sandbox.world.store.each(kind)])
    session.commit()
    flow.process(line, all_marked=True)
    landmarks.put(session, landmarks.WHOLE, clock.now() - SHOWN)
    session.commit()


def multiply(session: Session, wanted: int) -> int:
    """Copy every person with all objects until at least `wanted` objects are stored; answers how many times the
    persons are there now. The caller commits."""
    session.execute(text(COPIED))
    stored, movable = session.execute(COUNTED, {"kinds": OF_PERSONS}).one()
    copies = -(-max(0, wanted - stored) // movable)
    beside = [_rows_of(table) for table in TABLES]
    for statement in (OBJECTS, ENTRIES, CONTACTS, PLEDGES, *beside, TALLY):
        session.execute(text(statement), {"copies": copies, "kinds": OF_PERSONS})
    return copies + 1


COUNTED = text("SELECT count(*), count(*) FILTER (WHERE kind = ANY(:kinds)) FROM stripe_object")
# An id of the test server has `_1T` (a session's `_test_a1`) before its own part, a pledge's is a UUID; prices and
# products have none of them, and stay shared.
COPIED = """
    CREATE FUNCTION pg_temp.copied(said text, copy integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
        SELECT replace(replace(replace(said, '_1T', '_C' || lpad(to_hex(copy), 3, '0')),
            '_test_a1', '_test_C' || lpad(to_hex(copy), 3, '0')),
            '-4000-8000-', '-4' || lpad(to_hex(copy), 3, '0') || '-8000-')
    $$
"""
# Sorted by the first one's id: like in an account that grew, a person's objects lie far apart.
OBJECTS = """
    INSERT INTO stripe_object (id, kind, wanted, done, fields, customer_id, subscription_id, invoice_id,
        payment_intent_id, charge_id, problem, attempts, retry_at)
    SELECT pg_temp.copied(id, n), kind, wanted, done, CAST(pg_temp.copied(CAST(fields AS text), n) AS jsonb),
        pg_temp.copied(customer_id, n), pg_temp.copied(subscription_id, n), pg_temp.copied(invoice_id, n),
        pg_temp.copied(payment_intent_id, n), pg_temp.copied(charge_id, n), problem, attempts, retry_at
    FROM stripe_object CROSS JOIN generate_series(1, :copies) AS n WHERE kind = ANY(:kinds) ORDER BY id, n
"""
ENTRIES = f"""
    INSERT INTO entry (id, type, reporting_category, currency, amount_minor, fee_minor, net_minor, created_at,
        available_on, status, source_id, payout_id, exchange_rate, description, booked_month, alarm, digest)
    SELECT copy.*, {books.DIGEST} FROM (
        SELECT pg_temp.copied(id, n) AS id, type, reporting_category, currency, amount_minor, fee_minor, net_minor,
            created_at, available_on, status, pg_temp.copied(source_id, n) AS source_id, payout_id, exchange_rate,
            description, booked_month, alarm
        FROM entry CROSS JOIN generate_series(1, :copies) AS n WHERE type <> 'payout' ORDER BY id, n
    ) copy
"""
CONTACTS = """
    INSERT INTO contact (customer_id, email, country)
    SELECT pg_temp.copied(customer_id, n), n || '.' || email, country
    FROM contact CROSS JOIN generate_series(1, :copies) AS n ORDER BY customer_id, n
"""
PLEDGES = """
    INSERT INTO pledge (id, campaign, price, amount_minor, currency, interval, article, placement, embed,
        created_at, session_id, state, settled_at, locale, note)
    SELECT pg_temp.copied(id, n), campaign, price, amount_minor, currency, interval, article, placement, embed,
        created_at, pg_temp.copied(session_id, n), state, settled_at, locale, note
    FROM pledge CROSS JOIN generate_series(1, :copies) AS n ORDER BY id, n
"""
TALLY = "UPDATE tally SET n = n * (:copies + 1)"
"""Its keys are plans, countries, articles and places, which the copies share."""
OF_THEIR_OWN = ("person_id", "membership_id", "pledge_id")


def _rows_of(table: Table) -> str:
    """The copies of what was worked out of each person."""
    cells = [f"pg_temp.copied({name}, n)" if name in OF_THEIR_OWN else name for name in table.columns]
    return (
        f"INSERT INTO {table.name} ({', '.join(table.columns)}) SELECT {', '.join(cells)}"
        f" FROM {table.name} CROSS JOIN generate_series(1, :copies) AS n ORDER BY person_id, n"
    )
