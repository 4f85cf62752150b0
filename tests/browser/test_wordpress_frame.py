"""The frame inside WordPress, which lets it run scripts and nothing else, and in a plain iframe (BANNER 14).

The page around it does what WordPress does with embeds: each iframe has a secret, in its address and beside it; a
message is heard when it comes from that iframe with that secret; heights are kept between 200 and 1000; a link is
followed when it leads to the iframe's own host while the reader is in it; `ready` is said when it has loaded.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from banner_site import Site, serving
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tracker import config
from tracker.projections import queries

pytestmark = pytest.mark.browser

SECRET = "aB3dE5gH7j"
WORDPRESS = """<!doctype html><title>A post</title><body style="margin:0;width:{width}px">
<iframe class="wp-embedded-content" sandbox="allow-scripts" security="restricted" title="A campaign"
width="{width}" height="338" style="border:0" data-secret="{secret}"
src="{site}/e/year-end.en.html#?secret={secret}"></iframe>
<script>
const frame = document.querySelector("iframe");
window.heard = [];
addEventListener("message", ({{ data, source, origin }}) => {{
  if (!data || !data.secret || /[^a-zA-Z0-9]/.test(data.secret)) return;
  if (source !== frame.contentWindow || data.secret !== frame.dataset.secret) return;
  heard.push([data.message, data.value, origin]);
  if (data.message === "height") frame.height = Math.min(Math.max(parseInt(data.value, 10), 200), 1000);
  if (data.message === "link") {{
    const to = new URL(data.value), own = new URL(frame.getAttribute("src"));
    if (/^https?:$/.test(to.protocol) && to.host === own.host && document.activeElement === frame)
      top.location.href = data.value;
  }}
}});
const ready = () => frame.contentWindow.postMessage({{ message: "ready", secret: frame.dataset.secret }}, "*");
frame.addEventListener("load", ready);
</script>"""
PLAIN = """<!doctype html><title>A page</title><body style="margin:0">
<iframe title="A campaign" width="700" height="600" style="border:0" src="{site}/e/year-end.en.html"></iframe>
<script>
const frame = document.querySelector("iframe");
addEventListener("message", ({{ data, source }}) => {{
  if (source === frame.contentWindow && data.message === "height") frame.height = data.value;
}});
</script>"""


@dataclass
class Opened:
    """A page with the frame in it, what it asked of us, and what the console complained of."""

    page: Page
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()
    with serving(found):
        found.publish(18_412, 18_350)
        yield found


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    found = chromium.new_context(viewport={"width": 1000, "height": 900})
    yield found
    found.close()


class Blog(BaseHTTPRequestHandler):
    """Somebody else's host: one page, whatever is asked."""

    markup = ""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.markup.encode())

    def log_message(self, *words: object) -> None:
        """Tests speak for themselves."""


@pytest.fixture
def blog() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Blog)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}/2026/the-river"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def open_page(context: BrowserContext, site: Site, blog: str) -> Callable[..., Opened]:
    def opened(markup: str, width: int = 600) -> Opened:
        found = Opened(context.new_page())
        found.page.on("request", lambda one: found.asked.append(one.url) if one.url.startswith(site.url) else None)
        found.page.on("console", lambda one: found.complaints.append(one.text) if one.type == "error" else None)
        Blog.markup = markup.format(site=site.url, secret=SECRET, width=width)
        found.page.goto(blog)
        found.page.wait_for_load_state("networkidle")
        return found

    return opened


def fits(page: Page) -> bool:
    """Whether the frame is as high as what stands in it: nothing to scroll, nothing left over."""
    frame = page.frames[1]
    box = frame.locator(".g").bounding_box()
    needed = frame.evaluate(
        "() => { const g = document.querySelector('.g'); g.style.minHeight = 0;"
        " const high = g.getBoundingClientRect().height; g.style.minHeight = ''; return high }"
    )
    shown = page.locator("iframe").evaluate("frame => frame.clientHeight")
    return box is not None and abs(shown - max(needed, 200)) <= 1


@pytest.mark.parametrize("width", [320, 600])
def test_wordpress_makes_the_frame_as_high_as_the_banner(open_page: Callable[..., Opened], width: int) -> None:
    found = open_page(WORDPRESS, width)
    found.page.wait_for_function("heard.some(([message]) => message === 'height')")
    assert found.page.locator("iframe").get_attribute("height") != "338" and fits(found.page)
    assert {origin for _, _, origin in found.page.evaluate("heard")} == {"null"}, "an origin would mean no sandbox"
    assert len(found.asked) == 1 and found.complaints == []


def test_wordpress_is_answered_when_it_says_it_is_ready(open_page: Callable[..., Opened]) -> None:
    page = open_page(WORDPRESS).page
    before = len(page.evaluate("heard"))
    page.evaluate("ready()")
    page.wait_for_function(f"heard.length === {before + 1}")
    assert page.evaluate("heard.at(-1)[0]") == "height"


