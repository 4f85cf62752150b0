"""What readers wrote with their gifts, for the audience team alone."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker.core.calendar import local_day
from tracker.db import db
from tracker.intake import gift_notes
from tracker.intake.gift_notes import Note
from tracker.web import acts, readers
from tracker.web.guard import allow
from tracker.web.languages import spoken
from tracker.web.words import day, gettext

blueprint = Blueprint("gift_notes", __name__, url_prefix="/gifts")


@blueprint.get("")
@allow("audience")
def page() -> ResponseReturnValue:
    """The notes of paid gifts, the latest first."""
    number = acts.asked_page()
    notes, total = gift_notes.newest(db.session(), number)
    if number > 1 and not notes:
        return redirect(url_for("gift_notes.page"))
    pages = max(1, -(-total // gift_notes.PAGE))
    rows = [_row(note) for note in notes]
    return render_template("gift_notes/page.html", rows=rows, total=total, page=number, pages=pages)


@blueprint.post("/forget")
@allow("audience")
def forget() -> ResponseReturnValue:
    """Take one note away for good; the gift and its money stay."""
    pledge = request.form.get("pledge", "")[:64].replace("\x00", "")
    if not gift_notes.forget(db.session(), pledge):
        abort(404, gettext("There is no such note; it may have been taken away already."))
    acts.done("gift note taken away", {"pledge": pledge}, gettext("The words are gone; the gift stays."))
    return redirect(url_for("gift_notes.page"), 303)


def _row(note: Note) -> dict[str, str]:
    named = {"once": gettext("Once"), "month": gettext("Monthly"), "year": gettext("Yearly")}
    return {
        "pledge": note.pledge,
        "day": day(local_day(note.paid_at, readers.settings().zone)),
        "amount": readers.money(note.amount_minor, note.currency, spoken()),
        "interval": named.get(note.interval, ""),
        "words": note.words,
    }
