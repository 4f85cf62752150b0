"""Charts as plain dicts from small functions, in plotly.js's own words; plotly_files.py serves plotly.js itself.

Colours live in two templates (light, dark); the page's script picks one. Values are whole numbers, so no NaN
can get into the JSON. Daily series are sent as a first day and a step, not as a list of days.
"""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from babel import dates, numbers
from flask import Response, current_app

from tracker.web import words
from tracker.web.briefing import Span
from tracker.web.words import gettext

Figure = dict[str, Any]
_DAY_MS = 24 * 60 * 60 * 1000
CONFIG = {
    "displayModeBar": False,
    "displaylogo": False,
    "responsive": True,
    "showSendToCloud": False,
    "scrollZoom": False,
    "doubleClick": False,
}


@dataclass(frozen=True, slots=True)
class _Palette:
    ink: str
    quiet: str
    line: str
    accent: str
    good: str
    bad: str
    sheet: str


# The tokens of static/css/tokens.css: a chart is drawn in SVG attributes, which know no CSS variables.
_LIGHT = _Palette("#1b1a17", "#5f5b53", "#ddd8cd", "#8a1f11", "#1d6b43", "#a3261a", "#ffffff")
_DARK = _Palette("#ece8df", "#a8a296", "#3a3731", "#e8806f", "#6fc296", "#f08a7d", "#1e1d1a")
_FONT = "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, DejaVu Sans, sans-serif"


def growth(
    closings: Sequence[tuple[date, int]],
    path: Sequence[tuple[date, float]],
    *,
    unit_goal: str,
) -> Figure:
    """Members at the end of each day against the goal's path.

    `closings`: one (day, persons) a day without a gap; `path`: the same for the whole campaign, may be empty;
    `unit_goal`: the goal as the label at the path's end.
    """
    data = [
        _line(closings, gettext("members")),
        _line([(day, round(value)) for day, value in path], gettext("the goal’s path")),
    ]
    labels = []
    if closings:
        day, value = closings[-1]
        due = dict(path).get(day, float(value))
        labels.append(_label(day, value, words.number(value), below=value < due, strong=True))
    if path:
        clear, above = _clearest(closings, path)
        labels.append(_label(*clear, gettext("the path to the goal"), below=not above))
        labels.append(_label(*path[-1], unit_goal, right=True))
    days = [day for day, _ in path] or [day for day, _ in closings]
    axis = _calendar(days[0], days[-1]) if days else {}
    return _figure(data, {"xaxis": axis, "annotations": labels, "hovermode": "x unified"})


def movements(rows: Sequence[Span], by: str) -> Figure:
    """Joined and returned above the line, left below it, by `week` or `day`."""
    days = [row.first.isoformat() for row in rows]
    width = 0.72 * _DAY_MS * (7 if by == "week" else 1)
    data = [
        _bars(days, [row.joined for row in rows], gettext("joined"), width),
        _bars(days, [row.returned for row in rows], gettext("returned"), width, pattern="/"),
        _bars(days, [-row.left for row in rows], gettext("left"), width),
    ]
    last = rows[-1].first + timedelta(days=6 if by == "week" else 0) if rows else None
    axis = _calendar(rows[0].first, last) if last else {}
    legend = {
        "orientation": "h",
        "x": 0,
        "y": 1.12,
        "yanchor": "bottom",
        "itemclick": False,
        "itemdoubleclick": False,
    }
    return _figure(
        data,
        {"xaxis": axis, "barmode": "relative", "showlegend": True, "legend": legend, "hovermode": "x unified"},
    )


def _figure(data: list[Figure], layout: Figure) -> Figure:
    """Data and layout with both templates; the script puts `templates[scheme]` into `layout.template`."""
    locale = words.locale()
    separators = numbers.get_decimal_symbol(locale) + numbers.get_group_symbol(locale)
    whole = {"separators": separators, "dragmode": False, **layout}
    templates = {"light": _template(_LIGHT), "dark": _template(_DARK)}
    return {"data": data, "layout": whole, "config": CONFIG, "templates": templates}


def _line(points: Sequence[tuple[date, int]], name: str) -> Figure:
    start = points[0][0].isoformat() if points else None
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x0": start,
        "dx": _DAY_MS,
        "y": [value for _, value in points],
        "hovertemplate": "%{y:,d}",
    }


