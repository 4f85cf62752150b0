"""The digest's figures are the panels' of the same week: one number everywhere."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date

import pytest
import time_machine
from flask.testing import FlaskClient
from lived_house import lived_in
from staff_house import House, running

from tests.projections.worlds import NOW
from tracker.core.calendar import day_start
from tracker.core.weeks import Week
from tracker.projections import digest, queries
from tracker.projections.digest import Digest

FIRST = date(2026, 11, 16)


@pytest.fixture(scope="module")
def told(database_url: str) -> Iterator[tuple[Digest, FlaskClient]]:
    """The digest of a week, and the dashboard at the instant at which the week is over."""
    with running(database_url) as house:
        with time_machine.travel(NOW, tick=False):
            lived_in(house)
        found = _digest(house)
        house.is_whole(found.at)
        with time_machine.travel(found.at, tick=False):
            yield found, house.client("audience")


def _digest(house: House) -> Digest:
    with house.app.app_context():
        campaign = queries.campaign("year-end")
        assert campaign is not None
        found = digest.digest(campaign, Week(FIRST))
        assert found is not None and found.at == day_start(date(2026, 11, 23), campaign.zone)
        return found


def rows(desk: FlaskClient, name: str, look: str = "") -> list[dict[str, str]]:
    text = desk.get(f"/dashboard/year-end/{name}.csv{look}").text
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_number_and_the_path(told: tuple[Digest, FlaskClient]) -> None:
    found, desk = told
    live = desk.get("/dashboard/year-end/live.json").get_json()
    assert live["count"].split()[0] == str(found.pace.count)
    assert live["percent"].startswith(f"{found.pace.percent}%")
    assert re.findall(r"\d+", live["pace"]) == [str(abs(found.pace.ahead))]


def test_the_weeks_bridge(told: tuple[Digest, FlaskClient]) -> None:
    found, desk = told
    week = next(row for row in rows(desk, "movements", "?by=week") if row["first_day"] == FIRST.isoformat())
    flow = found.flow
    assert [int(week[name]) for name in ("opening", "joined", "returned", "left", "closing")] == [
        flow.opening,
        flow.joined,
        flow.returned,
        flow.left,
        flow.closing,
    ]
    by_day = {row["day"]: int(row["members"]) for row in rows(desk, "growth", "?by=day") if row["members"]}
    assert {day.isoformat(): n for day, n in found.closings}.items() <= by_day.items()


def test_the_articles_of_the_week(told: tuple[Digest, FlaskClient]) -> None:
    found, desk = told
    panel = rows(desk, "articles", "?from=2026-11-16&to=2026-11-22")
    brought = [(row["address"], int(row["joined"])) for row in panel if row["address"] and int(row["joined"])]
    assert [(one.key, one.joined) for one in found.articles] == brought[: len(found.articles)]


def test_what_is_at_risk(told: tuple[Digest, FlaskClient]) -> None:
    found, desk = told
    panel = rows(desk, "risk")
    week = next(row for row in panel if row["week"] == "2026-11-23")
    assert found.risk.due == sum(int(week[name]) for name in ("renewals_due", "failing", "leaving")) > 0
    assert found.risk.leaving == int(week["leaving"])
    sentence = desk.get("/api/v1/campaigns/year-end/panels/risk").get_json()["sentence"]
    assert int(sentence.split()[0]) == found.risk.in_grace > 0
