"""The page of notices for everybody: a checker of accessibility finds nothing in it, whatever state it is in."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import notice_house
import pytest
import staff_house
import time_machine
from axe_playwright_python.sync_playwright import Axe
from lived_house import served
from notice_house import MONDAY, Desk
from playwright.sync_api import Browser, Page, expect
from staff_house import PASSWORD, year_end

pytestmark = pytest.mark.browser
TUESDAY = MONDAY + timedelta(days=1, hours=4)
PATIENT = 30_000  # milliseconds: the machine may have much else to do
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def desk(database_url: str) -> Iterator[tuple[Desk, str]]:
    with notice_house.running(database_url) as found, time_machine.travel(TUESDAY, tick=True):
        found.house.keep(campaign=year_end())
        found.heard(TUESDAY)
        with served(found.house) as url:
            yield found, url


def notices(chromium: Browser, url: str, scheme: str, width: int) -> Page:
    page = chromium.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})  # type: ignore[arg-type]
    page.goto(f"{url}/sign-in?next=/dashboard/year-end/notices")
    page.locator("[name=email]").fill("audience@paper.example")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button").click()
    page.wait_for_url("**/notices")
    return page


def finds_nothing(page: Page) -> None:
    answer = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    assert answer.violations_count == 0, answer.generate_report()


def wanted(desk: Desk) -> None:
    desk.wish()


def refused(desk: Desk) -> None:
    """The chat knows no such address: told above the form and in the list of what left."""
    desk.chat()
    desk.room.status = 404
    desk.send(desk.house.client("audience"), "/chat/test")
    desk.round(TUESDAY + timedelta(minutes=1))


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
@pytest.mark.parametrize(
    ("state", "said"),
    [
        (lambda desk: None, "You get no notices of this campaign."),
        (wanted, "Send me no more of them"),
        (Desk.chat, "Forget the address"),
        (refused, "refused for good"),
    ],
    ids=["nobody", "wanted", "chat", "refused"],
)
def test_a_checker_of_accessibility_finds_nothing_in_any_state(
    desk: tuple[Desk, str],
    chromium: Browser,
    scheme: str,
    width: int,
    state: Callable[[Desk], None],
    said: str,
) -> None:
    found, url = desk
    state(found)
    page = notices(chromium, url, scheme, width)
    expect(page.locator("main")).to_contain_text(said)
    finds_nothing(page)
    page.context.close()


def test_nor_beside_an_address_that_is_none_and_what_was_done(desk: tuple[Desk, str], chromium: Browser) -> None:
    _, url = desk
    page = notices(chromium, url, "light", 390)
    page.get_by_role("button", name="Send them to me").click()
    expect(page.locator("main")).to_contain_text("Send me no more of them", timeout=PATIENT)
    finds_nothing(page)
    page.locator("#url").fill("hooks")
    page.get_by_role("button", name="Keep and test").click()
    expect(page.locator("#url")).to_have_attribute("aria-invalid", "true", timeout=PATIENT)
    finds_nothing(page)
    page.context.close()


def test_nor_where_no_mail_leaves(database_url: str, chromium: Browser) -> None:
    with staff_house.running(database_url) as house, time_machine.travel(TUESDAY, tick=True):
        house.keep(campaign=year_end())
        house.is_whole()
        with served(house) as url:
            page = notices(chromium, url, "dark", 1280)
            expect(page.locator("main")).to_contain_text("No mail leaves here")
            finds_nothing(page)
            page.context.close()
