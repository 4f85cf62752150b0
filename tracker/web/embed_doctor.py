"""For the audience team: what an article's page really does with the banner, and what blocks it."""

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from tracker import doctor
from tracker.db import db
from tracker.intake import pages
from tracker.projections import queries
from tracker.projections.diagnosis import Remark
from tracker.web import acts, embed_page, readers
from tracker.web.guard import allow
from tracker.web.limits import limiter
from tracker.web.words import gettext

blueprint = Blueprint("embed_doctor", __name__, url_prefix="/embed")


@blueprint.app_template_filter("remark")
def remark(found: Remark) -> dict[str, str]:
    """A remark in the reader's language: what was seen, and the cure."""
    return {
        name: gettext(text, **found.values) if text else ""
        for name, text in (("text", found.text), ("cure", found.cure))
    }


@blueprint.get("/<slug>/doctor")
@allow("audience")
@limiter.limit("20 per minute")
def page(slug: str) -> ResponseReturnValue:
    """The form; with `?url=` the page is fetched and what was seen is said."""
    campaign = embed_page.campaign_of(slug)
    url = request.args.get("url", "").strip()
    if not url:
        return _drawn(campaign=campaign, url="")
    known = tuple(queries.campaigns())
    db.session.rollback()  # the other server may take its time: no connection of ours waits for it
    try:
        visit = doctor.visit(url, known, readers.settings())
    except pages.UnfetchedError as error:
        return _drawn(campaign=campaign, url=url, refused=acts.finding(error.finding), status=400)
    return _drawn(campaign=campaign, url=url, visit=visit)


def _drawn(*, status: int = 200, **values: object) -> Response:
    return make_response(render_template("embed_page/doctor.html", **values), status)
