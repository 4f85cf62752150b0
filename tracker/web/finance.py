"""Finance's page: the months of the books with their state and totals, and each month's files."""

import re

from flask import Blueprint, Response, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue

from tracker import access, clock, notices
from tracker.config import Settings
from tracker.db import db
from tracker.projections import queries
from tracker.projections.finance import handing, overview
from tracker.projections.finance.cut import Cut, UnknownMonthError, cut
from tracker.projections.finance.workbook import TooLongError, workbook
from tracker.web import finance_words, words
from tracker.web.guard import allow, staff
from tracker.web.sheets import csv_file, known_file, made_file

blueprint = Blueprint("finance", __name__, url_prefix="/finance")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MONTH = r"[1-9][0-9]{3}-(0[1-9]|1[0-2])"


@blueprint.get("")
@allow("finance")
def page() -> ResponseReturnValue:
    """Every month, the latest first; while the ledger is read, how far it is."""
    zone, now = settings().zone, clock.now()
    asking = staff()
    return render_template(
        "finance/page.html",
        months=overview.months(zone, now),
        state=finance_words.state,
        loading=queries.ledger_loading(),
        zone=zone,
        is_reminded=asking.user_id is not None and notices.is_reminded(db.session(), asking.user_id),
        sends_mail=settings().sends_mail,
    )


@blueprint.get("/months/<month>/<name>")
@allow("finance")
def file(month: str, name: str) -> Response:
    """A file of the month, whole or visibly broken; `?excel=1` adds the mark that Excel needs."""
    return month_file(month, name)


@blueprint.get("/months/<month>.xlsx")
@allow("finance")
def whole_month(month: str) -> Response:
    """All files of the month as one workbook; 413 in words where a sheet would not hold them."""
    asked = asked_cut(month)
    access.record(staff().name, "took the workbook", {"month": month}, asked.now)
    try:
        return made_file(f"{month}.xlsx", lambda into: workbook(asked, into), _XLSX)
    except TooLongError as error:
        abort(413, str(error))


def month_file(month: str, name: str) -> Response:
    """A file of `month` (YYYY-MM), in the log as read; 400 or 404 in words for what is not there.

    `?version=1`: as that closing froze it. `?made=7`: as that job of a worker made it.
    """
    asked = asked_cut(month)
    if not handing.known(name):
        abort(404, f"there is no file {name!r}; a month has {', '.join(handing.NAMES)}")
    version, job_id = _number("version"), _number("made")
    found = handing.handed(asked, name, version, job_id)
    if found is None:
        abort(404, f"there is no such version of {name} in {month}: look at /finance/months/{month}")
    detail = {"month": month} | ({"version": version} if version is not None else {})
    access.record(staff().name, f"took {name}", detail, asked.now)
    is_for_excel = request.args.get("excel") == "1" and name.endswith(".csv")
    stem, _, ending = name.rpartition(".")
    mark = f"-v{version}" if version is not None else ""
    called = f"{stem}-{month}{mark}.{ending}"
    if found.length is not None:
        return known_file(called, found.pieces, found.length, is_for_excel=is_for_excel)
    if not name.endswith(".csv"):
        told = b"".join(found.pieces)
        return known_file(called, iter([told]), len(told), is_for_excel=False)
    return csv_file(called, (piece.decode() for piece in found.pieces), is_for_excel=is_for_excel)


def asked_cut(month: str) -> Cut:
    """The month of an address; 400 for what is no month, 404 for one to come."""
    try:
        return cut(month, settings().zone, clock.now())
    except UnknownMonthError as error:
        abort(404 if re.fullmatch(_MONTH, month) else 400, str(error))


def _number(name: str) -> int | None:
    given = request.args.get(name, "")
    if not given:
        return None
    if not (given.isascii() and given.isdecimal() and len(given) < 10):
        abort(400, f"{name}: found {given[:20]!r}; write a whole number")
    return int(given)


@blueprint.app_template_filter("money_in")
def money_in(minor: int, currency: str) -> str:
    """Minor units as money, for the templates."""
    return words.amount(minor, currency)


def settings() -> Settings:
    found: Settings = current_app.config["TRACKER"]
    return found
