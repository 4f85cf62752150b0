"""The banner read by ear, by keyboard or with large fingers: WCAG 2.2 AA, and what axe cannot see."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from banner_site import Site
from looking import ELEMENT, await_number
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = pytest.mark.browser

Contexts = Callable[..., BrowserContext]
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations", "incomplete", "passes"],
}
FORMS = ("inline", "slim", "card", "foot")
STATES: dict[str, tuple[int | None, dict[str, Any]]] = {
    "running": (18_412, {}),
    "over": (26_204, {}),
    "low": (12, {"bar_from": 10}),
    "unknown": (None, {}),
}
EVERY = "[...document.querySelectorAll('*')].flatMap(e => [e, ...(e.shadowRoot?.querySelectorAll('*') || [])])"
BUTTONS = """
  - button "Not now"
  - button "I am already a member"
  - button "Close\""""


def findings(page: Page) -> list[str]:
    """What axe finds, with what it could not decide of colours; the banner's own words must have been measured."""
    told = Axe().run(page, options=RULES).response
    sure = [(one["id"], node["target"]) for one in told["violations"] for node in one["nodes"]]
    unsure = [
        (one["id"], node["target"])
        for one in told["incomplete"]
        if one["id"] == "color-contrast"
        for node in one["nodes"]
        if "member-goal" in str(node["target"])
    ]
    return [str(one) for one in sure + unsure]


def contrasted(page: Page) -> set[str]:
    """The classes in the banner's shadow whose colours axe measured and found good."""
    told = Axe().run(page, options={"runOnly": ["color-contrast"]}).response
    targets = [node["target"] for one in told["passes"] for node in one["nodes"]]
    return {target[0][-1] for target in targets if isinstance(target[0], list)}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_in_any_form(
    publish: Callable[..., None], site: Site, contexts: Contexts, state: str, scheme: str
) -> None:
    count, changes = STATES[state]
    publish(count, count, **changes)
    page = contexts(height=2_000, reduced_motion="reduce", color_scheme=scheme).new_page()
    head = (
        site.pasted("head", "year-end", "en") + "<style>:root{color-scheme:light dark;background:Canvas}</style>"
    )
    with page.expect_response("**/e/year-end.en.json"):
        page.goto(site.page("".join(site.goal(f"in-{form}", form) for form in FORMS), head=head))
    expect(page.locator(ELEMENT.replace("article-top", "in-foot"))).to_be_visible()
    assert findings(page) == []


def test_axe_does_measure_the_colours_inside_the_element(site: Site, contexts: Contexts) -> None:
    page = contexts(reduced_motion="reduce").new_page()
    page.goto(site.page(site.goal("sidebar", "card")))
    await_number(page)
    assert {".h", ".v", ".p", ".a", ".j"} <= contrasted(page), contrasted(page)
    page.add_style_tag(content="member-goal::part(headline) { color: #aaa }")
    assert any("color-contrast" in one for one in findings(page)), "a pale headline would be found"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/demo/article", "/demo/strict", "/demo/forms", "/demo/article?frame=1"])
def test_axe_finds_nothing_in_the_paper(site: Site, contexts: Contexts, path: str, scheme: str) -> None:
    page = contexts(1280, reduced_motion="reduce", color_scheme=scheme, bypass_csp=True).new_page()
    page.goto(site.url + path)
    if "frame" not in path:
        await_number(page)
    assert findings(page) == []


@pytest.mark.parametrize("count", [18_412, 26_204, None])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_frames_page(
    publish: Callable[..., None], site: Site, contexts: Contexts, count: int | None, scheme: str
) -> None:
    publish(count, count)
    page = contexts(color_scheme=scheme, bypass_csp=True).new_page()
    page.goto(f"{site.url}/e/year-end.en.html")
    page.add_style_tag(content="html { background: Canvas }")  # axe takes what nobody painted for white
    assert findings(page) == []


def tree(days: str, href: str, form: str) -> str:
    """The golden tree of a running banner."""
    headline = "" if form in ("slim", "foot") else "\n  - paragraph: Journalism that answers to its readers"
    appeal = (
        ""
        if form in ("slim", "foot")
        else ("\n  - paragraph: Help us reach 25,000 members by 31 December. No paywall, no owner but you.")
    )
    return f"""- region "Journalism that answers to its readers":{headline}
  - paragraph: 18,412 of 25,000 members 73%
  - progressbar "Journalism that answers to its readers"{appeal}
  - link "Become a member":
    - /url: {href}
  - paragraph: {days} as of 14:05, 23 November""" + (
        "\n  - paragraph:" + BUTTONS.replace("\n", "\n  ") if form in ("card", "foot") else ""
    )


