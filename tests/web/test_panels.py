"""The dashboard's panels: one set of numbers on the page, in the CSV, in the API and in the chart."""

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from staff_house import NOON, House, member, pledge, running, year_end

from tracker import flow
from tracker.db import db
from tracker.ledger import annotations
from tracker.web import panels
from tracker.web.panels import needed, outlook

DASHBOARD = "/dashboard/year-end"
API = "/api/v1/campaigns/year-end"


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with running(database_url) as found, time_machine.travel(NOON, tick=True):
        found.keep(campaign=year_end())
        found.keep(
            member("ada", NOON - timedelta(days=400), NOON + timedelta(days=5)),
            member("bo", NOON - timedelta(days=100), pledge="plg_bo"),
            member("cy", NOON - timedelta(days=4)),
            member("ed", NOON - timedelta(days=90), NOON - timedelta(days=3)),
            pledge("plg_bo", "https://news.example/2026/the-river", state="fulfilled"),
        )
        found.is_whole()
        yield found


@pytest.fixture
def desk(house: House) -> FlaskClient:
    return house.client("audience")


def foreseen(house: House) -> None:
    with house.app.app_context():
        flow.foresee(house.app.extensions["line"])


def file_of(desk: FlaskClient, path: str) -> list[dict[str, str]]:
    answer = desk.get(path)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def told(value: Any) -> str:
    """A value of the API as a CSV writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


@pytest.mark.parametrize("name", [panel.name for panel in panels.every()])
@pytest.mark.parametrize("look", ["", "?range=all&by=month&compare=year", "?plan=price_yearly&by=day&range=30d"])
def test_page_file_and_api_tell_the_same(house: House, desk: FlaskClient, name: str, look: str) -> None:
    foreseen(house)
    rows = file_of(desk, f"{DASHBOARD}/{name}.csv{look}")
    answer = desk.get(f"{API}/panels/{name}{look}").get_json()
    assert [{key: told(value) for key, value in row.items()} for row in answer["rows"]] == rows
    page = desk.get(f"{DASHBOARD}{look}").text
    assert f'id="{name}"' in page and answer["sentence"].split("%")[0][:40] in page.replace("&#39;", "'")
    chart = desk.get(f"{DASHBOARD}/{name}.json{look}")
    assert chart.status_code in (200, 404) and b"NaN" not in chart.data
    if chart.status_code == 200:
        assert len(chart.data) <= 10 * 1024


def test_with_a_filter_the_bridge_has_those_who_moved_and_closes_every_day(desk: FlaskClient) -> None:
    rows = file_of(
        desk, f"{DASHBOARD}/movements.csv?by=day&article=https://news.example/2026/the-river&range=365d"
    )
    assert rows and {"moved_in", "moved_out"} <= rows[0].keys()
    for row in rows:
        n = {
            key: int(row[key])
            for key in ("opening", "joined", "returned", "left", "moved_in", "moved_out", "closing")
        }
        assert (
            n["opening"] + n["joined"] + n["returned"] + n["moved_in"] - n["left"] - n["moved_out"] == n["closing"]
        )
    assert sum(int(row["joined"]) for row in rows) == 1


def test_groups_add_up_to_the_whole(desk: FlaskClient) -> None:
    *groups, total = file_of(desk, f"{DASHBOARD}/plans.csv")
    assert total["plan"] == "All" and sum(int(row["closing"]) for row in groups) == int(total["closing"]) == 3


@pytest.mark.parametrize(
    ("look", "words"),
    [
        ("?range=century", "There is no range"),
        ("?from=2026-11-20&to=2026-11-01", "write the earlier day first"),
        ("?from=2027-01-01", "days to come are not counted"),
        ("?from=yesterday", "is not a day"),
        ("?from=1999-01-01", "more than ten years"),
        ("?by=hour", "write by="),
        ("?compare=moon", "write compare=year"),
        ("?plan=" + "x" * 600, "choose it on the page"),
    ],
)
def test_a_look_that_there_is_not_is_refused_in_words(desk: FlaskClient, look: str, words: str) -> None:
    answer = desk.get(f"{DASHBOARD}{look}")
    assert answer.status_code == 400 and words in answer.text
    assert desk.get(f"{API}/panels/growth{look}").status_code == 400


def test_an_unknown_panel_names_those_there_are(desk: FlaskClient) -> None:
    for path in (f"{DASHBOARD}/luck.csv", f"{API}/panels/luck"):
        answer = desk.get(path)
        assert answer.status_code == 404 and "movements" in answer.text


def test_the_forecast_is_made_kept_once_a_day_and_told_by_the_api(house: House, desk: FlaskClient) -> None:
    before = desk.get(f"{API}/forecast").get_json()
    assert before["method"] == "none" and before["chance_of_goal"] is None and before["deadline"] == "2026-12-31"
    foreseen(house)
    first = desk.get(f"{API}/forecast").get_json()
    assert first["p10"] <= first["p50"] <= first["p90"] and 0 < first["chance_of_goal"] < 1
    assert (
        first["method"] in ("profile", "season curve")
        and first["needed_per_day"] >= 0
        and len(first["inputs_hash"]) == 64
    )
    foreseen(house)
    assert desk.get(f"{API}/forecast").get_json() == first
    page = desk.get(DASHBOARD).text
    assert 'data-live="chance"' in page and "8 of 10 cases" in page


def test_without_a_year_of_its_own_the_forecast_says_what_it_rests_on(house: House) -> None:
    house.keep(campaign=year_end(slug="young", products=("prod_other",)))
    foreseen(house)
    page = house.client("audience").get("/dashboard/young").text
    assert "No history of your own yet" in page and "December brings about a quarter" in page


def test_a_new_drive_or_goal_makes_a_new_forecast_and_the_old_one_stays(house: House, desk: FlaskClient) -> None:
    foreseen(house)
    first = desk.get(f"{API}/forecast").get_json()
    house.keep(campaign=year_end(goal=4))
    foreseen(house)
    second = desk.get(f"{API}/forecast").get_json()
    assert second["inputs_hash"] != first["inputs_hash"]
    assert second["chance_of_goal"] > first["chance_of_goal"]
    rows = file_of(desk, f"{DASHBOARD}/record.csv")
    assert {row["made_on"] for row in rows} == {"2026-11-23"}


def test_what_if_answers_in_ready_words_and_brings_nonsense_back(house: House, desk: FlaskClient) -> None:
    house.keep(*[member(f"many{n}", NOON - timedelta(days=n % 90 + 1, hours=n % 20)) for n in range(180)])
    foreseen(house)
    as_it_is = desk.get(f"{DASHBOARD}/what-if.json").get_json()
    assert as_it_is["change"] == "No change against the forecast."
    assert desk.get(f"{DASHBOARD}/what-if.json?joins=100&lapses=100").get_json() == as_it_is
    more = desk.get(f"{DASHBOARD}/what-if.json?joins=200").get_json()
    assert more["change"].startswith("+")
    odd = desk.get(f"{DASHBOARD}/what-if.json?joins=abc&lapses=99999&drive=-1&shift=x")
    assert odd.status_code == 200
    page = desk.get(f"{DASHBOARD}?joins=200").text
    assert more["change"] in page


@pytest.mark.parametrize("kind", ["joined", "returned", "left", "covered", "late", "due", "leaving"])
def test_from_a_number_down_to_its_rows(house: House, desk: FlaskClient, kind: str) -> None:
    page = desk.get(f"{DASHBOARD}/persons/{kind}")
    assert page.status_code == 200
    rows = file_of(desk, f"{DASHBOARD}/persons/{kind}.csv")
    expected = {"joined": 3, "left": 1, "covered": 3}.get(kind, 0)
    assert len(rows) == expected
    assert "@" not in page.text.partition("<main")[2]
    assert house.client("finance").get(f"{DASHBOARD}/persons/{kind}").status_code == 403


def test_rows_of_a_kind_that_there_is_not_are_named(desk: FlaskClient) -> None:
    answer = desk.get(f"{DASHBOARD}/persons/rich")
    assert answer.status_code == 404 and "leaving" in answer.text


def test_a_hostile_note_is_text_on_the_page_and_in_the_chart(house: House, desk: FlaskClient) -> None:
    with house.app.app_context():
        db.session.add(
            annotations.AnnotationRow(
                campaign="year-end",
                first_on=date(2026, 11, 1),
                last_on=date(2026, 11, 2),
                text="<img src=x onerror=alert(1)>",
                kind="note",
                is_shared=True,
                created_by="editor",
                created_at=NOON,
                changed_at=NOON,
            )
        )
        db.session.commit()
    page = desk.get(DASHBOARD).text
    assert "<img src=x" not in page and "&lt;img src=x" in page
    assert desk.get(f"{DASHBOARD}/growth.json").status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"starts_on": date(2026, 11, 23), "ends_on": date(2026, 11, 23)},
        {"starts_on": date(2026, 12, 1)},
        {"ends_on": date(2026, 11, 1)},
        {"goal": 1},
        {"products": ("prod_none",)},
        {"metric": "new_members"},
        {"metric": "amount_raised", "goal": 1_000_000},
        {"is_off": True},
    ],
)
def test_every_odd_campaign_has_a_page_that_makes_sense(house: House, changes: dict[str, Any]) -> None:
    house.keep(campaign=year_end(**changes))
    foreseen(house)
    desk = house.client("audience")
    for look in ("", "?wall=1", "?range=all&compare=year", "?range=7d"):
        page = desk.get(f"{DASHBOARD}{look}")
        assert page.status_code == 200 and ">None<" not in page.text and "nan" not in page.text.lower().split()
    for panel in panels.every():
        assert desk.get(f"{DASHBOARD}/{panel.name}.csv").status_code == 200


def test_a_wall_shows_the_number_and_how_it_grows_and_nothing_to_press(desk: FlaskClient) -> None:
    page = desk.get(f"{DASHBOARD}?wall=1").text
    assert 'class="wall"' in page and 'id="growth"' in page and "<form" not in page.partition("<main")[2]


def test_the_sentences_are_the_same_words_on_top_and_in_the_panel(house: House, desk: FlaskClient) -> None:
    foreseen(house)
    live = desk.get(f"{DASHBOARD}/live.json").get_json()
    rows = desk.get(f"{API}/panels/needed").get_json()
    assert live["needed"] == rows["sentence"]
    assert live["chance"] in desk.get(f"{API}/panels/forecast").get_json()["sentence"]
    assert needed.panel().name == "needed" and outlook.panel().name == "forecast"
