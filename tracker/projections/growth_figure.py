"""The growth chart as it goes into a letter: a plain dict in plotly.js's own words, drawn by chart_pictures.py.

Always light, on white: a letter's background is not ours to know.
"""

from datetime import date, timedelta
from typing import Any

from babel import Locale, dates

from tracker.projections.digest import Digest
from tracker.projections.digest_words import counted, number
from tracker.projections.locales import page_catalogue
from tracker.projections.wording import DATES

Figure = dict[str, Any]
WIDTH, HEIGHT = 520, 280
"""CSS pixels; on a phone some two thirds of it, so its letters are large."""
_INK, _QUIET, _LINE, _ACCENT = "#1b1a17", "#5f5b53", "#ddd8cd", "#8a1f11"
_FONT = "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, DejaVu Sans, sans-serif"


def growth(digest: Digest, locale: str) -> Figure | None:
    """Members at the end of each day against the goal's path; None where the goal is not counted in members."""
    if len(digest.closings) < 2 or not digest.path:
        return None
    t = page_catalogue(locale)
    day, value = digest.closings[-1]
    due = dict(digest.path).get(day, float(value))
    goal = t.gettext("goal %(goal)s") % {"goal": counted(digest.campaign, digest.pace.goal, locale)}
    data = [
        _line([point[0] for point in digest.path], [round(point[1]) for point in digest.path], _QUIET, 1.5, "dot"),
        _line([one[0] for one in digest.closings], [one[1] for one in digest.closings], _ACCENT, 2.5, "solid"),
    ]
    labels = [
        _label(day, value, number(value, locale), below=value < due, strong=True),
        _label(digest.path[-1][0], digest.path[-1][1], goal, below=False, strong=False),
    ]
    return {"data": data, "layout": _layout(digest.path[0][0], digest.path[-1][0], labels, locale)}


def _line(days: list[date], values: list[int], colour: str, width: float, dash: str) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [day.isoformat() for day in days],
        "y": values,
        "line": {"color": colour, "width": width, "dash": dash},
    }


def _label(day: date, value: float, text: str, *, below: bool, strong: bool) -> Figure:
    return {
        "x": day.isoformat(),
        "y": round(value),
        "text": text,
        "showarrow": False,
        "xanchor": "right",
        "yanchor": "top" if below else "bottom",
        "yshift": -6 if below else 6,
        "font": {"color": _INK, "size": 18 if strong else 15, "weight": 600 if strong else 400},
    }


def _layout(first: date, last: date, labels: list[Figure], locale: str) -> Figure:
    spoken = Locale.parse(DATES.get(locale, locale))
    months = [
        date(first.year + n // 12, n % 12 + 1, 1)
        for n in range(first.month - 1, 12 * (last.year - first.year) + last.month)
    ]
    shown = [month for month in months if first <= month <= last]
    step = -(-len(shown) // 6) or 1
    axis = {"color": _QUIET, "zeroline": False, "automargin": True}
    ticks = {
        "tickvals": [month.isoformat() for month in shown[::step]],
        "ticktext": [dates.format_date(month, "LLL", locale=spoken) for month in shown[::step]],
    }
    separators = number(1234567, locale)[1] + "."
    span = [first.isoformat(), (last + timedelta(days=1)).isoformat()]
    return {
        "font": {"family": _FONT, "size": 15, "color": _INK},
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "margin": {"l": 8, "r": 8, "t": 28, "b": 8},
        "showlegend": False,
        "separators": separators[::-1],
        "annotations": labels,
        "xaxis": {**axis, **ticks, "type": "date", "range": span, "showgrid": False},
        "yaxis": {**axis, "gridcolor": _LINE, "tickformat": ",d", "nticks": 5},
    }