@pytest.mark.parametrize("form", FORMS)
def test_each_form_reads_as_a_labelled_section(site: Site, contexts: Contexts, form: str) -> None:
    page = contexts(reduced_motion="reduce").new_page()
    page.goto(site.page(site.goal(form=form)))
    goal = await_number(page)
    days, href = goal.locator(".s b").text_content(), goal.get_by_role("link").get_attribute("href")
    assert goal.aria_snapshot().strip() == tree(str(days), str(href), form)
    bar = goal.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuemax", "25000")
    expect(bar).to_have_attribute("aria-valuetext", "18,412 of 25,000 members")


def test_reached_and_unknown_and_the_frame_read_as_they_should(
    publish: Callable[..., None], site: Site, contexts: Contexts
) -> None:
    publish(25_000, 25_000)
    page = contexts(reduced_motion="reduce").new_page()
    page.goto(site.page(site.goal()))
    told = await_number(page, "25,000").aria_snapshot()
    assert "- paragraph: 25,000 of 25,000 members 100%\n" in told and "The goal is reached" in told
    page.goto(f"{site.url}/e/year-end.en.html")
    told = page.locator("body").aria_snapshot()
    assert told.startswith('- region "Journalism that answers to its readers":\n  - paragraph: Journalism that')
    assert '- progressbar "Journalism that answers to its readers"' in told and "25,000 of 25,000 members" in told
    publish(None)
    page = contexts().new_page()
    with page.expect_response("**/e/year-end.en.json"):
        page.goto(site.page(site.goal()))
    told = page.locator(ELEMENT).aria_snapshot()
    assert told.splitlines()[:3] == [
        "- paragraph:",
        "  - text: Join the readers who make this work possible.",
        '  - link "Become a member":',
    ]


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("form", FORMS)
def test_links_and_buttons_are_large_enough_for_a_thumb(
    site: Site, contexts: Contexts, form: str, width: int
) -> None:
    page = contexts(width).new_page()
    page.goto(site.page(site.goal(form=form)))
    goal = await_number(page)
    targets = goal.locator("section a, section button").all()
    seen = [one for one in targets if one.is_visible()]
    assert len(seen) == (4 if form in ("card", "foot") else 1)
    for one in seen:
        box = one.bounding_box()
        assert box and min(box["height"], box["width"]) >= 44, (one.text_content(), box)


def test_focus_stays_where_it_was_and_nothing_is_announced(site: Site, contexts: Contexts) -> None:
    page = contexts(reduced_motion="no-preference").new_page()
    page.add_init_script(
        "window.moved = []; addEventListener('focusin', event => window.moved.push(event.target.tagName), true);"
    )
    field = '<input id="field" aria-label="Search" autofocus>'
    page.goto(site.page(field + "".join(site.goal(f"in-{form}", form) for form in FORMS)))
    await_number(page)
    page.wait_for_timeout(300)
    assert page.evaluate("document.activeElement.id") == "field" and page.evaluate("window.moved") in (
        [],
        ["INPUT"],
    )
    live = (
        EVERY + ".filter(e => e.matches('[aria-live],[role=alert],[role=status],[role=log],[role=timer]')).length"
    )
    assert page.evaluate(live) == 0


@pytest.mark.parametrize("form", ["card", "foot"])
def test_by_keyboard_the_order_is_that_of_the_words_and_the_place_is_seen(
    site: Site, contexts: Contexts, form: str
) -> None:
    page = contexts(reduced_motion="reduce").new_page()
    page.goto(site.page(f'<a href="#a">Before</a>{site.goal(form=form)}<a href="#b">After</a>'))
    await_number(page)
    order = []
    for _ in range(6):
        page.keyboard.press("Tab")
        order.append(
            page.evaluate("(document.activeElement.shadowRoot?.activeElement || document.activeElement).innerText")
        )
        if order[-1] not in ("Before", "After"):
            style = page.evaluate(
                "(s => [s.outlineStyle, parseFloat(s.outlineWidth), s.outlineColor])"
                "(getComputedStyle(document.activeElement.shadowRoot.activeElement))"
            )
            assert style[:2] == ["solid", 3] and style[2] == "rgb(138, 31, 17)", "8.9 to 1 on white"
    assert order == ["Before", "Become a member", "Not now", "I am already a member", "Close", "After"]
