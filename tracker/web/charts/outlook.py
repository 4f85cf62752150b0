"""Charts of what is to come and of how true earlier words were: need, chance, record, retention."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from tracker.web import words
from tracker.web.charts.looks import Figure
from tracker.web.charts.paper import (
    LEGEND,
    Points,
    Reals,
    Trace,
    bars,
    calendar,
    figure,
    finite,
    label,
    level,
    line,
    plain,
    spotted,
    whole_scale,
)
from tracker.web.words import gettext

_LINES = 6


def needed(came: Points, asked: Reals, need: Reals = ()) -> Figure:
    """What came each day as bars, against what the calendar's path asked as steps, and what is needed from now on.

    `came`: net new members a day, may be below zero; `asked`: a day without a gap; `need`: the same from today to
    the deadline, so that the goal is reached.
    """
    days = [(day, day) for day, _ in came]
    step = {"line": {"shape": "hv"}, "hovertemplate": "%{y:,.1~f}"}
    traces = [bars("came", days, [value for _, value in came], gettext("came"))] if came else []
    traces.append(line("asked", asked, gettext("the path asked"), **step))
    if need:
        traces.append(line("main", need, gettext("needed a day"), **step))
    known = [day for series in (came, asked, need) for day, _ in series]
    axis = calendar(min(known), max(known)) if known else {}
    scale = whole_scale([value for series in (came, asked, need) for _, value in series])
    layout = {"xaxis": axis, "yaxis": scale, "showlegend": True, "legend": LEGEND, "barmode": "relative"}
    return figure(traces, {**layout, "hovermode": "x unified"})


def final(bins: Sequence[tuple[int, int, int]], goal: int, unit_goal: str, median: int | None = None) -> Figure:
    """How the final number is spread over the simulation's draws, with the goal marked.

    `bins`: (lowest, highest, draws) in persons, side by side, one of them beginning at `goal`; `unit_goal`: the
    goal in words. What reaches the goal is solid, what falls short is hatched.
    """
    traces = [
        _bins("short", [one for one in bins if one[0] < goal], gettext("short of the goal")),
        _bins("reached", [one for one in bins if one[0] >= goal], gettext("goal reached")),
    ]
    mark = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": goal, "x1": goal, "line": {"dash": "dash"}}
    said = {"x": goal, "yref": "paper", "y": 1, "text": plain(unit_goal), "yanchor": "bottom", "showarrow": False}
    labels = [said]
    if median is not None:
        at = {"x": median, "yref": "paper", "y": 0.98, "yanchor": "top", "showarrow": False}
        text = gettext("middle: %(n)s", n=words.number(median))
        labels.append({**at, "text": plain(text), "xanchor": "right" if median < goal else "left"})
    layout = {
        "xaxis": {"type": "linear", "tickformat": ",d", "nticks": 6},
        "yaxis": {"visible": False, "range": [0, 1.2 * max((one[2] for one in bins), default=1)]},
        "shapes": [mark],
        "annotations": labels,
        "barmode": "overlay",
        "showlegend": True,
        "legend": {**LEGEND, "y": -0.1, "yanchor": "top"},
        "hovermode": "closest",
    }
    return figure(traces, layout)


def _bins(look: str, bins: Sequence[tuple[int, int, int]], name: str) -> Trace:
    drawn = {
        "type": "bar",
        "name": plain(name),
        "x": [low for low, _, _ in bins],
        "y": [draws for _, _, draws in bins],
        "width": [(high - low + 1) * 0.92 for low, high, _ in bins],
        "offset": 0,
        "text": [f"{words.number(low)} – {words.number(high)}" for low, high, _ in bins],
        "textposition": "none",
        "hovertemplate": "%{text}: %{y:,d}",
    }
    return Trace(look, drawn)


def record(
    rows: Sequence[tuple[date, float, float, float]],
    came: int | None = None,
    *,
    unit_came: str = "",
    promised_from: date = date.min,
) -> Figure:
    """What was forecast for the last day, by the day it was said, beside what came.

    `rows`: (day it was said, p10, median, p90) in persons; `came`: the number in the end, or by now; `unit_came`:
    the same in words; `promised_from`: what is of days before was worked out afterwards, in a look of its own.
    """
    low, median, high = ([(row[0], round(row[1:][n])) for row in rows] for n in range(3))
    name = gettext("%(share)s range", share=words.percent(Fraction(80, 100)))
    traces = [
        spotted("edge", low, gettext("%(range)s, from", range=name), showlegend=False),
        spotted("band80", high, gettext("%(range)s, to", range=name), fill="tonexty", showlegend=False),
    ]
    lines = (
        ("before", [point for point in median if point[0] < promised_from], gettext("worked out afterwards")),
        ("median", [point for point in median if point[0] >= promised_from], gettext("forecast")),
    )
    traces += [spotted(look, points, said, mode="lines+markers") for look, points, said in lines if points]
    legend = {**LEGEND, "traceorder": "normal"}  # plotly.js turns it round where an area is filled
    layout: Figure = {"hovermode": "x unified", "showlegend": True, "legend": legend}
    if rows:
        layout["xaxis"] = calendar(rows[0][0], rows[-1][0])
        if came is not None:
            layout["shapes"] = [level(came)]
            layout["annotations"] = [label(rows[-1][0], came, unit_came, right=True, strong=True)]
    return figure(traces, layout)


def retention(cohorts: Sequence[tuple[str, Sequence[Fraction | float]]]) -> Figure:
    """Who is still a member, in per cent, by months since joining: a line a cohort, the newest last.

    `cohorts`: (its name, a share from 0 to 1 for month 0, 1, 2...); the last six are drawn, named in a
    legend: their ends lie too close to each other for words.
    """
    shown = [one for one in cohorts if one[1]][-_LINES:]
    traces = [_cohort(f"line{len(shown) - 1 - n}", name, shares) for n, (name, shares) in enumerate(shown)]
    longest = max((len(shares) for _, shares in shown), default=1)
    step = next(step for step in (1, 3, 6, 12, 24) if longest <= step * 13 or step == 24)
    layout = {
        "xaxis": {
            "type": "linear",
            "range": [0, max(longest - 1, 1)],
            "tickvals": list(range(0, longest, step)),
            "title": {"text": gettext("months since joining"), "standoff": 8, "font": {"size": 13}},
        },
        "yaxis": {"range": [0, 103], "ticksuffix": words.percent_sign(), "tickformat": ",d"},
        "showlegend": True,
        "legend": LEGEND,
        "hovermode": "x unified",
    }
    return figure(traces, layout)


def _cohort(look: str, name: str, shares: Sequence[Fraction | float]) -> Trace:
    drawn = {
        "type": "scatter",
        "mode": "lines",
        "name": plain(name),
        "x0": 0,
        "dx": 1,
        "y": [finite(100 * share) for share in shares],
        "hovertemplate": f"%{{y:,.1~f}}{words.percent_sign()}",
    }
    return Trace(look, drawn)
