"""Charts of bars: who came and went, what is at risk, what brought how many, and money."""

from collections.abc import Sequence
from datetime import date, timedelta

from tracker.core import money
from tracker.web import words
from tracker.web.charts.looks import Figure
from tracker.web.charts.paper import (
    LEGEND,
    Trace,
    bars,
    calendar,
    figure,
    finite,
    label,
    plain,
    spotted,
    whole_scale,
)
from tracker.web.words import gettext

_LONGEST_NAME = 46
_MANY = 4  # bars that fill a chart
_MARKED = 8  # bars so few that each has its day under it
Span = tuple[date, date]


def movements(
    rows: Sequence[tuple[date, date, int, int, int]],
    *,
    moved_in: Sequence[int] = (),
    moved_out: Sequence[int] = (),
) -> Figure:
    """Joined and returned above the line, left below it.

    `rows`: (first day, last day, joined, returned, left) a day, week or month; `moved_in`, `moved_out`: a number a
    row for those who came from or went to another plan or country, where one is looked at.
    """
    spans = [(row[0], row[1]) for row in rows]
    traces = [
        bars("joined", spans, [row[2] for row in rows], gettext("joined")),
        bars("returned", spans, [row[3] for row in rows], gettext("returned")),
    ]
    if moved_in:
        traces.append(bars("moved_in", spans, moved_in, gettext("moved in")))
    traces.append(bars("left", spans, [-row[4] for row in rows], gettext("left")))
    if moved_out:
        traces.append(bars("moved_out", spans, [-n for n in moved_out], gettext("moved out")))
    return _stacked(traces, spans)


def at_risk(weeks: Sequence[tuple[date, date, int, int, int]]) -> Figure:
    """What may be lost, week by week: (first day, last day, renewals due, payments failing, leaving for sure)."""
    spans = [(week[0], week[1]) for week in weeks]
    names = (gettext("renewals due"), gettext("payment fails"), gettext("has cancelled"))
    looks = ("renewals", "failing", "leaving")
    traces = [
        bars(look, spans, [week[2:][n] for week in weeks], name)
        for n, (look, name) in enumerate(zip(looks, names, strict=True))
    ]
    return _stacked(traces, spans)


def raised(rows: Sequence[tuple[date, date, Sequence[int]]], kinds: Sequence[str], currency: str) -> Figure:
    """Money raised: (first day, last day, minor units of each kind); `kinds`: their names, at most five.

    Drawn in whole units of the currency with its own digits; what was paid back may be below zero.
    """
    spans = [(row[0], row[1]) for row in rows]
    traces = [
        bars(f"kind{n}", spans, [_major(row[2][n], currency) for row in rows], kind, **_money(currency))
        for n, kind in enumerate(kinds)
    ]
    return _stacked(traces, spans, currency=currency)


def recurring(
    totals: Sequence[tuple[date, date, int]],
    moves: Sequence[tuple[int, int, int, int]],
    currency: str,
) -> Figure:
    """What members pay a month as a line, and under it how it moved: new, more, less and lost as bars.

    `totals`: (first day, last day, minor units at its end) a month; `moves`: (new, more, less, lost) for each of
    them in minor units, all four at or above zero; none where they are not to be drawn.
    """
    spans = [(first, last) for first, last, _ in totals]
    ends = [(last, _major(value, currency)) for _, last, value in totals]
    hover = _money(currency)
    traces = [spotted("main", ends, gettext("recurring a month"), mode="lines+markers", showlegend=False, **hover)]
    if moves:
        traces += _moves(spans, moves, hover, currency)
    drawn = _stacked(traces, spans, currency=currency)
    if moves:
        drawn["layout"]["xaxis"]["anchor"] = "y2"
        drawn["layout"]["yaxis"] |= {"domain": [0.42, 1], "rangemode": "tozero"}
        drawn["layout"]["yaxis2"] = {"domain": [0, 0.32], **_quiet_scale(currency), "nticks": 4, "anchor": "x"}
    if totals:
        told = label(*ends[-1], words.amount(totals[-1][2], currency), strong=True)
        drawn["layout"]["annotations"] = [told]
    return drawn


