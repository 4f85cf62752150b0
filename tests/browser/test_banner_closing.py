"""A reader who closes the banner is left where they were, and it stays away as long as they said."""

from collections.abc import Callable

import pytest
from banner_site import Site
from looking import await_number, shown
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = pytest.mark.browser

Contexts = Callable[..., BrowserContext]
KEY = "member-goal:year-end"
HOUR = 3_600_000
TIMES = {"Not now": 6 * HOUR, "I am already a member": 30_000_000_000, "Close": 14 * 24 * HOUR}
"""Milliseconds for which each button keeps the banner away; a member's outlasts the campaign's year."""
AT = "2026-11-25T12:00:00Z"


@pytest.fixture
def article(site: Site) -> str:
    """A page with every form that has buttons, another campaign's banner, and text to scroll through."""
    long = "<p>The text</p>" * 30
    after = '<p>What follows</p><a href="#x">A link</a>'
    return site.page(
        long
        + site.goal("sidebar", "card")
        + after
        + site.goal("top")
        + long
        + site.goal("elsewhere", "card", "other")
        + site.goal("bar", "foot")
    )


def opened(contexts: Contexts, address: str) -> Page:
    page = contexts(reduced_motion="reduce").new_page()
    page.clock.install(time=AT)
    page.goto(address)
    for place in ("sidebar", "top", "bar", "elsewhere"):
        await_number(page, element=f"[placement={place}]")
    return page


@pytest.mark.parametrize("button", TIMES)
@pytest.mark.parametrize("place", ["sidebar", "bar"])
def test_closed_all_its_banners_go_until_the_time_is_over(
    contexts: Contexts, article: str, button: str, place: str
) -> None:
    page = opened(contexts, article)
    page.locator(f"[placement={place}]").get_by_role("button", name=button, exact=True).click()
    expect(page.locator("member-goal[campaign=year-end]")).to_have_count(0)
    assert "18,412" in shown(page, "[placement=elsewhere]"), "another campaign's stays"
    until = page.evaluate(f"+localStorage['{KEY}']") - page.evaluate("Date.now()")
    assert TIMES[button] - 60_000 < until <= TIMES[button]
    assert page.evaluate("Object.keys(localStorage)") == [KEY]

    page.reload()
    await_number(page, element="[placement=elsewhere]")
    expect(page.locator("member-goal[campaign=year-end]:visible")).to_have_count(0)
    page.evaluate(f"localStorage['{KEY}'] -= {TIMES[button]}")
    page.reload()
    await_number(page, element=f"[placement={place}]")
    expect(page.locator(f"[placement={place}]")).to_be_visible()


def test_after_the_hours_have_passed_by_the_clock_it_is_back(contexts: Contexts, article: str) -> None:
    page = opened(contexts, article)
    page.locator("[placement=bar]").get_by_role("button", name="Not now").click()
    for hours, is_there in ((5, False), (2, True)):
        page.clock.fast_forward(hours * HOUR)
        page.reload()
        await_number(page, element="[placement=elsewhere]")
        expect(page.locator("[placement=sidebar]")).to_be_visible(visible=is_there)


def test_closed_by_the_keyboard_focus_moves_on_and_nothing_scrolls(contexts: Contexts, article: str) -> None:
    page = opened(contexts, article)
    page.locator("[placement=sidebar]").scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    assert before > 0
    page.locator("[placement=sidebar]").get_by_role("button", name="Not now").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[placement=sidebar]")).to_have_count(0)
    assert page.evaluate("document.activeElement.textContent") == "What follows"
    page.wait_for_timeout(150)
    assert page.evaluate("scrollY") == before
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "A link", "the order goes on from there"


def test_the_last_banner_of_a_page_hands_focus_to_what_held_it(site: Site, contexts: Contexts) -> None:
    page = contexts(reduced_motion="reduce").new_page()
    page.goto(site.page(f"<div id=holder>{site.goal('bar', 'foot')}</div>"))
    await_number(page).get_by_role("button", name="Close").click()
    assert page.evaluate("document.activeElement.id") == "holder"


def test_what_follows_keeps_its_place_when_the_bar_at_the_foot_is_closed(site: Site, contexts: Contexts) -> None:
    page = contexts(reduced_motion="reduce").new_page()
    page.goto(site.page("<p>The text</p>" * 60 + site.goal("bar", "foot")))
    goal = await_number(page)
    page.evaluate("scrollTo(0, 400)")
    tops = "[...document.querySelectorAll('main > p')].map(p => p.getBoundingClientRect().top)"
    before = page.evaluate(tops)
    goal.get_by_role("button", name="Close").click()
    expect(page.locator("member-goal")).to_have_count(0)
    assert page.evaluate(tops) == before


def test_where_storage_is_denied_it_shows_and_closes_and_throws_nothing(site: Site, contexts: Contexts) -> None:
    inner = site.page(site.goal("sidebar", "card"))
    page = contexts(reduced_motion="reduce").new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(
        site.page(f'<iframe sandbox="allow-scripts" width="380" height="700" src="{inner}"></iframe>', head="")
    )
    frame = page.frame_locator("iframe")
    expect(frame.locator(".v")).to_have_text("18,412")
    frame.get_by_role("button", name="Close").click()
    expect(frame.locator("member-goal")).to_have_count(0)
    assert errors == []


def test_closing_is_told_once_and_without_a_reader_in_it(site: Site, contexts: Contexts) -> None:
    page = contexts(reduced_motion="reduce").new_page()
    page.goto(site.page(site.goal("sidebar", "card")))
    goal = await_number(page)
    with page.expect_request(lambda asked: "kind=close" in (asked.post_data or "")) as told:
        goal.get_by_role("button", name="I am already a member").click()
    article = page.url.replace(":", "%3A").replace("/", "%2F")
    assert told.value.post_data == f"campaign=year-end&article={article}&placement=sidebar&embed=v1&kind=close"
    sent = told.value.headers
    assert sent["content-type"].startswith("application/x-www-form-urlencoded"), "a simple request: no preflight"
    assert "cookie" not in sent
