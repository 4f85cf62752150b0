"""One run of the product for all journeys; it ends with the tests and leaves nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys import traces
from tests.journeys.house import House
from tests.journeys.readers import Account


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A run whose account is read; it has to end well, too."""
    found = House(Path(tmp_path_factory.mktemp("run")))
    try:
        found.start()
        yield found
        pids = found.pids()
    finally:
        code = found.stop()
    assert code == 0, found.log[-4000:]
    assert traces.alive(pids) == set()


@pytest.fixture
def account(house: House) -> Iterator[Account]:
    """The Stripe account; its messages are whole again after each test."""
    found = Account(house)
    yield found
    found.break_webhooks()
