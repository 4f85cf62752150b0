"""What stands behind a shared link: the dashboard's panels to read, without the staff's ways and small counts.

Strangers look at the whole campaign, by the weeks that are over, and at nothing else (`scope.of_outsiders`).
"""

from typing import Any

from flask import abort, render_template, url_for

from tracker import clock
from tracker.core.campaign import Campaign
from tracker.projections import queries
from tracker.web import charts, dashboard, dashboard_top, panels, plotly_files, words
from tracker.web.dashboard import Links
from tracker.web.panel import Panel, Report, for_outsiders
from tracker.web.reading import Reading
from tracker.web.scope import of_outsiders
from tracker.web.words import gettext


def render_shared(campaign: Campaign, token: str) -> str:
    """The page behind a shared link."""
    if queries.loading() is not None:
        return render_template("shared/loading.html", campaign=campaign)
    reading = _reading(campaign)
    top = dashboard_top.words_of(reading)
    return render_template(
        "shared/page.html",
        campaign=campaign,
        top=top,
        panels=[_drawn(panel, reading, token) for panel in shown()],
        notes=reading.notes,
        plotly=plotly_files.links(),
    )


def shown() -> list[Panel]:
    """The panels that strangers may read."""
    return [panel for panel in panels.every() if panel.is_for_outsiders]


def figure(campaign: Campaign, name: str) -> charts.Figure:
    """A panel's chart; 404 where there is none for strangers."""
    found = report(campaign, name).figure
    if found is None:
        abort(404, gettext("There is nothing to draw of this."))
    return found()


def report(campaign: Campaign, name: str) -> Report:
    """A panel as strangers may read it."""
    panel = next((panel for panel in shown() if panel.name == name), None)
    if panel is None:
        abort(404, gettext("There is no such panel behind this link."))
    return for_outsiders(panel.make(_reading(campaign)))


def _reading(campaign: Campaign) -> Reading:
    return Reading(of_outsiders(campaign, clock.now()))


def _drawn(panel: Panel, reading: Reading, token: str) -> dict[str, Any]:
    links = Links(
        figure=url_for("shared.figure", token=token, name=panel.name),
        csv=url_for("shared.csv", token=token, name=panel.name),
        here=url_for("shared.page", token=token, _anchor=panel.name),
    )
    return dashboard.drawn(panel, panel.make(reading), reading.scope, links, _until(reading))


def _until(reading: Reading) -> str:
    if not reading.scope.has_begun:
        return gettext("the first week is not over yet")
    return gettext("up to the end of %(day)s", day=words.day(reading.scope.last))
