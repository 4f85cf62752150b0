"""One's own switch for the reminder that a month of the books is over."""

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from tracker import access, clock, notices
from tracker.db import db
from tracker.web.guard import allow, staff
from tracker.web.languages import spoken
from tracker.web.words import gettext

blueprint = Blueprint("finance_reminder", __name__, url_prefix="/finance")


@blueprint.post("/reminder")
@allow("finance")
def choose() -> ResponseReturnValue:
    """`wanted=yes` or anything else; it is written in the language of the page."""
    who = staff().user_id
    if who is None:
        abort(403, gettext("A token has no mailbox: sign in to have notices sent to you."))
    is_wanted = request.form.get("wanted") == "yes"
    notices.choose_reminder(db.session(), who, spoken() if is_wanted else None)
    access.record(staff().name, "reminder of the books", {"wanted": is_wanted}, clock.now())
    flash(gettext("You will be reminded.") if is_wanted else gettext("You will not be reminded any more."))
    return redirect(url_for("finance.page"), 303)
