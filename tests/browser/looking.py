"""How the tests look at a banner: what a reader sees of it, what moved, what was painted."""

from playwright.sync_api import Locator, Page, Route, expect

WIDTHS = (320, 390, 768, 1280)
ELEMENT = "member-goal[placement=article-top]"
FALLBACK = "Join the readers who make this work possible. Become a member"
SHIFTS = """
window.shifts = [];
new PerformanceObserver(list => list.getEntries().forEach(e => window.shifts.push(
  [e.value, e.sources.map(s => s.node?.nodeName)])))
  .observe({type: "layout-shift", buffered: true});
"""
FRAMES = """
window.painted = [];
const look = () => {
  const root = document.querySelector("member-goal")?.shadowRoot, b = root?.querySelector(".n b");
  if (b) painted.push([performance.now(), (b.querySelector(".m") || b.querySelector(".v")).textContent]);
  requestAnimationFrame(look);
};
look();
"""
_SEEN = """e => {
  if (getComputedStyle(e).display == "none") return "";
  const box = e.shadowRoot?.querySelector("section");
  return box && !box.hidden ? box.innerText : e.innerText;
}"""


def shown(page: Page, element: str = ELEMENT) -> str:
    """What a reader sees of the element, in its shadow or beside it; "" where it is gone from sight."""
    return " ".join(str(page.locator(element).evaluate(_SEEN)).split())


def await_number(page: Page, number: str = "18,412", element: str = "member-goal") -> Locator:
    """Wait for the number; the (first) element that shows it."""
    found = page.locator(element).first
    expect(found.locator(".v")).to_have_text(number)
    return found


def failed(route: Route) -> None:
    route.fulfill(status=500, body="")


def unanswered(route: Route) -> None:
    """Never answered while the test looks: the reader's worst network."""
