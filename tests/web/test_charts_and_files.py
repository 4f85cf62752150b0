"""What a chart draws is what the panel's CSV says, value by value, for every panel that has a chart."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from lived_house import lived_in
from staff_house import running

from tests.projections.worlds import NOW
from tracker.web import panels

Rows = list[dict[str, str]]
Figure = dict[str, Any]
MONTHLY = "?range=365d&by=month&compare=year"


@pytest.fixture(scope="module")
def desk(database_url: str) -> Iterator[FlaskClient]:
    with time_machine.travel(NOW, tick=False), running(database_url) as house:
        lived_in(house)
        yield house.client("audience")


def drawn(desk: FlaskClient, name: str, look: str = MONTHLY) -> tuple[Figure, Rows]:
    answer = desk.get(f"/dashboard/year-end/{name}.json{look}")
    assert answer.status_code == 200, f"{name} has nothing to compare: the house is too empty"
    text = desk.get(f"/dashboard/year-end/{name}.csv{look}").text
    return json.loads(gzip.decompress(answer.data)), list(csv.DictReader(io.StringIO(text, newline="")))


def line(figure: Figure, name: str) -> list[Any]:
    """The values of one trace, by its name in the legend."""
    (found,) = [one for one in figure["data"] if one["name"] == name]
    values: list[Any] = found["y"]
    return values


def days_of(figure: Figure, name: str) -> list[str]:
    (found,) = [one for one in figure["data"] if one["name"] == name]
    if "x" in found:
        return list(found["x"])
    first = date.fromisoformat(found["x0"])
    return [date.fromordinal(first.toordinal() + n).isoformat() for n in range(len(found["y"]))]


def column(rows: Rows, name: str, number: Callable[[str], Any] = int) -> list[Any]:
    return [number(row[name]) for row in rows if row[name] != ""]


def growth(desk: FlaskClient) -> None:
    figure, rows = drawn(desk, "growth", "?by=day&compare=year")
    lines = {"members": "members", "the goal’s path": "path", "last year": "last_year", "forecast": "p50"}
    lines |= {"80% range, from": "p10", "80% range, to": "p90"}
    for name, told in lines.items():
        chart = dict(zip(days_of(figure, name), line(figure, name), strict=True))
        written = {row["day"]: int(row[told]) for row in rows if row[told]}
        assert written and {day: n for day, n in chart.items() if day in written} == written, told
        # Of the whole campaign more is drawn than rows stand for; the fan grows out of the last closing.
        assert set(chart) - set(written) <= set(days_of(figure, "the goal’s path"))


def forecast(desk: FlaskClient) -> None:
    """The bars are all draws: as many of them lie below a number as the table says of it."""
    figure, rows = drawn(desk, "forecast")
    bars = [
        (low, round(low + width / 0.92), draws)
        for one in figure["data"]
        for low, width, draws in zip(one["x"], one["width"], one["y"], strict=True)
    ]
    every = sum(draws for _, _, draws in bars)
    for row in rows:
        share, members = float(row["share_below"]), int(row["members"])
        surely = sum(draws for _, end, draws in bars if end <= members)
        perhaps = sum(draws for low, _, draws in bars if low <= members)
        assert surely / every <= share <= perhaps / every, row
    middle = next(row["members"] for row in rows if row["share_below"] == "0.5000")
    assert f"middle: {middle}" in [one["text"] for one in figure["layout"]["annotations"]]


def movements(desk: FlaskClient) -> None:
    figure, rows = drawn(desk, "movements")
    assert days_of(figure, "joined") == [row["first_day"] for row in rows]
    assert line(figure, "joined") == column(rows, "joined")
    assert line(figure, "returned") == column(rows, "returned")
    assert line(figure, "left") == [-n for n in column(rows, "left")]
    figure, rows = drawn(desk, "movements", f"{MONTHLY}&plan=monthly")
    assert line(figure, "moved in") == column(rows, "moved_in")
    assert line(figure, "moved out") == [-n for n in column(rows, "moved_out")]


def needed(desk: FlaskClient) -> None:
    """The chart by day, the table by week: each row is the sum of its days, rounded."""
    figure, rows = drawn(desk, "needed")
    for name, told in (("came", "came"), ("needed a day", "needed")):
        by_day = list(zip(days_of(figure, name), line(figure, name), strict=True))
        weeks = [row for row in rows if row[told]]
        assert weeks[0]["first_day"] == by_day[0][0] and weeks[-1]["last_day"] == by_day[-1][0]
        for week in weeks:
            days = [value for day, value in by_day if week["first_day"] <= day <= week["last_day"]]
            assert abs(sum(days) - int(week[told])) <= (0 if told == "came" else 0.5 + 0.005 * len(days)), week


def risk(desk: FlaskClient) -> None:
    figure, rows = drawn(desk, "risk")
    *weeks, total = rows
    names = {"renewals due": "renewals_due", "payment fails": "failing", "has cancelled": "leaving"}
    for name, told in names.items():
        assert days_of(figure, name) == [row["week"] for row in weeks]
        assert line(figure, name) == column(weeks, told)
        assert sum(line(figure, name)) == int(total[told])


def ranked(name: str, told: str) -> Callable[[FlaskClient], None]:
    def holds(desk: FlaskClient) -> None:
        figure, rows = drawn(desk, name)
        known = [row for row in rows if not next(iter(row.values())).startswith("(")]
        if name in ("plans", "countries"):
            known = rows[:-1]
        (bars,) = figure["data"]
        assert bars["x"] == [int(row[told]) for row in known[:10]]
        assert [one["text"] for one in figure["layout"]["annotations"]] == [
            next(iter(row.values())) for row in known[:10]
        ]
        assert bars["text"] == [str(n) for n in bars["x"]]

    return holds


def retention(desk: FlaskClient) -> None:
    figure, rows = drawn(desk, "retention")
    by_month = {date.fromisoformat(f"{row['joined_in']}-01").strftime("%B %Y"): row for row in rows}
    assert 1 < len(figure["data"]) <= 6
    for one in figure["data"]:
        row = by_month[one["name"]]
        for told, share in row.items():
            if told.startswith("after_") and share:
                assert one["y"][int(told.removeprefix("after_"))] == pytest.approx(100 * float(share), abs=0.01)


def record(desk: FlaskClient) -> None:
    """Drawn is what each day said of the deadline: the longest of its leads."""
    figure, rows = drawn(desk, "record")
    last = {row["made_on"]: max((int(one["lead_days"]), one["p10"], one["p50"], one["p90"])
            for one in rows if one["made_on"] == row["made_on"]) for row in rows}  # fmt: skip
    afterwards = {row["made_on"] for row in rows if row["hindcast"] == "yes"}
    assert afterwards and afterwards != set(last)
    for name, days in (("worked out afterwards", afterwards), ("forecast", set(last) - afterwards)):
        assert days_of(figure, name) == sorted(days)
        assert line(figure, name) == [int(last[day][2]) for day in sorted(days)], name
    for place, name in ((1, "80% range, from"), (3, "80% range, to")):
        assert line(figure, name) == [int(last[day][place]) for day in sorted(last)], name


def revenue(desk: FlaskClient) -> None:
    figure, rows = drawn(desk, "revenue")
    rows = [row for row in rows if row["currency"] == "EUR"]
    assert line(figure, "recurring a month") == column(rows, "closing", float)
    bars: dict[str, tuple[int, list[str]]] = {
        "new": (1, ["new", "returned", "collected"]),
        "more": (1, ["up"]),
        "less": (-1, ["down"]),
        "lost": (-1, ["lost", "into_collection"]),
    }
    for name, (sign, moves) in bars.items():
        summed = [sum(float(row[move]) for move in moves) for row in rows]
        told = [total if total * sign > 0 else 0.0 for total in summed]
        assert line(figure, name) == pytest.approx(told, abs=0.01 * len(moves)), name
    assert [row["opening"] for row in rows[1:]] == [row["closing"] for row in rows[:-1]]


def raised(desk: FlaskClient) -> None:
    figure, every = drawn(desk, "raised")
    rows = [row for row in every if row["currency"] == "EUR"]
    assert len(rows) < len(every), "another currency stands in the table and not in the chart"
    kinds = {"memberships": "membership", "donations": "donation", "outside Stripe": "offline"}
    for name, told in kinds.items():
        assert [day[:7] for day in days_of(figure, name)] == [row["month"] for row in rows]
        assert line(figure, name) == column(rows, told, float)
    for n, row in enumerate(rows):
        assert sum(line(figure, name)[n] for name in kinds) == pytest.approx(float(row["total"]))


COMPARED: dict[str, Callable[[FlaskClient], None]] = {
    "growth": growth,
    "forecast": forecast,
    "movements": movements,
    "needed": needed,
    "risk": risk,
    **{name: ranked(name, "joined") for name in ("articles", "authors", "sections", "versions", "placements")},
    **{name: ranked(name, "closing") for name in ("plans", "countries")},
    "retention": retention,
    "record": record,
    "revenue": revenue,
    "raised": raised,
}
WORDS_ALONE = ("beside", "health")


@pytest.mark.parametrize("name", [panel.name for panel in panels.every()])
def test_a_chart_draws_what_the_file_says(desk: FlaskClient, name: str) -> None:
    if name in WORDS_ALONE:
        assert desk.get(f"/dashboard/year-end/{name}.json").status_code == 404
    else:
        COMPARED[name](desk)