def _moves(
    spans: Sequence[Span], moves: Sequence[tuple[int, int, int, int]], hover: Figure, currency: str
) -> list[Trace]:
    looks = (
        ("joined", gettext("new"), 1),
        ("returned", gettext("more"), 1),
        ("down", gettext("less"), -1),
        ("left", gettext("lost"), -1),
    )
    return [
        bars(look, spans, [_major(sign * move[n], currency) for move in moves], name, yaxis="y2", **hover)
        for n, (look, name, sign) in enumerate(looks)
    ]


def ranking(rows: Sequence[tuple[str, int]], name: str) -> Figure:
    """Bars to the right, the first on top, each under its own name: of articles, authors, plans, countries.

    `rows`: (name, persons), at most a dozen; `name`: what is counted.
    """
    places = list(range(len(rows)))
    drawn = {
        "type": "bar",
        "orientation": "h",
        "name": plain(name),
        "x": [finite(value) for _, value in rows],
        "y": places,
        "width": 0.3,
        "text": [words.number(value) for _, value in rows],
        "textposition": "outside",
        "textangle": 0,
        "constraintext": "none",
        "cliponaxis": False,
        "hoverinfo": "skip",
    }
    most = max((value for _, value in rows), default=0)
    layout = {
        "xaxis": {"visible": False, "range": [0, most * 1.12 or 1]},
        "yaxis": {"visible": False, "range": [max(len(rows), 2) - 0.6, -0.75]},
        "annotations": [_named(place, key) for place, (key, _) in zip(places, rows, strict=True)],
        "hovermode": False,
    }
    return figure([Trace("rank", drawn)], layout)


def _named(place: int, key: str) -> Figure:
    """A bar's name over it, from the left edge: there is room for it at every width of the page."""
    return {
        "xref": "paper",
        "x": 0,
        "y": place - 0.19,
        "text": plain(key, _LONGEST_NAME),
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
    }


def _stacked(traces: Sequence[Trace], spans: Sequence[Span], *, currency: str = "") -> Figure:
    axis = calendar(spans[0][0], max(last for _, last in spans)) if spans else {}
    if 0 < len(spans) < _MANY:
        axis["range"] = _with_air(spans)
    if 0 < len(spans) <= _MARKED:
        axis["tickvals"] = [first.isoformat() for first, _ in spans]
        axis["ticktext"] = [words.short_day(first) for first, _ in spans]
    scale = _quiet_scale(currency) if currency else whole_scale(_heights(traces))
    layout = {"xaxis": axis, "yaxis": scale, "barmode": "relative", "showlegend": True, "legend": LEGEND}
    return figure(traces, {**layout, "hovermode": "x unified"})


def _with_air(spans: Sequence[Span]) -> list[str]:
    """Days beside the few bars, as many as the bars there is room for: one alone would fill the whole chart."""
    first, last = spans[0][0], max(last for _, last in spans)
    air = ((last - first) + timedelta(days=1)) * (_MANY - len(spans)) / len(spans) / 2
    return [(first - air).isoformat(), (last + timedelta(days=1) + air).isoformat()]


def _heights(traces: Sequence[Trace]) -> list[float]:
    """How high the bars stand upon each other, and how deep those below the line hang."""
    piles = list(zip(*(trace.drawn["y"] for trace in traces), strict=True))
    signed = [[value for value in pile if value > 0] for pile in piles]
    return [sum(up) for up in signed] + [sum(pile) - sum(up) for pile, up in zip(piles, signed, strict=True)]


def _quiet_scale(currency: str) -> Figure:
    """Whole units on the scale, its currency behind the topmost number."""
    return {"tickformat": ",~r", "ticksuffix": f" {currency}", "showticksuffix": "last"}


def _money(currency: str) -> Figure:
    return {"hovertemplate": f"%{{y:,.{money.digits(currency)}f}} {currency}"}


def _major(minor: int, currency: str) -> float:
    """Minor units as a number to draw; exact in the table and the CSV."""
    return float(money.decimal_text(minor, currency))
