"""Finance's page: the months of the books with their totals, and each month's transactions as a file."""

import re

from flask import Blueprint, Response, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue

from tracker import access, clock
from tracker.config import Settings
from tracker.projections import books
from tracker.web import words
from tracker.web.guard import allow, staff
from tracker.web.sheets import csv_file

blueprint = Blueprint("finance", __name__, url_prefix="/finance")
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
    return month_file(month)


def month_file(month: str) -> Response:
    """transactions.csv of `month` (YYYY-MM), in the log as read; 400 or 404 in words for one that is not there."""
    zone, now = _settings().zone, clock.now()
    try:
        books.check_month(month, zone, now)
    except books.UnknownMonthError as error:
        abort(404 if re.fullmatch(_MONTH, month) else 400, str(error))
    access.record(staff().name, "took transactions.csv", {"month": month}, now)
    is_for_excel = request.args.get("excel") == "1"
    return csv_file(f"transactions-{month}.csv", books.csv_lines(month, zone), is_for_excel=is_for_excel)


@blueprint.app_template_filter("money_in")
def money_in(minor: int, currency: str) -> str:
    """Minor units as money, for the templates."""
    return words.amount(minor, currency)


def _settings() -> Settings:
    settings: Settings = current_app.config["TRACKER"]
    return settings
