"""The banner's languages in a real browser: digits that never flip, and sentences that run the right way."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from banner_site import Site, serving
from looking import ELEMENT, FRAMES
from playwright.sync_api import Browser, Page, expect

from tracker import clock
from tracker.languages import LANGUAGES
from tracker.projections import numerals
from tracker.web.embed import Embed

pytestmark = pytest.mark.browser

COUNTS = (0, 7, 62, 999, 1_204, 9_999, 18_412, 25_000, 123_456, 1_234_567)
WRITTEN = "([tag, counts]) => counts.map(count => new Intl.NumberFormat(tag).format(count))"
PLACES = """root => {
  const number = root.querySelector(".v") || root.querySelector(".n b"), rest = document.createRange()
  const part = root.querySelector(".v") ? root.querySelector(".n b").nextSibling.firstChild : number.nextSibling
  const at = part.data.search(/\\p{Nd}/u), size = part.data.match(/\\p{Nd}[\\p{Nd}.,٬]*/u)[0].length
  rest.setStart(part, at)
  rest.setEnd(part, at + size)
  const x = box => [box.left, box.right]
  return {number: x(number.getBoundingClientRect()), goal: x(rest.getBoundingClientRect()), line: root.offsetWidth}
}"""

# In every language at the same place: (language, height, what the style sheet kept for it).
HEIGHTS = """async languages => {
  const top = document.querySelector("member-goal[placement=article-top]")
  const all = languages.map(language => {
    const one = document.createElement("member-goal")
    one.setAttribute("campaign", "year-end")
    one.setAttribute("locale", language)
    top.after(one)
    return one
  })
  while (!all.every(one => one.shadowRoot?.querySelector("section"))) await new Promise(requestAnimationFrame)
  return all.map(one => [one.getAttribute("locale"), one.offsetHeight, getComputedStyle(one, "::before").height])
}"""


@dataclass(frozen=True)
class Running:
    """The site as it is served, and a way to change its count."""

    site: Site
    layer: Embed

    @property
    def url(self) -> str:
        return self.site.url

    def show(self, count: int) -> None:
        last_day = clock.now().date() + timedelta(days=38)
        self.site.publish(count, count - 62, copy={locale: {} for locale in LANGUAGES}, ends_on=last_day)
        self.layer.look()


@pytest.fixture(scope="module")
def served() -> Iterator[Running]:
    """The demo article's site, with a campaign that speaks all languages in our own words."""
    site = Site()
    with serving(site) as layer:
        yield Running(site, layer)


@pytest.fixture
def running(served: Running) -> Running:
    """The site with 18,412 members, 18,350 a day ago."""
    served.show(18_412)
    return served


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 390, "height": 900})
    yield context.new_page()
    context.close()


def test_the_scripts_numbers_are_the_servers_in_every_language(page: Page) -> None:
    for locale in LANGUAGES:
        written = page.evaluate(WRITTEN, [numerals.intl(locale), COUNTS])
        assert written == [numerals.number(count, locale) for count in COUNTS], locale


@pytest.mark.parametrize("locale", ["fa", "bn", "mr"])
def test_native_digits_are_those_that_the_browser_gives_the_language(page: Page, locale: str) -> None:
    assert page.evaluate(WRITTEN, [locale, COUNTS]) == [numerals.number(count, locale) for count in COUNTS]
    share = page.evaluate("tag => new Intl.NumberFormat(tag, {style: 'percent'}).format(.73)", locale)
    assert numerals.share(73, locale) == share


@pytest.mark.parametrize(("locale", "first", "last"), [("fa", "۱۸٬۳۵۰", "۱۸٬۴۱۲"), ("eu", "18.350", "18.412")])
def test_digits_do_not_flip_while_it_counts_up(
    running: Running, page: Page, locale: str, first: str, last: str
) -> None:
    page.add_init_script(FRAMES)
    page.goto(f"{running.url}/demo/article?lang={locale}")
    expect(page.locator(f"{ELEMENT} .v")).to_have_text(last)
    page.wait_for_timeout(1700)
    painted = [text for _, text in page.evaluate("painted")]
    assert painted[-1] == last and len(set(painted)) > 2, "it counted up"
    assert first <= painted[0], "text of one length and one kind of digits sorts as its numbers do"
    assert painted == sorted(painted) and {len(text) for text in painted} == {len(last)}


@pytest.mark.parametrize("locale", ["ar", "fa", "he", "ur"])
@pytest.mark.parametrize("where", ["frame", "script"])
def test_from_right_to_left_the_count_is_read_before_the_goal(
    running: Running, page: Page, locale: str, where: str
) -> None:
    if where == "frame":
        page.goto(f"{running.url}/e/year-end.{locale}.html")
        line = page.locator(".n")
    else:
        page.emulate_media(reduced_motion="reduce")
        page.goto(f"{running.url}/demo/article?lang={locale}")
        line = page.locator(f"{ELEMENT} .n")
    expect(line).to_be_visible()
    root = line.evaluate_handle("e => e.closest('section')")
    found = root.evaluate(PLACES)
    assert found["number"][0] >= found["goal"][1] - 1, "the count stands to the right of the goal"
    assert root.evaluate("e => getComputedStyle(e).direction") == "rtl"


@pytest.mark.parametrize("locale", ["my", "lo", "km", "ta", "de", "ga", "fil"])
def test_long_words_stay_in_a_narrow_frame(running: Running, page: Page, locale: str) -> None:
    page.set_viewport_size({"width": 320, "height": 480})
    page.goto(f"{running.url}/e/year-end.{locale}.html")
    expect(page.locator(".n")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("width", [320, 390, 768])
@pytest.mark.parametrize("count", [18_412, 26_204])
def test_our_own_words_fit_the_place_kept_for_them(running: Running, page: Page, width: int, count: int) -> None:
    running.show(count)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{running.url}/demo/article")
    moved = [
        one for one in page.evaluate(HEIGHTS, list(LANGUAGES)) if one[1] > float(one[2].removesuffix("px")) + 1
    ]
    assert moved == [], "what stands below would move"
