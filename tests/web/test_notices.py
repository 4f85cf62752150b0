"""Alerts once each, to those who asked; the page where staff ask; a chat's address that is told to nobody."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import notice_house
import pytest
import time_machine
from notice_house import MONDAY, Desk, words
from staff_house import csrf_of, member, year_end

from tracker.ledger import notices as kept

TUESDAY = MONDAY + timedelta(days=1, hours=4)
SOON = TUESDAY + timedelta(minutes=1)
"""After what a page noted while a test ran."""
LONG_AGO = datetime(2025, 6, 1, tzinfo=UTC)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with notice_house.running(database_url) as found, time_machine.travel(TUESDAY, tick=True):
        found.house.keep(campaign=year_end(goal=10, stretch_goals=(12,)))
        found.heard(TUESDAY)
        found.told_behind(TUESDAY)
        yield found


def members(desk: Desk, count: int, first: int = 0, left: datetime | None = None) -> None:
    joined = LONG_AGO
    desk.house.keep(
        *(member(f"m{n}", joined, left or TUESDAY + timedelta(days=99)) for n in range(first, first + count))
    )


def subjects(desk: Desk) -> list[str]:
    return [letter["Subject"] for letter in desk.box.letters]


def test_a_milestone_is_told_once_by_mail_and_chat_even_if_the_count_falls_and_rises(desk: Desk) -> None:
    members(desk, 4)
    desk.wish("audience")
    desk.wish("admin", "uk")
    desk.chat()
    assert desk.round(TUESDAY) == 0, "what was passed at the first look is no news"
    members(desk, 1, first=4)
    assert desk.round(TUESDAY + timedelta(minutes=1)) == 3
    assert sorted(subjects(desk)) == ["50% of the goal of 10 is reached", "Досягнуто 50% мети, яка становить 10"]
    assert desk.room.said[0].startswith("Ten members by the end of the year\n50% of the goal of 10 is reached.\n")
    desk.rows("UPDATE stretch SET ends_at = '2026-11-24T10:30Z' WHERE person_id = 'm4'")
    desk.round(TUESDAY + timedelta(minutes=40))
    desk.rows("UPDATE stretch SET ends_at = '2027-03-01T10:30Z' WHERE person_id = 'm4'")
    assert desk.round(TUESDAY + timedelta(minutes=50)) == 0
    desk.heard(TUESDAY + timedelta(days=60))
    desk.rows("DELETE FROM letter")
    desk.round(TUESDAY + timedelta(days=36))
    assert "milestone" not in [kind for kind, _, _ in desk.states()], "nor after the outbox has forgotten it"


def test_the_goal_and_a_further_goal_are_told_as_such(desk: Desk) -> None:
    desk.wish()
    desk.passed("0:10")
    members(desk, 10)
    desk.round(TUESDAY)
    members(desk, 2, first=10)
    desk.round(TUESDAY + timedelta(minutes=1))
    assert subjects(desk) == ["The goal of 10 is reached", "The further goal of 12 is reached"]
    assert "12 members, 120% of the goal of 10" in words(desk.box.letters[1])


def test_three_days_behind_the_path_are_told_in_the_morning_and_once_a_week(desk: Desk) -> None:
    members(desk, 3)
    desk.wish()
    desk.told_behind(None)
    desk.heard(TUESDAY + timedelta(days=40))
    morning = TUESDAY + timedelta(days=1)
    desk.round(morning.replace(hour=4))
    assert subjects(desk) == []
    for hours in range(0, 24 * 8, 6):
        desk.round(morning + timedelta(hours=hours))
    told = [one for one in subjects(desk) if "behind" in one]
    assert told == ["More than 5% behind the path for three days"] * 2
    assert len(desk.rows("SELECT 1 FROM letter WHERE kind = 'behind'")) == 2


def test_a_count_on_its_path_is_no_alarm(desk: Desk) -> None:
    desk.wish()
    members(desk, 10)
    desk.round(TUESDAY)
    assert desk.rows("SELECT 1 FROM letter") == []


def test_one_signs_oneself_up_and_off_in_a_language(desk: Desk) -> None:
    client = desk.house.client("audience")
    page = client.get("/dashboard/year-end/notices").text
    assert "You get no notices of this campaign." in page and '<html lang="en">' in page
    assert desk.send(client, "/mail", wanted="yes", locale="uk").status_code == 303
    assert "at audience@paper.example" in client.get("/dashboard/year-end/notices").text
    assert desk.rows("SELECT campaign, locale FROM notice_wish") == [("year-end", "uk")]
    desk.send(client, "/mail", wanted="no")
    assert desk.rows("SELECT 1 FROM notice_wish") == []
    assert desk.rows("SELECT detail ->> 'wanted' FROM audit WHERE action = 'notices by mail' ORDER BY id") == [
        ("true",),
        ("false",),
    ]


def test_last_weeks_digest_comes_at_once_when_it_is_asked_for(desk: Desk) -> None:
    client = desk.house.client("admin")
    members(desk, 4)
    assert desk.send(client, "/latest").status_code == 303
    assert desk.round(SOON) == 1 and subjects(desk) == ["4 of 10: the week of 16–22 Nov 2026"]
    assert "Digest of the week from 16 November 2026" in client.get("/dashboard/year-end/notices").text


def test_a_token_may_look_and_has_no_mailbox(desk: Desk) -> None:
    sent = {"Authorization": "Bearer bootstrap-token-of-the-environment"}
    client = desk.house.client()
    page = client.get("/dashboard/year-end/notices", headers=sent).text
    assert "A token has no mailbox" in page and "Send them to me" not in page
    answer = client.post("/dashboard/year-end/notices/mail", headers=sent, data={"wanted": "yes"})
    assert answer.status_code == 403 and desk.rows("SELECT 1 FROM notice_wish") == []


def stop_path(letter: Any) -> str:
    (found,) = re.findall(r"<https?://[^/]+(/[^>]+)>", letter["List-Unsubscribe"])
    return str(found)


def test_the_letter_ends_itself_by_one_click_without_a_sign_in(database_url: str) -> None:
    with notice_house.running(database_url, public_url="https://members.news.example") as desk:
        desk.house.keep(campaign=year_end())
        desk.passed("0:10")
        desk.heard(TUESDAY)
        members(desk, 5)
        desk.wish("audience")
        desk.wish("admin")
        desk.round(TUESDAY)
        letter = next(one for one in desk.box.letters if one["To"] == "audience@paper.example")
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert letter["List-Unsubscribe"].startswith("<https://members.news.example/notices/stop/")
        assert letter["List-Unsubscribe"].strip("<>") in words(letter)
        client, path = desk.house.client(), stop_path(letter)
        assert "Send me no more of them" in client.get(path).text
        assert len(desk.rows("SELECT 1 FROM notice_wish")) == 2, "looking at the link ends nothing"
        answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200 and "You get no more notices" in answer.text
        assert desk.rows("SELECT role FROM notice_wish JOIN staff_user ON id = staff_id") == [("admin",)]
        assert client.post(path).status_code == 200, "a second click says the same"


@pytest.mark.parametrize("token", ["x", "WyJ5ZWFyLWVuZCIsMV0.AAAA", "%00", "é", "a" * 3000])
def test_an_invented_link_ends_nothing(desk: Desk, token: str) -> None:
    desk.wish()
    client = desk.house.client()
    assert client.get(f"/notices/stop/{token}").status_code == 404
    assert client.post(f"/notices/stop/{token}").status_code == 404
    assert len(desk.rows("SELECT 1 FROM notice_wish")) == 1


def test_a_chat_is_named_tried_and_forgotten_and_its_address_shown_no_more(desk: Desk) -> None:
    client = desk.house.client("audience")
    secret = "https://hooks.example/services/T0/B0/secret-of-the-room"
    assert desk.send(client, "/chat", url=secret, locale="en").status_code == 303
    page = client.get("/dashboard/year-end/notices").text
    assert "https://hooks.example/…room" in page and "secret-of" not in page
    assert "secret-of" not in str(
        desk.rows("SELECT a::text FROM audit a") + desk.rows("SELECT l::text FROM letter l")
    )
    desk.rows(f"UPDATE chat_address SET url = '{desk.room.url}'")
    assert desk.round(SOON) == 1 and "This is a test" in desk.room.said[0]
    assert "The last message arrived" in client.get("/dashboard/year-end/notices").text
    desk.send(client, "/chat/remove")
    assert "No chat is named." in client.get("/dashboard/year-end/notices").text
    assert client.post("/dashboard/year-end/notices/chat/test").status_code == 400, "a form without its token"
    assert desk.send(client, "/chat/test").status_code == 404


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://hooks.example/a", "begins with https://"),
        ("https://me:word@hooks.example/a", "without a user name"),
        ("https://hooks.example:8443/a", "without a port"),
        ("hooks", "begins with https://"),
        ("", "begins with https://"),
    ],
)
def test_an_address_that_is_none_is_said_beside_its_field_and_not_kept(desk: Desk, url: str, said: str) -> None:
    client = desk.house.client("audience")
    answer = desk.send(client, "/chat", url=url, locale="en")
    assert answer.status_code == 400 and said in answer.text and 'aria-invalid="true"' in answer.text
    assert desk.rows("SELECT 1 FROM chat_address") == []


def test_a_chat_that_refuses_is_told_on_the_page_and_not_tried_again(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.chat()
    client = desk.house.client("audience")
    desk.room.status = 404
    desk.send(client, "/chat/test")
    assert desk.round(SOON) == 0 and desk.round(SOON + timedelta(hours=2)) == 0
    page = client.get("/dashboard/year-end/notices").text
    assert "the chat knows no such address. Make a new one there" in page and "refused for good" in page
    assert len(desk.room.said) == 1
    assert "secret-of-the-room" not in capsys.readouterr().err


def test_a_chat_in_trouble_is_tried_again_with_growing_pauses_and_then_all_is_well(desk: Desk) -> None:
    desk.chat()
    client = desk.house.client("audience")
    desk.room.status = 503
    desk.send(client, "/chat/test")
    for seconds in (0, 10, 29):
        desk.round(SOON + timedelta(seconds=seconds))
    assert len(desk.room.said) == 1
    page = client.get("/dashboard/year-end/notices").text
    assert "the chat is in trouble (503)" in page and "waits to be sent" in page
    desk.room.status = 200
    assert desk.round(SOON + timedelta(seconds=31)) == 1
    assert "The last message arrived" in client.get("/dashboard/year-end/notices").text


def test_nothing_is_said_in_a_chat_that_was_taken_away_meanwhile(desk: Desk) -> None:
    desk.chat()
    client = desk.house.client("audience")
    desk.send(client, "/chat/test")
    desk.send(client, "/chat/remove")
    assert desk.round(SOON) == 0 and desk.room.said == [] and desk.states()[-1][2] == "needless"


def test_no_name_can_call_everybody_in_a_chat(desk: Desk) -> None:
    desk.house.keep(campaign=year_end(name="<!channel> @here *Ten* members"))
    desk.chat()
    client = desk.house.client("audience")
    desk.send(client, "/chat/test")
    desk.round(SOON)
    assert "<!" not in desk.room.said[0] and "@here" not in desk.room.said[0]


def test_without_a_mail_server_the_page_says_so(database_url: str) -> None:
    import staff_house

    with staff_house.running(database_url) as house:
        house.keep(campaign=year_end())
        page = house.client("audience").get("/dashboard/year-end/notices").text
        assert "whoever runs the tracker has set no mail server" in page and "Send them to me" not in page


def test_the_form_needs_its_token(desk: Desk) -> None:
    client = desk.house.client("audience")
    token = csrf_of(client.get("/dashboard/year-end/notices").text)
    assert client.post("/dashboard/year-end/notices/mail", data={"wanted": "yes"}).status_code == 400
    assert client.post("/dashboard/year-end/notices/mail", data={"csrf_token": token}).status_code == 303


def test_a_milestone_is_noted_by_one_worker_alone(desk: Desk) -> None:
    from tracker.db import db

    with desk.house.app.app_context():
        assert kept.note(db.session(), "year-end", "50:10", TUESDAY)
        db.session.commit()
        assert not kept.note(db.session(), "year-end", "50:10", TUESDAY)
