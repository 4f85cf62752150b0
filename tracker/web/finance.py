"""Finance's page: the months of the books with their totals, and each month's transactions as a file."""

import re

from flask import Blueprint, Response, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue

from tracker import access, clock
from tracker.config import Settings
from tracker.projections import books
from tracker.projections.finance import files
from tracker.projections.finance.cut import Cut, UnknownMonthError, cut
from tracker.projections.finance.workbook import TooLongError, workbook
from tracker.web import words
from tracker.web.guard import allow, staff
from tracker.web.sheets import csv_file, made_file

blueprint = Blueprint("finance", __name__, url_prefix="/finance")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MONTH = r"[0-9]{4}-(0[1-9]|1[0-2])"


@blueprint.get("")
@allow("finance")
def page() -> ResponseReturnValue:
    """Every month, the latest first; while the ledger is read, how far it is."""
    zone = _settings().zone
    return render_template(
        "finance/page.html",
        months=books.months(zone, clock.now()),
        loading=books.ledger_loading(),
        zone=zone.key,
    )


@blueprint.get("/months/<month>/transactions.csv")
@allow("finance")
def transactions(month: str) -> Response:
    """A row a balance transaction, whole or not at all; `?excel=1` adds the mark that Excel needs."""
    return month_file(month, "transactions.csv")


@blueprint.get("/months/<month>.xlsx")
@allow("finance")
def whole_month(month: str) -> Response:
    """All files of the month as one workbook; 413 in words where a sheet would not hold them."""
    asked = _asked(month)
    access.record(staff().name, "took the workbook", {"month": month}, asked.now)
    try:
        return made_file(f"{month}.xlsx", lambda into: workbook(asked, into), _XLSX)
    except TooLongError as error:
        abort(413, str(error))


def month_file(month: str, name: str) -> Response:
    """A file of `month` (YYYY-MM), in the log as read; 400 or 404 in words for what is not there."""
    file = files.named(name)
    if file is None:
        abort(404, f"there is no file {name!r}; a month has {', '.join(one.name for one in files.FILES)}")
    asked = _asked(month)
    access.record(staff().name, f"took {name}", {"month": month}, asked.now)
    is_for_excel = request.args.get("excel") == "1"
    return csv_file(
        f"{name.removesuffix('.csv')}-{month}.csv", files.lines(file, asked), is_for_excel=is_for_excel
    )


def _asked(month: str) -> Cut:
    try:
        return cut(month, _settings().zone, clock.now())
    except UnknownMonthError as error:
        abort(404 if re.fullmatch(_MONTH, month) else 400, str(error))


@blueprint.app_template_filter("money_in")
def money_in(minor: int, currency: str) -> str:
    """Minor units as money, for the templates."""
    return words.amount(minor, currency)


def _settings() -> Settings:
    settings: Settings = current_app.config["TRACKER"]
    return settings
