"""A campaign at its beginning, past its goal and after its end: in every form, as wide as it comes."""

from collections.abc import Callable
from datetime import date

import pytest
from banner_site import COPY, Site
from looking import WIDTHS, await_number
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tracker.core.campaign import State

pytestmark = pytest.mark.browser

Contexts = Callable[..., BrowserContext]
Publish = Callable[..., None]
FORMS = ("inline", "slim", "card", "foot")
FITS = """
e => {
  const box = e.shadowRoot.querySelector("section"), r = box.getBoundingClientRect();
  const inner = [...box.children].map(c => c.getBoundingClientRect()).filter(c => c.height);
  const reserved = e.matches("[form=foot]") ? e.offsetHeight : parseFloat(getComputedStyle(e, "::before").height);
  return inner.every(c => c.left >= r.left - 1 && c.right <= r.right + 1)
    && inner.every(c => c.top >= r.top && c.bottom <= r.bottom + 1)
    && box.scrollWidth <= box.clientWidth + 1 && Math.abs(e.offsetHeight - reserved) < 1;
}
"""
"""Every part is inside the box, and the box is as high as its reserve (the bar at the foot has none)."""
ROOM = """
e => {
  const box = e.shadowRoot.querySelector("section").getBoundingClientRect();
  const all = [...e.shadowRoot.querySelectorAll(".h,.n,.b,.a,.j,.s,.c")].map(c => c.getBoundingClientRect())
    .filter(r => r.height);
  return [Math.min(...all.map(r => r.top)) - box.top, box.bottom - Math.max(...all.map(r => r.bottom))];
}
"""
"""Pixels free above what is said and below it."""


def pages(site: Site, contexts: Contexts, lang: str, number: str) -> list[tuple[int, Page]]:
    """A page with all forms at every width."""
    goals = "".join(site.pasted("goal", "year-end", lang, f"in-{form}", form) for form in FORMS)
    address, found = site.page(goals + "<p>The text</p>", lang=lang), []
    for width in WIDTHS:
        page = contexts(width, reduced_motion="reduce").new_page()
        page.goto(address)
        for form in FORMS:
            await_number(page, number, f"[placement=in-{form}]")
        found.append((width, page))
    return found


def forms(page: Page) -> list[Locator]:
    return [page.locator(f"[placement=in-{form}]") for form in FORMS]


@pytest.mark.parametrize("lang", COPY)
def test_at_the_beginning_the_weeks_joiners_stand_alone_without_bar_or_share(
    publish: Publish, site: Site, contexts: Contexts, lang: str
) -> None:
    publish(812, 800, joined=141, bar_from=10)
    for width, page in pages(site, contexts, lang, "141"):
        for goal in forms(page):
            expect(goal.locator(".b")).to_be_hidden()
            expect(goal.locator(".p")).to_be_hidden()
            expect(goal.get_by_role("progressbar")).to_have_count(0)
            assert goal.evaluate(FITS), width


@pytest.mark.parametrize("lang", COPY)
def test_after_the_end_thanks_stand_without_days_and_the_number_stays(
    publish: Publish, site: Site, contexts: Contexts, lang: str
) -> None:
    publish(21_305, 21_305, state=State.ENDED, ends_on=date(2026, 11, 20))
    thanks = {"en": "The campaign has ended", "uk": "Кампанію завершено"}[lang]
    for width, page in pages(site, contexts, lang, {"en": "21,305", "uk": "21\u00a0305"}[lang]):
        for goal in forms(page):
            expect(goal.locator("[part=days]")).to_have_text("")
            assert goal.evaluate(FITS), width
        expect(page.locator("[placement=in-inline] .a")).to_contain_text(thanks)
        expect(page.locator("[placement=in-card] .a")).to_contain_text(thanks)


@pytest.mark.parametrize("lang", COPY)
def test_past_the_goal_the_share_stays_beside_the_number_however_long_the_words_are(
    publish: Publish, site: Site, contexts: Contexts, lang: str
) -> None:
    publish(26_914, 26_900, state=State.REACHED)
    for width, page in pages(site, contexts, lang, {"en": "26,914", "uk": "26\u00a0914"}[lang]):
        for goal in forms(page):
            expect(goal.locator(".p")).to_have_text("107%")
            number, share = goal.locator(".v").bounding_box(), goal.locator(".p").bounding_box()
            assert number and share
            assert number["y"] < share["y"] + share["height"] / 2 < number["y"] + number["height"], width
            assert goal.evaluate(FITS), width


def test_room_that_short_words_leave_is_shared_and_does_not_gather_above_them(
    publish: Publish, site: Site, contexts: Contexts
) -> None:
    publish(25_000, 24_990, state=State.REACHED)
    for width, page in pages(site, contexts, "en", "25,000"):
        for form in ("inline", "card"):
            above, below = page.locator(f"[placement=in-{form}]").evaluate(ROOM)
            assert max(above, below) < 56, f"{form} at {width}"
