"""Previews for staff: the real element, fed with what it would be told in a state that is chosen or not yet saved.

A preview stands under an address of its own, so that the element asks there, and not at /e/, for its data. It
is never counted: what it reports is dropped.
"""

import re
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from flask import Blueprint, Response, abort, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer

from tracker import clock
from tracker.core.campaign import Campaign
from tracker.intake.pledges import label
from tracker.projections import embed_files, queries, rehearsal
from tracker.projections.locales import best_locale, locales
from tracker.web import embed_page, readers
from tracker.web.embed_answers import surface_answer
from tracker.web.guard import allow, public
from tracker.web.headers import widen
from tracker.web.words import gettext

blueprint = Blueprint("embed_preview", __name__, url_prefix="/embed/<slug>/preview/<state>/<draft>")
_SURFACE = re.compile(r"[a-z0-9-]{1,64}\.([A-Za-z0-9-]{1,64})\.(json|html)")


@dataclass(frozen=True, slots=True)
class Draft:
    """What staff have written and not saved yet."""

    slug: str
    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    """By locale; they stand in for that locale's texts, whole."""
    accent: str = ""


def sealed(draft: Draft) -> str:
    """A draft as part of an address, signed: nobody can have our pages say what no staff wrote."""
    return str(_seal().dumps(msgspec.to_builtins(draft)))


def unsealed(slug: str, given: str) -> Draft:
    """The draft in an address; 404 where it is not one of ours for this campaign."""
    if given == embed_page.NO_DRAFT:
        return Draft(slug)
    try:
        draft = msgspec.convert(_seal().loads(given), Draft)
    except (BadSignature, msgspec.ValidationError):
        draft = Draft("")
    if draft.slug != slug:
        abort(404, gettext("This preview is not known any more: open it anew from its page."))
    return draft


@blueprint.get("/")
@allow("audience")
def page(slug: str, state: str, draft: str) -> Response:
    """A page with nothing but the element, for a frame of our own staff pages."""
    campaign, form = _told(slug, state, draft), embed_page.asked("form", embed_page.FORMS)
    locale = best_locale(request.args.get("locale", ""), locales(campaign)) or locales(campaign)[0]
    drawn = render_template(
        "embed_page/preview.html",
        site=f"{request.path.rstrip('/')}",
        campaign=campaign.slug,
        locale=locale,
        form=form,
        placement=label(request.args.get("placement", "")) or "preview",
        scheme=embed_page.asked("scheme", embed_page.SCHEMES),
    )
    return widen(make_response(drawn), frame_ancestors="'self'")


@blueprint.get("/e/<name>")
@allow("audience")
def surface(slug: str, state: str, draft: str, name: str) -> Response:
    """Script, reserve style, data and frame as they would be in `state`, drawn by the real code."""
    campaign = _told(slug, state, draft)
    if re.fullmatch(r"v1\.([0-9a-f]+\.)?js", name):
        return Response(embed_files.script().body, mimetype="text/javascript")
    if name == "v1.css":
        return Response(embed_files.reserve(), mimetype="text/css")
    named, now = _SURFACE.fullmatch(name), clock.now()
    if named is None:
        abort(404)
    live = queries.live_progress(campaign, now)
    told = rehearsal.surface(campaign, state, live, named[1], now, readers.settings().site, named[2])
    if told is None:
        abort(404)
    headers, body, _ = surface_answer(told.content_type, told.body, "no-store").plain
    return Response(body, headers=headers)


@blueprint.post("/e/beacon")
@public
def beacon(**_: Any) -> ResponseReturnValue:
    """What a preview reports is nobody's reading: taken without a look and dropped."""
    return "", 204


@blueprint.get("/join/<campaign>")
@allow("audience")
def join(**_: Any) -> ResponseReturnValue:
    """The button of a preview leads nowhere: the browser stays where it is."""
    return "", 204


def _told(slug: str, state: str, draft: str) -> Campaign:
    """The campaign as the draft would have it; 404 for a state there is not."""
    if state not in rehearsal.STATES:
        abort(404, gettext("There is no such state; choose one on the page."))
    campaign, unsaved = embed_page.campaign_of(slug), unsealed(slug, draft)
    told = replace(campaign, copy={**campaign.copy, **unsaved.texts})
    if unsaved.accent:
        told = replace(told, publisher=replace(told.publisher, accent=unsaved.accent))
    return told


def _seal() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="an unsaved banner")
