"""The demo's story is one a newsroom would believe, and keeps to the product's rules of time and money."""

import tomllib
from calendar import monthrange
from collections import Counter
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest

from tracker import demo as demo_campaign
from tracker.sandbox.articles import ARTICLES, PLACEMENTS, PUBLISHER
from tracker.sandbox.course import Bill, is_covered
from tracker.sandbox.drives import drives
from tracker.sandbox.size import YEAR_ENDS_WITH, members_at
from tracker.sandbox.story import Life, World, world

KYIV = ZoneInfo("Europe/Kyiv")
STATIC = Path(__file__).parents[2] / "tracker" / "static"
PRESENTS = (
    ("2026-11-23T20:00:00", 2026),
    ("2026-01-02T10:00:00", 2026),
    ("2026-07-15T12:00:00", 2026),
    ("2028-02-29T12:00:00", 2028),
    ("2026-11-23T12:00:00", 2025),
)


def second(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@lru_cache(maxsize=8)
def told(now: str, year: int, members: int = 3_000) -> World:
    return world(now=second(now), year=year, timezone="Europe/Kyiv", members=members)


@lru_cache(maxsize=1)
def demo() -> World:
    return told(*PRESENTS[0], members=18_000)


def stretches(life: Life) -> list[tuple[int, int]]:
    """Coverage worked out from RULES 1-3 alone, apart from the story's own reckoning."""
    found = []
    for bill, following in zip(life.bills, [*life.bills[1:], None], strict=True):
        if bill.paid_at is None or not bill.amount:  # RULES 1: a trial buys no term
            continue
        end = bill.period_end
        if bill.refunded >= bill.amount:
            assert bill.refunded_at is not None
            end = min(end, bill.refunded_at)
        elif following is not None:
            collected = [at for at in (following.paid_at, following.closed_at) if at is not None]
            end = max(end, min([*collected, end + 30 * 86_400]))
        if life.ended_at is not None:
            end = min(end, life.ended_at)
        found.append((max(bill.period_start, bill.paid_at), end))
    return found


def covered(story: World, at: int) -> int:
    """RULES 4: persons covered just before `at`."""
    return sum(any(start < at <= end for start, end in stretches(life)) for life in story.lives)


def bills(story: World) -> list[Bill]:
    return [bill for life in story.lives for bill in life.bills]


def instants(life: Life) -> list[int]:
    found = [life.started_at, life.pledged_at, life.canceled_at, life.ended_at]
    for bill in life.bills:
        found += [bill.period_start, *bill.failed_at, bill.paid_at, bill.closed_at, bill.refunded_at]
    return [at for at in found if at is not None]


def test_the_demo_has_the_size_that_was_asked_for() -> None:
    story = demo()
    assert abs(covered(story, second(PRESENTS[0][0])) - 18_000) <= 180
    assert 22_000 <= len(story.lives) <= 25_000
    assert 60_000 <= len(bills(story)) <= 80_000


def test_two_years_and_more_are_told_and_each_grew() -> None:
    started = [life.started_at for life in demo().lives]
    assert min(started) < second("2024-09-03T00:00:00")
    there = [covered(demo(), int(datetime(year, 1, 1, tzinfo=KYIV).timestamp())) for year in (2025, 2026)]
    assert 5_500 <= there[0] <= 8_000
    assert 12_000 <= there[1] <= 14_000


@pytest.mark.parametrize(("now", "year"), PRESENTS)
def test_the_year_before_the_campaigns_is_told_whole(now: str, year: int) -> None:
    first = datetime.fromtimestamp(min(life.started_at for life in told(now, year).lives), KYIV).date()
    assert first < date(year - 1, 1, 1)
    assert (datetime.fromisoformat(now).date() - first).days >= 725


def test_drives_move_from_year_to_year_and_never_overlap() -> None:
    for year in range(2024, 2060):
        told_of, before = drives(year), drives(year - 1)
        assert all(
            one.first_on != old.first_on.replace(year=year) for one, old in zip(told_of, before, strict=True)
        )
        days = [day for one in told_of for day in (one.first_on, one.last_on)]
        assert days == sorted(days) and {day.year for day in days} == {year}
    assert [one.first_on for one in drives(2025)][-1] == date(2025, 12, 2)
    assert [one.first_on for one in drives(2026)][-1] == date(2026, 11, 24)


def test_the_demos_campaign_can_declare_the_drives_of_three_years() -> None:
    declared = tomllib.loads(demo_campaign.drives(2026))["drives"]
    told = [one for year in (2024, 2025, 2026) for one in drives(year)]
    assert declared == [{"name": one.name, "first_on": one.first_on, "last_on": one.last_on} for one in told]
    assert {"name": "year end", "first_on": date(2025, 12, 2), "last_on": date(2025, 12, 31)} in declared


@pytest.mark.parametrize("year", [2026, 2027])
def test_the_members_of_any_day_are_those_of_one_year_told_to_its_end(year: int) -> None:
    ends_at = int(datetime(year + 1, 1, 1, tzinfo=KYIV).timestamp())
    whole = world(now=ends_at, year=year, timezone="Europe/Kyiv", members=8_000)
    for month in (2, 5, 8, 11, 12):
        at = int(datetime(year, month, 25, 12, tzinfo=KYIV).timestamp())
        there = covered(whole, at) * YEAR_ENDS_WITH / 8_000
        assert members_at(at, year, "Europe/Kyiv") == pytest.approx(there, rel=0.04)
    assert members_at(ends_at + 86_400, year, "Europe/Kyiv") == pytest.approx(YEAR_ENDS_WITH, rel=0.02)


@pytest.mark.parametrize(("now", "year"), PRESENTS)
def test_every_present_ends_with_the_members_asked_for(now: str, year: int) -> None:
    story = told(now, year)
    at = second(now)
    assert abs(covered(story, at) - 3_000) <= 30
    assert sum(is_covered(life, at) for life in story.lives) == 3_000


@pytest.mark.parametrize(("now", "year"), PRESENTS)
def test_nothing_lies_in_the_future_but_the_end_of_current_periods(now: str, year: int) -> None:
    at = second(now)
    for life in told(now, year).lives:
        assert max(instants(life)) <= at
        changed = [following.unused > 0 for following in life.bills[1:]]
        assert all(bill.period_end <= at or cut for bill, cut in zip(life.bills, changed, strict=False))
    assert all(one.pledged_at < at for one in told(now, year).abandoned)


def test_the_same_arguments_tell_the_same_story_and_another_seed_another() -> None:
    arguments = {"now": second("2026-11-23T20:00:00"), "year": 2026, "timezone": "Europe/Kyiv", "members": 300}
    assert world(**arguments, seed=7) == world(**arguments, seed=7)  # type: ignore[arg-type]
    assert world(**arguments, seed=7) != world(**arguments, seed=8)  # type: ignore[arg-type]


@pytest.mark.parametrize(("now", "year"), PRESENTS)
def test_periods_abut_and_keep_the_day_and_second_of_joining(now: str, year: int) -> None:
    for life in told(now, year).lives:
        assert life.bills[0].period_start == life.started_at
        for bill, following in zip(life.bills, life.bills[1:], strict=False):
            cut = following.unused > 0  # a change of plan begins a period of its own
            assert bill.period_end == following.period_start or (cut and bill.period_end > following.period_start)
        start = life.started_at
        for bill in life.bills:
            if not bill.amount:
                assert bill.period_end - bill.period_start == 14 * 86_400
                start = bill.period_end
                continue
            start = bill.period_start if bill.unused else start
            anchor = datetime.fromtimestamp(start, UTC)
            end = datetime.fromtimestamp(bill.period_end, UTC)
            assert end.time() == anchor.time()
            assert end.day == min(anchor.day, monthrange(end.year, end.month)[1])
            days = (bill.period_end - bill.period_start) / 86_400
            assert days in ((28, 29, 30, 31) if bill.plan == "price_monthly" else (365, 366))


def test_a_leap_day_is_in_the_books_of_a_leap_years_story() -> None:
    ends = {
        datetime.fromtimestamp(bill.period_end, UTC).date() for bill in bills(told("2028-02-29T12:00:00", 2028))
    }
    assert date(2028, 2, 29) in ends


def test_first_bills_are_paid_in_seconds_and_renewals_about_an_hour_after_their_period_began() -> None:
    for life in demo().lives:
        at_once = [bill for place, bill in enumerate(life.bills) if place == 0 or bill.unused]
        for bill in at_once:
            assert bill.paid_at is not None and 0 <= bill.paid_at - bill.period_start < 10
        for bill in life.bills:
            if bill in at_once:
                continue
            if bill.paid_at is not None and not bill.failed_at:
                assert 3_600 <= bill.paid_at - bill.period_start <= 4_600


def test_failed_payments_are_retried_on_days_three_five_and_seven() -> None:
    for bill in bills(demo()):
        waits = [round((at - bill.failed_at[0]) / 86_400) for at in bill.failed_at]
        assert waits == [0, 3, 5, 7][: len(waits)]
        if bill.failed_at and bill.paid_at is not None:
            assert (bill.paid_at - bill.failed_at[0]) / 86_400 == [3, 5, 7][len(waits) - 1]


def test_some_renewals_fail_most_of_them_recover_and_the_rest_ends_the_membership() -> None:
    renewals = [bill for life in demo().lives for bill in life.bills[1:]]
    failed = [bill for bill in renewals if bill.failed_at]
    recovered = [bill for bill in failed if bill.paid_at is not None]
    assert 0.10 <= len(failed) / len(renewals) <= 0.20
    assert 0.65 <= len(recovered) / len(failed) <= 0.90
    for life in demo().lives:
        closed = [bill for bill in life.bills if bill.closed_as]
        assert all(bill is life.bills[-1] and bill.closed_at == life.ended_at for bill in closed)


def test_about_one_per_cent_are_past_due_and_wait_for_a_retry_to_come() -> None:
    due = [life for life in demo().lives if life.status == "past_due"]
    assert 0.005 <= len(due) / 18_000 <= 0.02
    at = second(PRESENTS[0][0])
    for life in due:
        bill = life.bills[-1]
        assert 1 <= len(bill.failed_at) <= 3
        assert bill.failed_at[0] + (3, 5, 7)[len(bill.failed_at) - 1] * 86_400 > at


def test_a_life_has_the_status_that_its_dates_say() -> None:
    for life in demo().lives:
        assert (life.ended_at is not None) == (life.status == "canceled")
        if life.ended_at is not None:
            assert life.canceled_at is not None and life.canceled_at <= life.ended_at
        if life.cancel_at_period_end:
            assert life.canceled_at is not None
            assert life.ended_at in (None, life.bills[-1].period_end)


def test_some_have_cancelled_and_are_still_members_until_their_period_ends() -> None:
    leaving = [life for life in demo().lives if life.cancel_at_period_end and life.status == "active"]
    assert 0.02 <= len(leaving) / 18_000 <= 0.06


def test_refunds_are_mostly_whole_and_never_more_than_what_was_paid() -> None:
    refunded = [bill for bill in bills(demo()) if bill.refunded]
    for bill in refunded:
        assert bill.refunded <= bill.amount
        assert bill.paid_at is not None and bill.refunded_at is not None and bill.paid_at < bill.refunded_at
    whole = sum(bill.refunded == bill.amount for bill in refunded)
    assert 300 <= whole <= 800
    assert 30 <= len(refunded) - whole <= 200


def test_some_take_the_yearly_plan_and_some_go_back_to_the_monthly() -> None:
    moves = Counter[tuple[str, str, bool]]()
    for life in demo().lives:
        for bill, following in zip(life.bills, life.bills[1:], strict=False):
            if bill.plan != following.plan:
                moves[bill.plan, following.plan, following.unused > 0] += 1
                assert following.amount + following.unused == (5_000 if following.unused else 500)
                assert following.unused <= bill.amount
    up, down = ("price_monthly", "price_yearly", True), ("price_yearly", "price_monthly", False)
    assert set(moves) == {up, down}
    assert 100 <= moves[up] <= 800
    assert 100 <= moves[down] <= 800


def test_a_few_try_first_and_most_of_them_stay() -> None:
    tried = [life for life in demo().lives if life.trial_ends_at is not None]
    assert 0.01 <= len(tried) / len(demo().lives) <= 0.03
    at = second(PRESENTS[0][0])
    for life in tried:
        assert life.bills[0].amount == 0
        assert (life.status == "trialing") == (life.ended_at is None and life.trial_ends_at > at)
    over = [life for life in tried if life.trial_ends_at < at - 86_400]
    assert 0.4 <= sum(len(life.bills) > 1 for life in over) / len(over) <= 0.8


def test_fewer_leave_the_longer_they_have_stayed() -> None:
    stayed, left = Counter[int](), Counter[int]()
    for life in demo().lives:
        if {bill.plan for bill in life.bills} == {"price_monthly"}:
            for months in range(1, len(life.bills) + 1):
                stayed[months] += 1
            if life.cancel_at_period_end:
                left[len(life.bills)] += 1
    early = sum(left[month] for month in (1, 2)) / sum(stayed[month] for month in (1, 2))
    late = sum(left[month] for month in (8, 9, 10)) / sum(stayed[month] for month in (8, 9, 10))
    assert late < early / 2


def test_winter_and_spring_bring_many_and_summer_few() -> None:
    months = Counter(datetime.fromtimestamp(life.started_at, KYIV).strftime("%Y-%m") for life in demo().lives)
    assert months["2025-12"] > 1.5 * months["2025-10"]
    assert months["2026-03"] > 1.3 * months["2026-02"]
    assert max(months["2026-07"], months["2026-08"]) < 0.6 * months["2026-06"]


def test_about_one_checkout_in_seven_was_left_and_only_a_day_later_expires() -> None:
    at = second(PRESENTS[0][0])
    recent = sum(life.started_at >= at - 45 * 86_400 for life in demo().lives)
    assert len(demo().abandoned) == round(0.15 * recent)
    assert all(one.expired == (one.pledged_at <= at - 86_400) for one in demo().abandoned)
    assert any(not one.expired for one in demo().abandoned)


def test_numbers_are_one_sequence_over_lives_and_abandoned_pledges() -> None:
    story = demo()
    numbers = sorted([*(life.number for life in story.lives), *(one.number for one in story.abandoned)])
    assert numbers == list(range(1, len(numbers) + 1))


def test_addresses_exist_at_example_domains_only_and_are_each_ones_own() -> None:
    addresses = [life.email for life in demo().lives]
    assert {address.split("@")[1] for address in addresses} == {"example.com", "example.org", "example.net"}
    assert len(set(addresses)) == len(addresses)


def test_readers_come_from_many_countries_and_ukraine_first() -> None:
    countries = Counter(life.country for life in demo().lives)
    assert countries.most_common(1)[0][0] == "UA"
    assert len(countries) >= 40
    assert any(not life.name.isascii() for life in demo().lives)


def test_joins_name_articles_that_were_out_and_placements_of_the_list() -> None:
    today = date(2026, 11, 23)
    published = {article.path(today): article.published_on(today) for article in ARTICLES}
    needs_article = {name: needed for name, _, _, needed in PLACEMENTS}
    for life in demo().lives:
        assert bool(life.article) == needs_article[life.placement]
        if life.article:
            assert published[life.article] <= datetime.fromtimestamp(life.started_at, KYIV).date()
    assert Counter(life.article for life in demo().lives)["/demo/article"] > 100


@pytest.mark.parametrize("members", [1, 40])
def test_a_tiny_story_is_told_too(members: int) -> None:
    assert covered(told("2026-11-23T20:00:00", 2026, members), second("2026-11-23T20:00:00")) == members


def test_no_members_at_all_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="at least one"):
        world(now=second("2026-11-23T20:00:00"), year=2026, timezone="Europe/Kyiv", members=0)


def test_the_demo_article_is_whole_and_its_pictures_are_small_and_stand_alone() -> None:
    page = orjson.loads((STATIC / "demo" / "article.json").read_bytes())
    assert page["publisher"] == PUBLISHER
    assert 600 <= sum(len(part["text"].split()) for part in page["body"]) <= 800
    assert len(page["feed"]) == 12
    titles = {article.title for article in ARTICLES}
    assert {page["title"], page["related"]["title"], *(one["title"] for one in page["feed"])} <= titles
    shown = [
        page["author"]["avatar"],
        page["lead"]["src"],
        page["related"]["src"],
        *(one["src"] for one in page["feed"]),
    ]
    for source in shown:
        picture = (STATIC / source.removeprefix("/static/")).read_text()
        assert len(picture) < 12_288
        for unwanted in ("href", "<script", "<text", "<style", "url(http", " style="):
            assert unwanted not in picture, f"{source} holds {unwanted}"
