"""Every chart is one that plotly takes, says what it was given, and leans on no colour alone."""

import gzip
import json
import math
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import plotly.graph_objects as go
import pytest
from chart_figures import FIRST, GOAL, NAMES, figure, years_worth
from flask import Flask
from flask_babel import Babel

from tracker.web import charts


@pytest.fixture(autouse=True)
def page() -> Iterator[None]:
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        yield


def looks_of(figure: charts.Figure, scheme: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """(trace, its style) as plotly.js pairs them: the n-th trace of a type with the n-th style."""
    found, seen = [], {"scatter": 0, "bar": 0}
    for trace in figure["data"]:
        kind = trace["type"]
        found.append((trace, figure["templates"][scheme]["data"][kind][seen[kind]]))
        seen[kind] += 1
    return found


@pytest.mark.parametrize("name", NAMES)
def test_plotly_takes_every_chart_in_both_schemes(name: str) -> None:
    one = figure(name)
    assert set(one["templates"]) == {"light", "dark"}
    for template in one["templates"].values():
        go.Figure(data=one["data"], layout={**one["layout"], "template": template})
    assert one["config"]["showSendToCloud"] is False


@pytest.mark.parametrize("name", NAMES)
def test_no_chart_needs_more_than_scatter_and_bar_which_the_small_bundle_has(name: str) -> None:
    assert {trace["type"] for trace in figure(name)["data"]} <= {"scatter", "bar"}


@pytest.mark.parametrize("name", NAMES)
def test_traces_seen_together_differ_by_more_than_colour(name: str) -> None:
    for scheme in ("light", "dark"):
        lines, hatches = [], []
        for trace, style in looks_of(figure(name), scheme):
            if trace["type"] == "bar":
                sign = any(value < 0 for value in trace["y"])
                hatches.append((style["marker"].get("pattern", {}).get("shape", ""), sign))
            elif style["line"]["width"]:
                lines.append((style["line"]["dash"], style["line"]["width"] > 2))
        assert len(set(lines)) == len(lines) and len(set(hatches)) == len(hatches)


@pytest.mark.parametrize("name", NAMES)
def test_every_chart_of_a_year_is_small(name: str) -> None:
    body = charts.json(figure(name)).get_data()
    assert len(body) <= 10 * 1024, f"{name}: {len(body)} bytes"
    assert json.loads(gzip.decompress(body))["data"]


@pytest.mark.parametrize("name", NAMES)
def test_no_text_of_a_chart_is_markup(name: str) -> None:
    one = figure(name, title="<b>Rivers</b> & <a href='//x.example'>lakes</a>")
    texts = [label["text"] for label in one["layout"].get("annotations", [])]
    texts += [trace["name"] for trace in one["data"]]
    assert not [text for text in texts if "<" in text]
    if name in ("growth", "ranking", "raised"):
        assert any("&lt;b&gt;Rivers" in text for text in texts)


def test_growth_begins_its_fan_at_the_last_count_and_ends_it_at_the_deadline() -> None:
    one = figure("growth")
    bands = [trace for trace in one["data"] if trace.get("fill")]
    assert [len(trace["x"]) for trace in bands] == [len(bands[0]["x"])] * 3
    closings, _, _, fan = years_worth()
    for trace in bands:
        assert (trace["x"][0], trace["y"][0]) == (closings[-1][0].isoformat(), closings[-1][1])
        assert trace["x"][-1] == fan[-1][0].isoformat()
    assert [trace["y"][-1] for trace in bands] == [round(fan[-1][n]) for n in (7, 6, 5)]


def test_a_long_fan_is_thinned_but_every_point_left_is_a_true_one() -> None:
    *_, fan = years_worth()
    long = [(FIRST + timedelta(days=n), *fan[-1][1:]) for n in range(330)]
    one = charts.growth([], [], unit_goal="", fan=long)  # type: ignore[arg-type]
    drawn = one["data"][-1]
    assert 60 < len(drawn["x"]) <= 100
    assert drawn["x"][-1] == long[-1][0].isoformat()


def test_notes_carry_the_numbers_of_their_list_and_only_drives_are_shaded() -> None:
    one = figure("growth")
    texts = [label["text"] for label in one["layout"]["annotations"]]
    assert any(text.startswith("1 ") for text in texts) and "2" in texts
    assert sum(shape["type"] == "rect" for shape in one["layout"]["shapes"]) == 1


def test_a_chart_of_nothing_is_still_a_chart() -> None:
    empty = [
        charts.growth([], [], unit_goal=""),
        charts.movements([]),
        charts.needed([], []),
        charts.at_risk([]),
        charts.ranking([], ""),
        charts.retention([]),
        charts.recurring([], [], "EUR"),
        charts.raised([], ["card"], "EUR"),
        charts.record([]),
        charts.final([], GOAL, "goal"),
    ]
    for one in empty:
        go.Figure(data=one["data"], layout={**one["layout"], "template": one["templates"]["light"]})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="cannot be drawn"):
        charts.retention([("2026", [Fraction(1), value])])


