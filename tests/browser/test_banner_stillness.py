"""Nothing of the article moves, whatever comes, fails or is closed; and two requests are all it takes."""

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from banner_site import LONG, Site
from looking import FALLBACK, WIDTHS, await_number, failed, unanswered
from playwright.sync_api import BrowserContext, Page, Route, expect

pytestmark = pytest.mark.browser

Contexts = Callable[..., BrowserContext]
CLOSED = "localStorage['member-goal:year-end'] = Date.now() + 864e5"
RESERVES = """
[...document.querySelectorAll("member-goal:not([form=foot])")].map(
  e => [e.offsetHeight, parseFloat(getComputedStyle(e, "::before").height)])
"""
DRAWN = """
[...document.querySelectorAll("member-goal:not([form=foot])")].map(
  e => e.offsetHeight - e.shadowRoot.querySelector("section").offsetHeight)
"""
ARABIC = {
    "lang": "ar",
    "dir": "rtl",
    "text": {
        "headline": "صحافة مستقلة يحملها قرّاؤها ويحاسبونها",
        "appeal": "ساعدونا في الوصول إلى ٢٥٬٠٠٠ عضو بحلول ٣١ ديسمبر. لا جدار دفع ولا مالك سواكم.",
        "button": "انضم إلينا",
        "sentence": "١٨٬٤١٢ من ٢٥٬٠٠٠ عضو",
        "number": "١٨٬٤١٢",
        "after": " من ٢٥٬٠٠٠ عضو",
        "percent": "٧٣٪",
        "days": "بقي ٣٨ يومًا",
        "updated": "حتى ١٤:٠٥، ٢٣ نوفمبر",
        "later": "ليس الآن",
        "member": "أنا عضو بالفعل",
        "close": "إغلاق",
    },
}


def arabic(route: Route) -> None:
    """The data of a campaign that speaks Arabic."""
    route.fulfill(json=route.fetch().json() | ARABIC)


class Measured:
    """A page whose layout shifts Chromium tells from the first frame on, with scripts or without."""

    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.shifts: list[Any] = []
        session = context.new_cdp_session(self.page)
        session.on("PerformanceTimeline.timelineEventAdded", lambda told: self.shifts.append(told["event"]))
        session.send("PerformanceTimeline.enable", {"eventTypes": ["layout-shift"]})

    @property
    def moved(self) -> float:
        return sum(one["layoutShiftDetails"]["value"] for one in self.shifts)


def opened(
    contexts: Contexts, url: str, prepare: Callable[[BrowserContext], object], **options: Any
) -> list[Measured]:
    """The page at every width at once."""
    found = []
    for width in WIDTHS:
        context = contexts(width, **options)
        prepare(context)
        found.append(Measured(context))
        found[-1].page.goto(url, wait_until="domcontentloaded")
    return found


def seen_through(pages: list[Measured]) -> None:
    """Look at all of it, down to the end."""
    pages[0].page.wait_for_timeout(250)
    for one in pages:
        one.page.locator("member-goal[placement=article-end]").scroll_into_view_if_needed()
    pages[0].page.wait_for_timeout(250)


@pytest.mark.parametrize("words", ["en", "uk", "long", "arabic"])
def test_the_number_comes_and_nothing_moves(
    site: Site, publish: Callable[..., None], contexts: Contexts, words: str
) -> None:
    if words == "long":
        publish(18_412, 18_350, copy={"en": LONG})

    def prepare(context: BrowserContext) -> None:
        if words == "arabic":
            context.route("**/e/*.json", arabic)

    pages = opened(contexts, f"{site.url}/demo/forms?lang={'uk' if words == 'uk' else 'en'}", prepare)
    for one in pages:
        expect(one.page.locator("member-goal").get_by_role("progressbar")).to_have_count(4)
    seen_through(pages)
    assert [one.moved for one in pages] == [0] * 4, [one.shifts for one in pages]
    for one, width in zip(pages, WIDTHS, strict=True):
        assert one.page.evaluate("document.documentElement.scrollWidth") <= width, "nothing sticks out"
        for height, reserved in one.page.evaluate(RESERVES):
            assert abs(height - reserved) < 1, f"the reserve is the height at {width}"
        assert max(map(abs, one.page.evaluate(DRAWN))) < 1, f"no hole at {width}"


def closed(context: BrowserContext) -> None:
    context.add_init_script(CLOSED)


def stopped(context: BrowserContext) -> None:
    context.route("**/e/v1.js", lambda route: route.abort())


CASES: dict[str, Callable[[BrowserContext], object]] = {
    "dismissed": closed,
    "fails": lambda context: context.route("**/e/*.json", failed),
    "slow": lambda context: context.route("**/e/*.json", unanswered),
    "blocked": stopped,
    "no script": lambda context: None,
}


