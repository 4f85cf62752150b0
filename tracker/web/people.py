"""Persons who may be the same: staff look at them, link them, and can undo it. Nothing is linked unasked."""

import json
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import clock
from tracker.core.offline import LONGEST
from tracker.db import db
from tracker.intake import links
from tracker.projections import duplicates
from tracker.web import acts
from tracker.web.guard import allow, staff
from tracker.web.words import gettext, ngettext

blueprint = Blueprint("people", __name__, url_prefix="/people")
SHOWN_LINKS = 100


@blueprint.get("")
@allow("offline")
def page() -> ResponseReturnValue:
    """Equal e-mails: those counted twice now, or with `?show=known` all."""
    show = request.args.get("show", "counted")
    if show not in {"counted", "known"}:
        abort(400, gettext("There is no such view; choose one on the page."))
    number = acts.asked_page()
    rows, total = duplicates.alike(clock.now(), _least(show), number)
    if number > 1 and not rows:
        return redirect(url_for("people.page", show=show))
    return render_template(
        "people/page.html",
        rows=rows,
        total=total,
        show=show,
        page=number,
        pages=duplicates.pages(total),
        most=duplicates.MOST_AT_ONCE,
        as_json=json.dumps,
    )


@blueprint.get("/linked")
@allow("offline")
def linked() -> ResponseReturnValue:
    """Who is linked; `?q=` finds one person by id."""
    search = request.args.get("q", "").strip().replace("\x00", "")[:LONGEST]
    number = acts.asked_page()
    rows, total = duplicates.groups(search, number)
    if number > 1 and not rows:
        return redirect(url_for("people.linked", q=search or None))
    return render_template(
        "people/linked.html", rows=rows, total=total, search=search, page=number, pages=duplicates.pages(total)
    )


@blueprint.post("/link")
@allow("offline")
def link() -> ResponseReturnValue:
    """First what linking does, person by person; once confirmed, the links."""
    asked = _asked()
    if not asked:
        return _refused(gettext("Nobody was chosen: tick those who are one person, or enter two ids."))
    try:
        if request.form.get("confirmed") != "yes":
            return _confirm(asked)
        made = links.link(db.session(), asked, staff().name, clock.now())
    except links.LinkError as error:
        db.session.rollback()
        return _refused(acts.finding(error.finding))
    pairs = [[one.person, one.main] for one in made]
    said = ngettext("%(num)d link was made.", "%(num)d links were made.", len(made))
    acts.done("linked persons", {"links": pairs}, said)
    return redirect(url_for("people.page"), 303)


@blueprint.post("/part")
@allow("offline")
def part() -> ResponseReturnValue:
    """Undo the link of one person."""
    try:
        undone = links.part(db.session(), request.form.get("person", "").replace("\x00", ""), clock.now())
    except links.LinkError as error:
        db.session.rollback()
        return _refused(acts.finding(error.finding))
    said = gettext("%(person)s counts as a person of their own again.", person=undone.person)
    acts.done("parted persons", {"person": undone.person, "main": undone.main}, said)
    return redirect(url_for("people.linked"), 303)


def _confirm(asked: list[list[str]]) -> str:
    planned = links.plan(db.session(), asked)
    drawn: str = render_template(
        "people/confirm.html", planned=planned, groups=json.dumps(asked), shown_links=SHOWN_LINKS
    )
    return drawn


def _asked() -> list[list[str]]:
    """The groups to link: confirmed ones, all of a view, all of a page, the ticked ones, or two ids as typed."""
    form = request.form
    which = form.get("which", "")
    if "groups" in form:
        groups = _json(form["groups"])
        return [_ids(group) for group in groups] if isinstance(groups, list) else abort(400)
    if which == "every":
        found, _ = duplicates.alike(clock.now(), _least(form.get("show", "")), 1, limit=duplicates.MOST_AT_ONCE)
        return [one.ids for one in found]
    if which in {"page", "ticked"}:
        return [_ids(_json(group)) for group in form.getlist("shown" if which == "page" else "group")]
    typed = [form.get(name, "").strip() for name in ("one", "other")]
    return [typed] if any(typed) else []


def _json(text: str) -> Any:
    """What our own pages put into a form; 400 for anything else."""
    try:
        return json.loads(text)
    except ValueError:
        abort(400)


def _ids(group: Any) -> list[str]:
    if not isinstance(group, list) or not all(isinstance(one, str) for one in group):
        abort(400)
    return group


def _least(show: str) -> int:
    return duplicates.ANY if show == "known" else duplicates.COUNTED_TWICE


def _refused(told: str) -> ResponseReturnValue:
    return render_template("people/refused.html", told=told), 400
