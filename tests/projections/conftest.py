"""The projections over a real database, without Stripe: facts are stored as a reading of it stores them."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests.conftest import empty
from tests.projections.worlds import World, populated
from tracker.db import db, engine_options


@pytest.fixture(scope="session")
def projecting(database_url: str) -> Iterator[Flask]:
    app = Flask("projections")
    app.config.update(SQLALCHEMY_DATABASE_URI=database_url, SQLALCHEMY_ENGINE_OPTIONS=engine_options())
    db.init_app(app)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def invent(projecting: Flask) -> Iterator[Callable[[int, str], World]]:
    """Makes a world from a seed, in a zone; what was there before is gone."""

    def invented(seed: int, zone: str) -> World:
        db.session.rollback()
        empty(projecting)
        return populated(db.session(), seed, zone)

    with projecting.app_context():
        yield invented
        db.session.remove()
    empty(projecting)
