"""The banner in a real browser: never a false zero, nothing moves, right with no script (BANNER's promises)."""

from collections.abc import Callable, Iterator

import pytest
from banner_site import Site, serving
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tracker.web.embed import Embed

pytestmark = pytest.mark.browser

WIDTHS = (320, 390, 768, 1280)
ELEMENT = "member-goal[placement=article-top]"
SHIFTS = """
window.shifts = [];
new PerformanceObserver(list => list.getEntries().forEach(e => window.shifts.push(e.value)))
  .observe({type: "layout-shift", buffered: true});
"""
SEEN = """e => {
  const box = e.shadowRoot?.querySelector("section");
  return box && !box.hidden ? box.innerText : e.innerText;
}"""
RESERVES = """
[...document.querySelectorAll("member-goal")].map(
  e => [e.offsetHeight, parseFloat(getComputedStyle(e, "::before").height)]
)
"""
FRAMES = """
window.painted = [];
const look = () => {
  const root = document.querySelector("member-goal")?.shadowRoot, b = root?.querySelector(".n b");
  if (b) painted.push((b.querySelector(".m") || b.querySelector(".v")).textContent);
  requestAnimationFrame(look);
};
look();
"""


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Site, Embed]]:
    site = Site()
    with serving(site) as layer:
        yield site, layer


@pytest.fixture
def site(running: tuple[Site, Embed]) -> Site:
    """The site with 18,412 members, 18,350 a day ago."""
    site, layer = running
    site.publish(18_412, 18_350)
    layer.look()
    return site


