"""What did not come through Stripe, for staff: the list, a form for one record, withdrawing one."""

from datetime import date

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import clock
from tracker.core import offline as cells
from tracker.core.findings import Finding
from tracker.core.offline import COLUMNS
from tracker.db import db
from tracker.intake import offline, offline_list
from tracker.projections import queries
from tracker.web import acts
from tracker.web.guard import allow, staff
from tracker.web.words import gettext

blueprint = Blueprint("offline", __name__, url_prefix="/offline")
LONGEST_SEARCH = 254
blueprint.add_app_template_filter(acts.finding, "finding")


@blueprint.app_template_filter("iso_day")
def iso_day(value: date | None) -> str:
    """A day as files write it; a dash for none."""
    return value.isoformat() if value else "–"


@blueprint.get("")
@allow("offline")
def page() -> ResponseReturnValue:
    """Every record, the latest first; searched by `?q=`, parted by `?state=`."""
    search = request.args.get("q", "").strip().replace("\x00", "")[:LONGEST_SEARCH]
    state = request.args.get("state", "")
    if state and state not in offline_list.STATES:
        abort(400, gettext("There is no state “%(state)s”; choose one on the page.", state=state))
    number = acts.asked_page()
    found = offline_list.listing(db.session(), search, state, number)
    if number > 1 and not found.rows:
        return redirect(url_for("offline.page", q=search or None, state=state or None))
    zone = current_app.config["TRACKER"].zone
    return render_template("offline/page.html", found=found, search=search, state=state, page=number, zone=zone)


@blueprint.get("/new")
@allow("offline")
def form() -> ResponseReturnValue:
    """The empty form; `?from=` fills it with a record, so that a pledge only needs its day of payment."""
    wanted = request.args.get("from", "")
    known = offline.find(db.session(), wanted) if wanted else None
    if wanted and known is None:
        abort(404, gettext("There is no record by that reference; look at it once more."))
    return _form(cells.cells_of(known.fact) if known else {}, [])


@blueprint.post("/new")
@allow("offline")
def record() -> ResponseReturnValue:
    """Record one row; what does not fit is said beside its field."""
    given = {column: request.form.get(column, "") for column in COLUMNS}
    now = clock.now()
    told = cells.read(given, offline.todays(db.session(), now))
    if isinstance(told, list):
        return _form(given, told), 400
    try:
        judged = offline.record(db.session(), [told], staff().name, now, current_app.config["TRACKER"].zone)
    except offline.OfflineError as error:
        db.session.rollback()
        return _form(given, [finding for _, finding in error.findings]), 400
    reference = told.fact.reference
    if judged.unchanged:
        said = gettext("%(reference)s is recorded just so already: nothing was changed.", reference=reference)
    elif judged.fulfilled:
        said = gettext("The pledge %(reference)s is fulfilled.", reference=reference)
    else:
        said = gettext("%(reference)s is recorded.", reference=reference)
    action = "fulfilled offline pledge" if judged.fulfilled else "recorded offline"
    detail = {"reference": reference, "kind": cells.kind(told.fact).value, "changed": not judged.unchanged}
    acts.done(action, detail, said)
    return redirect(url_for("offline.page", q=reference), 303)


@blueprint.get("/withdraw")
@allow("offline")
def ask_withdraw() -> ResponseReturnValue:
    """What withdrawing the record of `?reference=` does, and a button that does it."""
    found = _known(request.args.get("reference", ""))
    return render_template("offline/withdraw.html", record=found, kind=cells.kind(found.fact).value)


@blueprint.post("/withdraw")
@allow("offline")
def withdraw() -> ResponseReturnValue:
    """Take one record back."""
    found = _known(request.form.get("reference", ""))
    reference = found.fact.reference
    if found.withdrawn_at is None:
        offline.withdraw(db.session(), reference, clock.now(), current_app.config["TRACKER"].zone)
        said = gettext("%(reference)s is withdrawn and counts no more.", reference=reference)
        acts.done("withdrew offline", {"reference": reference}, said)
    return redirect(url_for("offline.page", q=reference), 303)


def _known(reference: str) -> offline.Record:
    found = offline.find(db.session(), reference)
    if found is None:
        abort(404, gettext("There is no record by that reference; look at it once more."))
    return found


def _form(given: dict[str, str], findings: list[Finding]) -> str:
    wrong: dict[str, list[Finding]] = {}
    for one in findings:
        wrong.setdefault(one.column, []).append(one)
    drawn: str = render_template(
        "offline/form.html", given=given, wrong=wrong, campaigns=queries.campaigns(), longest=cells.LONGEST
    )
    return drawn
