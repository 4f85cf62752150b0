"""Members against the goal's path, with last year, the forecast's fan, and what the calendar notes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from tracker.web import words
from tracker.web.charts.looks import Figure
from tracker.web.charts.paper import (
    Points,
    Reals,
    Trace,
    calendar,
    figure,
    finite,
    iso,
    label,
    level,
    line,
    plain,
    spotted,
    upright,
)
from tracker.web.words import gettext

_MOST_FAN_DAYS = 100
_LABEL_TALL, _LABEL_WIDE = 0.12, 0.1
"""Parts of the chart's height and width that a number takes, with some room."""
_Rows = Sequence[tuple[date, Sequence[float]]]
_BANDS = ((95, 0, 6), (80, 1, 5), (50, 2, 4))
Fan = Sequence[tuple[date, float, float, float, float, float, float, float]]
"""A day each: (day, p2.5, p10, p25, median, p75, p90, p97.5) in persons at its end."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something of the calendar, in the order of the list below the chart, which has the whole text."""

    first_on: date
    last_on: date
    text: str
    kind: str
    """`drive`: a shaded stretch; any other: a tick with its number."""


def growth(
    closings: Points,
    path: Reals,
    *,
    unit_goal: str,
    before: Reals = (),
    fan: Fan = (),
    notes: Sequence[Note] = (),
) -> Figure:
    """Members at the end of each day against the goal's path.

    `closings`: one (day, persons) a day without a gap; `path`: the same for the whole campaign, may be empty;
    `unit_goal`: the goal as the label at the path's end; `before`: last year's path moved to this year's days;
    `fan`: the days to come, drawn from the last closing on, thinned where they are many; `notes`: numbered from 1.
    """
    traces = [
        line("main", closings, gettext("members")),
        line("path", [(day, round(value)) for day, value in path], gettext("the goal’s path")),
    ]
    if before:
        traces.append(line("before", [(day, round(value)) for day, value in before], gettext("last year")))
    traces += _fan(closings, fan)
    known = [day for series in (path, closings, before) for day, _ in series] + [row[0] for row in fan]
    if not known:
        return figure(traces, {})
    first, last = min(known), max(known)
    noted = [(n, note) for n, note in enumerate(notes, 1) if note.last_on >= first and note.first_on <= last]
    layout = {
        "xaxis": calendar(first, last),
        "annotations": _labels(closings, path, before, fan, unit_goal) + _note_labels(noted, first, last),
        "shapes": _goal_lines(path) + [_shape(note) for _, note in noted],
        "hovermode": "x unified",
    }
    return figure(traces, layout)


