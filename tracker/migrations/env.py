"""Alembic's environment: the application's own engine and tables."""

from alembic import context
from flask import current_app

from tracker import access  # noqa: F401  the tables of each part
from tracker.db import db
from tracker.ledger import (  # noqa: F401
    annotations,
    articles,
    attention,
    balances,
    forecasts,
    letters,
    month_jobs,
    month_tables,
    portal_links,
    reminders,
    shares,
    tables,
)
from tracker.projections import surfaces  # noqa: F401
from tracker.projections import tables as projected  # noqa: F401

LOCK = 7_340_000


def migrate() -> None:
    """Run what is to run; a second `release` at the same time waits for the first."""
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            context.run_migrations()
        connection.commit()


with current_app.app_context():
    migrate()
