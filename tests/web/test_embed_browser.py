"""The embed pages in a real browser: the real element in the previews, copying, colours while they are chosen."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from playwright.sync_api import Browser, Page, expect
from staff_house import NOON, PASSWORD, House, member, running, year_end
from werkzeug.serving import make_server

from tracker import web

pytestmark = pytest.mark.browser
COPY = {"en": {"headline": "Hello readers", "appeal": "Reach {goal}"}, "uk": {"headline": "Вітаємо читачів"}}


@pytest.fixture
def house(database_url: str) -> Iterator[tuple[House, str]]:
    with running(database_url) as found, time_machine.travel(NOON, tick=True):
        found.keep(campaign=year_end(copy=COPY, goal=1000))
        found.keep(*[member(f"p{n}", NOON - timedelta(days=10 + n)) for n in range(4)])
        found.is_whole()
        server = make_server("127.0.0.1", 0, web.embed_first(found.app), threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield found, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        server.server_close()
        thread.join(10)


@pytest.fixture
def page(house: tuple[House, str], chromium: Browser) -> Iterator[Page]:
    """Signed in; whatever the browser complains of fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    opened, troubles = context.new_page(), []
    opened.on("console", lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.goto(f"{house[1]}/sign-in?next=/embed/year-end/switch")
    opened.get_by_label("E-mail").fill("audience@paper.example")
    opened.get_by_label("Password").fill(PASSWORD)
    opened.get_by_role("button", name="Sign in").click()
    opened.wait_for_url("**/switch")
    yield opened
    assert troubles == []
    context.close()


@pytest.mark.parametrize(
    ("state", "words"), [("live", "4 of 1,000"), ("over", "1,040 members, 40 over"), ("ended", "930")]
)
def test_the_previews_hold_the_real_element_in_the_chosen_state(
    house: tuple[House, str], page: Page, state: str, words: str
) -> None:
    page.goto(f"{house[1]}/embed/year-end?state={state}&scheme=dark")
    for number in (0, 1):
        frame = page.frame_locator("figure.preview iframe").nth(number)
        expect(frame.get_by_role("region", name="Hello readers")).to_contain_text(words)
        expect(frame.locator("html")).to_have_css("color-scheme", "dark")


def test_where_nothing_is_known_the_preview_shows_the_sentence_and_no_number(
    house: tuple[House, str], page: Page
) -> None:
    page.goto(f"{house[1]}/embed/year-end?state=unknown")
    element = page.frame_locator("figure.preview iframe").first.locator("member-goal")
    expect(element).to_contain_text("Join the readers who make this work possible.")
    assert not any(letter.isdigit() for letter in element.inner_text())


def test_a_choice_is_taken_at_once_and_the_code_can_be_copied(house: tuple[House, str], page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=house[1])
    page.goto(f"{house[1]}/embed/year-end")
    page.get_by_label("Language").select_option("uk")
    page.wait_for_url("**locale=uk**")
    page.get_by_role("button", name="Copy").nth(1).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith('<member-goal campaign="year-end" locale="uk"') and copied.endswith("</member-goal>")


def test_texts_are_seen_in_the_preview_as_typed_html_and_all(house: tuple[House, str], page: Page) -> None:
    page.goto(f"{house[1]}/embed/year-end/texts?locale=en")
    page.get_by_label("Headline").fill("Good <i>evening</i> & more")
    page.get_by_role("button", name="Look at it first").click()
    frame = page.frame_locator("figure.preview iframe").first
    expect(frame.get_by_role("region")).to_contain_text("Good <i>evening</i> & more")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("status")).to_contain_text("The texts are kept")


def test_a_colour_s_figures_and_preview_follow_while_it_is_chosen(house: tuple[House, str], page: Page) -> None:
    page.goto(f"{house[1]}/embed/year-end/colour")
    page.get_by_label("The campaign’s colour").fill("#1657b0")
    expect(page.locator("[data-told]").first).to_contain_text("#1657b0")
    frame = page.frame_locator("figure.preview iframe").first
    expect(frame.get_by_role("progressbar").locator("i")).to_have_css("background-color", "rgb(22, 87, 176)")


def test_on_a_phone_nothing_stands_out_at_the_side(house: tuple[House, str], page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    for path in ("", "?kind=strict", "/texts", "/colour", "/quiet", "/switch", "/doctor"):
        page.goto(f"{house[1]}/embed/year-end{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_without_script_the_code_stands_there_and_the_choices_work(
    house: tuple[House, str], page: Page, chromium: Browser
) -> None:
    state = page.context.storage_state()
    plain = chromium.new_context(java_script_enabled=False, storage_state=state).new_page()
    plain.goto(f"{house[1]}/embed/year-end")
    plain.get_by_label("Where it goes").select_option("frame")
    plain.get_by_role("button", name="Show").click()
    expect(plain.locator("pre").first).to_contain_text("<iframe src=")
    expect(plain.frame_locator("figure.preview iframe").first.locator("body")).to_contain_text("4 of 1,000")
    plain.context.close()
