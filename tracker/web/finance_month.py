"""One month of the books: its statement, checks and files, what came later; made, closed and reopened here."""

from collections.abc import Sequence
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from tracker import access
from tracker.core.findings import Finding
from tracker.projections import queries
from tracker.projections.finance import closing, handing, jobs, overview
from tracker.projections.finance.check import Check
from tracker.projections.finance.cut import Cut
from tracker.projections.finance.jobs import Job
from tracker.web import acts, finance_words
from tracker.web.finance import asked_cut
from tracker.web.guard import allow, staff
from tracker.web.words import gettext

blueprint = Blueprint("finance_month", __name__, url_prefix="/finance/months")
FIRST_ROWS = 50
LINES_OF_LOG = 20


@blueprint.get("/<month>")
@allow("finance")
def page(month: str) -> ResponseReturnValue:
    """All that is known of the month."""
    return _page(asked_cut(month))


@blueprint.get("/<month>/<name>/preview")
@allow("finance")
def preview(month: str, name: str) -> ResponseReturnValue:
    """The first rows of a file, as a table."""
    asked = asked_cut(month)
    found = handing.preview(asked, name, FIRST_ROWS)
    if found is None:
        abort(404, f"there is no table {name!r} to look at; a month has {', '.join(handing.NAMES[:-1])}")
    numeric = [_is_numeric([row[place] for row in found.rows]) for place in range(len(found.columns))]
    return render_template(
        "finance/preview.html", month=asked.month, name=name, told=found, numeric=numeric, most=FIRST_ROWS
    )


@blueprint.post("/<month>/files")
@allow("finance")
def make(month: str) -> ResponseReturnValue:
    """Let a worker make the files; asked twice, they are made once."""
    asked = asked_cut(month)
    _ask(asked, jobs.FILES, "asked for a month's files")
    return _back(asked)


@blueprint.get("/<month>/close")
@allow("finance")
def ask_to_close(month: str) -> ResponseReturnValue:
    """What closing means, and the button."""
    return _closing_page(asked_cut(month))


@blueprint.post("/<month>/close")
@allow("finance")
def close(month: str) -> ResponseReturnValue:
    """Close the month: at once, or by a worker where it is large."""
    asked = asked_cut(month)
    if jobs.is_large(asked):
        _ask(asked, jobs.CLOSING, "asked to close a month")
        return _back(asked)
    try:
        version = closing.close(asked.month, asked.zone, staff().name, asked.now)
    except closing.RefusedError as error:
        return make_response(_closing_page(asked, error.finding), 409)
    detail = {"month": asked.month, "version": version.version}
    access.record(staff().name, "closed month", detail, asked.now)
    flash(gettext("The month is closed, its files are frozen."))
    return _back(asked)


@blueprint.get("/<month>/reopen")
@allow("admin")
def ask_to_reopen(month: str) -> ResponseReturnValue:
    """What reopening means, and where its reason is written."""
    return _reopening_page(asked_cut(month))


@blueprint.post("/<month>/reopen")
@allow("admin")
def reopen(month: str) -> ResponseReturnValue:
    """Open a closed month again, as a new version to come."""
    asked, reason = asked_cut(month), request.form.get("reason", "")
    try:
        version = closing.reopen(asked.month, asked.zone, staff().name, reason, asked.now)
    except closing.RefusedError as error:
        wrong = 400 if error.finding.column == "reason" else 409
        return make_response(_reopening_page(asked, error.finding, reason), wrong)
    detail = {"month": asked.month, "version": version.version, "reason": version.reopened_reason}
    access.record(staff().name, "reopened month", detail, asked.now)
    flash(gettext("The month is open again."))
    return _back(asked)


def _page(asked: Cut) -> str:
    one = overview.month(asked)
    versions = overview.versions(asked.month)
    standing = versions[-1] if versions and versions[-1].stands else None
    is_large = standing is None and jobs.is_large(asked)
    kept = jobs.kept(asked) if is_large else None
    figures = [] if is_large else handing.figures(asked, standing)
    return render_template(
        "finance/month.html",
        month=asked.month,
        one=one,
        zone=asked.zone,
        state=finance_words.state(one.state),
        meaning=finance_words.meaning(one),
        statements=finance_words.statements(handing.table(asked, "statement.csv")),
        checks=_checks(one.checks or ()),
        standing=standing,
        is_large=is_large,
        entries=sum(total.count for total in one.totals),
        kept=kept,
        figures=kept.figures if kept else figures,
        jobs=[_job(asked, kind) for kind in (jobs.CLOSING, jobs.FILES)] if is_large else [],
        versions=[(version, handing.figures(asked, version)) for version in versions],
        later=overview.came_later(asked),
        earlier=overview.came_for_earlier(asked),
        shown=overview.SHOWN,
        log=access.history(asked.month, LINES_OF_LOG),
        words=finance_words,
        may_reopen=staff().may("admin"),
        loading=queries.ledger_loading(),
        has_workbook="finance.whole_month" in current_app.view_functions,
    )


def _closing_page(asked: Cut, refused: Finding | None = None) -> str:
    one = overview.month(asked)
    return render_template(
        "finance/close.html",
        month=asked.month,
        one=one,
        checks=_checks(one.checks or ()),
        refused=acts.finding(refused) if refused else "",
        is_large=jobs.is_large(asked),
        is_first=overview.is_first_closing(),
        zone=asked.zone,
    )


def _reopening_page(asked: Cut, wrong: Finding | None = None, reason: str = "") -> str:
    one = overview.month(asked)
    told = acts.finding(wrong) if wrong else ""
    return render_template(
        "finance/reopen.html",
        month=asked.month,
        one=one,
        wrong=told,
        is_about_reason=wrong is not None and wrong.column == "reason",
        reason=reason[: closing.LONGEST_REASON],
        most=closing.LONGEST_REASON,
        zone=asked.zone,
    )


def _checks(found: Sequence[Check]) -> list[dict[str, Any]]:
    """The red ones first: they are what is to be done."""
    return [finance_words.checked(one) for one in sorted(found, key=lambda one: one.is_green)]


def _job(asked: Cut, kind: str) -> dict[str, Any] | None:
    """A job for the month that is under way, or that ended badly since the last good one."""
    job = jobs.latest(asked.month, kind)
    if job is None or job.is_made:
        return None
    problem = finance_words.finding(job.problem["text"], job.problem["values"]) if job.problem else ""
    return {"kind": kind, "job": job, "problem": problem, "is_silent": _is_silent(job, asked)}


def _is_silent(job: Job, asked: Cut) -> bool:
    """Nobody works on it: none has begun, or who had begun was not heard of for long."""
    heard = job.looked_at or job.asked_at
    return job.is_open and (asked.now - heard).total_seconds() > jobs.SILENCE_SECONDS


def _ask(asked: Cut, kind: str, action: str) -> None:
    """Note the job with its line in the log, and let a worker look."""
    if jobs.ask(asked.month, kind, staff().name, asked.now):
        access.record(staff().name, action, {"month": asked.month}, asked.now)
    current_app.extensions["books"]()


def _back(asked: Cut) -> Response:
    answer = redirect(url_for("finance_month.page", month=asked.month), 303)
    return make_response(answer)


def _is_numeric(cells: Sequence[str]) -> bool:
    """Whether a column of a file holds numbers: all that is in it, and something is."""
    told = [cell for cell in cells if cell]
    return bool(told) and all(cell.lstrip("-").replace(".", "", 1).isdecimal() for cell in told)
