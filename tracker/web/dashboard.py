"""The audience team's page: the number first, then whether it will do, how it grows, who came and went, from
where."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import clock
from tracker.core.campaign import Campaign
from tracker.projections import queries
from tracker.web import charts, dashboard_top, panels, plotly_files, words
from tracker.web.guard import allow
from tracker.web.panel import Column, Panel, Report, Table, cells, csv_rows, for_outsiders
from tracker.web.reading import Reading
from tracker.web.scope import RANGES, Scope, read
from tracker.web.sheets import csv_answer
from tracker.web.words import gettext

blueprint = Blueprint("dashboard", __name__, url_prefix="/dashboard")
FEW_BARS, MANY_BARS = 3, 6
"""Bars of a chart up to which its box is low, and beyond which it is tall."""
SHOWN_DAYS, SHOWN_GROUPS = 400, 30
"""Rows of a table on the page: all days of a year, and of articles and the like those that brought most."""


@dataclass(frozen=True, slots=True)
class Links:
    """Where a panel's figure, CSV, rows and own address are; staff's and outsiders' pages differ in this alone."""

    figure: str
    csv: str
    here: str
    rows: str = ""
    article: Callable[[str], str] | None = None
    """The same page with what one article brought, by its key."""


@blueprint.get("")
@allow("audience")
def newest() -> ResponseReturnValue:
    """The campaign that started last; a hint where there is none."""
    known = queries.campaigns()
    if known:
        return redirect(url_for("dashboard.page", slug=known[0].slug))
    return render_template("dashboard/none.html")


@blueprint.get("/<slug>")
@allow("audience")
def page(slug: str) -> ResponseReturnValue:
    """The whole page; while the first sync runs it says how far it is, and no number. `?wall=1`: for a screen."""
    reading = _reading(slug)
    loading = queries.loading()
    if loading is not None:
        return render_template("dashboard/loading.html", campaign=reading.campaign, loading=loading)
    top = dashboard_top.words_of(reading)
    is_wall = request.args.get("wall") == "1"
    chosen = [panel for panel in panels.every() if not is_wall or panel.name in panels.WALL]
    return render_template(
        "dashboard/page.html",
        campaign=reading.campaign,
        campaigns=queries.campaigns(),
        reading=reading,
        scope=reading.scope,
        top=top,
        what_if=dashboard_top.what_if(reading, request.args),
        panels=[
            drawn(panel, panel.make(reading), reading.scope, _links(panel, reading.scope), top["as_of"])
            for panel in chosen
        ],
        ranges=RANGES,
        is_wall=is_wall,
        plotly=plotly_files.links(),
    )


@blueprint.get("/<slug>/live.json")
@allow("audience")
def live(slug: str) -> ResponseReturnValue:
    """The words of the page's top, for the script that keeps them true."""
    loading = queries.loading()
    if loading is not None:
        total = None if loading.total is None else words.number(loading.total)
        return jsonify(loading=True, value=loading.done, done=words.number(loading.done), total=total)
    return jsonify(dashboard_top.words_of(_reading(slug)))


@blueprint.get("/<slug>/what-if.json")
@allow("audience")
def what_if(slug: str) -> ResponseReturnValue:
    """The words of the forecast with something otherwise, for the sliders."""
    return jsonify(dashboard_top.what_if(_reading(slug), request.args))


@blueprint.get("/<slug>/<name>.json")
@allow("audience")
def figure(slug: str, name: str) -> Response:
    """A panel's chart, for the script."""
    report = _panel(name).make(_reading(slug))
    if report.figure is None:
        abort(404, gettext("There is nothing to draw of this yet."))
    return charts.json(report.figure())


@blueprint.get("/<slug>/<name>.csv")
@allow("audience")
def csv(slug: str, name: str) -> Response:
    """A panel's table as a file, with the same numbers."""
    panel, reading = _panel(name), _reading(slug)
    return table_file(f"{slug}-{name}.csv", panel.make(reading))


