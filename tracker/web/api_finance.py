"""The books in the JSON API: months with their state, version, totals and checks, and the bytes of every file."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, current_app
from pydantic import BaseModel, Field

from tracker import clock
from tracker.projections.books import Total
from tracker.projections.finance import overview
from tracker.projections.finance.check import Check
from tracker.projections.finance.overview import Standing
from tracker.web.api_words import answered, described
from tracker.web.finance import asked_cut, month_file
from tracker.web.guard import allow

blueprint = Blueprint("api_finance", __name__, url_prefix="/api/v1/finance")


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """One thing that must be true before the month is closed, in English."""

    name: str
    is_green: bool
    text: str
    cure: str
    """What to do; empty where it is green."""


@dataclass(frozen=True, slots=True)
class MonthAnswer:
    """A month of the books."""

    month: str
    """YYYY-MM"""
    state: str
    """running | open | ready (every check is green) | closed | reopened | carried (into the first closed month)"""
    totals: list[Total]
    version: int | None
    """Of the last closing; null where it was never closed."""
    closed_at: datetime | None
    closed_by: str | None
    reopened_at: datetime | None
    reopened_by: str | None
    reopened_reason: str | None
    checks: list[CheckAnswer] | None
    """Null for a month that is closed; in the list of months, for all but the one that is closed next."""


@dataclass(frozen=True, slots=True)
class MonthsAnswer:
    """The months of the books, the latest first, none left out between the first and the running one."""

    months: list[MonthAnswer]


class FileAsked(BaseModel):
    """How the file is wanted."""

    excel: str = Field("", description="1 adds the byte order mark that Excel needs; CSV alone")
    version: int | None = Field(None, description="as that closing of the month froze it; default: what stands")


@blueprint.get("/months")
@allow("finance")
@described("The months of the books with state, version, totals in minor units, and checks", MonthsAnswer)
def months() -> Response:
    """The running month, too."""
    found = overview.months(current_app.config["TRACKER"].zone, clock.now())
    return answered(MonthsAnswer([_month(one) for one in found]))


@blueprint.get("/months/<month>")
@allow("finance")
@described("One month of the books (YYYY-MM) with its checks", MonthAnswer)
def month_of_books(month: str) -> Response:
    """400 for what is no month, 404 for one to come."""
    return answered(_month(overview.month(asked_cut(month))))


@blueprint.get("/months/<month>/<name>")
@allow("finance")
@described(
    "A file of the month, such as statement.csv or manifest.json: the bytes that finance's page gives",
    None,
    FileAsked,
)
def file_of_month(month: str, name: str) -> Response:
    """The same bytes as finance's page gives."""
    return month_file(month, name)


def _month(one: Standing) -> MonthAnswer:
    return MonthAnswer(
        month=one.month,
        state=one.state,
        totals=list(one.totals),
        version=one.version,
        closed_at=one.closed_at,
        closed_by=one.closed_by,
        reopened_at=one.reopened_at,
        reopened_by=one.reopened_by,
        reopened_reason=one.reopened_reason,
        checks=None if one.checks is None else [_check(check) for check in one.checks],
    )


def _check(one: Check) -> CheckAnswer:
    def filled(words: str) -> str:
        return words % one.values if one.values and words else words

    return CheckAnswer(one.name, one.is_green, filled(one.text), filled(one.cure))
