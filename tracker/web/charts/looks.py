"""How each part of a chart looks, in light and in dark: its colour, and a dash or a pattern that says the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Figure = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Palette:
    """The tokens of static/css/tokens.css: a chart is drawn in SVG attributes, which know no CSS variables."""

    ink: str
    quiet: str
    line: str
    accent: str
    good: str
    bad: str
    sheet: str


LIGHT = Palette("#1b1a17", "#5f5b53", "#ddd8cd", "#8a1f11", "#1d6b43", "#a3261a", "#ffffff")
DARK = Palette("#ece8df", "#a8a296", "#3a3731", "#e8806f", "#6fc296", "#f08a7d", "#1e1d1a")
_FONT = "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, DejaVu Sans, sans-serif"
# A line's look: colour of the palette, width in pixels, dash.
_LINES = {
    "main": ("accent", 2.5, "solid"),
    "path": ("quiet", 1.5, "dot"),
    "before": ("quiet", 1.5, "longdash"),
    "median": ("accent", 2, "dashdot"),
    "need": ("ink", 2, "solid"),
    "asked": ("quiet", 1.5, "dot"),
    "came": ("ink", 2, "solid"),
    "edge": ("accent", 0, "solid"),
    "line0": ("accent", 2.5, "solid"),
    "line1": ("ink", 1.75, "dash"),
    "line2": ("quiet", 1.75, "dot"),
    "line3": ("ink", 1.5, "dashdot"),
    "line4": ("quiet", 1.5, "longdash"),
    "line5": ("quiet", 1.5, "longdashdot"),
}
# A band is filled down to the line before it; bands lie on each other, so the inner ones come out darker.
_BANDS = {"band95": "1f", "band80": "2b", "band50": "40"}
# A bar's look: colour of the palette and pattern.
_BARS = {
    "joined": ("good", ""),
    "returned": ("good", "/"),
    "moved_in": ("good", "."),
    "left": ("bad", ""),
    "moved_out": ("bad", "."),
    "down": ("bad", "\\"),
    "came": ("quiet", ""),
    "renewals": ("quiet", ""),
    "failing": ("accent", "/"),
    "leaving": ("bad", "x"),
    "rank": ("accent", ""),
    "short": ("quiet", "/"),
    "reached": ("accent", ""),
    "kind0": ("accent", ""),
    "kind1": ("quiet", "/"),
    "kind2": ("ink", "."),
    "kind3": ("quiet", "x"),
    "kind4": ("accent", "\\"),
}


def template(palette: Palette, scatters: Sequence[str], bars: Sequence[str]) -> Figure:
    """plotly.js gives the n-th trace of a type the n-th style: the looks' names in the order of the traces."""
    return {
        "layout": _layout(palette),
        "data": {
            "scatter": [_scatter(palette, look) for look in scatters],
            "bar": [_bar(palette, look) for look in bars],
        },
    }


def _scatter(palette: Palette, look: str) -> Figure:
    if look in _BANDS:
        return {"line": {"width": 0}, "fillcolor": palette.accent + _BANDS[look]}
    colour, width, dash = _LINES[look]
    ink = getattr(palette, colour)
    return {"line": {"color": ink, "width": width, "dash": dash}, "marker": {"color": ink, "size": 5}}


def _bar(palette: Palette, look: str) -> Figure:
    name, shape = _BARS[look]
    colour = getattr(palette, name)
    marker: Figure = {"color": colour, "line": {"width": 0}}
    if shape:
        marker["pattern"] = {"shape": shape, "bgcolor": colour, "fgcolor": palette.sheet, "size": 7}
    return {"marker": marker}


def _layout(palette: Palette) -> Figure:
    axis = {"color": palette.quiet, "zeroline": False, "showline": False, "fixedrange": True, "automargin": True}
    zero = {"zeroline": True, "zerolinecolor": palette.quiet, "zerolinewidth": 1}
    return {
        "font": {"family": _FONT, "size": 13, "color": palette.ink},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 8, "t": 24, "b": 8},
        "showlegend": False,
        "xaxis": {**axis, "showgrid": False, "ticks": "outside", "tickangle": 0, "tickcolor": palette.line},
        "yaxis": {**axis, "gridcolor": palette.line, "tickformat": ",d", "nticks": 6, **zero},
        "hoverlabel": {"bgcolor": palette.sheet, "bordercolor": palette.line, "font": {"color": palette.ink}},
        "annotationdefaults": {"font": {"color": palette.ink, "size": 13}},
        "shapedefaults": {"line": {"color": palette.quiet, "width": 1}, "fillcolor": palette.quiet + "24"},
    }
