"""The banner under other looks: small windows, zoom, own colours, right to left, paper, hostile styles."""

from collections.abc import Callable

import pytest
from banner_site import Site
from looking import await_number, failed
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

pytestmark = pytest.mark.browser

Contexts = Callable[..., BrowserContext]
FORMS = ("inline", "slim", "card", "foot")
RTL = {"dir": "rtl", "lang": "ar"}
PARTS = {
    "box": "section", "headline": ".h", "number": ".v", "percent": ".p", "bar": ".b", "appeal": ".a",
    "button": ".j", "days": ".s b", "updated": ".s i", "later": "[part=later]", "close": "[part=close]",
}  # fmt: skip


SPACED = """
const sheet = new CSSStyleSheet;
sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important }"
  + "* { word-spacing: .16em !important }"
  + "p { margin-bottom: 2em !important }");
for (const goal of document.querySelectorAll("member-goal")) goal.shadowRoot.adoptedStyleSheets.push(sheet);
"""
"""The reader's own text spacing (WCAG 1.4.12), as an extension of the browser brings it into the element."""


def mirrored(route: Route) -> None:
    """The data of a language that is written from the right."""
    route.fulfill(json=route.fetch().json() | RTL)


def every(site: Site, head: str = "") -> str:
    """A page with all forms, under a head of its own besides the pasted one."""
    goals = "".join(site.goal(f"in-{form}", form) for form in FORMS)
    return site.page(goals + "<p>The text</p>", head=site.pasted("head", "year-end", "en") + head)


