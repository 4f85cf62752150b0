"""The reminder that a month of the books is over: on its day, to whom it concerns, once, in their language."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from notice_house import Desk, running, words
from staff_house import csrf_of, entry, year_end

from tracker.core.calendar import first_working_day
from tracker.db import db
from tracker.ledger import landmarks, reminders

FIRST = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
"""A Monday, for the month began on a Sunday; 08:00 in UTC, the deployment's zone."""


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with running(database_url, timezone="UTC") as found:
        found.house.keep(campaign=year_end())
        found.house.keep(entry("txn_1", 1000, 50), entry("txn_2", 250, 30))
        found.heard(FIRST)
        yield found


def told(desk: Desk) -> list[tuple[str, str]]:
    return [(str(letter["To"]), str(letter["Subject"])) for letter in desk.box.letters]


@pytest.mark.parametrize(
    ("day", "first"), [("2026-11-20", "2026-11-02"), ("2026-08-31", "2026-08-03"), ("2026-12-01", "2026-12-01")]
)
def test_the_first_working_day_is_no_saturday_and_no_sunday(day: str, first: str) -> None:
    assert first_working_day(date.fromisoformat(day)) == date.fromisoformat(first)


def test_on_its_day_finance_is_told_once_how_the_month_stands_and_what_to_do(desk: Desk) -> None:
    assert desk.round(FIRST - timedelta(seconds=1)) == 0
    assert desk.round(FIRST) == 1
    for later in (timedelta(minutes=1), timedelta(days=1), timedelta(days=20)):
        desk.round(FIRST + later)
    assert told(desk) == [("finance@paper.example", "The books of October 2026 cannot be closed yet")]
    letter = words(desk.box.letters[0])
    assert "€12.50" in letter and "€11.70" in letter and "were not held against Stripe" in letter
    assert "tracker sync" in letter and "/finance/months/2026-10?lang=en" in letter


def test_a_month_that_is_all_green_says_so(desk: Desk) -> None:
    with desk.house.app.app_context():
        landmarks.put(db.session(), landmarks.LAST_SYNC, FIRST, {"drift": []})
        db.session.commit()
    desk.round(FIRST)
    assert told(desk) == [("finance@paper.example", "The books of October 2026 can be closed")]


def test_when_nothing_ran_on_the_day_it_leaves_in_the_week_after_and_then_not_any_more(desk: Desk) -> None:
    assert desk.round(FIRST + timedelta(days=8)) == 0
    assert desk.round(FIRST + timedelta(days=6)) == 1


def test_no_money_no_reminder_and_none_while_the_ledger_is_read(desk: Desk) -> None:
    with desk.house.app.app_context():
        landmarks.put(db.session(), landmarks.LEDGER_WHOLE, None)
        db.session.commit()
    assert desk.round(FIRST) == 0
    desk.house.is_whole(as_of=FIRST)
    desk.rows("DELETE FROM entry")
    assert desk.round(FIRST) == 0 and told(desk) == []


def test_finance_ends_it_with_the_letters_link_and_asks_for_it_again_in_its_own_language(desk: Desk) -> None:
    desk.round(FIRST)
    link = words(desk.box.letters[0]).split("/notices/stop/")[1].split()[0]
    assert desk.house.client().post(f"/notices/stop/{link}").status_code == 200
    assert desk.round(datetime(2026, 12, 1, 9, tzinfo=UTC)) == 0
    client = desk.house.client("finance")
    form = client.get("/finance?lang=uk").text
    assert "Ви не отримуєте нагадувань" in form
    sent = {"csrf_token": csrf_of(form), "wanted": "yes"}
    assert client.post("/finance/reminder?lang=uk", data=sent).status_code == 303
    desk.round(datetime(2026, 12, 1, 9, tzinfo=UTC))
    assert told(desk)[-1][1] == "Книги за місяць «листопад 2026 р.» ще не можна закрити"


def test_who_lost_the_role_is_sent_nothing_and_an_administrator_who_asked_is(desk: Desk) -> None:
    ((who,),) = desk.rows("SELECT id FROM staff_user WHERE role = 'audience'")
    ((admin,),) = desk.rows("SELECT id FROM staff_user WHERE role = 'admin'")
    with desk.house.app.app_context():
        reminders.choose(db.session(), who, "en")
        reminders.choose(db.session(), admin, "en")
        db.session.commit()
    desk.round(FIRST)
    assert sorted(address for address, _ in told(desk)) == ["admin@paper.example", "finance@paper.example"]


def test_a_chat_is_told_that_the_month_is_over_and_no_figure_of_it(desk: Desk) -> None:
    desk.chat()
    desk.round(FIRST)
    desk.round(FIRST + timedelta(hours=1))
    said = [one for one in map(str, desk.room.said) if "October 2026" in one]
    assert len(said) == 1 and "is over" in said[0] and "12.50" not in said[0] and "/finance/months/" in said[0]
