"""The dashboard's panels in the order of the page; each file makes one or a few, as values."""

from functools import cache

from tracker.web.panel import Panel
from tracker.web.panels import (
    beside,
    groups,
    growth,
    health,
    movements,
    needed,
    outlook,
    raised,
    record,
    retention,
    revenue,
    risk,
    sources,
)

WIDE = ("growth", "movements", "articles", "revenue")
"""What takes the whole row on a desk: many days, or long names."""
RANKED = ("articles", "authors", "sections", "versions", "placements", "plans", "countries")
"""Charts of a bar a row, each under its own name."""
WALL = ("growth",)
"""What a screen on the wall shows below the number."""


@cache
def every() -> tuple[Panel, ...]:
    """All panels, top down."""
    return (
        growth.panel(),
        outlook.panel(),
        movements.panel(),
        needed.panel(),
        risk.panel(),
        *sources.panels(),
        *groups.panels(),
        retention.panel(),
        record.panel(),
        revenue.panel(),
        raised.panel(),
        beside.panel(),
        health.panel(),
    )


def named(name: str) -> Panel | None:
    """The panel of that name, or None."""
    return next((panel for panel in every() if panel.name == name), None)
