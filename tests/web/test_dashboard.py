"""The audience team's page: one number everywhere, charts that close, states that are designed."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import plotly.graph_objects as go
import pytest
import time_machine
from flask.testing import FlaskClient
from staff_house import NOON, House, member, pledge, running, year_end

from tracker.core.progress import Day
from tracker.db import db
from tracker.ledger import attention
from tracker.ledger.attention import Attention
from tracker.web import briefing, panels
from tracker.web.plotly_files import bundle


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with running(database_url) as found, time_machine.travel(NOON, tick=True):
        yield found


@pytest.fixture
def desk(house: House) -> FlaskClient:
    """The audience team's browser on a campaign with four members now, one gone, one pledge open."""
    article = "https://news.example/2026/the-river"
    house.keep(campaign=year_end())
    house.keep(
        member("ada", NOON - timedelta(days=400), NOON + timedelta(days=5)),
        member("bo", NOON - timedelta(days=100), pledge="plg_bo"),
        member("cy", NOON - timedelta(days=4)),
        member("di", NOON - timedelta(days=2)),
        member("ed", NOON - timedelta(days=90), NOON - timedelta(days=3)),
        pledge("plg_bo", article, state="fulfilled"),
        pledge("plg_open", article),
        pledge("plg_odd", "=cmd|' /C calc'!A0", placement="slim-bar"),
    )
    house.is_whole()
    return house.client("audience")


def figure(desk: FlaskClient, path: str) -> dict[str, Any]:
    answer = desk.get(path)
    assert answer.status_code == 200 and len(answer.data) <= 10 * 1024
    text = gzip.decompress(answer.data).decode()
    assert "NaN" not in text and "Infinity" not in text
    found: dict[str, Any] = json.loads(text)
    return found


def table(desk: FlaskClient, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(desk.get(path).text, newline="")))


def test_views_and_clicks_stand_beside_what_came_of_them_and_machines_apart(
    desk: FlaskClient, house: House
) -> None:
    article, day = "https://news.example/2026/the-river", NOON.date()
    counted = [
        Attention("year-end", day, kind, article, "article-top", "v1", is_bot, count)
        for kind, is_bot, count in (
            ("view", False, 1_204),
            ("click", False, 31),
            ("close", False, 5),
            ("view", True, 77),
        )
    ]
    with house.app.app_context():
        attention.add(db.session(), "batch", counted, NOON)
        db.session.commit()
    row = next(row for row in table(desk, "/dashboard/year-end/articles.csv") if row["address"] == article)
    assert (row["views"], row["clicks"], row["pledges"]) == ("1204", "31", "2")
    by_version = {row["version"]: row["views"] for row in table(desk, "/dashboard/year-end/versions.csv")}
    assert by_version["v1"] == "1204"
    page = desk.get("/dashboard/year-end").text
    slim = page.partition('class="key">slim-bar</th>')[2]
    assert slim.startswith('<td class="n">–</td><td class="n">–</td><td class="n">1</td>'), (
        "not counted is no zero"
    )
    assert "1,204" in page and "77 views by bots and browsers that fetched ahead are counted apart" in page


def test_the_number_stands_on_top_with_its_goal_and_its_freshness(desk: FlaskClient) -> None:
    page = desk.get("/dashboard/year-end").text
    assert '<strong data-live="count">4</strong>' in page
    assert "40% of the goal" in page and "38 days left" in page
    assert "as of 14:00, 23 November 2026" in page


def test_sentences_say_what_the_charts_show(desk: FlaskClient) -> None:
    page = desk.get("/dashboard/year-end").text
    assert "2 joined in the last 7 days, 0 came back and 1 left." in page
    assert "Members in the last 7 days: +1," in page


def test_the_bridge_on_the_page_closes_on_the_number(desk: FlaskClient) -> None:
    live = desk.get("/dashboard/year-end/live.json").get_json()
    rows = table(desk, "/dashboard/year-end/movements.csv?by=day")
    for row in rows:
        opening, joined, returned, left, closing = (
            int(row[name]) for name in ("opening", "joined", "returned", "left", "closing")
        )
        assert opening + joined + returned - left == closing
    assert live["count"] == rows[-1]["closing"] == "4"


def test_weeks_add_up_to_the_same_as_days(desk: FlaskClient) -> None:
    weeks, days = (table(desk, f"/dashboard/year-end/movements.csv?by={by}") for by in ("week", "day"))
    for name in ("joined", "returned", "left"):
        assert sum(int(row[name]) for row in weeks) == sum(int(row[name]) for row in days)
    assert weeks[-1]["closing"] == days[-1]["closing"] and len(weeks) < len(days) / 6


def test_charts_are_figures_that_plotly_accepts_and_show_the_csvs_numbers(desk: FlaskClient) -> None:
    growth = figure(desk, "/dashboard/year-end/growth.json")
    movements = figure(desk, "/dashboard/year-end/movements.json?by=day")
    for one in (growth, movements):
        for template in one["templates"].values():
            go.Figure(data=one["data"], layout={**one["layout"], "template": template})
        assert one["config"]["showSendToCloud"] is False and one["config"]["displaylogo"] is False
    rows = table(desk, "/dashboard/year-end/growth.csv?by=day")
    assert growth["data"][0]["y"] == [int(row["members"]) for row in rows]
    assert growth["data"][1]["y"][-1] == 10
    days = table(desk, "/dashboard/year-end/movements.csv?by=day")
    assert movements["data"][2]["y"] == [-int(row["left"]) for row in days]


def test_no_text_of_a_chart_carries_markup_for_the_policy_would_stop_it(desk: FlaskClient) -> None:
    growth = figure(desk, "/dashboard/year-end/growth.json")
    assert not [label["text"] for label in growth["layout"]["annotations"] if "<" in label["text"]]