@pytest.mark.parametrize("case", CASES)
def test_no_number_comes_and_nothing_moves(site: Site, contexts: Contexts, case: str) -> None:
    off = {"java_script_enabled": False} if case == "no script" else {}
    pages = opened(contexts, f"{site.url}/demo/forms", CASES[case], **off)
    if case == "dismissed":
        for one in pages:
            expect(one.page.locator("member-goal:visible")).to_have_count(0)
        pages[0].page.wait_for_timeout(300)
    else:
        seen_through(pages)
        for one in pages:
            assert one.page.locator("member-goal .v").count() == 0
            for height, reserved in one.page.evaluate(RESERVES):
                assert abs(height - reserved) < 1
    assert [one.moved for one in pages] == [0] * 4, [one.shifts for one in pages]


def test_a_number_that_comes_late_moves_nothing(site: Site, contexts: Contexts) -> None:
    waiting: list[Route] = []
    pages = opened(
        contexts, f"{site.url}/demo/forms", lambda it: it.route("**/e/*.json", lambda route: waiting.append(route))
    )
    pages[0].page.wait_for_timeout(700)
    for route in waiting:
        route.continue_()
    for one in pages:
        await_number(one.page)
    seen_through(pages)
    assert [one.moved for one in pages] == [0] * 4


def test_without_the_reserve_the_measure_does_find_a_shift(site: Site, contexts: Contexts) -> None:
    head = f'<script async src="{site.url}/e/v1.js"></script>'
    page = site.page(site.goal() + "<p>The text</p>" * 9, head=head)
    waiting: list[Route] = []
    pages = opened(contexts, page, lambda it: it.route("**/e/*.json", lambda route: waiting.append(route)))
    pages[0].page.wait_for_timeout(200)
    for route in waiting:
        route.continue_()
    for one in pages:
        await_number(one.page)
    pages[0].page.wait_for_timeout(300)
    assert min(one.moved for one in pages) > 0.01


def test_where_nothing_inline_is_allowed_a_closed_banner_keeps_its_height_with_the_quiet_line(
    site: Site, contexts: Contexts
) -> None:
    head, policy = site.pasted("head_strict", "year-end", "en"), strict(site)
    page = site.page(site.goal() + "<p>The text</p>", head=head, policy=policy)
    # a policy stops this script of the test's too: what was closed is written on a page that has none
    blank = site.page("", head="")
    for width in WIDTHS:
        context = contexts(width)
        first = context.new_page()
        first.goto(blank)
        first.evaluate(CLOSED)
        one = Measured(context)
        one.page.goto(page)
        one.page.wait_for_timeout(200)
        assert one.moved == 0
        [[height, reserved]] = one.page.evaluate(RESERVES)
        assert abs(height - reserved) < 1
        expect(one.page.locator("member-goal")).to_have_text(FALLBACK)


def strict(site: Site) -> str:
    """The policy that docs/embedding.md asks of a strict host, and nothing beside."""
    return f"default-src 'none'; script-src {site.url}; style-src {site.url}; connect-src {site.url}"


def test_before_the_number_shows_two_requests_run_side_by_side_and_nobody_else_is_asked(
    site: Site, contexts: Contexts
) -> None:
    page = contexts().new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    address = site.page(site.goal() + site.goal("article-end", "slim"))
    page.goto(address)
    await_number(page)
    page.wait_for_load_state("networkidle")
    assert sorted(asked) == sorted([address, f"{site.url}/e/year-end.en.json", f"{site.url}/e/v1.js"])
    times = {
        one["name"].rpartition("/")[2]: one
        for one in page.evaluate("performance.getEntriesByType('resource').map(one => one.toJSON())")
    }
    script, data = times["v1.js"], times["year-end.en.json"]
    assert data["startTime"] < script["responseEnd"], "the data does not wait for the script"
    assert {one["renderBlockingStatus"] for one in times.values()} == {"non-blocking"}


def test_a_frame_is_one_request_and_right_with_it(site: Site, contexts: Contexts) -> None:
    page = contexts(java_script_enabled=False).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    address = site.page(site.pasted("frame", "year-end", "en"), head="")
    page.goto(address)
    expect(page.frame_locator("iframe").get_by_text("18,412")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert asked == [address, f"{site.url}/e/year-end.en.html"]


def test_script_and_data_are_small_as_they_are_sent(site: Site, contexts: Contexts) -> None:
    request = contexts().request
    most = {"/e/v1.js": 3_000, "/e/year-end.en.json": 600, "/e/year-end.uk.json": 600, "/e/v1.css": 1_000}
    for path, bytes_ in most.items():
        answer = request.get(site.url + path, headers={"Accept-Encoding": "gzip"})
        assert answer.headers["content-encoding"] == "gzip"
        sent = int(answer.headers["content-length"])
        assert sent <= bytes_, path
        assert abs(sent - len(gzip.compress(answer.body(), 9))) < 24, "the bytes counted are the bytes sent"