def _fan(closings: Points, fan: Fan) -> list[Trace]:
    """Three bands, the widest first, and the median; all begin at the last closing, not in the air."""
    if not fan:
        return []
    step = -(-len(fan) // _MOST_FAN_DAYS)
    rows = [(row[0], row[1:]) for row in [*fan][::-1][::step][::-1]]
    if closings and closings[-1][0] < rows[0][0]:
        day, value = closings[-1]
        rows.insert(0, (day, (value,) * 7))
    traces = []
    for share, low, high in _BANDS:
        hover = {"hovertemplate": "%{y:,d}"} if share == 80 else {"hoverinfo": "skip", "hovertemplate": None}
        name = gettext("%(share)s range", share=words.percent(Fraction(share, 100)))
        traces.append(_quantile("edge", rows, low, gettext("%(range)s, from", range=name), hover))
        traces.append(
            _quantile(
                f"band{share}", rows, high, gettext("%(range)s, to", range=name), {**hover, "fill": "tonexty"}
            )
        )
    return [*traces, _quantile("median", rows, 3, gettext("forecast"), {})]


def _quantile(look: str, rows: _Rows, column: int, name: str, more: Figure) -> Trace:
    return spotted(look, [(day, round(quantiles[column])) for day, quantiles in rows], name, **more)


def _labels(closings: Points, path: Reals, before: Reals, fan: Fan, unit_goal: str) -> list[Figure]:
    labels, hanging = [], math.inf
    if closings:
        day, value = closings[-1]
        height, below = _beside_the_lines(closings, path, before, fan)
        hanging = height if below else math.inf
        labels.append(label(day, height, words.number(value), below=below, strong=True))
    if path:
        clear, above = _clearest(closings, path)
        labels.append(label(*clear, gettext("the path to the goal"), below=not above))
        drawn = [value for _, value in closings] + [value for row in fan for value in row[1:]]
        labels.append(_goal_label(path[-1][1], unit_goal, is_top=path[-1][1] >= max(drawn, default=0)))
    if before:
        seen, then = before[len(before) // 3]
        labels.append(label(seen, then, gettext("last year"), below=then < dict(path).get(seen, then + 1)))
    if fan:
        labels.append(_fan_label(fan, hanging))
    return labels


def _beside_the_lines(closings: Points, path: Reals, before: Reals, fan: Fan) -> tuple[float, bool]:
    """A height at the last closing for its number, and whether the number hangs below it: as near as no line runs.

    The number stands to the left of its point, over days whose lines may go through it: the count's own where it
    falls, the path where it is close, last year.
    """
    day, value = closings[-1]
    lines: list[Reals] = [closings, path, before, [(day, path[-1][1])] if path else []]
    every = [height for series in lines for _, height in series] + [n for row in fan for n in row[1:]]
    known = [when for series in lines for when, _ in series] + [row[0] for row in fan]
    tall = (max(every) - min(every)) * _LABEL_TALL
    since = day - (max(known) - min(known)) * _LABEL_WIDE
    near = sorted(height for series in lines for when, height in series if since <= when <= day)
    above = below = float(value)
    for height in near:
        above = height if above < height < above + tall else above
    for height in reversed(near):
        below = height if below - tall < height < below else below
    due = dict(path).get(day, float(value))
    up, down = above - value, value - below
    hangs = down < up or (down == up and value < due)
    return (below, True) if hangs else (above, False)


def _goal_label(goal: float, unit_goal: str, *, is_top: bool) -> Figure:
    """At the left end of the goal's line, where nobody has come yet; under it where it is the topmost."""
    where = {"xref": "paper", "x": 0, "xanchor": "left", "xshift": 6, "y": finite(goal)}
    return {**where, "yanchor": "top" if is_top else "bottom", "text": plain(unit_goal), "showarrow": False}


def _fan_label(fan: Fan, hanging: float) -> Figure:
    """Under the lowest point of the fan, and under the count's own number, which hangs at that height; left out
    on a phone."""
    day, _, low, _, median, _, high, _ = fan[-1]
    n, least, most = (words.number(round(value)) for value in (median, low, high))
    share = words.percent(Fraction(80, 100))
    text = gettext("forecast %(n)s (%(share)s: %(low)s to %(high)s)", n=n, share=share, low=least, high=most)
    under = min(hanging, *(row[1] for row in fan))
    return {**label(day, under, text, right=True, below=True), "yshift": -28, "name": "roomy"}


def _clearest(closings: Points, path: Reals) -> tuple[tuple[date, float], bool]:
    """Where the path is farthest from the count, and whether it runs above: there its label hides nothing.

    Not in the first part of the year, where a phone has no room to the left of it.
    """
    counted = dict(closings)
    gaps = [(value - counted[day], (day, value)) for day, value in path[len(path) * 2 // 5 :] if day in counted]
    if not gaps:
        return path[len(path) // 2], True
    gap, point = max(gaps, key=lambda found: abs(found[0]))
    return point, gap >= 0


def _goal_lines(path: Reals) -> list[Figure]:
    """The goal's height and the deadline, where there is a path to them."""
    return [level(path[-1][1]), upright(path[-1][0] + timedelta(days=1))] if path else []


def _shape(note: Note) -> Figure:
    """A drive from its first day to the end of its last; a tick at the bottom for anything else."""
    until = note.last_on + timedelta(days=1) if note.kind == "drive" else note.first_on
    top = 1 if note.kind == "drive" else 0.05
    where = {"x0": iso(note.first_on), "x1": iso(until), "yref": "paper", "y0": 0, "y1": top}
    if note.kind == "drive":
        return {"type": "rect", "layer": "below", **where, "line": {"width": 0}}
    return {"type": "line", **where, "line": {"width": 2}}


def _note_labels(noted: Sequence[tuple[int, Note]], first: date, last: date) -> list[Figure]:
    """Numbers that the list below explains; a drive that is wide enough carries its name too."""
    whole = (last - first).days or 1
    found = []
    for number, note in noted:
        is_drive = note.kind == "drive"
        room = ((note.last_on - note.first_on).days + 1) * 125 // whole if is_drive else 0
        text = f"{number} {note.text}" if room > 12 else str(number)
        found.append(
            {
                "x": iso(max(note.first_on, first)),
                "yref": "paper",
                "y": 1 if is_drive else 0.05,
                "text": plain(text, max(room, 4)),
                "xanchor": "left" if is_drive else "center",
                "yanchor": "top" if is_drive else "bottom",
                "showarrow": False,
                "font": {"size": 12},
                **({"name": "drive"} if is_drive else {}),
            }
        )
    return found
