"""The books in a real browser: every page of a month seen by a checker, on a phone, on paper, without script."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from month_house import NOVEMBER, OCTOBER, books, close, many, send, work
from playwright.sync_api import Browser, Page, expect
from staff_house import PASSWORD, House, entry
from werkzeug.serving import make_server

from tracker.projections.finance import jobs

pytestmark = pytest.mark.browser
MONTH = f"/finance/months/{OCTOBER}"
PAGES = ("/finance", MONTH, f"{MONTH}/close", f"{MONTH}/transactions.csv/preview", f"/finance/months/{NOVEMBER}")
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


@pytest.fixture
def house(database_url: str) -> Iterator[tuple[House, str]]:
    with books(database_url) as found:
        server = make_server("127.0.0.1", 0, found.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield found, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        server.server_close()
        thread.join(10)


def sign_in(page: Page, url: str, role: str = "finance") -> None:
    page.goto(f"{url}/sign-in?next=/finance")
    page.get_by_label("E-mail").fill(f"{role}@paper.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/finance")


def reopened_once(house: House) -> None:
    """October closed, reopened and closed again, and something came late."""
    close(house)
    send(house, "admin", f"{OCTOBER}/reopen", reason="a fee was booked twice by hand")
    close(house)
    late = entry("txn_late", -300, 0)
    late.booked_month, late.prior_period = NOVEMBER, True
    house.keep(late)


@pytest.mark.parametrize(("scheme", "width", "lang"), [("light", 1280, "en"), ("dark", 390, "uk")])
@pytest.mark.parametrize("is_closed", [False, True])
def test_a_checker_of_accessibility_finds_nothing_and_nothing_is_cut_off(
    house: tuple[House, str],
    chromium: Browser,
    tmp_path: Path,
    scheme: str,
    width: int,
    lang: str,
    is_closed: bool,
) -> None:
    found, url = house
    if is_closed:
        reopened_once(found)
    page = chromium.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})  # type: ignore[arg-type]
    troubles: list[str] = []
    page.on("console", lambda said: troubles.append(said.text))
    sign_in(page, url, "admin")
    for path in (*PAGES, *([f"{MONTH}/reopen"] if is_closed else [])):
        page.goto(f"{url}{path}?lang={lang}")
        page.screenshot(path=str(tmp_path / f"{path.replace('/', '_')}.png"), full_page=True)
        answer = Axe().run(page, options=RULES)
        assert answer.violations_count == 0, f"{path}: {answer.generate_report()}"
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, path
    assert troubles == []
    page.context.close()


def test_on_a_phone_the_statement_has_its_balances_in_sight(house: tuple[House, str], chromium: Browser) -> None:
    _, url = house
    page = chromium.new_page(viewport={"width": 390, "height": 900})
    sign_in(page, url)
    page.goto(f"{url}{MONTH}?lang=uk")
    hidden = page.evaluate(
        "[...document.querySelectorAll('.scroll:has(.statement)')].map(one => one.scrollWidth - one.clientWidth)"
    )
    assert hidden == [0]
    balance = page.locator(".statement tr").last.locator("td").last.bounding_box()
    assert balance is not None and balance["x"] + balance["width"] <= 390
    page.context.close()


def test_a_month_is_closed_by_two_buttons_without_script(house: tuple[House, str], chromium: Browser) -> None:
    _, url = house
    page = chromium.new_context(java_script_enabled=False).new_page()
    sign_in(page, url)
    page.get_by_role("link", name="October 2026", exact=True).click()
    page.get_by_role("link", name="Close this month").click()
    page.get_by_role("button", name="Close it").click()
    expect(page.get_by_role("status")).to_have_text("The month is closed, its files are frozen.")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Take transactions.csv", exact=True).click()
    assert taken.value.suggested_filename == f"transactions-{OCTOBER}.csv"
    page.context.close()


def test_progress_of_a_worker_comes_by_itself_and_ends_with_the_files(
    house: tuple[House, str], chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, url = house
    monkeypatch.setattr(jobs, "LARGE", 100)
    many(found, 101)
    page = chromium.new_page()
    troubles: list[str] = []
    page.on("console", lambda said: troubles.append(said.text))
    sign_in(page, url)
    page.goto(f"{url}{MONTH}")
    page.get_by_role("button", name="Make the files").click()
    expect(page.get_by_text("a worker begins within a minute")).to_be_visible()
    answer = Axe().run(page, options=RULES)
    assert answer.violations_count == 0, answer.generate_report()
    work(found)
    expect(page.get_by_text("nothing was written to the books since")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("link", name="Look again")).to_have_count(0)
    assert troubles == []
    page.context.close()


def test_a_screen_reader_hears_how_a_month_stands_and_what_is_to_be_done(
    house: tuple[House, str], chromium: Browser
) -> None:
    _, url = house
    page = chromium.new_page()
    sign_in(page, url)
    page.goto(f"{url}/finance/months/{NOVEMBER}")
    tree = page.get_by_role("main").aria_snapshot()
    assert '- heading "November 2026" [level=1]' in tree
    assert "running. It still grows. It can be closed when it is over." in tree
    assert "red The month runs until the end of" in tree and "Close it when it is over." in tree
    headings = [line.strip() for line in tree.splitlines() if "heading" in line and "[level=2]" in line]
    names = ["Statement", "Before it is closed", "Files", "Who did what"]
    assert headings == [f'- heading "{name}" [level=2]' for name in names]
    assert '- link "Take transactions.csv for Excel"' in tree
    page.context.close()


def test_on_paper_a_month_has_its_statement_and_its_checks_and_no_buttons(
    house: tuple[House, str], chromium: Browser
) -> None:
    _, url = house
    page = chromium.new_page()
    sign_in(page, url)
    page.goto(f"{url}{MONTH}")
    page.emulate_media(media="print")
    assert page.get_by_role("heading", name="Statement").is_visible()
    assert not page.get_by_role("link", name="Close this month").is_visible()
    assert not page.get_by_role("navigation").first.is_visible()
    page.context.close()
