"""Every view is counted and nothing else: a scripted replay against the real endpoint, book and database."""

from collections.abc import Callable, Iterator
from pathlib import Path

import flask_migrate
import pytest
from banner_site import Site, serving
from flask import Flask
from flask_migrate import Migrate
from looking import await_number
from playwright.sync_api import BrowserContext, Page, Request, expect
from sqlalchemy import text

from tracker.db import db, engine_options
from tracker.local import postgres
from tracker.web.embed import Embed, keeper

pytestmark = pytest.mark.browser

Contexts = Callable[..., BrowserContext]
Counts = dict[tuple[str, str, bool], int]
ROOT = Path(__file__).resolve().parents[2]
EACH = 25
"""Page views of each class of the replay: eight classes are 200."""
READER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
"""A browser without a window names itself a machine, and would be counted as one."""
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
HIDDEN = "Object.defineProperty(document, 'hidden', {get: () => window.away ?? true})"


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Embed, Flask]]:
    """A site that keeps what beacons tell in a real, migrated database."""
    server = postgres.ensure(tmp_path_factory.mktemp("counting"), throwaway=True)
    keeping = Flask("counting")
    keeping.config.update(SQLALCHEMY_DATABASE_URI=server.url, SQLALCHEMY_ENGINE_OPTIONS=engine_options())
    db.init_app(keeping)
    Migrate(keeping, db, directory=str(ROOT / "tracker" / "migrations"))
    with keeping.app_context():
        flask_migrate.upgrade()
    site = Site()
    with serving(site, keeper(keeping)) as layer:
        site.publish(18_412, 18_350)
        layer.look()
        yield site, layer, keeping
    with keeping.app_context():
        db.engine.dispose()
    server.stop()


@pytest.fixture
def book(counted: tuple[Site, Embed, Flask]) -> Callable[[], Counts]:
    """Writes what the layer's book holds and reads the table: (kind, placement, is a bot) -> count."""
    _, layer, keeping = counted

    def read() -> Counts:
        while not layer.book.write():
            pass
        with keeping.app_context():
            found = db.session.execute(
                text("SELECT kind, placement, is_bot, sum(count) FROM attention GROUP BY 1, 2, 3")
            )
            return {(kind, placement, is_bot): int(count) for kind, placement, is_bot, count in found}

    return read


def watched(page: Page, told: list[str]) -> None:
    def note(request: Request) -> None:
        if request.url.endswith("/e/beacon"):
            told.append(request.post_data or "")

    page.on("request", note)


def ticking(contexts: Contexts, agent: str = READER, script: str = "") -> Page:
    """A large window under a clock that only the test moves."""
    page = contexts(2_200, 2_700, reduced_motion="reduce", user_agent=agent).new_page()
    if script:
        page.add_init_script(script)
    page.clock.install(time="2026-11-25T11:00:00Z")
    page.clock.pause_at("2026-11-25T12:00:00Z")
    return page


def visit(page: Page, site: Site, placement: str, above: str = "") -> None:
    """EACH views of one page, side by side in frames, until all numbers stand and were looked at."""
    address = site.page(above + site.goal(placement, "card"))
    frame = f'<iframe src="{address}" width="400" height="480"></iframe>'
    page.goto(site.page(frame * EACH, head=""))
    for number in range(EACH):
        expect(page.frame_locator("iframe").nth(number).locator(".v")).to_have_text("18,412")
    page.wait_for_timeout(150)  # the browser's own observers run by its own clock


def each(page: Page, script: str) -> None:
    """Run a script in each of the frames; `goal` is the banner's shadow."""
    for frame in page.frames[1:]:
        frame.evaluate(f"() => {{ const goal = document.querySelector('member-goal').shadowRoot; {script} }}")


