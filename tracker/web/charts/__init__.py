"""Charts as plain dicts from small functions, in plotly.js's own words; plotly_files.py serves plotly.js itself.

The one door: pages import this package, never a file in it. Every function takes days, numbers and words, and
gives `{data, layout, config, templates, accents}`. Colours live in two templates (light, dark); the page's
script picks one. What is no finite number is refused here, so no NaN can get into the JSON. Daily series are
sent as a first day and a step, not as a list of days.
"""

from tracker.web.charts.bars import at_risk, movements, raised, ranking, recurring
from tracker.web.charts.growth import Fan, Note, growth
from tracker.web.charts.looks import Figure
from tracker.web.charts.outlook import final, needed, record, retention
from tracker.web.charts.paper import CONFIG, json

__all__ = [
    "CONFIG",
    "Fan",
    "Figure",
    "Note",
    "at_risk",
    "final",
    "growth",
    "json",
    "movements",
    "needed",
    "raised",
    "ranking",
    "record",
    "recurring",
    "retention",
]