def table_file(name: str, report: Report) -> Response:
    """A report's table as CSV; one without a table yet is a header alone."""
    table = report.table or Table((), ())
    return csv_answer(name, [column.name for column in table.columns], csv_rows(table))


def drawn(panel: Panel, report: Report, scope: Scope, links: Links, fresh: str) -> dict[str, Any]:
    """A panel for the template: every cell in the reader's language."""
    report = for_outsiders(report) if scope.is_shared else report
    return {
        "name": panel.name,
        "title": panel.title(),
        "sentence": report.sentence,
        "note": report.note,
        "definition": panel.definition(),
        "table": _cells(report.table, links.article),
        "aside": _cells(report.aside, None),
        "figure_url": links.figure if report.figure and report.table else None,
        "csv_url": links.csv if report.table else None,
        "link_url": links.here,
        "drill_url": links.rows or None,
        "fresh": fresh,
        "is_wide": panel.name in panels.WIDE,
        "size": _size(panel, report),
    }


def _size(panel: Panel, report: Report) -> str:
    """How high the chart is, as a class of the style sheet: by its bars, where each has its name over it."""
    if panel.name not in panels.RANKED or report.table is None:
        return ""
    bars = len(report.table.rows)
    return "low" if bars <= FEW_BARS else "tall" if bars > MANY_BARS else ""


def reading_of(campaign: Campaign) -> Reading:
    """The look that the present request asks for."""
    return Reading(read(campaign, request.args, clock.now()))


def _cells(table: Table | None, article: Callable[[str], str] | None) -> dict[str, Any] | None:
    if table is None:
        return None
    columns = table.columns
    most = SHOWN_DAYS if columns[0].kind in {"day", "month"} else SHOWN_GROUPS
    return {
        "columns": columns,
        "rows": [_linked(cells(row, columns), columns, article) for row in table.rows[:most]],
        "total": cells(table.total, columns) if table.total else None,
        "note": gettext("The first %(n)d of %(all)d; the CSV has all.", n=most, all=len(table.rows))
        if len(table.rows) > most
        else "",
    }


def _linked(
    shown: list[dict[str, Any]], columns: Sequence[Column], article: Callable[[str], str] | None
) -> list[dict[str, Any]]:
    """An article's row leads to what it brought."""
    for cell, column in zip(shown, columns, strict=True):
        if column.name == "address" and cell["raw"] and article:
            shown[0]["link"] = article(str(cell["raw"]))
    return shown


def _links(panel: Panel, scope: Scope) -> Links:
    slug, args = scope.campaign.slug, scope.args()
    return Links(
        figure=url_for("dashboard.figure", slug=slug, name=panel.name, **args),
        csv=url_for("dashboard.csv", slug=slug, name=panel.name, **args),
        here=url_for("dashboard.page", slug=slug, _anchor=panel.name, **scope.fixed().args()),
        rows=url_for("persons.page", slug=slug, kind=panel.rows, **args) if panel.rows else "",
        article=lambda key: url_for("dashboard.page", slug=slug, **scope.args(article=key)),
    )


def _reading(slug: str) -> Reading:
    campaign = queries.campaign(slug)
    if campaign is None:
        known = ", ".join(known.slug for known in queries.campaigns()) or gettext("none yet")
        abort(404, gettext("There is no campaign “%(slug)s”. There are: %(known)s.", slug=slug, known=known))
    return reading_of(campaign)


def _panel(name: str) -> Panel:
    found = panels.named(name)
    if found is None:
        known = ", ".join(panel.name for panel in panels.every())
        abort(404, gettext("There is no panel “%(name)s”. There are: %(known)s.", name=name, known=known))
    return found


@blueprint.app_template_filter("goal_text")
def goal_text(campaign: Campaign) -> str:
    """The goal in the campaign's own unit."""
    return words.counted(campaign, campaign.goal)
