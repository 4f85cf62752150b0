"""What every chart is made of: traces with a look, labels, a calendar in the reader's language, the JSON."""

import gzip
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from babel import dates, numbers
from flask import Response, current_app

from tracker.web import words
from tracker.web.charts.looks import DARK, LIGHT, Figure, template

_LONGEST_NAME = 28  # letters in a legend
_FEW = 5
DAY_MS = 24 * 60 * 60 * 1000
CONFIG = {
    "displayModeBar": False,
    "displaylogo": False,
    "responsive": True,
    "showSendToCloud": False,
    "scrollZoom": False,
    "doubleClick": False,
}
Points = Sequence[tuple[date, int]]
Reals = Sequence[tuple[date, float]]


@dataclass(frozen=True, slots=True)
class Trace:
    """One line or one set of bars, and the name of its look (looks.py)."""

    look: str
    drawn: Figure


def figure(traces: Sequence[Trace], layout: Figure) -> Figure:
    """The whole with both templates; the script puts `templates[scheme]` into `layout.template`.

    `accents` are the templates' own accents, which the script replaces by the page's.
    """
    locale = words.locale()
    separators = numbers.get_decimal_symbol(locale) + numbers.get_group_symbol(locale)
    whole = {"separators": separators, "dragmode": False, **layout}
    by_type = {
        kind: [trace.look for trace in traces if trace.drawn["type"] == kind] for kind in ("scatter", "bar")
    }
    templates = {
        scheme: template(palette, by_type["scatter"], by_type["bar"])
        for scheme, palette in (("light", LIGHT), ("dark", DARK))
    }
    return {
        "data": [trace.drawn for trace in traces],
        "layout": whole,
        "config": CONFIG,
        "templates": templates,
        "accents": {"light": LIGHT.accent, "dark": DARK.accent},
    }


def json(figure: Figure) -> Response:
    """A figure for the script; packed, for a year of days is long."""
    body = gzip.compress(current_app.json.dumps(figure).encode(), compresslevel=6, mtime=0)
    response = Response(body, mimetype="application/json")
    response.headers["Content-Encoding"] = "gzip"
    return response


def finite(value: int | float | Fraction) -> int | float:
    """A whole number as it is, any other with two digits; ValueError for what is no number."""
    if isinstance(value, int):
        return value
    real = float(value)
    if not math.isfinite(real):
        raise ValueError(f"{value} cannot be drawn: leave the point out, or say why it is not known")
    return round(real, 2)


def plain(text: str, longest: int = 0) -> str:
    """Text that plotly.js takes as text: its markup would be style attributes, which our policy forbids.

    `longest`: letters after which the rest becomes an ellipsis; 0 for all.
    """
    if longest and len(text) > longest:
        text = text[: longest - 1].rstrip() + "…"
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def line(look: str, points: Reals, name: str, **more: Any) -> Trace:
    """A line through one point a day without a gap; `hover` of plotly.js, or False for none."""
    start = {"x0": points[0][0].isoformat(), "dx": DAY_MS} if points else {}
    return Trace(look, _scatter([finite(value) for _, value in points], name, start, more))


def spotted(look: str, points: Reals, name: str, **more: Any) -> Trace:
    """A line through points at days of any distance."""
    where = {"x": [day.isoformat() for day, _ in points]}
    return Trace(look, _scatter([finite(value) for _, value in points], name, where, more))


def _scatter(values: list[int | float], name: str, where: Figure, more: Figure) -> Figure:
    drawn = {"type": "scatter", "mode": "lines", "name": plain(name, _LONGEST_NAME), "y": values, **where}
    return {**drawn, "hovertemplate": "%{y:,d}", **more}


def bars(look: str, spans: Sequence[tuple[date, date]], values: Sequence[float], name: str, **more: Any) -> Trace:
    """A bar over each stretch of days, from its first to its last."""
    drawn = {
        "type": "bar",
        "name": plain(name, _LONGEST_NAME),
        "x": [first.isoformat() for first, _ in spans],
        "y": [finite(value) for value in values],
        "width": widths(spans),
        "offset": 0,
        "hovertemplate": "%{y:,d}",
        **more,
    }
    return Trace(look, drawn)


def widths(spans: Sequence[tuple[date, date]]) -> float | list[float]:
    """Bars' widths in milliseconds, with air between them: one number where all are alike."""
    each = [((last - first).days + 1) * DAY_MS * 18 // 25 for first, last in spans]
    return each[0] if len(set(each)) == 1 else [*each]


def label(
    day: date, value: float, text: str, *, below: bool = False, right: bool = False, strong: bool = False
) -> Figure:
    """Words beside a point; `below` it instead of above, `right` up to it without a gap."""
    return {
        "x": day.isoformat(),
        "y": finite(value),
        "text": plain(text),
        "xanchor": "right",
        "yanchor": "top" if below else "bottom",
        "xshift": 0 if right else -6,
        "yshift": -6 if below else 6,
        "showarrow": False,
        "font": {"weight": 600, "size": 15} if strong else {},
    }


def whole_scale(values: Sequence[float]) -> Figure:
    """Of few, a mark for each one: plotly.js would mark fractions and write them as the same whole number."""
    return {"dtick": 1} if max((abs(value) for value in values), default=0) <= _FEW else {}


def level(value: float) -> Figure:
    """A thin line across the whole chart at a height."""
    across = {"xref": "paper", "x0": 0, "x1": 1, "y0": finite(value), "y1": finite(value)}
    return {"type": "line", "layer": "below", **across, "line": {"dash": "dash"}}


def upright(day: date) -> Figure:
    """A thin line from the bottom to the top at a day."""
    return {"type": "line", "layer": "below", "yref": "paper", "y0": 0, "y1": 1, "x0": iso(day), "x1": iso(day)}


def iso(day: date) -> str:
    return day.isoformat()


LEGEND: Figure = {
    "orientation": "h",
    "x": 0,
    "y": 1.04,
    "yanchor": "bottom",
    "itemclick": False,
    "itemdoubleclick": False,
}


def calendar(first: date, last: date) -> Figure:
    """Months in the reader's language: plotly.js itself speaks English only."""
    axis: Figure = {"type": "date", "range": [iso(first), iso(last + timedelta(days=1))]}
    axis["hoverformat"] = "%-d %B %Y" if words.locale().language == "en" else "%d.%m.%Y"
    marks = _month_marks(first, last)
    if len(marks) < 3:
        step = max(1, (last - first).days // 5)
        days = [first + timedelta(days=n) for n in range(0, (last - first).days + 1, step)]
        marks = [(day, words.short_day(day)) for day in days]
    axis["tickvals"] = [iso(day) for day, _ in marks]
    axis["ticktext"] = [text for _, text in marks]
    axis["ticklabelmode"] = "instant"
    return axis


def _month_marks(first: date, last: date) -> list[tuple[date, str]]:
    """(first of a month, its name); of long spans every third, sixth or twelfth, January as its year."""
    begun = first.year * 12 + first.month - 1
    months = [date(n // 12, n % 12 + 1, 1) for n in range(begun, last.year * 12 + last.month)]
    shown = [month for month in months if first <= month <= last]
    step = next((step for most, step in ((13, 1), (30, 3), (72, 6)) if len(shown) <= most), 12)
    shown = [month for month in shown if (month.month - 1) % step == 0] if step > 1 else shown
    return [(month, _month(month, with_year=step > 1 and month.month == 1)) for month in shown]


def _month(month: date, *, with_year: bool) -> str:
    if with_year:
        return str(month.year)
    return dates.format_date(month, "LLL", locale=words.locale())
