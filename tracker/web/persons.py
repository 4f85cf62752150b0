"""From a number down to its rows: persons by their ids, for those allowed. Who they are is not said here."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import clock
from tracker.projections import persons, queries, renewals
from tracker.web import acts, words
from tracker.web.guard import allow
from tracker.web.panel import Cell, Column, Table, cells, csv_rows
from tracker.web.panels.sources import title_of
from tracker.web.reading import Reading
from tracker.web.scope import read
from tracker.web.sheets import csv_answer
from tracker.web.words import gettext

blueprint = Blueprint("persons", __name__, url_prefix="/dashboard/<slug>/persons")
A_PAGE = 100
MOST_IN_FILE = 100_000


def titles() -> dict[str, str]:
    """What can be looked at row by row, in the reader's language."""
    return {
        "joined": gettext("Joined"),
        "returned": gettext("Returned"),
        "left": gettext("Left"),
        "covered": gettext("Members at the end of these days"),
        "late": gettext("Failed payments"),
        "due": gettext("Renewals due before the deadline"),
        "leaving": gettext("Set to end before the deadline"),
    }


@blueprint.get("/<kind>")
@allow("audience")
def page(slug: str, kind: str) -> ResponseReturnValue:
    """A hundred rows a page."""
    reading, number = _reading(slug, kind), acts.asked_page()
    found = table(reading, kind, A_PAGE + 1, (number - 1) * A_PAGE)
    args = reading.scope.args()
    return render_template(
        "persons/page.html",
        campaign=reading.campaign,
        scope=reading.scope,
        named=reading.named,
        kind=kind,
        titles=titles(),
        args=args,
        columns=found.columns,
        rows=[_in_words(reading, row, found.columns) for row in islice(found.rows, A_PAGE)],
        page=number,
        has_more=len(found.rows) > A_PAGE,
        csv_url=url_for("persons.csv", slug=slug, kind=kind, **args),
    )


def _in_words(reading: Reading, row: tuple[Cell, ...], columns: Sequence[Column]) -> list[dict[str, Any]]:
    """A row for the page: the article by its title and the country by its name, which a file has as they are."""
    shown = cells(row, columns)
    for cell, column in zip(shown, columns, strict=True):
        if column.name == "article" and cell["raw"]:
            cell["text"] = title_of(str(cell["raw"]), reading.cards.get(str(cell["raw"])))
        if column.name == "country" and cell["raw"]:
            cell["text"] = words.country(str(cell["raw"]))
    return shown


@blueprint.get("/<kind>.csv")
@allow("audience")
def csv(slug: str, kind: str) -> Response:
    """All of them, at most 100,000."""
    found = table(_reading(slug, kind), kind, MOST_IN_FILE, 0)
    return csv_answer(f"{slug}-{kind}.csv", [column.name for column in found.columns], csv_rows(found))


def table(reading: Reading, kind: str, limit: int, offset: int) -> Table:
    """So many rows, from that place on."""
    if kind in persons.KINDS:
        return _moved(reading, kind, limit, offset)
    return _at_risk(reading, kind, limit, offset)


def _moved(reading: Reading, kind: str, limit: int, offset: int) -> Table:
    scope, zone = reading.scope, reading.campaign.zone
    columns = (
        Column("person", gettext("Person"), "text"),
        Column("membership", gettext("Membership"), "text"),
        Column("plan", gettext("Plan"), "text"),
        Column("country", gettext("Country"), "text"),
        Column("article", gettext("Article"), "text"),
        Column("placement", gettext("Placement"), "text"),
        Column("from", gettext("From"), "day"),
        Column("until", gettext("Until"), "day"),
    )
    found = (
        persons.moved(
            reading.campaign, kind, (scope.first, scope.last), scope.only, scope.now, limit=limit, offset=offset
        )
        if scope.has_begun
        else []
    )
    rows: list[tuple[Cell, ...]] = [
        (
            one.person,
            one.membership,
            reading.named("plan", one.plan),
            one.country,
            one.article,
            one.placement,
            one.starts_at.astimezone(zone).date(),
            _end(one.ends_at, zone),
        )
        for one in found
    ]
    return Table(columns, rows)


def _end(at: datetime, zone: ZoneInfo) -> Cell:
    """The day of an end; none of what has no end yet."""
    return None if at.year >= 9999 else at.astimezone(zone).date()


def _at_risk(reading: Reading, kind: str, limit: int, offset: int) -> Table:
    zone = reading.campaign.zone
    columns = (
        Column("person", gettext("Person"), "text"),
        Column("membership", gettext("Membership"), "text"),
        Column("plan", gettext("Plan"), "text"),
        Column("since", gettext("Member since"), "day"),
        Column("due", gettext("Paid until"), "day"),
        Column("counted_until", gettext("Counted until"), "day"),
        Column("currency", gettext("Currency"), "text"),
        Column("amount", gettext("Amount"), "money"),
    )
    found = renewals.at_risk_rows(reading.campaign, kind, reading.scope.now, limit, offset)
    rows: list[tuple[Cell, ...]] = [
        (
            one.person,
            one.membership,
            reading.named("plan", one.plan),
            one.since.astimezone(zone).date(),
            one.due_at.astimezone(zone).date(),
            _end(one.until_at, zone),
            one.currency,
            one.amount_minor,
        )
        for one in found
    ]
    return Table(columns, rows)


def _reading(slug: str, kind: str) -> Reading:
    campaign = queries.campaign(slug)
    if campaign is None:
        abort(404, gettext("There is no campaign “%(slug)s”.", slug=slug))
    if kind not in titles():
        known = ", ".join(titles())
        abort(404, gettext("There are no rows of “%(kind)s”. There are: %(known)s.", kind=kind, known=known))
    return Reading(read(campaign, request.args, clock.now()))
