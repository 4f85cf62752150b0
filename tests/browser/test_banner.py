"""The banner in a real browser: the true number by script and in a frame, and silence where it is asked for."""

from collections.abc import Callable

import pytest
from banner_site import Site
from looking import ELEMENT, FALLBACK, await_number, shown
from playwright.sync_api import BrowserContext, expect

pytestmark = pytest.mark.browser

Contexts = Callable[..., BrowserContext]


def test_the_article_shows_the_true_number_by_script(site: Site, contexts: Contexts) -> None:
    page = contexts(reduced_motion="reduce").new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site.url}/demo/article")
    expect(page.locator(ELEMENT).get_by_role("progressbar")).to_have_attribute("aria-valuenow", "18412")
    assert "18,412 of 25,000 members 73%" in shown(page)
    page.wait_for_load_state("networkidle")
    assert errors == [], "a strict CSP of the host stops nothing of ours, and the preload is used"
    assert sum("/e/year-end.en.json" in url for url in asked) == 1, "two banners and a preload are one request"
    assert all(url.startswith((site.url, "data:")) for url in asked), "nobody else is asked"


def test_the_link_carries_article_and_placement(site: Site, contexts: Contexts) -> None:
    page = contexts().new_page()
    page.goto(f"{site.url}/demo/article?utm_source=x#part")
    link = page.locator(ELEMENT).get_by_role("link")
    article = f"{site.url}/demo/article".replace(":", "%3A").replace("/", "%2F")
    expect(link).to_have_attribute(
        "href",
        f"{site.url}/join/year-end?campaign=year-end&article={article}&placement=article-top&embed=v1&lang=en",
    )


def test_with_script_off_the_sentence_and_the_link_stand_with_no_number(site: Site, contexts: Contexts) -> None:
    page = contexts(java_script_enabled=False).new_page()
    page.goto(f"{site.url}/demo/article")
    assert shown(page) == FALLBACK
    expect(page.locator(f"{ELEMENT} a")).to_have_attribute(
        "href", f"{site.url}/join/year-end?placement=article-top&lang=en"
    )


def test_the_frame_shows_the_right_number_with_script_off(site: Site, contexts: Contexts) -> None:
    page = contexts(java_script_enabled=False).new_page()
    page.goto(f"{site.url}/demo/article?frame=1")
    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("18,412")).to_be_visible()
    expect(frame.get_by_role("progressbar")).to_have_attribute("aria-valuetext", "18,412 of 25,000 members")
    expect(frame.get_by_role("link")).to_have_attribute("target", "_blank")


def test_a_later_count_comes_without_a_reload_and_focus_stays(
    publish: Callable[..., None], site: Site, contexts: Contexts
) -> None:
    page = contexts(reduced_motion="reduce").new_page()
    page.clock.install()
    page.goto(site.page(site.goal()))
    await_number(page).get_by_role("link").focus()
    publish(18_413)
    page.clock.run_for(31_000)
    await_number(page, "18,413")
    assert page.evaluate(f"document.querySelector('{ELEMENT}').shadowRoot.activeElement.className") == "j"


SECTION = '<meta property="article:section" content="%s">'


@pytest.mark.parametrize(
    ("changes", "section", "is_quiet"),
    [
        ({"is_off": True}, "City", True),
        ({"quiet_sections": ("Obituaries", "War (live)")}, "War (live)", True),
        ({"quiet_sections": ("Obituaries",)}, "Obituaries and more", False),
        ({"quiet_sections": ("Obituaries",)}, "", False),
        ({"quiet_paths": ("/",)}, "City", True),
        ({"quiet_paths": ("/obituaries/",)}, "City", False),
    ],
    ids=["off", "section", "another section", "no section", "path", "another path"],
)
@pytest.mark.parametrize("form", ["inline", "foot"])
def test_it_is_silent_where_staff_ask_for_silence(
    publish: Callable[..., None],
    site: Site,
    contexts: Contexts,
    changes: dict[str, object],
    section: str,
    is_quiet: bool,
    form: str,
) -> None:
    publish(18_412, **changes)
    page = contexts(reduced_motion="reduce").new_page()
    head = site.pasted("head", "year-end", "en") + (SECTION % section if section else "")
    with page.expect_response("**/e/year-end.en.json"):
        page.goto(site.page(site.goal(form=form), head=head))
    if is_quiet:
        expect(page.locator(ELEMENT)).to_be_hidden()
        assert page.locator("main").inner_text().strip() == "Article"
    else:
        await_number(page)


def test_switched_off_it_leaves_a_page_that_is_open_within_a_minute(
    publish: Callable[..., None], site: Site, contexts: Contexts
) -> None:
    page = contexts(reduced_motion="reduce").new_page()
    page.clock.install()
    page.goto(site.page(site.goal()))
    await_number(page)
    publish(18_412, is_off=True)
    page.clock.run_for(31_000)
    expect(page.locator(ELEMENT)).to_be_hidden()
    publish(18_412)
    page.clock.run_for(31_000)
    expect(page.locator(ELEMENT)).to_be_visible()


def test_a_publisher_switches_it_off_with_a_meta_element_and_nothing_is_asked(
    site: Site, contexts: Contexts
) -> None:
    page = contexts().new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    meta = '<meta name="member-goal" content="off">'
    script = f'<script async src="{site.url}/e/v1.js"></script>'
    page.goto(site.page(site.goal(), head=meta + script))
    page.wait_for_load_state("networkidle")
    expect(page.locator(ELEMENT)).to_be_hidden()
    assert not any(".json" in url for url in asked)


def test_nothing_is_stored_and_no_cookie_set_until_a_reader_closes_it(site: Site, contexts: Contexts) -> None:
    context = contexts()
    page = context.new_page()
    page.goto(site.page(site.goal() + site.goal("sidebar", "card")))
    await_number(page)
    with page.expect_request("**/e/beacon"):
        page.wait_for_timeout(1_000)
    stored = "[{...localStorage}, {...sessionStorage}, document.cookie]"
    assert page.evaluate(stored) == [{}, {}, ""]
    assert page.evaluate("indexedDB.databases()") == [] and page.evaluate("caches.keys()") == []
    page.locator("[form=card]").get_by_text("Not now").click()
    assert list(page.evaluate(stored)[0]) == ["member-goal:year-end"]
    assert context.cookies([site.url, site.paper]) == []
