"""Read-only links of a campaign, for the audience team: made and shown once, listed with their use, revoked."""

from collections.abc import Mapping
from typing import Any

import structlog
from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import clock
from tracker.core.campaign import Campaign
from tracker.core.findings import Finding
from tracker.db import db
from tracker.intake import shares
from tracker.intake.shares import Share
from tracker.web import acts
from tracker.web.embed_page import campaign_of
from tracker.web.guard import allow, staff
from tracker.web.words import gettext

blueprint = Blueprint("shares", __name__, url_prefix="/dashboard/<slug>/shares")
log = structlog.get_logger()
_EMPTY = {"period": "30"}
_FIELDS = ("label", "password", "period", "last_on")
_ONE = "/<int(max=9223372036854775807):number>"


@blueprint.get("")
@allow("audience")
def page(slug: str) -> ResponseReturnValue:
    """Every link of the campaign, and a form for another."""
    return _page(campaign_of(slug), _EMPTY, [])


@blueprint.post("")
@allow("audience")
def create(slug: str) -> ResponseReturnValue:
    """Make a link and show it, this once: the answer itself holds it, for it is kept nowhere."""
    campaign = campaign_of(slug)
    given = {field: request.form.get(field, "") for field in _FIELDS}
    now = clock.now()
    told = shares.read(given, campaign, now)
    if isinstance(told, list):
        return _page(campaign, given, told), 400
    number, token = shares.create(db.session(), slug, told, staff().name, now)
    _done("share created", campaign, number, "")
    link = current_app.config["TRACKER"].site + url_for("shared.page", token=token)
    return render_template("shares/made.html", campaign=campaign, link=link, share=_known(campaign, number))


@blueprint.get(f"{_ONE}/revoke")
@allow("audience")
def ask_revoke(slug: str, number: int) -> ResponseReturnValue:
    """What revoking does, and a button that does it."""
    campaign = campaign_of(slug)
    return render_template("shares/revoke.html", campaign=campaign, share=_known(campaign, number))


@blueprint.post(f"{_ONE}/revoke")
@allow("audience")
def revoke(slug: str, number: int) -> ResponseReturnValue:
    """End a link at once."""
    campaign = campaign_of(slug)
    if shares.revoke(db.session(), _known(campaign, number), clock.now()):
        _done("share revoked", campaign, number, gettext("The link is revoked: it opens nothing any more."))
    return redirect(url_for("shares.page", slug=slug), 303)


@blueprint.get(f"{_ONE}/password")
@allow("audience")
def ask_password(slug: str, number: int) -> ResponseReturnValue:
    """A form for another password."""
    campaign = campaign_of(slug)
    return _password_form(campaign, _known(campaign, number), [])


@blueprint.post(f"{_ONE}/password")
@allow("audience")
def set_password(slug: str, number: int) -> ResponseReturnValue:
    """Another password, or none where the field is empty; whoever came in before is out."""
    campaign = campaign_of(slug)
    share, password = _known(campaign, number), request.form.get("password", "") or None
    wrong = shares.wrong_password(password)
    if wrong:
        return _password_form(campaign, share, wrong), 400
    shares.set_password(db.session(), share, password)
    told = gettext("It has another password.") if password else gettext("It opens without a password.")
    _done("share password changed", campaign, number, told)
    return redirect(url_for("shares.page", slug=slug), 303)


def _done(action: str, campaign: Campaign, number: int, told: str) -> None:
    """In the log of the staff and in that of the machine: ids, no token and no password."""
    acts.done(action, {"campaign": campaign.slug, "share": number}, told)
    log.info(action, campaign=campaign.slug, share=number, who=staff().user_id)


def _known(campaign: Campaign, number: int) -> Share:
    found = shares.find(db.session(), campaign.slug, number)
    if found is None:
        abort(404, gettext("There is no such link of this campaign."))
    return found


def _page(campaign: Campaign, given: Mapping[str, str], wrong: list[Finding]) -> str:
    now = clock.now()
    rows = [(one, one.is_open(now)) for one in shares.every(db.session(), campaign.slug)]
    return _drawn("shares/page.html", campaign, wrong, rows=rows, given=given, longest=shares.LONGEST_LABEL)


def _password_form(campaign: Campaign, share: Share, wrong: list[Finding]) -> str:
    return _drawn("shares/password.html", campaign, wrong, share=share)


def _drawn(template: str, campaign: Campaign, wrong: list[Finding], **values: Any) -> str:
    by_field: dict[str, list[Finding]] = {}
    for one in wrong:
        by_field.setdefault(one.column, []).append(one)
    drawn: str = render_template(
        template,
        campaign=campaign,
        wrong=by_field,
        shortest=shares.SHORTEST_PASSWORD,
        most=shares.LONGEST_PASSWORD,
        **values,
    )
    return drawn
