"""One run of the product for all journeys, and one browser; both end with the tests and leave nothing."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.journeys import traces
from tests.journeys.house import House
from tests.journeys.readers import Account

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SWITCHES = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


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


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.fail(
            "no Chromium on PATH: install one (Debian: apt install chromium; macOS: brew install chromium)",
            pytrace=False,
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=SWITCHES)
        yield browser
        browser.close()
