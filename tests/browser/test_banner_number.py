"""The number is the true one or none: while it counts up, when it is old, and by whatever clock the reader has."""

from collections.abc import Callable
from datetime import date

import pytest
from banner_site import Site
from looking import ELEMENT, FALLBACK, FRAMES, await_number, failed, shown, unanswered
from playwright.sync_api import BrowserContext, Page, Route, expect

pytestmark = pytest.mark.browser

Contexts = Callable[..., BrowserContext]
LONGEST_MOTION = 1_500
"""Milliseconds (BANNER)."""


def painted(page: Page) -> list[tuple[float, int]]:
    """(instant in ms, number) of every frame in which a number stood."""
    return [(at, int(text.replace(",", ""))) for at, text in page.evaluate("painted")]


@pytest.mark.parametrize("form", ["inline", "slim", "card", "foot"])
def test_it_counts_up_from_yesterday_to_today_within_a_second_and_a_half(
    site: Site, contexts: Contexts, form: str
) -> None:
    context = contexts()
    context.add_init_script(FRAMES)
    page = context.new_page()
    page.goto(site.page(site.goal(form=form)))
    goal = await_number(page)
    assert goal.locator(".n").aria_snapshot().count("18,412") == 1, (
        "the final text stands first, the copy is hidden"
    )
    expect(goal.locator(".m")).to_have_count(0)
    frames = painted(page)
    numbers = [number for _, number in frames]
    assert numbers[0] < numbers[-1] == 18_412, "it counted up"
    assert numbers == sorted(numbers) and numbers[0] >= 18_350
    last = next(at for at, number in frames if number == 18_412)
    assert last - frames[0][0] <= LONGEST_MOTION


@pytest.mark.parametrize(("before", "count"), [(None, 18_412), (18_500, 18_412), (0, 3), (0, 0), (25_900, 26_204)])
def test_no_frame_shows_what_was_never_true(
    publish: Callable[..., None], site: Site, contexts: Contexts, before: int | None, count: int
) -> None:
    publish(count, before)
    context = contexts()
    context.add_init_script(FRAMES)
    page = context.new_page()
    page.goto(site.page(site.goal()))
    goal = await_number(page, f"{count:,}")
    expect(goal.locator(".m")).to_have_count(0)
    numbers = {number for _, number in painted(page)}
    low = min(count, count if before is None else before)
    assert all(low <= number <= count for number in numbers) and count in numbers


def test_a_frame_whose_time_lies_before_the_start_shows_yesterdays_number(site: Site, contexts: Contexts) -> None:
    context = contexts()
    context.add_init_script(
        FRAMES + "const next = requestAnimationFrame;"
        "requestAnimationFrame = call => next(time => call(time - 400));"
    )
    page = context.new_page()
    page.goto(site.page(site.goal()))
    expect(await_number(page).locator(".m")).to_have_count(0)
    assert min(number for _, number in painted(page)) == 18_350


def test_nothing_counts_up_under_reduced_motion(site: Site, contexts: Contexts) -> None:
    context = contexts(reduced_motion="reduce")
    context.add_init_script(FRAMES)
    page = context.new_page()
    page.goto(site.page(site.goal()))
    await_number(page)
    page.wait_for_timeout(300)
    assert {number for _, number in painted(page)} == {18_412}


@pytest.mark.parametrize("days", [-2, 2])
def test_a_readers_clock_that_is_two_days_off_changes_no_number_and_invents_no_days(
    site: Site, contexts: Contexts, days: int
) -> None:
    page = contexts(reduced_motion="reduce").new_page()
    page.goto(site.page(site.goal()))
    right = await_number(page).locator(".s b").text_content()
    assert right and "days left" in right
    page.add_init_script(f"const now = Date.now; Date.now = () => now() + {days} * 864e5")
    page.reload()
    told = await_number(page).locator(".s b").text_content()
    assert told == ("" if days > 0 else right), "behind: what the server said; ahead: nothing"
    assert "18,412 of 25,000 members" in shown(page) and "as of 14:05, 23 November" in shown(page)