def test_two_hundred_page_views_are_counted_to_the_last(
    counted: tuple[Site, Embed, Flask], contexts: Contexts, book: Callable[[], Counts]
) -> None:
    site, _, _ = counted
    people, bots, hidden = ticking(contexts), ticking(contexts, GOOGLE), ticking(contexts, script=HIDDEN)
    told: list[str] = []
    for page in (people, bots, hidden):
        watched(page, told)
    visit(people, site, "seen")
    people.clock.run_for(5_000)
    visit(people, site, "brief")
    people.clock.run_for(800)
    visit(people, site, "below", above='<div style="height: 230px"></div>')
    people.clock.run_for(5_000)
    visit(people, site, "clicked")
    each(
        people, "goal.addEventListener('click', event => event.preventDefault()); goal.querySelector('a').click()"
    )
    people.clock.run_for(5_000)
    visit(people, site, "closed")
    each(people, "[...goal.querySelectorAll('button')].pop().click()")
    people.clock.run_for(5_000)
    people.evaluate("localStorage.clear()")
    visit(bots, site, "robot")
    bots.clock.run_for(5_000)
    visit(hidden, site, "unlooked")
    hidden.clock.run_for(5_000)
    visit(hidden, site, "back")
    hidden.clock.run_for(5_000)
    each(hidden, "window.away = false")
    hidden.clock.run_for(5_000)
    people.wait_for_timeout(300)
    counts = book()
    assert len(told) == 6 * EACH
    assert counts == {
        ("view", "seen", False): EACH,
        ("view", "clicked", False): EACH,
        ("click", "clicked", False): EACH,
        ("close", "closed", False): EACH,
        ("view", "robot", True): EACH,
        ("view", "back", False): EACH,
    }


def test_by_the_real_clock_a_view_takes_a_second_in_sight(
    counted: tuple[Site, Embed, Flask], contexts: Contexts
) -> None:
    site, _, _ = counted
    page = contexts(reduced_motion="reduce", user_agent=READER).new_page()
    page.goto(site.page('<div style="height: 2000px"></div>' + site.goal("later", "card")))
    await_number(page)
    told: list[str] = []
    watched(page, told)
    page.wait_for_timeout(1_600)
    assert told == [], "below the window nobody sees it"
    page.locator("member-goal").scroll_into_view_if_needed()
    page.wait_for_timeout(700)
    assert told == []
    page.wait_for_timeout(1_200)
    assert [one.rpartition("&")[2] for one in told] == ["kind=view"]
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(300)
    page.locator("member-goal").scroll_into_view_if_needed()
    page.wait_for_timeout(1_700)
    assert len(told) == 1, "once a page view"


def test_a_page_that_is_made_ahead_counts_only_when_it_is_opened(
    counted: tuple[Site, Embed, Flask], contexts: Contexts, book: Callable[[], Counts]
) -> None:
    site, _, _ = counted
    ahead = site.page(site.goal("ahead", "card"))
    rules = '<script type="speculationrules">{"prerender": [{"urls": ["%s"], "eagerness": "immediate"}]}</script>'
    page = contexts(reduced_motion="reduce", user_agent=READER).new_page()
    page.goto(site.page(f'<a href="{ahead}">Next</a>', head=rules % ahead))
    page.wait_for_timeout(2_500)
    assert not any(place == "ahead" for _, place, _ in book())
    page.get_by_text("Next").click()
    await_number(page)
    page.wait_for_timeout(1_700)
    assert book().get(("view", "ahead", False)) == 1, book()


def test_where_the_browser_refuses_a_beacon_it_is_sent_another_way(
    counted: tuple[Site, Embed, Flask], contexts: Contexts, book: Callable[[], Counts]
) -> None:
    site, _, _ = counted
    page = contexts(reduced_motion="reduce", user_agent=READER).new_page()
    page.add_init_script("navigator.sendBeacon = () => false")
    page.goto(site.page(site.goal("refused", "card")))
    await_number(page)
    with page.expect_response("**/e/beacon") as answer:
        page.wait_for_timeout(1_500)
    told = answer.value.request
    assert told.method == "POST" and told.resource_type == "fetch"
    assert book()["view", "refused", False] == 1


def test_the_click_never_waits_for_its_count(counted: tuple[Site, Embed, Flask], contexts: Contexts) -> None:
    site, _, _ = counted
    context = contexts(reduced_motion="reduce", user_agent=READER)
    page = context.new_page()
    page.add_init_script("navigator.sendBeacon = () => false")
    page.route("**/e/beacon", lambda route: None)
    page.route("**/join/**", lambda route: route.fulfill(body="The join page"))
    page.goto(site.page(site.goal("hangs", "card")))
    link = await_number(page).get_by_role("link")
    with page.expect_request("**/e/beacon"):
        link.click(timeout=2_000)
    expect(page.get_by_text("The join page")).to_be_visible(timeout=2_000)
