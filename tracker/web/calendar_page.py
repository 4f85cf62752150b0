"""Notes and drives on the calendar, for the audience team: a list by year, a form, deleting with a way back."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from babel import numbers
from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import clock
from tracker.core.annotations import FIELDS, LONGEST_TEXT, fields_of, read
from tracker.core.campaign import Campaign
from tracker.core.findings import Finding
from tracker.db import db
from tracker.intake import annotations
from tracker.intake.annotations import Kept
from tracker.projections import calendar_notes
from tracker.web import acts, words
from tracker.web.embed_page import campaign_of
from tracker.web.guard import allow, staff
from tracker.web.words import gettext

blueprint = Blueprint("calendar_page", __name__, url_prefix="/dashboard/<slug>/calendar")
_EMPTY = {"kind": "note", "scope": "campaign", "is_shared": "1"}
_ONE = "/<int(max=9223372036854775807):number>"


@blueprint.app_template_filter("lift")
def lift(value: float) -> str:
    """A drive's lift as the reader's language writes it: 2.5 in English."""
    return numbers.format_decimal(value, locale=words.locale())


@blueprint.get("")
@allow("audience")
def page(slug: str) -> ResponseReturnValue:
    """What stands on the calendar, the latest year first; `?deleted=` offers a way back."""
    return _page(campaign_of(slug), _EMPTY, [])


@blueprint.post("")
@allow("audience")
def add(slug: str) -> ResponseReturnValue:
    """Write down a note or a drive; what does not fit is said beside its field."""
    campaign, given = campaign_of(slug), _given()
    told = read(given)
    if isinstance(told, list):
        return _page(campaign, given, told), 400
    number = annotations.add(db.session(), _scope(campaign, given), told, staff().name, clock.now())
    acts.done("annotation added", _detail(campaign, number), gettext("It stands on the calendar."))
    return redirect(url_for("calendar_page.page", slug=slug), 303)


@blueprint.get(_ONE)
@allow("audience")
def form(slug: str, number: int) -> ResponseReturnValue:
    """One of them in the form."""
    campaign = campaign_of(slug)
    kept = _kept(campaign, number)
    return _form(campaign, kept, _fields(kept), [])


@blueprint.post(_ONE)
@allow("audience")
def change(slug: str, number: int) -> ResponseReturnValue:
    """Write one anew, unless somebody else did meanwhile."""
    campaign, given = campaign_of(slug), _given()
    kept = _kept(campaign, number, to_change=True)
    told = read(given)
    if isinstance(told, list):
        return _form(campaign, kept, given, told), 400
    seen = request.form.get("seen", "")
    wrong = annotations.change(db.session(), kept, seen, _scope(campaign, given), told, clock.now())
    if wrong:
        return _form(campaign, kept, given, wrong), 409
    acts.done("annotation changed", _detail(campaign, number), gettext("It is changed."))
    return redirect(url_for("calendar_page.page", slug=slug), 303)


@blueprint.post(f"{_ONE}/delete")
@allow("audience")
def delete(slug: str, number: int) -> ResponseReturnValue:
    """Take one off the calendar; the page that follows has a way back."""
    campaign = campaign_of(slug)
    if annotations.delete(db.session(), _kept(campaign, number, to_change=True), clock.now()):
        acts.done("annotation deleted", _detail(campaign, number), gettext("It is off the calendar."))
    return redirect(url_for("calendar_page.page", slug=slug, deleted=number), 303)


@blueprint.post(f"{_ONE}/bring-back")
@allow("audience")
def bring_back(slug: str, number: int) -> ResponseReturnValue:
    """Undo a deletion."""
    campaign = campaign_of(slug)
    if annotations.bring_back(db.session(), _kept(campaign, number, to_change=True), clock.now()):
        acts.done("annotation brought back", _detail(campaign, number), gettext("It is back on the calendar."))
    return redirect(url_for("calendar_page.page", slug=slug), 303)


def _given() -> dict[str, str]:
    return {field: request.form.get(field, "") for field in FIELDS}


def _fields(kept: Kept) -> dict[str, str]:
    return {**fields_of(kept.told), "scope": "all" if kept.campaign is None else "campaign"}


def _scope(campaign: Campaign, given: Mapping[str, str]) -> str | None:
    return None if given["scope"] == "all" else campaign.slug


def _kept(campaign: Campaign, number: int, *, to_change: bool = False) -> Kept:
    found = annotations.find(db.session(), campaign.slug, number, to_change=to_change)
    if found is None:
        abort(404, gettext("There is no such note or drive on this calendar."))
    return found


def _detail(campaign: Campaign, number: int) -> dict[str, Any]:
    return {"campaign": campaign.slug, "annotation": number}


def _page(campaign: Campaign, given: Mapping[str, str], wrong: list[Finding]) -> str:
    latest_first = calendar_notes.entries(campaign)[::-1]
    years = [(year, list(found)) for year, found in groupby(latest_first, lambda one: one.told.first_on.year)]
    return _drawn("calendar/page.html", campaign, given, wrong, years=years, undo=_undo(campaign))


def _undo(campaign: Campaign) -> Kept | None:
    """What was just deleted, if it still is."""
    asked = request.args.get("deleted", "")
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 19):
        return None
    found = annotations.find(db.session(), campaign.slug, int(asked))
    return found if found is not None and found.deleted_at is not None else None


def _form(campaign: Campaign, kept: Kept, given: Mapping[str, str], wrong: list[Finding]) -> str:
    seen = annotations.mark(kept)
    return _drawn("calendar/form.html", campaign, given, wrong, kept=kept, seen=seen)


def _drawn(
    template: str, campaign: Campaign, given: Mapping[str, str], wrong: list[Finding], **values: Any
) -> str:
    by_field: dict[str, list[Finding]] = {}
    for one in wrong:
        by_field.setdefault(one.column, []).append(one)
    drawn: str = render_template(
        template, campaign=campaign, given=given, wrong=by_field, longest=LONGEST_TEXT, **values
    )
    return drawn
