"""A real PostgreSQL for what is kept of messages and pledges; emptied after each test."""

from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from flask_migrate import Migrate
from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.db import Model, db, engine_options
from tracker.local import postgres

MIGRATIONS = Path(__file__).parents[2] / "tracker" / "migrations"


@pytest.fixture(scope="session")
def ledger_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = postgres.ensure(tmp_path_factory.mktemp("intake"), throwaway=True)
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def ledger(ledger_database: str) -> Iterator[Flask]:
    app = Flask("intake")
    app.config.update(SQLALCHEMY_DATABASE_URI=ledger_database, SQLALCHEMY_ENGINE_OPTIONS=engine_options())
    db.init_app(app)
    Migrate(app, db, directory=str(MIGRATIONS))
    with app.app_context():
        flask_migrate.upgrade()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def session(ledger: Flask) -> Iterator[Session]:
    with ledger.app_context():
        yield db.session()
        db.session.rollback()
        # What is frozen refuses to go, but for who copies the database.
        db.session.execute(text("SET LOCAL session_replication_role = replica"))
        for table in reversed(Model.metadata.sorted_tables):
            db.session.execute(table.delete())
        db.session.commit()