def test_a_narrower_place_is_told_a_new_height(open_page: Callable[..., Opened]) -> None:
    page = open_page(WORDPRESS).page
    wide = int(page.locator("iframe").get_attribute("height") or 0)
    page.evaluate("frame.width = 300")
    page.wait_for_function(f"+frame.height > {wide}")
    assert fits(page)


def test_the_join_link_leads_the_reader_out_of_wordpress_s_sandbox_to_the_join_page(
    open_page: Callable[..., Opened], site: Site
) -> None:
    page = open_page(WORDPRESS).page
    with page.expect_navigation():
        page.frame_locator("iframe").get_by_role("link", name="Become a member").click()
    assert page.url == f"{site.url}/join/year-end?placement=frame&embed=v1&lang=en"


def test_the_join_link_works_by_keyboard_there_too(open_page: Callable[..., Opened], site: Site) -> None:
    page = open_page(WORDPRESS).page
    page.frame_locator("iframe").get_by_role("link", name="Become a member").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.startswith(f"{site.url}/join/year-end?")


@pytest.fixture
def post(open_page: Callable[..., Opened], site: Site, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Opened]:
    """The demo's own page of that kind: /oembed asked on the server, our own script around the frame."""
    assert site.app is not None
    site.app.config["TRACKER"] = config.load(demo=True, public_url=site.url)
    monkeypatch.setattr(queries, "campaign", lambda slug: site.campaign if slug == site.campaign.slug else None)

    def opened() -> Opened:
        found = open_page("")
        found.page.goto(f"{site.url}/demo/wordpress")
        expect(found.page.locator("iframe")).not_to_have_attribute("height", "290")
        return found

    return opened


@pytest.mark.parametrize("width", [360, 1000])
def test_the_demo_s_post_gives_the_frame_the_height_it_asks_for(post: Callable[[], Opened], width: int) -> None:
    found = post()
    found.page.set_viewport_size({"width": width, "height": 900})
    found.page.wait_for_timeout(200)
    assert fits(found.page) and found.complaints == []
    assert found.page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_demo_s_post_hears_its_own_frame_only(post: Callable[[], Opened]) -> None:
    page = post().page
    high = page.locator("iframe").get_attribute("height")
    page.evaluate(
        "() => { const secret = document.querySelector('iframe').dataset.secret;"
        " postMessage({ message: 'height', value: 777, secret }, '*') }"
    )
    forge = "value => parent.postMessage({ message: 'height', value, secret: 'AAAAAAAAAA' }, '*')"
    page.frames[1].evaluate(forge, 888)
    page.wait_for_timeout(100)
    assert page.locator("iframe").get_attribute("height") == high
    page.evaluate(
        "() => { const frame = document.querySelector('iframe'); window.heights = [];"
        " new MutationObserver(() => heights.push(frame.height)).observe(frame, { attributes: true }) }"
    )
    page.frames[1].evaluate(
        "value => parent.postMessage({ message: 'height', value, secret: location.hash.slice(-10) }, '*')", 9_999
    )
    page.wait_for_timeout(500)  # so high, the frame measures itself anew and says its own height again
    assert page.evaluate("heights[0]") == "1000"


def test_the_demo_s_post_follows_a_link_to_the_frame_s_host_and_to_no_other(
    post: Callable[[], Opened], site: Site
) -> None:
    page = post().page
    say = "to => parent.postMessage({ message: 'link', value: to, secret: location.hash.slice(-10) }, '*')"
    page.frames[1].evaluate(say, f"{site.url}/join/year-end")  # the reader is not in the frame
    page.frame_locator("iframe").get_by_role("link", name="Become a member").focus()
    for elsewhere in (f"{site.paper}/join/year-end", "javascript:document.title='run'", "no address"):
        page.frames[1].evaluate(say, elsewhere)
    page.wait_for_timeout(100)
    assert page.url == f"{site.url}/demo/wordpress" and page.title() != "run"
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url == f"{site.url}/join/year-end?placement=frame&embed=v1&lang=en"


def test_a_plain_iframe_tells_its_height_and_its_link_opens_a_page_of_its_own(
    open_page: Callable[..., Opened], site: Site, blog: str
) -> None:
    found = open_page(PLAIN)
    page = found.page
    page.wait_for_function("frame.height !== '600'")
    assert fits(page) and len(found.asked) == 1 and found.complaints == []
    with page.context.expect_page() as opening:
        page.frame_locator("iframe").get_by_role("link", name="Become a member").click()
    opening.value.wait_for_url(f"{site.url}/join/year-end?*")
    assert page.url == blog


def test_the_svg_stands_in_an_article_with_the_reader_s_own_fonts(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    page.goto(f"{site.url}/e/year-end.en.svg")
    lines = page.evaluate(
        "[...document.querySelectorAll('text')].map(one => { const box = one.getBBox();"
        " return [one.textContent, box.x, box.x + box.width] })"
    )
    assert any("18,412" in words for words, _, _ in lines)
    assert [words for words, start, end in lines if start < 0 or end > 600] == []
    name = page.locator("svg").aria_snapshot()
    assert "18,412 of 25,000 members" in name
