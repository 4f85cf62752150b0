"""What the dashboard reads like to a screen reader: golden trees of whole pages, in both languages of the staff.

They stand in `golden/`, one file a page and language, tables opened. Where a page is meant to change, delete its
file and run this: it is written anew, the test fails once, and the difference is there to be read.
"""

import difflib
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import time_machine
from lived_house import lived_in, served
from playwright.sync_api import Browser, Page
from staff_house import PASSWORD, House, running

from tests.projections.worlds import NOW
from tracker.db import db
from tracker.intake import shares

pytestmark = pytest.mark.browser
GOLDEN = Path(__file__).parent / "golden"
PAGES = {
    "dashboard": "/dashboard/year-end?by=month",
    "wall": "/dashboard/year-end?wall=1&by=month",
    "calendar": "/dashboard/year-end/calendar",
    "shared": "",
}
LANGUAGES = ("en", "uk")


@pytest.fixture(scope="module")
def site(database_url: str) -> Iterator[tuple[House, str, str]]:
    """The house, its address and a shared link's path; its clock stands still."""
    with time_machine.travel(NOW, tick=False), running(database_url) as house:
        lived_in(house)
        with house.app.app_context():
            told: tuple[str, None, datetime | None] = ("The board", None, None)
            _, token = shares.create(db.session(), "year-end", told, "editor@paper.example", NOW)
            db.session.commit()
        with served(house) as url:
            yield house, url, f"/shared/{token}"


def sign_in(page: Page, url: str) -> None:
    page.goto(f"{url}/sign-in")
    page.locator("[name=email]").fill("audience@paper.example")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button").click()
    page.wait_for_url("**/dashboard/**")


def read_out(page: Page) -> str:
    """The page's tree, with every chart drawn and every table open.

    What a chart holds is no part of it: to a screen reader it is one picture.
    """
    for chart in page.locator(".chart").all():
        chart.scroll_into_view_if_needed()
        chart.locator(".main-svg").first.wait_for(state="attached")
    page.evaluate("document.querySelectorAll('.chart').forEach(one => one.replaceChildren())")
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    told = page.locator("body").aria_snapshot().strip()
    told = re.sub(r"/calendar/\d+", "/calendar/N", told)  # numbered by all tests of a run together
    return re.sub(r"/shared/[\w-]{30,}", "/shared/TOKEN", told) + "\n"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_reads_as_it_was_agreed(
    site: tuple[House, str, str], chromium: Browser, name: str, language: str
) -> None:
    _, url, shared = site
    page = chromium.new_page(locale=language, viewport={"width": 1280, "height": 900})
    if PAGES[name]:
        sign_in(page, url)
    page.goto(url + (PAGES[name] or shared))
    told = read_out(page)
    page.context.close()
    golden = GOLDEN / f"{name}.{language}.yaml"
    if not golden.exists():
        golden.write_text(told, encoding="utf-8")
        pytest.fail(f"{golden.name} was not there and is written: read it, then run this again")
    agreed = golden.read_text(encoding="utf-8")
    assert told == agreed, "\n".join(
        difflib.unified_diff(agreed.splitlines(), told.splitlines(), lineterm="", n=2)
    )


@pytest.mark.parametrize("name", PAGES)
def test_both_languages_have_one_structure_and_the_same_numbers(name: str) -> None:
    """What differs between the two trees is words: no number, link or place is lost in translation."""
    one, other = ((GOLDEN / f"{name}.{language}.yaml").read_text(encoding="utf-8") for language in LANGUAGES)
    assert [shape(line) for line in one.splitlines()] == [shape(line) for line in other.splitlines()]


def shape(line: str) -> tuple[str, str, str]:
    """Where a line stands, what it is, and where it leads."""
    role = re.match(r"\s*- ('?)(/url|[a-z]+)", line)
    leads = line.partition("/url:")[2].strip()
    return line[: len(line) - len(line.lstrip())], role.group(2) if role else "", leads
