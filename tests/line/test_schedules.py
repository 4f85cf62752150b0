"""RULES 8 as a property: 200 random worlds here, thousands in `make prove`."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.conftest import empty
from tests.line import schedules
from tracker import config
from tracker.app import create_app
from tracker.db import db

SHORT = (6, 12)
"""Steps of a world here; twice as many in `make prove`."""


@pytest.fixture(scope="module")
def app(database_url: str) -> Iterator[Flask]:
    settings = config.load(database_url=database_url, secret_key="x" * 32, stripe_secret_key="sk_test_x")
    made = create_app(settings)
    yield made
    empty(made)
    with made.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("block", range(16))
def test_whatever_happens_to_the_messages_the_truth_comes_out(app: Flask, block: int) -> None:
    for seed in range(block * 10, block * 10 + 10):
        schedules.run(app, seed, steps=SHORT)


@pytest.mark.parametrize("block", range(4))
def test_after_a_silence_longer_than_stripe_remembers_what_differs_is_flagged(app: Flask, block: int) -> None:
    for seed in range(1000 + block * 10, 1010 + block * 10):
        schedules.run(app, seed, is_deaf=True, steps=SHORT)
