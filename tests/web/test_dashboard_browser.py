"""The dashboard in a real browser: charts under the strict policy, words kept true, no script needed."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from staff_house import NOON, PASSWORD, House, member, running, year_end
from werkzeug.serving import make_server

from tracker import flow

pytestmark = pytest.mark.browser


@pytest.fixture
def house(database_url: str) -> Iterator[tuple[House, str]]:
    with running(database_url) as found, time_machine.travel(NOON, tick=True):
        found.keep(campaign=year_end())
        found.keep(*[member(f"p{n}", NOON - timedelta(days=10 + n)) for n in range(4)])
        found.is_whole()
        server = make_server("127.0.0.1", 0, found.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield found, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        server.server_close()
        thread.join(10)


def sign_in(page: Page, url: str) -> None:
    page.goto(f"{url}/sign-in?next=/dashboard/year-end")
    page.get_by_label("E-mail").fill("audience@paper.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/dashboard/year-end")


def look_at_both(page: Page) -> None:
    """A chart is drawn when it comes near."""
    for chart in page.locator(".chart").all():
        chart.scroll_into_view_if_needed()
        chart.locator(".main-svg").first.wait_for(state="attached")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_charts_are_drawn_and_the_policy_stops_nothing(
    house: tuple[House, str], chromium: Browser, scheme: str
) -> None:
    _, url = house
    page = chromium.new_page(color_scheme=scheme)
    troubles: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda said: troubles.append(said.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    sign_in(page, url)
    look_at_both(page)
    page.locator(".chart").first.hover()
    page.wait_for_selector(".chart .hoverlayer text, .chart .hoverlayer g", state="attached")
    assert page.locator(".chart svg").first.bounding_box() is not None
    assert troubles == []
    assert hosts == {url.split("/")[2]}
    page.context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
@pytest.mark.parametrize("look", ["", "?wall=1", "/persons/joined", "/calendar", "/shares", "/notices"])
def test_a_checker_of_accessibility_finds_nothing(
    house: tuple[House, str], chromium: Browser, scheme: str, width: int, look: str
) -> None:
    found, url = house
    with found.app.app_context():
        flow.foresee(found.app.extensions["line"])
    page = chromium.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})  # type: ignore[arg-type]
    troubles: list[str] = []
    page.on("console", lambda said: troubles.append(said.text))
    sign_in(page, url)
    page.goto(f"{url}/dashboard/year-end{look}")
    for chart in page.locator(".chart").all():
        chart.scroll_into_view_if_needed()
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    answer = Axe().run(page, options={"runOnly": {"type": "tag", "values": rules}})
    assert answer.violations_count == 0, answer.generate_report()
    assert troubles == []
    page.context.close()


def test_the_number_changes_without_a_reload(house: tuple[House, str], chromium: Browser) -> None:
    found, url = house
    page = chromium.new_page()
    sign_in(page, url)
    page.evaluate("document.body.dataset.same = 'yes'")
    number = page.locator('[data-live="count"]')
    assert number.inner_text() == "4"
    found.keep(member("new", NOON - timedelta(minutes=1)))
    expect(number).to_have_text("5", timeout=30_000)
    assert page.evaluate("document.body.dataset.same") == "yes"
    page.context.close()


def test_without_script_the_page_says_everything_in_words_and_tables(
    house: tuple[House, str], chromium: Browser
) -> None:
    _, url = house
    page = chromium.new_page(java_script_enabled=False)
    sign_in(page, url)
    assert page.locator('[data-live="count"]').inner_text() == "4"
    assert not page.locator(".chart").first.is_visible()
    page.get_by_text("The same as a table").first.click()
    assert page.locator("details table").first.is_visible()
    page.context.close()


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_is_cut_off_at_any_width(house: tuple[House, str], chromium: Browser, width: int) -> None:
    _, url = house
    page = chromium.new_page(viewport={"width": width, "height": 800})
    sign_in(page, url)
    look_at_both(page)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    page.context.close()
