"""A CSV of offline records on a page: first what it would change, then, once confirmed, the change itself.

Between the two the file travels in the page, signed for the person who sent it: nothing lies about on a disk, any
web process can answer, and what is confirmed is to the byte what was shown.
"""

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeTimedSerializer

from tracker import clock
from tracker.core.findings import shown
from tracker.core.offline import COLUMNS
from tracker.db import db
from tracker.intake import csv_import
from tracker.web import acts, limits
from tracker.web.guard import allow, staff
from tracker.web.words import gettext, ngettext

blueprint = Blueprint("offline_file", __name__, url_prefix="/offline/file")
LARGEST = limits.LARGEST_FILE
KEPT_SECONDS = 3600
SHOWN_ERRORS = 100
SHOWN_ROWS = 50


@blueprint.get("")
@allow("offline")
def form() -> ResponseReturnValue:
    """Choose a file."""
    return _form()


@blueprint.post("")
@allow("offline")
def preview() -> ResponseReturnValue:
    """What the file would change, or every line that does not fit."""
    sent = request.files.get("file")
    data = sent.read(LARGEST + 1) if sent is not None else b""
    if sent is None or not sent.filename:
        return _form(gettext("Choose a file first.")), 400
    if len(data) > LARGEST:
        return _form(gettext("The file is larger than 5 MiB: part it, or use the command `tracker import`.")), 413
    report = csv_import.run(
        db.session(), data, staff().name, clock.now(), current_app.config["TRACKER"].zone, dry_run=True
    )
    if report.errors:
        return _form(report=report), 400
    name = shown(sent.filename)
    kept = _seal().dumps({"who": staff().name, "name": name, "text": data.decode("utf-8-sig")})
    return render_template("offline/preview.html", report=report, name=name, kept=kept, shown_rows=SHOWN_ROWS)


@blueprint.post("/confirm")
@allow("offline")
def confirm() -> ResponseReturnValue:
    """Record the file that was shown; where something changed meanwhile so that it fits no more, say so."""
    kept = _opened(request.form.get("kept", ""))
    if kept is None:
        return _form(gettext("This preview has grown old. Please choose the file once more.")), 400
    report = csv_import.run(
        db.session(),
        kept["text"].encode(),
        staff().name,
        clock.now(),
        current_app.config["TRACKER"].zone,
        dry_run=False,
    )
    if report.errors:
        db.session.rollback()
        return _form(report=report), 400
    said = " ".join(
        [
            ngettext("%(num)d row is recorded.", "%(num)d rows are recorded.", len(report.new)),
            ngettext("%(num)d pledge is fulfilled.", "%(num)d pledges are fulfilled.", len(report.fulfilled)),
            ngettext("%(num)d was known already.", "%(num)d were known already.", report.unchanged),
        ]
    )
    acts.done("imported offline file", {"file": kept["name"]} | report.figures, said)
    return redirect(url_for("offline.page"), 303)


def _form(told: str = "", report: csv_import.Report | None = None) -> str:
    drawn: str = render_template(
        "offline/file.html", told=told, report=report, columns=COLUMNS, shown_errors=SHOWN_ERRORS
    )
    return drawn


def _seal() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="offline-file")


def _opened(kept: str) -> dict[str, Any] | None:
    """The file as it was shown to whoever asks; None for an old one, another's, or none of ours."""
    try:
        found: dict[str, Any] = _seal().loads(kept, max_age=KEPT_SECONDS)
    except BadSignature:
        return None
    return found if found["who"] == staff().name else None


def _run(data: bytes, *, dry_run: bool) -> csv_import.Report:
    zone = current_app.config["TRACKER"].zone
    return csv_import.run(db.session(), data, staff().name, clock.now(), zone, dry_run=dry_run)
