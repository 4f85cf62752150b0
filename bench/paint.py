"""How soon the right number stands in an article, on a phone with a slow processor and a slow network."""

import shutil
import statistics
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bench import house
from bench.figure import Figure, MissingError
from bench.house import EMBED
from tracker import demo
from tracker.local.ports import LOOPBACK
from tracker.projections import embed_files

RUNS = 5
WIDTH = 390
SLOWER = 4
"""The processor's work takes so many times as long."""
FAST_3G = {"offline": False, "latency": 562.5, "downloadThroughput": 180_000, "uploadThroughput": 84_375}
"""As Chromium's tools name it: milliseconds a round trip, bytes a second."""
WITH_PRELOAD, WITHOUT_PRELOAD = 0.7, 1.3
"""Seconds after the first contentful paint (BANNER)."""
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARTICLE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<title>Article</title><link rel="icon" href="data:,">{top}<h1>Article</h1>{banner}{text}'
)
WATCH = """
window.shift = 0;
new PerformanceObserver(list => list.getEntries().forEach(e => window.shift += e.value))
  .observe({type: "layout-shift", buffered: true});
const look = () => {
  const root = document.querySelector("member-goal")?.shadowRoot || document, number = root.querySelector(".n b");
  if (number?.textContent) window.stood = performance.now(); else requestAnimationFrame(look);
};
look();
"""
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


@dataclass(frozen=True, slots=True)
class Seen:
    """One page view; seconds since the page was asked for."""

    painted: float
    stood: float
    shift: float


def figures(folder: Path) -> list[Figure]:
    """Medians: the number after the first paint with preload and without, the frame's lag; and the worst shift."""
    if not (program := next(filter(None, map(shutil.which, PROGRAMS)), None)):
        raise MissingError(
            "no Chromium on PATH: install one (Debian: apt install chromium; macOS: brew install chromium)"
        )
    with ExitStack() as ends:
        running = ends.enter_context(house.web(folder))
        paper = ends.enter_context(_paper(folder, f"http://{LOOPBACK}:{running.port}"))
        playwright = ends.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        with_preload = [_visit(browser, f"{paper}/preload.html") for _ in range(RUNS)]
        without = [_visit(browser, f"{paper}/plain.html") for _ in range(RUNS)]
        framed = [_visit(browser, f"{paper}/frame.html", in_frame=True) for _ in range(RUNS)]
        browser.close()
    note = f"{WIDTH} px, processor x{SLOWER}, Fast 3G, median of {RUNS}"
    shift = max(one.shift for one in with_preload + without)
    lag = statistics.median(one.stood - one.painted for one in framed)
    return [
        Figure("first contentful paint", statistics.median(one.painted for one in with_preload), "s", note=note),
        Figure("right number after it, with preload", _after(with_preload), "s", at_most=WITH_PRELOAD),
        Figure("right number after it, without preload", _after(without), "s", at_most=WITHOUT_PRELOAD),
        Figure("frame: right number after its own first paint", max(lag, 0), "s", at_most=0.05),
        Figure("layout shift", shift, "", at_most=0),
    ]


def _after(seen: list[Seen]) -> float:
    return statistics.median(one.stood - one.painted for one in seen)


def _visit(browser: Browser, url: str, *, in_frame: bool = False) -> Seen:
    """One cold page view on the slow machine."""
    context = browser.new_context(viewport={"width": WIDTH, "height": 844}, reduced_motion="reduce")
    context.add_init_script(WATCH)
    page = context.new_page()
    _slow(page)
    page.goto(url)
    where: Any = page
    if in_frame:
        where = page.frames[1]
    where.wait_for_function(f"window.stood && {PAINTED}", timeout=20_000)
    page.wait_for_timeout(300)
    painted, stood, shift = where.evaluate(f"[{PAINTED}, window.stood, window.shift]")
    context.close()
    return Seen(painted / 1000, stood / 1000, shift)


def _slow(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", FAST_3G)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's own name
        """A figure is all that is said."""


@contextmanager
def _paper(folder: Path, site: str) -> Iterator[str]:
    """A publisher's server with three articles, on another origin than ours."""
    pages = folder / "paper"
    pages.mkdir()
    preload = f'<link rel="preload" as="fetch" crossorigin href="{site}{EMBED}">'
    script = f'<script async fetchpriority="high" src="{site}/e/v1.js"></script>'
    head = f"<style>{embed_files.reserve().decode()}</style>{script}"
    goal = f'<member-goal campaign="{demo.SLUG}" locale="en">Words and <a href="{site}">a link</a></member-goal>'
    frame = f'<iframe src="{site}/e/{demo.SLUG}.en.html" width="100%" height="360"></iframe>'
    for name, top, banner in (("preload", preload + head, goal), ("plain", head, goal), ("frame", "", frame)):
        (pages / f"{name}.html").write_text(ARTICLE.format(top=top, banner=banner, text="<p>The text.</p>" * 20))
    server = ThreadingHTTPServer((LOOPBACK, 0), partial(_Quiet, directory=str(pages)))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