@pytest.mark.parametrize("way", ["unknown", "500", "slow", "404", "no JSON", "HTML", "refused"])
@pytest.mark.parametrize("form", ["inline", "foot"])
def test_what_is_not_known_is_the_sentence_and_the_link_with_no_number(
    publish: Callable[..., None], site: Site, contexts: Contexts, way: str, form: str
) -> None:
    answers: dict[str, Callable[[Route], None]] = {
        "500": failed,
        "slow": unanswered,
        "404": lambda route: route.fulfill(status=404, json={"error": "There is no campaign by that name."}),
        "no JSON": lambda route: route.fulfill(body="{"),
        "HTML": lambda route: route.fulfill(body="<h1>Sign in to the wireless network</h1>"),
        "refused": lambda route: route.abort(),
    }
    context = contexts()
    errors: list[str] = []
    if way == "unknown":
        publish(None)
    else:
        context.route("**/e/*.json", answers[way])
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(site.page(site.goal(form=form)))
    if form == "foot" and way == "slow":
        page.wait_for_timeout(200)
        assert shown(page) == "", "the bar at the foot waits out of sight"
    else:
        expect(page.locator(ELEMENT)).to_be_visible()
        page.wait_for_timeout(150)
        assert shown(page) == FALLBACK
    assert page.locator(".v").count() == 0 and errors == []


def test_a_number_that_was_known_stays_while_nothing_is_answered(site: Site, contexts: Contexts) -> None:
    page = contexts(reduced_motion="reduce").new_page()
    page.clock.install()
    page.goto(site.page(site.goal()))
    await_number(page)
    assert "days left" in shown(page)
    page.route("**/e/*.json", failed)
    with page.expect_response("**/e/*.json"):
        page.clock.run_for(31_000)
    assert "18,412" in shown(page) and "days left" in shown(page)
    page.clock.fast_forward("48:00:00")
    with page.expect_response("**/e/*.json"):
        page.clock.run_for(31_000)
    expect(page.locator(".s b")).to_have_text("")
    assert "18,412 of 25,000 members" in shown(page) and "as of 14:05, 23 November" in shown(page)


def test_a_number_that_is_no_more_known_gives_way_to_the_sentence_and_comes_back(
    publish: Callable[..., None], site: Site, contexts: Contexts
) -> None:
    page = contexts(reduced_motion="reduce").new_page()
    page.clock.install()
    page.goto(site.page(site.goal()))
    await_number(page)
    publish(None)
    page.clock.run_for(31_000)
    expect(page.locator("member-goal section")).to_be_hidden()
    assert shown(page) == FALLBACK
    publish(18_420, 18_350)
    page.clock.run_for(31_000)
    await_number(page, "18,420")
    assert "18,420 of 25,000 members" in shown(page)


@pytest.mark.parametrize(
    ("count", "changes", "words"),
    [
        (25_000, {}, "The goal is reached"),
        (26_204, {}, "26,204 members, 1,204 over the goal"),
        (18_412, {"ends_on": date(2026, 1, 2)}, "ended"),
    ],
    ids=["reached", "over", "ended"],
)
def test_goal_reached_passed_and_ended_have_words_of_their_own(
    publish: Callable[..., None],
    site: Site,
    contexts: Contexts,
    count: int,
    changes: dict[str, date],
    words: str,
) -> None:
    publish(count, count - 10, **changes)
    page = contexts(reduced_motion="reduce").new_page()
    page.goto(site.page(site.goal()))
    await_number(page, f"{count:,}")
    assert words.lower() in shown(page).lower()
    bar = page.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", str(min(count, 25_000)))
    box, filled = bar.bounding_box(), page.locator(".b i").bounding_box()
    assert box and filled and filled["width"] <= box["width"] + 0.5, "the bar never passes its end"


def test_no_code_for_pasting_holds_a_number_in_its_words(site: Site) -> None:
    for form in ("inline", "slim", "card", "foot"):
        words = site.goal(form=form).partition(">")[2].replace(site.url, "")
        assert not any(letter.isdigit() for letter in words)
