"""The calendar, the links and the shared page in a browser: nothing blocked, nothing foreign, nothing for axe."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page
from staff_house import NOON, PASSWORD, House, member, pledge, running, year_end
from werkzeug.serving import make_server

pytestmark = pytest.mark.browser
SECRET = "only the board"


@pytest.fixture
def site(database_url: str) -> Iterator[str]:
    with running(database_url) as found, time_machine.travel(NOON, tick=True):
        found.keep(campaign=year_end())
        _fill(found)
        server = make_server("127.0.0.1", 0, found.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        server.server_close()
        thread.join(10)


def _fill(house: House) -> None:
    for article, count in (("rare", 3), ("some", 7), ("much", 12)):
        for n in range(count):
            house.keep(pledge(f"{article}{n}", f"https://paper.example/{article}", state="fulfilled"))
            house.keep(member(f"{article}{n}", NOON - timedelta(days=9 + n), pledge=f"{article}{n}"))
    house.is_whole()


@pytest.fixture(params=["light", "dark"])
def context(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[BrowserContext]:
    """A phone in both schemes; the pages themselves bring no script."""
    made = chromium.new_context(color_scheme=request.param, viewport={"width": 390, "height": 900})
    yield made
    made.close()


def listened(page: Page) -> tuple[list[str], set[str]]:
    """(what the browser complains of, which hosts it asks), both growing."""
    troubles: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda said: troubles.append(said.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda asked: hosts.add(asked.url.split("/")[2]))
    return troubles, hosts


def found_by_axe(page: Page) -> list[str]:
    results = Axe().run(page).response
    return [f"{one['id']}: {node['html']}" for one in results["violations"] for node in one["nodes"]]


def sign_in(page: Page, url: str, leads_to: str) -> None:
    page.goto(f"{url}/sign-in?next={leads_to}")
    page.get_by_label("E-mail").fill("audience@paper.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{leads_to}")


def test_a_note_is_put_on_the_calendar_deleted_and_brought_back(site: str, context: BrowserContext) -> None:
    page = context.new_page()
    troubles, hosts = listened(page)
    sign_in(page, site, "/dashboard/year-end/calendar")
    page.get_by_label("Words").fill("<b>Spring</b> drive of the whole newsroom")
    page.get_by_label("First day").fill("2026-04-01")
    page.get_by_label("What it is").select_option("drive")
    page.get_by_role("button", name="Put it on the calendar").click()
    page.get_by_role("button", name="Delete “<b>Spring</b>").click()
    page.get_by_role("button", name="Bring it back").click()
    page.get_by_role("rowheader", name="<b>Spring</b> drive of the whole newsroom").wait_for()
    assert found_by_axe(page) == []
    page.get_by_role("link", name="Change “<b>Spring</b>").click()
    assert found_by_axe(page) == [] and troubles == [] and hosts == {site.split("/")[2]}


def test_a_link_is_made_opened_with_its_password_and_revoked(
    site: str, context: BrowserContext, chromium: Browser
) -> None:
    page = context.new_page()
    sign_in(page, site, "/dashboard/year-end/shares")
    page.get_by_label("Whom it is for").fill("The board")
    page.get_by_label("Password, if you wish").fill(SECRET)
    page.get_by_role("button", name="Make the link").click()
    assert found_by_axe(page) == []
    path = "/shared/" + page.get_by_label("The link").input_value().rpartition("/")[2]
    reader = chromium.new_context()
    try:
        _reads_along(reader.new_page(), site, path)
        page.goto(f"{site}/dashboard/year-end/shares")
        assert found_by_axe(page) == []
        page.get_by_role("link", name="Revoke “The board”").click()
        page.get_by_role("button", name="Revoke it").click()
        page.get_by_text("The link is revoked").wait_for()
        again = reader.new_page()
        answer = again.goto(site + path)
        assert answer is not None and answer.status == 404
    finally:
        reader.close()


def _reads_along(page: Page, site: str, path: str) -> None:
    troubles, hosts = listened(page)
    page.goto(site + path)
    assert found_by_axe(page) == []
    page.get_by_label("Password").fill(SECRET)
    page.get_by_role("button", name="Open").click()
    page.get_by_role("heading", name="Articles").wait_for()
    assert found_by_axe(page) == [] and troubles == [] and hosts == {site.split("/")[2]}