@pytest.mark.parametrize(
    ("currency", "minor", "major"), [("EUR", 1_250, 12.5), ("JPY", 1_250, 1250), ("KWD", 1_250, 1.25)]
)
def test_money_is_drawn_in_the_currencys_own_units(currency: str, minor: int, major: float) -> None:
    one = charts.raised([(FIRST, FIRST, [minor])], ["card"], currency)
    assert one["data"][0]["y"] == [major] and currency in one["data"][0]["hovertemplate"]


def test_what_left_is_drawn_below_the_line() -> None:
    one = charts.movements([(FIRST, FIRST, 5, 1, 3)], moved_in=[2], moved_out=[4])
    assert [trace["y"][0] for trace in one["data"]] == [5, 1, 2, -3, -4]


def test_bars_are_as_wide_as_their_days() -> None:
    months = [(date(2026, 1, 1), date(2026, 1, 31), 1, 0, 0), (date(2026, 2, 1), date(2026, 2, 28), 1, 0, 0)]
    january, february = charts.movements(months)["data"][0]["width"]
    assert january / february == pytest.approx(31 / 28)


def test_calendars_have_few_marks_whatever_their_length() -> None:
    for days in (1, 6, 20, 45, 200, 500, 1_000, 4_000):
        points = [(FIRST + timedelta(days=n), n) for n in range(days)]
        marks = charts.growth(points, [], unit_goal="")["layout"]["xaxis"]["ticktext"]
        assert 1 <= len(marks) <= 14 and len(set(marks)) >= min(len(marks), 2)


def test_a_goal_reached_is_told_from_one_missed() -> None:
    short, reached = figure("final")["data"]
    assert max(short["x"]) < GOAL <= min(reached["x"])


SHAPES: dict[str, Callable[[int], float]] = {
    "rises": lambda n: 100 + n,
    "falls": lambda n: 400 - n,
    "stands": lambda n: 200,
    "waves": lambda n: 200 + 40 * math.sin(n / 9),
    "falls late": lambda n: 300 - max(0, n - 280) * 2,
}


@pytest.mark.parametrize("ahead", [-60, -12, -3, 0, 3, 12, 60])
@pytest.mark.parametrize("shape", SHAPES)
def test_no_line_runs_through_the_present_number(shape: str, ahead: int) -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    closings = [(day, round(SHAPES[shape](n))) for n, day in enumerate(days[:300])]
    path = [
        (day, SHAPES["rises"](n) + closings[-1][1] - SHAPES["rises"](299) - ahead) for n, day in enumerate(days)
    ]
    before = [(day, value * 0.96) for day, value in path]
    one = charts.growth(closings, path, unit_goal="", before=before)
    (number,) = [told for told in one["layout"]["annotations"] if told.get("font", {}).get("weight")]
    values = [value for trace in one["data"] for value in trace["y"]]
    tall, day = (max(values) - min(values)) * 0.08, date.fromisoformat(number["x"])
    low, high = (
        (number["y"] - tall, number["y"]) if number["yanchor"] == "top" else (number["y"], number["y"] + tall)
    )
    under = [
        value
        for series in (closings, path, before)
        for when, value in series
        if day - timedelta(days=25) <= when <= day and low + 0.5 < value < high - 0.5
    ]
    assert not under, f"the number is {number['yanchor']} {number['y']}, lines at {sorted(under)[:3]}"