@pytest.fixture
def contexts(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    made: list[BrowserContext] = []

    def make(width: int = 390, **options: object) -> BrowserContext:
        made.append(chromium.new_context(viewport={"width": width, "height": 900}, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for context in made:
        context.close()


def failed(route: Route) -> None:
    route.fulfill(status=500, body="")


def slow(route: Route) -> None:
    """Never answered while the test looks: the reader's worst network."""


def shown(page: Page) -> str:
    """What a reader sees of the element, in its shadow or beside it."""
    return " ".join(str(page.locator(ELEMENT).evaluate(SEEN)).split())


def test_the_article_shows_the_true_number_by_script(site: Site, contexts: Callable[..., BrowserContext]) -> None:
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


def test_the_link_carries_article_and_placement(site: Site, contexts: Callable[..., BrowserContext]) -> None:
    page = contexts().new_page()
    page.goto(f"{site.url}/demo/article?utm_source=x#part")
    link = page.locator(ELEMENT).get_by_role("link")
    article = f"{site.url}/demo/article".replace(":", "%3A").replace("/", "%2F")
    expect(link).to_have_attribute(
        "href",
        f"{site.url}/join/year-end?campaign=year-end&article={article}&placement=article-top&embed=v1&lang=en",
    )


def test_with_script_off_the_sentence_and_the_link_stand_with_no_number(
    site: Site, contexts: Callable[..., BrowserContext]
) -> None:
    page = contexts(java_script_enabled=False).new_page()
    page.goto(f"{site.url}/demo/article")
    assert shown(page) == "Journalism carried by its readers. Become a member"
    expect(page.locator(f"{ELEMENT} a")).to_have_attribute(
        "href", f"{site.url}/join/year-end?placement=article-top"
    )


def test_the_frame_shows_the_right_number_with_script_off(
    site: Site, contexts: Callable[..., BrowserContext]
) -> None:
    page = contexts(java_script_enabled=False).new_page()
    page.goto(f"{site.url}/demo/article?frame=1")
    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("18,412")).to_be_visible()
    expect(frame.get_by_role("progressbar")).to_have_attribute("aria-valuetext", "18,412 of 25,000 members")
    expect(frame.get_by_role("link")).to_have_attribute("target", "_blank")


@pytest.mark.parametrize("answer", [failed, slow], ids=["fails", "is slow"])
def test_where_the_data_does_not_come_the_fallback_stays(
    site: Site, contexts: Callable[..., BrowserContext], answer: Callable[[Route], None]
) -> None:
    context = contexts()
    context.route("**/e/*.json", answer)
    page = context.new_page()
    page.goto(f"{site.url}/demo/article")
    page.wait_for_timeout(500)
    assert shown(page) == "Journalism carried by its readers. Become a member"


@pytest.mark.parametrize("is_off", [False, True], ids=["unknown", "off"])
def test_what_is_not_known_or_off_shows_no_number(
    running: tuple[Site, Embed], contexts: Callable[..., BrowserContext], is_off: bool
) -> None:
    site, layer = running
    site.publish(18_412 if is_off else None, is_off=is_off)
    layer.look()
    page = contexts().new_page()
    with page.expect_response("**/e/year-end.en.json"):
        page.goto(f"{site.url}/demo/article")
    assert shown(page) == "Journalism carried by its readers. Become a member"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("case", "locale"), [("fresh", "en"), ("fresh", "uk"), ("fails", "en"), ("slow", "en"), ("blocked", "en")]
)
def test_nothing_moves(
    site: Site, contexts: Callable[..., BrowserContext], case: str, width: int, locale: str
) -> None:
    context = contexts(width)
    context.add_init_script(SHIFTS)
    if case in ("fails", "slow"):
        context.route("**/e/*.json", failed if case == "fails" else slow)
    if case == "blocked":
        context.route("**/e/v1.js", lambda route: route.abort())
    page = context.new_page()
    page.goto(f"{site.url}/demo/article?lang={locale}")
    if case == "fresh":
        expect(page.locator(ELEMENT).get_by_role("progressbar")).to_be_visible()
    page.wait_for_timeout(300)
    page.locator("member-goal").last.scroll_into_view_if_needed()
    page.wait_for_timeout(200)
    assert page.evaluate("window.shifts") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing sticks out"
    for height, reserved in page.evaluate(RESERVES):
        assert abs(height - reserved) < 1, "the reserve is the height, whatever comes"


def test_no_painted_number_lies_below_yesterdays_or_above_todays(
    site: Site, contexts: Callable[..., BrowserContext]
) -> None:
    context = contexts()
    context.add_init_script(FRAMES)
    page = context.new_page()
    page.goto(f"{site.url}/demo/article")
    expect(page.locator(f"{ELEMENT} .v")).to_have_text("18,412")
    page.wait_for_timeout(1700)
    painted = [int(text.replace(",", "")) for text in page.evaluate("painted")]
    assert painted[0] < painted[-1] == 18_412, "it counted up"
    assert painted == sorted(painted) and painted[0] >= 18_350


def test_nothing_counts_up_under_reduced_motion(site: Site, contexts: Callable[..., BrowserContext]) -> None:
    context = contexts(reduced_motion="reduce")
    context.add_init_script(FRAMES)
    page = context.new_page()
    page.goto(f"{site.url}/demo/article")
    expect(page.locator(f"{ELEMENT} .v")).to_have_text("18,412")
    page.wait_for_timeout(300)
    assert set(page.evaluate("painted")) == {"18,412"}


def test_a_later_count_comes_without_a_reload_and_focus_stays(
    running: tuple[Site, Embed], site: Site, contexts: Callable[..., BrowserContext]
) -> None:
    page = contexts(reduced_motion="reduce").new_page()
    page.clock.install()
    page.goto(f"{site.url}/demo/article")
    expect(page.locator(f"{ELEMENT} .v")).to_have_text("18,412")
    page.locator(ELEMENT).get_by_role("link").focus()
    site.publish(18_413)
    running[1].look()
    page.clock.run_for(31_000)
    expect(page.locator(f"{ELEMENT} .v")).to_have_text("18,413")
    assert page.evaluate(f"document.querySelector('{ELEMENT}').shadowRoot.activeElement.className") == "j"


def test_a_copy_past_its_time_keeps_the_number_and_drops_the_deadline(
    site: Site, contexts: Callable[..., BrowserContext]
) -> None:
    page = contexts(reduced_motion="reduce").new_page()
    page.clock.install(time="2031-01-02T00:00:00Z")
    page.goto(f"{site.url}/demo/article")
    expect(page.locator(f"{ELEMENT} .v")).to_have_text("18,412")
    assert "days left" not in shown(page)
    assert "as of 14:05, 23 November" in shown(page)


def test_a_publisher_can_switch_it_off_with_a_meta_element(
    site: Site, contexts: Callable[..., BrowserContext]
) -> None:
    context = contexts()
    context.add_init_script(
        """document.addEventListener("DOMContentLoaded", () => {}, {once: true});
        new MutationObserver((_, watch) => { if (!document.head) return; watch.disconnect();
        const meta = document.createElement("meta"); meta.name = "member-goal"; meta.content = "off";
        document.head.append(meta) }).observe(document, {childList: true, subtree: true})"""
    )
    page = context.new_page()
    page.goto(f"{site.url}/demo/article")
    page.wait_for_timeout(300)
    assert shown(page) == "Journalism carried by its readers. Become a member"


def test_the_banner_reads_as_a_labelled_section(site: Site, contexts: Callable[..., BrowserContext]) -> None:
    page = contexts(reduced_motion="reduce").new_page()
    page.goto(f"{site.url}/demo/article")
    expect(page.locator(f"{ELEMENT} .v")).to_have_text("18,412")
    days = page.locator(f"{ELEMENT} .s b").text_content()
    expected = f"""
- region "Journalism that answers to its readers":
  - paragraph: Journalism that answers to its readers
  - paragraph: 18,412 of 25,000 members 73%
  - progressbar "Journalism that answers to its readers"
  - paragraph: Help us reach 25,000 members by 31 December. No paywall, no owner but you.
  - link "Become a member":
    - /url: {page.locator(ELEMENT).get_by_role("link").get_attribute("href")}
  - paragraph: {days} as of 14:05, 23 November
"""
    assert page.locator(ELEMENT).aria_snapshot().strip() == expected.strip()


def test_targets_are_large_enough_for_a_thumb(site: Site, contexts: Callable[..., BrowserContext]) -> None:
    page = contexts(320).new_page()
    page.goto(f"{site.url}/demo/article")
    for link in page.locator("member-goal .j").all():
        box = link.bounding_box()
        assert box is not None and min(box["height"], box["width"]) >= 44
