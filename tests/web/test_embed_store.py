"""Rendered bytes in the database: only what changed is written, and every reader hears of it once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from test_embed_data import NOON, SITE, YEAR_END, standing

from tracker.db import Model, db, engine_options
from tracker.local import postgres
from tracker.projections import banner, surfaces


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = postgres.ensure(Path(tmp_path_factory.mktemp("surfaces")), throwaway=True)
    yield server.url
    server.stop()


@pytest.fixture
def application(database: str) -> Iterator[Flask]:
    app = Flask("surfaces")
    app.config.update(SQLALCHEMY_DATABASE_URI=database, SQLALCHEMY_ENGINE_OPTIONS=engine_options())
    db.init_app(app)
    tables = [surfaces.StoredSurface.__table__]
    with app.app_context():
        Model.metadata.create_all(db.engine, tables=tables)  # type: ignore[arg-type]
        surfaces.version_sequence.create(db.engine, checkfirst=True)
        yield app
        db.session.remove()
        Model.metadata.drop_all(db.engine, tables=tables)  # type: ignore[arg-type]
        db.engine.dispose()


def rendered(count: int, hours: int = 0) -> list[banner.Surface]:
    at = NOON + timedelta(hours=hours)
    return banner.render_all(YEAR_END, standing(count, at), at, SITE)


@pytest.mark.usefixtures("application")
def test_stored_bytes_come_back_as_they_were() -> None:
    surfaces.store(rendered(18_412))
    version, found = surfaces.newer_than(0)
    assert sorted(found, key=str) == sorted(rendered(18_412), key=str) and version > 0


@pytest.mark.usefixtures("application")
def test_what_did_not_change_is_neither_written_nor_heard_again() -> None:
    assert surfaces.store(rendered(18_412)) == 6
    version, _ = surfaces.newer_than(0)
    assert surfaces.store(rendered(18_412)) == 0
    assert surfaces.newer_than(version) == (version, [])


@pytest.mark.usefixtures("application")
def test_a_changed_path_is_heard_whole_and_what_is_over_is_gone() -> None:
    surfaces.store(rendered(18_412))
    version, _ = surfaces.newer_than(0)
    surfaces.store(rendered(18_413, hours=24))
    _, found = surfaces.newer_than(version)
    assert sorted(found, key=str) == sorted(rendered(18_413, hours=24), key=str)
    assert len(surfaces.newer_than(0)[1]) == len(found)