def _bars(days: list[str], values: list[int], name: str, width: float, pattern: str = "") -> Figure:
    return {
        "type": "bar",
        "name": name,
        "x": days,
        "y": values,
        "width": width,
        "offset": 0,
        "marker": {"pattern": {"shape": pattern}},
        "hovertemplate": "%{y:,d}",
    }


def _label(
    day: date, value: float, text: str, *, below: bool = False, right: bool = False, strong: bool = False
) -> Figure:
    """Plain text only: plotly.js writes markup as style attributes, which our policy forbids."""
    return {
        "x": day.isoformat(),
        "y": round(value),
        "text": text,
        "xanchor": "right",
        "yanchor": "top" if below else "bottom",
        "xshift": 0 if right else -6,
        "yshift": -6 if below else 6,
        "showarrow": False,
        "font": {"weight": 600, "size": 15} if strong else {},
    }


def _clearest(
    closings: Sequence[tuple[date, int]], path: Sequence[tuple[date, float]]
) -> tuple[tuple[date, float], bool]:
    """Where the path is farthest from the count, and whether it runs above: there its label hides nothing."""
    counted = dict(closings)
    gaps = [(value - counted[day], (day, value)) for day, value in path[len(path) // 4 :] if day in counted]
    if not gaps:
        return path[len(path) // 2], True
    gap, point = max(gaps, key=lambda found: abs(found[0]))
    return point, gap >= 0


def _calendar(first: date, last: date) -> Figure:
    """Months in the reader's language: plotly.js itself speaks English only."""
    axis: Figure = {"type": "date", "range": [first.isoformat(), (last + timedelta(days=1)).isoformat()]}
    axis["hoverformat"] = "%-d %B %Y" if words.locale().language == "en" else "%d.%m.%Y"
    months = [
        date(first.year + n // 12, n % 12 + 1, 1)
        for n in range(first.month - 1, 12 * (last.year - first.year) + last.month)
    ]
    shown = [month for month in months if first <= month <= last]
    if 2 <= len(shown) <= 24:
        step = 1 if len(shown) <= 13 else 3
        axis["tickvals"] = [month.isoformat() for month in shown[::step]]
        axis["ticktext"] = [dates.format_date(month, "LLL", locale=words.locale()) for month in shown[::step]]
        axis["ticklabelmode"] = "instant"
    return axis


def _template(palette: _Palette) -> Figure:
    axis = {"color": palette.quiet, "zeroline": False, "showline": False, "fixedrange": True, "automargin": True}
    return {
        "layout": {
            "font": {"family": _FONT, "size": 13, "color": palette.ink},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 8, "r": 8, "t": 24, "b": 8},
            "showlegend": False,
            "xaxis": {**axis, "showgrid": False, "ticks": "outside", "tickangle": 0, "tickcolor": palette.line},
            "yaxis": {
                **axis,
                "gridcolor": palette.line,
                "tickformat": ",d",
                "nticks": 6,
                "zeroline": True,
                "zerolinecolor": palette.quiet,
                "zerolinewidth": 1,
            },
            "hoverlabel": {"bgcolor": palette.sheet, "bordercolor": palette.line, "font": {"color": palette.ink}},
            "annotationdefaults": {"font": {"color": palette.ink, "size": 13}},
        },
        "data": {
            "scatter": [
                {"line": {"color": palette.accent, "width": 2.5}},
                {"line": {"color": palette.quiet, "width": 1.5, "dash": "dot"}},
            ],
            "bar": [
                {"marker": {"color": palette.good, "line": {"width": 0}}},
                {
                    "marker": {
                        "color": palette.good,
                        "line": {"width": 0},
                        "pattern": {"bgcolor": palette.good, "fgcolor": palette.sheet},
                    }
                },
                {"marker": {"color": palette.bad, "line": {"width": 0}}},
            ],
        },
    }


def json(figure: Figure) -> Response:
    """A figure for the script; packed, for a year of days is long."""
    body = gzip.compress(current_app.json.dumps(figure).encode(), compresslevel=5, mtime=0)
    response = Response(body, mimetype="application/json")
    response.headers["Content-Encoding"] = "gzip"
    return response
