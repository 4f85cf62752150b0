"""Somebody with a shared link looks every day and subtracts: no single person comes out (0017)."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from staff_house import NOON, House, member, pledge, running, year_end

from tracker import flow
from tracker.db import db
from tracker.intake import shares
from tracker.web import shared_page

MONDAY = NOON
GROWING = (
    "articles",
    "authors",
    "sections",
    "versions",
    "placements",
    "plans",
    "countries",
    "retention",
    "beside",
)
"""Panels whose counts go on growing; the others tell of weeks, which stand still once they are over."""


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with running(database_url) as found, time_machine.travel(MONDAY, tick=True):
        found.keep(campaign=year_end(goal=100))
        for n in range(18):
            found.keep(pledge(f"much{n}", "https://paper.example/much", state="fulfilled"))
            found.keep(member(f"much{n}", NOON - timedelta(days=8 + 7 * (n % 3)), pledge=f"much{n}"))
        found.is_whole()
        yield found


@pytest.fixture
def reader(house: House) -> Iterator[tuple[FlaskClient, str]]:
    with house.app.app_context():
        _, token = shares.create(db.session(), "year-end", ("The board", None, None), "editor", MONDAY)
        db.session.commit()
    yield house.client(), f"/shared/{token}"


def joins(house: House, name: str, at: datetime) -> None:
    """One more from the same article and plan, and one who only said so."""
    for said, state in ((name, "fulfilled"), (f"{name}-open", "open")):
        row = pledge(said, "https://paper.example/much", state=state)
        row.created_at = at
        house.keep(row)
    house.keep(member(name, at, pledge=name))


def files(reader: tuple[FlaskClient, str]) -> dict[str, list[dict[str, str]]]:
    """All that stands behind the link as files, by panel."""
    client, path = reader
    found = {}
    for panel in shared_page.shown():
        answer = client.get(f"{path}/{panel.name}.csv")
        assert answer.status_code == 200, panel.name
        found[panel.name] = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    return found


def page(reader: tuple[FlaskClient, str]) -> str:
    """The page below the number on top."""
    client, path = reader
    return client.get(path).text.partition('<div class="panels">')[2]


def charts(reader: tuple[FlaskClient, str]) -> dict[str, bytes]:
    client, path = reader
    return {panel.name: client.get(f"{path}/{panel.name}.json").data for panel in shared_page.shown()}


def moved(was: dict[str, Any], now: dict[str, Any]) -> list[str]:
    return [name for name in was if was[name] != now[name]]


def foreseen(house: House) -> None:
    with house.app.app_context():
        flow.foresee(house.app.extensions["line"])


def test_from_monday_to_sunday_nothing_below_the_number_moves(
    house: House, reader: tuple[FlaskClient, str]
) -> None:
    with time_machine.travel(MONDAY - timedelta(days=1), tick=False):
        foreseen(house)
    before = files(reader), charts(reader), page(reader)
    for day in range(7):
        now = MONDAY.replace(hour=0) + timedelta(days=day, hours=20)
        joins(house, f"new{day}", now - timedelta(hours=3))
        with time_machine.travel(now, tick=False):
            foreseen(house)
            assert moved(before[0], files(reader)) == [], f"{now:%A}"
            assert moved(before[1], charts(reader)) == [], f"{now:%A}"
            assert page(reader) == before[2], f"{now:%A}"
    with time_machine.travel(MONDAY + timedelta(days=7), tick=False):
        assert files(reader)["growth"] != before[0]["growth"], "the next Monday there is one week more"


def test_one_person_in_a_week_is_no_step_of_one_in_any_file(house: House, reader: tuple[FlaskClient, str]) -> None:
    """A day, a week and an article: that would be somebody."""
    before = files(reader)
    joins(house, "one", MONDAY + timedelta(days=2))
    with time_machine.travel(MONDAY + timedelta(days=7), tick=False):
        after = files(reader)
    assert set(GROWING) <= set(after)
    for name in GROWING:
        for was, now in zip(before[name], after[name], strict=True):
            for column in was:
                if was[column].isdigit() and now[column].isdigit() and column not in ("views", "clicks"):
                    assert (int(now[column]) - int(was[column])) % 5 == 0, (name, column)
    assert before["articles"][0]["joined"] == "20", "eighteen, in fives"


def test_the_last_week_is_told_in_words_as_in_its_row_and_no_other_seven_days(
    house: House, reader: tuple[FlaskClient, str]
) -> None:
    for n in range(6):
        joins(house, f"six{n}", MONDAY - timedelta(days=3, hours=n))
    for days in (0, 2, 6):
        with time_machine.travel(MONDAY + timedelta(days=days), tick=False):
            told = page(reader)
            assert "6 joined, 0 came back and 0 left from 16 November 2026 to 22 November 2026." in told
            assert not re.search("in the last (7|seven) days|In the seven days before", told)


@pytest.mark.parametrize("name", ["risk", "health"])
def test_the_staffs_own_lists_are_not_behind_the_link(reader: tuple[FlaskClient, str], name: str) -> None:
    client, path = reader
    for kind in ("csv", "json"):
        assert client.get(f"{path}/{name}.{kind}").status_code == 404
    assert f'id="{name}"' not in client.get(path).text


def test_weeks_stay_weeks_however_young_or_old_the_campaign_is(
    house: House, reader: tuple[FlaskClient, str]
) -> None:
    """Days now and weeks later would be two looks to subtract."""
    for started in (MONDAY - timedelta(days=10), MONDAY - timedelta(days=500)):
        house.keep(campaign=year_end(starts_on=started.date()))
        rows = files(reader)["movements"]
        spans = [
            datetime.fromisoformat(row["last_day"]) - datetime.fromisoformat(row["first_day"]) for row in rows
        ]
        assert all(span == timedelta(days=6) for span in spans[1:])


def test_before_the_first_week_is_over_the_page_says_so(house: House, reader: tuple[FlaskClient, str]) -> None:
    house.keep(campaign=year_end(starts_on=MONDAY.date()))
    told = page(reader)
    assert "The first week is not over yet." in told and ">None<" not in told
    client, path = reader
    assert client.get(path).status_code == 200


def test_revenue_tells_strangers_no_single_move(reader: tuple[FlaskClient, str]) -> None:
    client, path = reader
    header = client.get(f"{path}/revenue.csv").text
    assert "lost" not in header and "new" not in header
