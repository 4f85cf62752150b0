"""Joining, giving and managing in a real browser: by keyboard, without script, on the smallest phone."""

from collections.abc import Iterator

import pytest
import reader_site
from playwright.sync_api import Browser, Page, expect
from reader_site import Site
from test_gifts import GIFTS

from tracker import letters
from tracker.web.limits import limiter

pytestmark = pytest.mark.browser

NARROWEST = 320
SMALL = """
    () => [...document.querySelectorAll('main :is(a, button, summary, textarea, input:not([type=hidden]))')]
        .map(one => [one.name || one.textContent.trim(), (one.closest('label') || one).getBoundingClientRect()])
        .filter(([, box]) => box.height > 0 && (box.height < 44 || box.width < 44)).map(([name]) => name)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with reader_site.running(tmp_path_factory.mktemp("browser"), demo=True) as found:
        found.keep(reader_site.year_end(donation_products=("prod_gift",), gifts=GIFTS))
        found.is_whole()
        with found.app.app_context():
            letters.post(found.app.extensions["line"])  # asks where the portal's login page is
        yield found


@pytest.fixture
def page(site: Site, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of a browser without script."""
    with site.app.app_context():
        limiter.reset()
    wish = {"java_script_enabled": False, "viewport": {"width": NARROWEST, "height": 800}, "locale": "en"}
    context = chromium.new_context(**{**wish, **getattr(request, "param", {})})
    yield context.new_page()
    context.close()


WITH_SCRIPT = [
    {
        "java_script_enabled": True,
        "locale": locale,
        "color_scheme": scheme,
        "viewport": {"width": width, "height": 800},
    }
    for locale, scheme, width in (("en", "light", 320), ("uk", "dark", 320), ("uk", "light", 1280))
]


@pytest.mark.parametrize("page", WITH_SCRIPT, indirect=True, ids=lambda one: f"{one['locale']} {one['viewport']}")
@pytest.mark.parametrize("path", ["", "/manage", "?currency=JPY", "/thanks"])
def test_nothing_runs_off_the_page_and_everything_can_be_tapped(page: Page, site: Site, path: str) -> None:
    page.goto(f"{site.url}/join/year-end{path}")
    for fold in page.locator("summary").all():
        fold.click()
    fits(page)


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(SMALL) == []


@pytest.mark.parametrize("page", WITH_SCRIPT[:2], indirect=True, ids=lambda one: one["locale"])
def test_so_does_every_thanks_page(page: Page, site: Site) -> None:
    opened = site.join()
    back = site.pay(opened.headers["Location"]).headers["Location"]
    page.goto(f"{back}&try=30")
    fits(page)
    site.settle()
    page.goto(back)
    fits(page)


def test_a_gift_is_made_by_keyboard_alone(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/join/year-end")
    page.get_by_text("Or make a gift").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Give")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("€25")).to_be_checked()
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".gift").get_by_label("Monthly")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("For the river story")
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/c/pay/**")
    expect(page.locator(".amount")).to_contain_text("25.00")
    page.go_back()


def test_what_is_to_be_mended_is_open_focused_and_described(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/join/year-end")
    page.get_by_text("Or make a gift").click()
    page.get_by_label("Another amount, EUR").fill("0,10")
    page.get_by_role("button", name="Give").click()
    field = page.get_by_label("Another amount, EUR")
    expect(field).to_be_focused()
    expect(field).to_have_value("0,10")
    expect(field).to_have_accessible_description(
        "From €1 to €5,000. The smallest gift that can be paid here is €1."
    )
    field.fill("12.50")
    page.get_by_role("button", name="Give").click()
    page.wait_for_url("**/c/pay/**")
    page.get_by_text("← Back").click()
    expect(page.get_by_label("Another amount, EUR")).to_have_value("12.50")
    expect(page.get_by_role("status")).to_have_text("Nothing was charged. Your choice is still here.")


def test_a_member_asks_for_the_link_and_is_told_where_to_look(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/join/year-end")
    page.get_by_role("link", name="Manage your membership").click()
    expect(page.get_by_role("link", name="Sign in at Stripe")).to_be_visible()
    page.get_by_label("The e-mail address you joined with").fill("ada@example.org")
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mailbox")


def test_the_link_leads_through_one_button_to_the_portal(page: Page, site: Site) -> None:
    opened = site.join()
    site.pay(opened.headers["Location"], email="link@example.org")
    site.settle()
    site.send("/join/year-end/manage", email="link@example.org")
    with site.app.app_context():
        letters.post(site.app.extensions["line"])
    folder = site.app.config["TRACKER"].var_dir / "mail"
    text = next(words for file in folder.iterdir() if "To: link@example.org" in (words := file.read_text()))
    page.goto(next(line for line in text.splitlines() if "/manage/" in line).strip())
    page.get_by_role("button", name="Open my membership").click()
    page.wait_for_url("**/p/session/**")
