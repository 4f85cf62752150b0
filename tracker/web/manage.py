"""For those who are members: Stripe's own portal, by its login page or by a link that is mailed and works once.

Typing an address shows nothing to whoever typed it: the answer is the same, and as quick, for every address.
"""

import logging
import secrets
from typing import cast

from flask import Blueprint, Response, abort, current_app, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext
from werkzeug.exceptions import ServiceUnavailable

from tracker import clock, letters
from tracker.core.campaign import Campaign
from tracker.db import db
from tracker.flow import Line
from tracker.intake import portal
from tracker.intake.stripe.gateway import StripeRefusedError, StripeUnreachableError
from tracker.web import join_form, readers
from tracker.web.guard import public
from tracker.web.limits import limiter

blueprint = Blueprint("manage", __name__)
_log = logging.getLogger(__name__)


@blueprint.get("/join/<slug>/manage")
@public
def page(slug: str) -> ResponseReturnValue:
    """The ways to change or end a membership."""
    campaign = readers.campaign_at(slug)
    return _page(campaign, readers.locale_for(campaign))


@blueprint.post("/join/<slug>/manage")
@limiter.limit("5/minute;20/hour")
@public
def ask(slug: str) -> ResponseReturnValue:
    """Note that a link is wanted; says neither whether the address is known nor whether a letter will leave."""
    campaign = readers.campaign_at(slug)
    locale = readers.locale_for(campaign)
    readers.refuse_foreign_form(locale)
    address = request.form.get("email", "").strip()
    if not readers.settings().sends_mail:
        abort(404)
    if not join_form.is_address(address):
        with force_locale(locale):
            wrong = gettext("This does not look like an e-mail address: write one such as name@example.org.")
        return _page(campaign, locale, address=address, wrong=wrong), 400
    letters.ask_for_portal(campaign, address, locale, clock.now(), readers.settings().secret_key)
    db.session.commit()
    current_app.extensions["post"]()
    return _unkept(readers.draw("join/manage_sent.html", campaign, locale))


@blueprint.get("/join/<slug>/manage/<token>")
@public
def door(slug: str, token: str) -> ResponseReturnValue:
    """One button: programs that look at every link in a letter must not use it up."""
    campaign = readers.campaign_at(slug)
    locale = readers.locale_for(campaign)
    if not letters.is_open(token, campaign, clock.now(), readers.settings().secret_key):
        return _over(campaign, locale)
    where = portal.origins(db.session(), readers.settings().stripe_api_base)
    return _unkept(readers.draw("join/manage_door.html", campaign, locale, form_action=where, token=token))


@blueprint.post("/join/<slug>/manage/<token>")
@limiter.limit("20/minute")
@public
def enter(slug: str, token: str) -> ResponseReturnValue:
    """Use the link up and go to the portal; where Stripe is away the link stays good."""
    campaign = readers.campaign_at(slug)
    locale = readers.locale_for(campaign)
    readers.refuse_foreign_form(locale)
    customer = letters.use(token, campaign, clock.now(), readers.settings().secret_key)
    if customer is None:
        db.session.rollback()
        return _over(campaign, locale)
    line = cast(Line, current_app.extensions["line"])
    back = f"{readers.settings().site}/join/{campaign.slug}/manage?lang={locale}"
    try:
        address = portal.open_session(line.gateway, customer, back, secrets.token_hex(16))
    except (StripeUnreachableError, StripeRefusedError) as error:
        db.session.rollback()
        _log.error("the portal could not be opened, the link stays good: %s", error)
        with force_locale(locale):
            words = gettext(
                "The page for your membership does not open just now. Your link stays good: try again."
            )
        raise ServiceUnavailable(words) from None
    db.session.commit()
    return redirect(address, 303)


def _page(campaign: Campaign, locale: str, address: str = "", wrong: str = "") -> Response:
    settings = readers.settings()
    response = readers.draw(
        "join/manage.html",
        campaign,
        locale,
        login_url=portal.login_url(db.session()),
        sends_mail=settings.sends_mail,
        address=address,
        wrong=wrong,
    )
    return _unkept(response)


def _over(campaign: Campaign, locale: str) -> ResponseReturnValue:
    return _unkept(readers.draw("join/manage_over.html", campaign, locale)), 410


def _unkept(response: Response) -> Response:
    """Nothing of it stays in a cache, and no other site learns the address of a page with a link in it."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "same-origin"
    return response
