"""A reader joins from an article, and every number moves; a refund and a cancellation take it back."""

import time

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.house import House, number, soon
from tests.journeys.readers import DECLINED_CARD, Account, Bought, booked, join, session_of

pytestmark = [pytest.mark.journey, pytest.mark.browser]

QUICKLY, IN_AN_ORDINARY_TAB = 10.0, 60.0
BANNER = "member-goal[placement=article-top]"


def shown(page: Page) -> int | None:
    """The number in the article's banner; None where it shows none."""
    return number(page.locator(f"{BANNER} .n .v").text_content(timeout=3000))


def fresh(chromium: Browser, house: House) -> int | None:
    """The number that a reader sees who comes for the first time."""
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(f"{house.site}/demo/article", wait_until="domcontentloaded")
        return shown(page)


def signed_in(context: BrowserContext, house: House) -> Page:
    """The audience team's dashboard."""
    page = context.new_page()
    page.goto(f"{house.site}/sign-in?next=/dashboard/year-end")
    page.get_by_label("E-mail").fill("audience@demo.example")
    page.get_by_label("Password").fill(house.password("audience"))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/dashboard/year-end")
    return page


def on_dashboard(page: Page) -> int | None:
    """The number after a reload."""
    page.reload(wait_until="domcontentloaded")
    return number(page.locator('[data-live="count"]').text_content())


def choose(page: Page, house: House) -> None:
    """From the article to the payment page, as a reader goes."""
    page.goto(f"{house.site}/demo/article")
    page.locator(f"{BANNER} .j").click()
    page.wait_for_url("**/join/year-end?**")
    page.locator(".plan").filter(has_text="Yearly").click()
    page.get_by_role("button", name="Become a member").click()
    page.wait_for_url("**/c/pay/**")


def fill(page: Page, email: str, card: str | None = None) -> None:
    """Fill in the payment page and press its button."""
    page.get_by_label("Email").fill(email)
    page.get_by_label("Name on card").fill("Ada")
    if card:
        page.get_by_label("Card number").fill(card)
    page.get_by_role("button", name="Subscribe").click()


def everywhere(
    chromium: Browser, house: House, dashboard: Page, bought: Bought, count: int, kind: str, since: float
) -> None:
    """Article, dashboard and the month's CSV show it in time, none from a cache."""
    until, told = since + QUICKLY, []
    for what, is_so in {
        "banner": lambda: fresh(chromium, house) == count,
        "dashboard": lambda: on_dashboard(dashboard) == count,
        "transactions.csv": lambda: kind in {row["reporting_category"] for row in booked(house, bought)},
    }.items():
        soon(is_so, until, f"{what} shows {count} and the {kind}")
        told.append(f"{what} {time.monotonic() - since:.1f} s")
    print(f"{kind}: {', '.join(told)}")


def test_a_reader_joins_from_the_article_and_every_number_moves_and_moves_back(
    house: House, chromium: Browser, account: Account
) -> None:
    with chromium.new_context() as ordinary, chromium.new_context() as staff, chromium.new_context() as reader:
        tab = ordinary.new_page()
        tab.goto(f"{house.site}/demo/article")
        before = shown(tab)
        assert before is not None and before > 0
        dashboard = signed_in(staff, house)
        assert on_dashboard(dashboard) == before

        page = reader.new_page()
        choose(page, house)
        fill(page, "ada@example.org")
        paid_at = time.monotonic()
        expect(page.get_by_role("heading", name="You are in")).to_be_visible(timeout=QUICKLY * 1000)
        print(f"thanks page {time.monotonic() - paid_at:.1f} s")
        bought = account.bought(session_of(page.url))
        everywhere(chromium, house, dashboard, bought, before + 1, "charge", paid_at)
        expect(tab.locator(f"{BANNER} .n .v")).to_have_text(f"{before + 1:,}", timeout=IN_AN_ORDINARY_TAB * 1000)
        print(f"ordinary tab {time.monotonic() - paid_at:.1f} s")
        assert time.monotonic() - paid_at < IN_AN_ORDINARY_TAB

        refunded_at = time.monotonic()
        account.refund(bought)
        everywhere(chromium, house, dashboard, bought, before, "refund", refunded_at)

        second = join(house, "bo@example.org")
        soon(lambda: house.count() == before + 1, time.monotonic() + QUICKLY, "the second reader is counted")
        ended_at = time.monotonic()
        account.end(second)
        everywhere(chromium, house, dashboard, second, before, "charge", ended_at)
        expect(tab.locator(f"{BANNER} .n .v")).to_have_text(f"{before:,}", timeout=IN_AN_ORDINARY_TAB * 1000)


def test_a_declined_card_and_a_left_checkout_lead_back_gently(house: House, chromium: Browser) -> None:
    before = house.count()
    with chromium.new_context() as reader:
        page = reader.new_page()
        choose(page, house)
        fill(page, "cy@example.org", DECLINED_CARD)
        expect(page.get_by_role("alert")).to_contain_text("declined")
        expect(page.get_by_label("Email")).to_have_value("cy@example.org")
        page.get_by_role("link", name="Back").click()
        expect(page.get_by_role("status")).to_contain_text("Nothing was charged")
        expect(page.get_by_role("radio", name="Yearly")).to_be_checked()
        page.get_by_role("button", name="Become a member").click()
        page.wait_for_url("**/c/pay/**")
    assert house.count() == before


def test_without_script_the_article_asks_in_words_and_the_frame_shows_the_number(
    house: House, chromium: Browser
) -> None:
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{house.site}/demo/article")
        banner = page.locator(BANNER)
        expect(banner).to_contain_text("Join the readers who make this work possible.")
        assert number(banner.inner_text()) is None
        link = banner.get_by_role("link", name="Become a member")
        assert f"{house.site}/join/year-end" in str(link.get_attribute("href"))
        page.goto(f"{house.site}/demo/article?frame=1")
        framed = page.frame_locator("iframe").locator(".n b")
        expect(framed).to_have_text(f"{house.count():,}")