def test_each_chart_has_a_table_and_a_csv_and_the_sources_too(desk: FlaskClient) -> None:
    page = desk.get("/dashboard/year-end").text
    for panel in panels.every():
        path = f"/dashboard/year-end/{panel.name}.csv"
        assert desk.get(path).mimetype == "text/csv"
        assert f'id="{panel.name}"' in page
        assert (path in page) == (len(table(desk, path)) > 0)


def test_a_source_that_a_spreadsheet_would_run_stays_text(desk: FlaskClient) -> None:
    keys = [row["address"] for row in table(desk, "/dashboard/year-end/articles.csv")]
    assert "'=cmd|' /C calc'!A0" in keys


def test_who_stayed_ninety_days_is_said_only_after_them(house: House, desk: FlaskClient) -> None:
    rows = {row["address"]: row["retained"] for row in table(desk, "/dashboard/year-end/articles.csv")}
    assert rows["https://news.example/2026/the-river"] == "1"


def test_while_the_first_sync_runs_there_is_no_number_at_all(house: House) -> None:
    house.keep(member("ada", NOON - timedelta(days=9)), campaign=year_end())
    desk = house.client("audience")
    page = desk.get("/dashboard/year-end").text
    assert "Still loading" in page and 'data-live="count"' not in page and "<strong" not in page
    assert desk.get("/dashboard/year-end/live.json").get_json()["loading"] is True


def test_without_a_campaign_the_page_says_how_to_begin(house: House) -> None:
    assert "tracker campaign apply" in house.client("audience").get("/dashboard").text


def test_the_newest_campaign_comes_first(house: House) -> None:
    house.keep(campaign=year_end())
    house.keep(campaign=year_end(slug="summer", starts_on=date(2026, 6, 1)))
    assert house.client("audience").get("/dashboard").headers["Location"] == "/dashboard/summer"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"goal": 4}, "The goal is reached: 0 above it."),
        ({"ends_on": date(2026, 11, 22)}, "It ended 6 short of the goal."),
        ({"ends_on": date(2026, 11, 22), "goal": 3}, "The goal was reached, and passed by 1."),
        ({"ends_on": date(2026, 11, 23)}, "today is the last day"),
        ({"is_off": True}, "readers see no number"),
        ({"starts_on": date(2026, 11, 23)}, "first day is not over"),
        ({"starts_on": date(2026, 12, 1)}, "first day is not over"),
        ({"metric": "new_members"}, "new members"),
        ({"metric": "amount_raised", "goal": 1_000_000}, "€10,000.00"),
    ],
)
def test_each_state_of_a_campaign_has_its_own_words(
    house: House, desk: FlaskClient, changes: dict[str, Any], words: str
) -> None:
    house.keep(campaign=year_end(**changes))
    answer = desk.get("/dashboard/year-end")
    assert answer.status_code == 200 and words in answer.text
    for part in ("growth.json", "movements.json", "growth.csv", "movements.csv", "articles.csv", "live.json"):
        assert desk.get(f"/dashboard/year-end/{part}").status_code == 200


@pytest.mark.parametrize("path", ["?by=year", "/movements.json?by=hour", "/articles.csv?by=author"])
def test_a_view_that_there_is_not_is_refused_in_words(desk: FlaskClient, path: str) -> None:
    answer = desk.get(f"/dashboard/year-end{path}")
    assert answer.status_code == 400 and "write by=" in answer.text


def test_the_page_needs_no_script_and_no_inline_style(desk: FlaskClient) -> None:
    page = desk.get("/dashboard/year-end").text
    assert " style=" not in page and "<style" not in page and "onclick" not in page
    assert "https://" not in page.replace("https://news.example", "")


def test_plotly_is_served_packed_under_its_hash_and_kept_for_ever(house: House) -> None:
    client, digest = house.client(), bundle().digest
    script = client.get(f"/charts/plotly.{digest}.js", headers={"Accept-Encoding": "gzip"})
    assert script.headers["Content-Encoding"] == "gzip" and len(script.data) < 1_600_000
    assert script.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert b"* plotly.js " in client.get(f"/charts/plotly.{digest}.js").data[:80]
    style = client.get(f"/charts/plotly.{digest}.css").text
    assert ".js-plotly-plot .plotly .main-svg{position:absolute" in style and style.count("{") > 40
    assert client.get("/charts/plotly.0000000000000000.js").status_code == 404


def days(*rows: tuple[int, int, int]) -> list[Day]:
    """(joined, returned, left) a day from Thursday 1 January 2026, from 100 members."""
    found, opening = [], 100
    for number, (joined, returned, left) in enumerate(rows):
        closing = opening + joined + returned - left
        day = date(2026, 1, 1) + timedelta(days=number)
        found.append(Day(day, opening, joined, returned, left, closing, inferred=False))
        opening = closing
    return found


def test_weeks_begin_on_monday_and_are_cut_at_the_campaigns_ends() -> None:
    spans = briefing.spans(days(*[(1, 0, 0)] * 12), "week")
    assert [(span.first.day, span.last.day, span.joined) for span in spans] == [(1, 4, 4), (5, 11, 7), (12, 12, 1)]
    assert spans[0].opening == 100 and spans[-1].closing == 112


def test_lately_leaves_out_today_which_is_not_over() -> None:
    now = datetime.fromisoformat("2026-01-09T12:00:00+00:00")
    lately = briefing.lately(year_end(goal=465), days(*[(2, 0, 1)] * 8, (50, 0, 0)), now)
    assert lately is not None and (lately.days, lately.joined, lately.left, lately.net) == (7, 14, 7, 7)
    assert lately.asked is not None and lately.ahead == 7 - lately.asked
