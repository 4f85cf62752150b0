"""The dashboard in a browser that has seen nothing of it: when its first chart stands, and what it all weighs."""

import shutil
import statistics
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bench import house
from bench.figure import Figure, MissingError
from bench.paint import PROGRAMS
from tracker import access, clock, config, demo
from tracker.app import create_app
from tracker.db import db
from tracker.local.ports import LOOPBACK
from tracker.web import plotly_files

RUNS = 5
KIB = 1024
FIRST_CHART, PAGE, FIGURE = 1.0, 400, 10
"""Seconds, KiB with the basic bundle, and KiB a chart (DASHBOARD)."""
EMAIL, PASSWORD = "audience@paper.example", "a password of a benchmark"
WATCH = """
const look = () => {
  if (document.querySelector(".chart .js-line")) window.stood = performance.now();
  else requestAnimationFrame(look);
};
look();
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """One cold view: seconds until the first chart; bytes over the wire by address, every chart drawn."""

    stood: float
    weights: Mapping[str, int]


def figures(folder: Path) -> list[Figure]:
    """Medians of the first chart and the page's weight; the heaviest figure."""
    if not (program := next(filter(None, map(shutil.which, PROGRAMS)), None)):
        raise MissingError(
            "no Chromium on PATH: install one (Debian: apt install chromium; macOS: brew install chromium)"
        )
    with ExitStack() as ends:
        running = ends.enter_context(house.web(folder))
        _let_in(folder, running)
        playwright = ends.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        site = f"http://{LOOPBACK}:{running.port}"
        state = _signed_in(browser, site)
        seen = [_visit(browser, f"{site}/dashboard/{demo.SLUG}", state) for _ in range(RUNS)]
        browser.close()
    is_basic = plotly_files.bundle().is_basic
    bundle = "basic bundle" if is_basic else "whole bundle: no npm at set-up, so no target"
    weight = statistics.median(sum(one.weights.values()) for one in seen) / KIB
    heaviest = max(size for one in seen for url, size in one.weights.items() if ".json" in url) / KIB
    return [
        Figure("dashboard: first chart", statistics.median(s.stood for s in seen), "s", at_most=FIRST_CHART),
        Figure("dashboard: page with all", weight, "KiB", at_most=PAGE if is_basic else None, note=bundle),
        Figure("dashboard: heaviest figure", heaviest, "KiB", at_most=FIGURE),
    ]


def _let_in(folder: Path, running: house.House) -> None:
    """Somebody of the audience team."""
    database = running.database.replace("postgresql://", "postgresql+psycopg://")
    env = house.environment(folder, database, "redis://127.0.0.1:9/0", running.port)
    app = create_app(
        config.load(**{n.lower(): value for n, value in env.items() if n != "GRANIAN_HOST"}), needed={}
    )
    with app.app_context():
        access.add_user(EMAIL, "audience", PASSWORD, clock.now())
        db.session.remove()
        db.engine.dispose()


def _signed_in(browser: Browser, site: str) -> Any:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site}/sign-in")
    page.locator("[type=email]").fill(EMAIL)
    page.locator("[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "sign-in" not in url)
    state = context.storage_state()
    context.close()
    return state


def _visit(browser: Browser, url: str, state: Any) -> Seen:
    """One view with an empty cache, scrolled to its end."""
    context = browser.new_context(storage_state=state, viewport={"width": 1280, "height": 900})
    context.add_init_script(WATCH)
    page = context.new_page()
    weights = _weighing(page)
    page.goto(url)
    page.locator(".chart .js-line").first.wait_for(state="attached", timeout=20_000)
    stood = page.evaluate("new Promise(done => requestAnimationFrame(() => done(window.stood)))") / 1000
    for chart in page.locator(".chart").all():
        chart.scroll_into_view_if_needed()
        chart.locator(".main-svg").first.wait_for(state="attached")
    found = dict(weights)
    context.close()
    return Seen(stood, found)


def _weighing(page: Page) -> dict[str, int]:
    """Bytes of each answer, headers with them, as they come in."""
    session = page.context.new_cdp_session(page)
    names: dict[str, str] = {}
    weights: dict[str, int] = {}
    session.on("Network.responseReceived", lambda told: names.update({told["requestId"]: told["response"]["url"]}))

    def add(told: dict[str, Any]) -> None:
        url = names.get(told["requestId"], told["requestId"])
        weights[url] = weights.get(url, 0) + int(told["encodedDataLength"])

    session.on("Network.loadingFinished", add)
    session.send("Network.enable")
    return weights
