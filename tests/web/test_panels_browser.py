"""Panels in a real browser: drawn in time, kept true, usable by hand and key, fit for paper and for a wall."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import panel_page
import pytest
from axe_playwright_python.sync_playwright import Axe
from chart_figures import NAMES
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tracker import config, web
from tracker.app import create_app
from tracker.web import plotly_files

pytestmark = pytest.mark.browser
KIB = 1024
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Site:
    url: str
    desk: panel_page.Desk


@pytest.fixture(scope="module")
def running() -> Iterator[Site]:
    app = create_app(
        config.load(database_url="postgresql://nobody@127.0.0.1:9/none", secret_key="x" * 40), needed={}
    )
    web.init_app(app)
    desk = panel_page.Desk()
    app.register_blueprint(panel_page.blueprint(desk))
    with panel_page.serving(app) as url:
        yield Site(url, desk)


@pytest.fixture
def site(running: Site) -> Site:
    running.desk.__init__()  # type: ignore[misc]
    return running


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(viewport={"width": 1280, "height": 900})
    yield made
    made.close()


def opened(site: Site, context: BrowserContext, query: str = "") -> Page:
    page = context.new_page()
    page.goto(f"{site.url}/panels{query}")
    page.locator("#growth .main-svg").first.wait_for(state="attached")
    return page


def drawn(page: Page) -> int:
    return page.locator(".chart .main-svg:first-child").count()


def look_at_all(page: Page) -> None:
    for name in NAMES:
        page.locator(f"#{name}").scroll_into_view_if_needed()
        page.locator(f"#{name} .main-svg").first.wait_for(state="attached")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)])
def test_the_whole_page_is_drawn_without_a_finding_or_a_breach(
    site: Site, chromium: Browser, scheme: str, width: int
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    troubles: list[str] = []
    hosts: set[str] = set()
    context.on("console", lambda said: troubles.append(said.text))
    context.on("weberror", lambda error: troubles.append(str(error.error)))
    context.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page = opened(site, context)
    look_at_all(page)
    page.get_by_text("The same as a table").first.click()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    assert found.violations_count == 0, found.generate_report()
    assert troubles == [] and hosts == {site.url.split("/")[2]}
    context.close()


def test_charts_wait_until_they_come_near_and_the_first_does_not(site: Site, context: BrowserContext) -> None:
    page = opened(site, context)
    assert drawn(page) < len(NAMES) / 2 and "final" not in site.desk.asked
    page.locator("#final").scroll_into_view_if_needed()
    page.locator("#final .main-svg").first.wait_for(state="attached")


def test_the_whole_page_with_its_first_charts_weighs_at_most_400_kib(site: Site, context: BrowserContext) -> None:
    page = context.new_page()
    measure = context.new_cdp_session(page)
    measure.send("Network.enable")
    weights: list[int] = []
    measure.on("Network.loadingFinished", lambda told: weights.append(told["encodedDataLength"]))
    page.goto(f"{site.url}/panels")
    look_at_all(page)
    ready = plotly_files.bundle()
    without_script = sum(weights) - len(ready.script.get("br", ready.script["gzip"]))
    assert without_script <= 60 * KIB
    assert not ready.is_basic or sum(weights) <= 400 * KIB


def test_news_reach_charts_tables_and_sentences_without_a_reload(site: Site, context: BrowserContext) -> None:
    page = context.new_page()
    page.clock.install()
    page.goto(f"{site.url}/panels")
    page.locator("#growth .main-svg").first.wait_for(state="attached")
    page.get_by_text("The same as a table").first.click()
    page.evaluate("document.body.dataset.same = 'yes'; scrollTo(0, 300)")
    before = page.evaluate("scrollY")
    asked = site.desk.asked.count("growth")
    site.desk.count, site.desk.as_of = "10,700", "as of 14:05, 23 November 2026"
    page.clock.run_for(80_000)
    expect(page.locator("#growth tbody tr").first).to_contain_text("10,700")
    expect(page.locator("#growth .sentence")).to_contain_text("10,700")
    expect(page.locator("#growth .panel-foot")).to_contain_text("14:05")
    assert site.desk.asked.count("growth") == asked + 1
    assert page.evaluate("[document.body.dataset.same, scrollY]") == ["yes", before]


def test_a_chart_that_cannot_be_refreshed_stays_and_says_how_old_it_is(
    site: Site, context: BrowserContext
) -> None:
    page = context.new_page()
    page.clock.install()
    page.goto(f"{site.url}/panels")
    page.locator("#growth .main-svg").first.wait_for(state="attached")
    site.desk.fails, site.desk.as_of = True, "as of 14:05, 23 November 2026"
    page.clock.run_for(80_000)
    expect(page.locator("#growth .stale")).to_have_text(
        "The chart could not be refreshed: it is as of 14:00, 23 November 2026."
    )
    assert page.locator("#growth .main-svg").first.is_visible()


def test_a_chart_that_never_came_leaves_its_words_and_its_table(site: Site, context: BrowserContext) -> None:
    site.desk.fails = True
    page = context.new_page()
    page.goto(f"{site.url}/panels")
    expect(page.locator("#growth .stale")).to_have_text(
        "The chart could not be drawn; the table has the same numbers."
    )
    page.locator("#growth summary").first.click()
    assert page.locator("#growth table").is_visible()


def test_keys_follow_the_pages_own_links_but_never_while_somebody_writes(
    site: Site, context: BrowserContext
) -> None:
    page = opened(site, context)
    page.keyboard.press("?")
    assert page.locator("dialog.keys dt").all_inner_texts() == ["/", "d", "w", "m", "y"]
    page.keyboard.press("m")
    assert page.url.endswith("/panels"), "an open dialog takes no other key"
    page.keyboard.press("Escape")
    expect(page.locator("dialog.keys")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.locator("#plan")).to_be_focused()
    page.keyboard.press("w")
    assert page.url.endswith("/panels")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("w")
    page.wait_for_url("**/panels?by=week")


def test_keys_can_be_switched_off_and_stay_off(site: Site, context: BrowserContext) -> None:
    page = opened(site, context)
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Keys work on this device").uncheck()
    page.get_by_role("button", name="Close").click()
    page.reload()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("w")
    page.wait_for_timeout(300)
    assert page.url.endswith("/panels")


def test_a_slider_asks_the_server_and_keeps_the_question_in_the_address(
    site: Site, context: BrowserContext
) -> None:
    page = opened(site, context)
    page.get_by_label("Joins a day").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator('[data-whatif="chance"]')).to_have_text("52 %")
    expect(page.locator("output")).to_have_text("+10 %")
    assert page.url.endswith("?joins=10") and not page.get_by_role("button", name="Work it out").is_visible()
    site.desk.fails = True
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name="Work it out")).to_be_visible()


def test_the_link_to_a_view_is_copied_and_said(site: Site, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    page = opened(site, context)
    page.get_by_role("link", name=re.compile("Link to this view.*Growth")).click()
    expect(page.get_by_role("status").filter(has_text="The address is copied.")).to_be_attached()
    assert page.evaluate("navigator.clipboard.readText()") == f"{site.url}/panels?by=week#growth"


def test_paper_has_every_chart_in_light_and_none_is_cut(site: Site, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, color_scheme="dark")
    page = opened(site, context)
    with page.expect_response("**/final.json"):
        pass
    page.set_viewport_size({"width": 690, "height": 1000})
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator(".chart .main-svg:first-child")).to_have_count(len(NAMES))
    colour = page.locator("#growth .scatterlayer .js-line").first.evaluate("e => getComputedStyle(e).stroke")
    assert colour == "rgb(138, 31, 17)"
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert not page.locator(".filters").is_visible()
    context.close()


def test_a_wall_shows_the_number_and_its_growth_large_and_nothing_to_touch(site: Site, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 1920, "height": 1080})
    page = opened(site, context, "?wall=1")
    number = page.locator(".figure strong").bounding_box()
    chart = page.locator("#growth .chart").bounding_box()
    assert number and chart and number["height"] >= 0.2 * 1080
    assert chart["height"] >= 200 and chart["y"] + chart["height"] <= 1080
    assert not [link for link in page.get_by_role("link").all() if link.is_visible()]
    size = page.locator("#growth .xtick text").first.evaluate("e => getComputedStyle(e).fontSize")
    assert float(re.sub("px", "", size)) >= 24
    page.keyboard.press("w")
    page.wait_for_timeout(200)
    assert page.url.endswith("?wall=1")
    context.close()


def test_without_script_every_panel_has_its_words_and_its_table(site: Site, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/panels")
    assert (
        not page.locator(".chart").first.is_visible() and not page.get_by_role("button", name="Keys").is_visible()
    )
    page.locator("#growth summary").first.click()
    assert page.locator("#growth table").is_visible()
    page.get_by_role("button", name="Work it out").click()
    assert page.url.endswith("/panels/whatif?joins=0")
    context.close()
