"""The database goes up from nothing, down to nothing, and its tables are the models' (OPERATIONS: Web)."""

import re
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect, text

from tracker import config
from tracker.app import create_app
from tracker.db import db
from tracker.local import postgres

DIRECTORY = Path(__file__).parents[2] / "tracker" / "migrations"
TRACES = """
SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = 'public' AND relname NOT LIKE 'alembic_version%'
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application over an empty database of its own."""
    server = postgres.ensure(tmp_path_factory.mktemp("migrations"), throwaway=True)
    try:
        made = create_app(config.load(database_url=server.url), needed={})
        with made.app_context():
            yield made
            db.session.remove()
            db.engine.dispose()
    finally:
        server.stop()


def test_the_files_are_numbered_and_have_one_head() -> None:
    script = ScriptDirectory(str(DIRECTORY))
    found = list(script.walk_revisions())
    assert len(script.get_heads()) == 1 and len(script.get_bases()) == 1
    assert [one.revision for one in found] == [f"{number:04}" for number in range(len(found), 0, -1)]
    files = sorted(path.name for path in (DIRECTORY / "versions").glob("*.py"))
    assert len(files) == len(found)
    for name, number in zip(files, range(1, len(files) + 1), strict=True):
        assert re.fullmatch(rf"{number:04}_[a-z0-9_]+\.py", name), name


def test_up_from_nothing_down_to_nothing_and_up_again(app: Flask) -> None:
    flask_migrate.upgrade()
    first = described()
    assert "message" in first and "stripe_object" in first
    flask_migrate.downgrade(revision="base")
    left = db.session.scalars(text(TRACES)).all()
    db.session.rollback()
    assert left == [], "a downgrade leaves nothing behind, sequences neither"
    flask_migrate.upgrade()
    assert described() == first


def test_the_tables_are_those_of_the_models(app: Flask) -> None:
    flask_migrate.upgrade()
    flask_migrate.check()
    with db.engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        differ = compare_metadata(MigrationContext.configure(connection, opts=options), db.metadata)
        sequences = set(inspect(connection).get_sequence_names())
    assert differ == []
    assert set(db.metadata._sequences) <= sequences, "sequences are not compared by Alembic"


def described() -> dict[str, list[str]]:
    """Every table with its columns and indexes, in words that can be compared."""
    with db.engine.connect() as connection:
        seen = inspect(connection)
        return {
            table: [f"{one['name']} {one['type']} {one['nullable']}" for one in seen.get_columns(table)]
            + sorted(f"{one['name']} {one['column_names']}" for one in seen.get_indexes(table))
            for table in seen.get_table_names()
        }