def fits(page: Page) -> None:
    """Nothing sticks out of the page, and no word out of its banner."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for box in page.locator("member-goal section").all():
        assert box.evaluate("e => e.scrollWidth <= e.clientWidth + 1 && e.scrollHeight <= e.clientHeight + 1")


def style(one: Locator, name: str) -> str:
    return str(one.evaluate(f"e => getComputedStyle(e).{name}"))


@pytest.mark.parametrize("case", ["320", "zoom 400 %", "text spacing", "text 200 %"])
def test_nothing_is_cut_off(site: Site, contexts: Contexts, case: str) -> None:
    more = "html { font-size: 200% }" if case == "text 200 %" else ""
    page = contexts(320, device_scale_factor=4 if "zoom" in case else 1, reduced_motion="reduce").new_page()
    page.goto(every(site, f"<style>{more}</style>"))
    await_number(page)
    expect(page.locator("member-goal .v")).to_have_count(4)
    if case == "text spacing":
        page.evaluate(SPACED)
    fits(page)


def test_in_forced_colours_bar_and_button_are_seen(site: Site, contexts: Contexts) -> None:
    page = contexts(forced_colors="active", reduced_motion="reduce").new_page()
    page.goto(every(site))
    goal = await_number(page)
    bar, filled, link = goal.locator(".b"), goal.locator(".b i"), goal.locator(".j")
    assert style(bar, "borderTopWidth") == style(link, "borderTopWidth") == "1px"
    assert style(filled, "backgroundColor") != style(goal.locator("section"), "backgroundColor")
    box = filled.bounding_box()
    assert box and box["width"] > 200


def test_from_the_right_the_bar_grows_from_the_right_and_closes_at_the_left(
    site: Site, contexts: Contexts
) -> None:
    context = contexts(reduced_motion="reduce")
    context.route("**/e/*.json", mirrored)
    page = context.new_page()
    page.goto(every(site))
    await_number(page)
    for form in FORMS:
        goal = page.locator(f"[placement=in-{form}]")
        bar, filled = goal.locator(".b").bounding_box(), goal.locator(".b i").bounding_box()
        assert bar and filled
        assert abs(bar["x"] + bar["width"] - filled["x"] - filled["width"]) < 1, form
        assert filled["width"] < bar["width"]
        if form in ("card", "foot"):
            box, cross = goal.bounding_box(), goal.get_by_role("button", name="Close").bounding_box()
            assert box and cross and cross["x"] - box["x"] < 20, form
    fits(page)


def test_on_paper_the_number_stands_and_no_hole(site: Site, contexts: Contexts) -> None:
    page = contexts(reduced_motion="reduce").new_page()
    page.goto(every(site))
    await_number(page)
    page.emulate_media(media="print")
    for form in FORMS:
        goal = page.locator(f"[placement=in-{form}]")
        expect(goal.locator(".v")).to_be_visible()
        expect(goal.locator(".b")).to_be_visible()
        assert style(goal.locator(".g"), "printColorAdjust") == "exact"
        assert goal.evaluate("e => getComputedStyle(e, '::before').height") in ("0px", "auto")
        inner = goal.evaluate(
            "e => { const all = [...e.shadowRoot.querySelectorAll('.g > *')].map(c => c.getBoundingClientRect());"
            "return Math.max(...all.map(r => r.bottom)) - Math.min(...all.filter(r => r.height).map(r => r.top)) }"
        )
        box = goal.bounding_box()
        assert box and box["height"] - inner < 60, "no reserve on paper"
    assert page.pdf()[:4] == b"%PDF"


@pytest.mark.parametrize(("host", "is_dark"), [("light dark", True), ("light", False)])
def test_it_is_dark_where_the_host_is_and_only_there(
    site: Site, contexts: Contexts, host: str, is_dark: bool
) -> None:
    page = contexts(color_scheme="dark", reduced_motion="reduce").new_page()
    page.goto(every(site, f"<style>:root{{color-scheme:{host}}}</style>"))
    link = await_number(page).locator(".j")
    assert (style(link, "color") == "rgb(22, 21, 19)") is is_dark
    assert (style(link, "backgroundColor") == "rgb(138, 31, 17)") is not is_dark


MIDDLE = """p => {
  const range = document.createRange(), box = p.getBoundingClientRect();
  range.selectNodeContents(p);
  const text = range.getBoundingClientRect();
  return (text.top + text.bottom - box.top - box.bottom) / 2;
}"""


@pytest.mark.parametrize("form", ["inline", "slim", "card"])
def test_without_a_number_the_sentence_stands_in_the_middle_of_the_banners_place(
    site: Site, contexts: Contexts, form: str
) -> None:
    context = contexts()
    context.route("**/e/*.json", failed)
    page = context.new_page()
    page.goto(every(site))
    goal = page.locator(f"[placement=in-{form}]")
    sentence = goal.locator("p")
    place, framed = goal.bounding_box(), sentence.bounding_box()
    assert place and framed and place["height"] > 100
    assert (framed["height"], framed["width"]) == (place["height"], place["width"])
    assert style(sentence, "borderTopWidth") == "3px" and style(sentence, "borderBottomWidth") == "1px"
    assert abs(sentence.evaluate(MIDDLE)) < 4


@pytest.mark.parametrize("width", [390, 1280])
def test_where_no_bar_is_drawn_no_gap_stands_for_it(
    site: Site, publish: Callable[..., None], contexts: Contexts, width: int
) -> None:
    publish(812, 800, joined=141, bar_from=10)
    page = contexts(width, reduced_motion="reduce").new_page()
    page.goto(site.page(site.goal()))
    goal = await_number(page, "141")
    tops = [goal.locator(part).bounding_box() for part in (".h", ".n", ".a")]
    first, second, third = (box for box in tops if box)
    above = second["y"] - first["y"] - first["height"]
    below = third["y"] - second["y"] - second["height"]
    assert abs(above - below) < 2


HOSTILE = """<style>
* { margin: 20px !important; color: red; float: none; letter-spacing: normal }
section, p, b, i, button { display: none; text-transform: uppercase }
a { float: left; color: lime; position: absolute; font-size: 90px }
*, ::before, ::after { box-sizing: content-box }
html { font-size: 3px }
.g, .h, .n, .b, .j, .s, .c { display: none !important; height: 0 !important }
</style>"""


def test_a_hosts_styles_do_not_reach_into_it(site: Site, contexts: Contexts) -> None:
    page = contexts(reduced_motion="reduce").new_page()
    page.goto(every(site, HOSTILE + "<style>body{font-size:16px}</style>"))
    for form in FORMS:
        goal = page.locator(f"[placement=in-{form}]")
        expect(goal.locator(".v")).to_have_text("18,412")
        for part in (".v", ".b", ".j"):
            expect(goal.locator(part)).to_be_visible()
        assert style(goal.locator(".j"), "position") == "static"
        box = goal.locator(".j").bounding_box()
        assert box and box["height"] >= 44
    fits(page)


@pytest.mark.parametrize("size", [12, 28])
def test_it_takes_the_hosts_text_size(site: Site, contexts: Contexts, size: int) -> None:
    page = contexts(reduced_motion="reduce").new_page()
    page.goto(every(site, f"<style>body{{font-size:{size}px}}</style>"))
    goal = await_number(page)
    assert style(goal.locator(".a"), "fontSize") == f"{size}px"
    fits(page)


def test_colour_and_every_part_are_the_publishers(site: Site, contexts: Contexts) -> None:
    rules = "".join(f"member-goal::part({part}) {{ outline: 5px dotted }}" for part in PARTS)
    page = contexts(reduced_motion="reduce").new_page()
    page.goto(every(site, f"<style>member-goal{{--member-goal-accent:#1657b0}}{rules}</style>"))
    await_number(page)
    card = page.locator("[placement=in-card]")
    assert style(card.locator(".j"), "backgroundColor") == "rgb(22, 87, 176)"
    for part, selector in PARTS.items():
        assert style(card.locator(selector).first, "outlineStyle") == "dotted", part
