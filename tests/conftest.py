"""One real, migrated PostgreSQL for the tests that need it, emptied after each; the rest need nothing."""

from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy import text

from tests import chromium as machine
from tracker import config
from tracker.app import create_app
from tracker.db import Model, db
from tracker.local import postgres


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A throwaway PostgreSQL with this version's tables."""
    server = postgres.ensure(Path(tmp_path_factory.mktemp("database")), throwaway=True)
    app = create_app(config.load(database_url=server.url), needed={})
    with app.app_context():
        flask_migrate.upgrade()
        db.engine.dispose()
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests: Playwright cannot be started twice in a process."""
    with machine.started() as browser:
        yield browser


def empty(app: Flask) -> None:
    """Remove every row of every table; a test that broke off may hold locks no longer."""
    with app.app_context():
        db.session.rollback()
        names = ", ".join(f'"{name}"' for name in Model.metadata.tables)
        db.session.execute(text(f"TRUNCATE {names}"))
        db.session.commit()
        db.session.remove()
