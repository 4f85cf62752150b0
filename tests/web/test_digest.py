"""The weekly digest: Monday at eight by the wall, once to each who wants it, with numbers that add up."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import notice_house
import pytest
from notice_house import MONDAY, Desk, a_week, words
from staff_house import year_end

from tracker.core.weeks import week_of
from tracker.db import db
from tracker.projections import digest as weekly
from tracker.projections import digest_words, queries
from tracker.projections.digest import Chance
from tracker.projections.tables import PersonStanding

FIRST_LOOK = "0:10"


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with notice_house.running(database_url) as found:
        campaign, rows = a_week()
        found.house.keep(*rows, campaign=campaign)
        found.passed(FIRST_LOOK, *(f"{percent}:10" for percent in range(10, 101, 10)))
        yield found


def test_it_leaves_on_monday_at_eight_to_who_wants_it_and_to_the_chat_once(desk: Desk) -> None:
    desk.wish("audience")
    desk.wish("admin", "uk")
    desk.chat()
    assert desk.round(MONDAY - timedelta(minutes=1)) == 0
    assert desk.round(MONDAY) == 3
    assert desk.round(MONDAY + timedelta(minutes=1)) == 0 and desk.round(MONDAY + timedelta(hours=23)) == 0
    assert sorted(letter["To"] for letter in desk.box.letters) == ["admin@paper.example", "audience@paper.example"]
    assert len(desk.room.said) == 1


def test_it_says_the_week_in_sentences_and_the_bridge_adds_up(desk: Desk) -> None:
    desk.wish()
    desk.round(MONDAY)
    (letter,) = desk.box.letters
    told = words(letter)
    assert letter["Subject"] == "9 of 10: the week of 16–22 Nov 2026"
    assert re.search(r"^9 members, 90% of the goal of 10: \d ahead of its path, with 39 days left\.$", told, re.M)
    assert "3 joined last week, 1 came back and 1 left. In the week before it was 2, 0 and 0." in told
    assert re.search(r"^Members: \+3, \d more than the path asks for\.$", told, re.M)
    assert "Joined: 3 (16–22 Nov), 2 (9–15 Nov)\nReturned: 1 (16–22 Nov), 0 (9–15 Nov)\n" in told
    assert "Left: 1 (16–22 Nov), 0 (9–15 Nov)\nMembers at its end: 9 (16–22 Nov), 6 (9–15 Nov)\n" in told
    assert "Most members came by these articles:\n- /2026/the-river: 2 members" in told
    assert "http://127.0.0.1:8000/dashboard/year-end?by=day&from=2026-11-16&to=2026-11-22&lang=en" in told
    assert "Checked with Stripe at 08:00, 23 November 2026." in told
    assert "chance" not in told


def test_the_same_week_is_said_in_ukrainian_and_in_the_chat(desk: Desk) -> None:
    desk.wish("admin", "uk")
    desk.chat()
    desk.round(MONDAY)
    (letter,) = desk.box.letters
    assert letter["Content-Language"] == "uk" and "Минулого тижня долучилося: 3" in words(letter)
    (said,) = desk.room.said
    assert "3 joined last week, 1 came back and 1 left." in said and said.rpartition(": ")[2].startswith("http://")


def test_the_html_says_the_same_and_loads_nothing(desk: Desk) -> None:
    desk.wish()
    desk.round(MONDAY)
    html = words(desk.box.letters[0], "html")
    assert "3 joined last week" in html and "<img" not in html and "<script" not in html
    assert all(one.startswith("http://127.0.0.1:8000/") for one in re.findall(r'(?:href|src)="([^"]+)"', html))


def test_the_forecasts_chance_is_said_where_there_is_one(desk: Desk) -> None:
    with desk.house.app.app_context():
        campaign = queries.campaign("year-end")
        assert campaign is not None
        found = weekly.digest(campaign, week_of((MONDAY - timedelta(days=1)).date()), Chance(82))
        assert found is not None
        told = digest_words.weekly(found, "https://us.example", "en", {notice_house.ARTICLE: "The river"}).plain
        db.session.rollback()
    assert "The chance of reaching the goal in time is 82%." in told and "- The river: 2 members" in told


def test_who_signed_up_after_eight_waits_for_the_next_monday(desk: Desk) -> None:
    desk.wish(since=MONDAY + timedelta(minutes=5))
    desk.chat(since=MONDAY + timedelta(minutes=5))
    assert desk.round(MONDAY + timedelta(minutes=10)) == 0
    assert desk.round(MONDAY + timedelta(days=7)) == 2


def test_who_lost_the_role_or_left_is_sent_nothing(desk: Desk) -> None:
    desk.wish("audience")
    desk.wish("admin")
    desk.rows("UPDATE staff_user SET role = 'finance' WHERE role = 'audience'")
    desk.rows("DELETE FROM staff_user WHERE role = 'admin'")
    assert desk.round(MONDAY) == 0


def test_a_worker_that_was_down_on_monday_sends_it_later_that_day_and_not_on_wednesday(desk: Desk) -> None:
    desk.wish()
    assert desk.round(MONDAY + timedelta(days=2)) == 0
    assert desk.round(MONDAY + timedelta(hours=20)) == 1


def test_late_hearing_is_said(desk: Desk) -> None:
    desk.wish()
    desk.heard(MONDAY - timedelta(days=2))
    desk.round(MONDAY)
    assert "Stripe was last checked at 08:00, 21 November 2026: what happened later is not" in words(
        desk.box.letters[0]
    )


def test_before_there_is_a_true_number_nothing_leaves(desk: Desk) -> None:
    desk.wish()
    desk.rows("DELETE FROM sync_state WHERE name = 'whole'")
    assert desk.round(MONDAY) == 0


def test_a_campaign_that_is_off_or_over_is_silent_but_for_its_last_week(desk: Desk) -> None:
    desk.wish()
    desk.house.keep(campaign=year_end(is_off=True))
    assert desk.round(MONDAY) == 0
    desk.house.keep(campaign=year_end(ends_on=(MONDAY - timedelta(days=8)).date()))
    assert desk.round(MONDAY) == 0
    desk.house.keep(campaign=year_end(ends_on=(MONDAY - timedelta(days=6)).date()))
    assert desk.round(MONDAY + timedelta(minutes=1)) == 1
    assert "and the campaign is over" in words(desk.box.letters[0])


@pytest.mark.parametrize(("day", "utc_hour"), [(datetime(2026, 3, 30), 5), (datetime(2026, 10, 26), 6)])
def test_on_the_monday_after_clocks_changed_it_is_eight_all_the_same(
    desk: Desk, day: datetime, utc_hour: int
) -> None:
    desk.wish(since=datetime(2026, 1, 1, tzinfo=UTC))
    at = day.replace(hour=utc_hour, tzinfo=UTC)
    desk.heard(at)
    desk.round(at - timedelta(seconds=1))
    assert "digest" not in [kind for kind, _, _ in desk.states()]
    desk.round(at)
    assert ("digest", "mail", "sent") in desk.states()


def test_four_workers_send_it_once(desk: Desk) -> None:
    desk.wish("audience")
    desk.wish("admin")
    desk.chat()
    with ThreadPoolExecutor(4) as workers:
        assert sum(workers.map(lambda _: desk.round(MONDAY), range(4))) == 3
    assert len(desk.box.letters) == 2 and len(desk.room.said) == 1


def test_killed_while_it_was_sent_a_message_to_the_chat_is_unknown_and_not_said_again(desk: Desk) -> None:
    desk.chat()
    desk.room.status = 503
    desk.round(MONDAY)
    desk.rows("UPDATE letter SET state = 'sending', due_at = due_at + interval '5 minutes'")
    desk.room.status = 200
    assert desk.round(MONDAY + timedelta(minutes=10)) == 0
    assert desk.states() == [("digest", "chat", "unknown")] and len(desk.room.said) == 1


def test_what_may_be_lost_is_said(desk: Desk) -> None:
    at = datetime(2026, 11, 22, 22, tzinfo=UTC)
    late = {"campaign": "year-end", "standing": "grace", "starts_at": at - timedelta(days=3)}
    desk.house.keep(
        *[PersonStanding(person_id=f"old{n}", ends_at=at + timedelta(days=9 - n), **late) for n in range(2)]
    )
    desk.rows(
        "INSERT INTO tally (campaign, measure, day, key, n) VALUES"
        " ('year-end', 'due', '2026-11-24', '1/later/fine', 2),"
        " ('year-end', 'due', '2026-11-29', '12/first/leaving', 1),"
        " ('year-end', 'due', '2026-11-30', '1/later/fine', 7)"
    )
    desk.wish()
    desk.round(MONDAY)
    told = words(desk.box.letters[0])
    assert "At risk: the payments of 2 members failed, and grace runs." in told
    assert "3 renewals are due within seven days; 1 of them are set to end." in told
