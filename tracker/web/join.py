"""The join page: a pledge is recorded, then Checkout opens. Works with no script, keeps no cookie."""

import logging
import re
import secrets
from dataclasses import dataclass
from typing import cast

from flask import Blueprint, Flask, Response, abort, current_app, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext
from werkzeug.datastructures import MultiDict

from tracker import clock
from tracker.core.campaign import Campaign
from tracker.db import db
from tracker.flow import Line
from tracker.intake import checkout, pledges
from tracker.intake.stripe.gateway import StripeRefusedError, StripeUnreachableError
from tracker.projections import queries
from tracker.projections.queries import Offer
from tracker.web import readers, thanks
from tracker.web.guard import public
from tracker.web.limits import limiter

blueprint = Blueprint("join", __name__)
_log = logging.getLogger(__name__)

LONGEST_EMAIL = 254
_EMAIL = re.compile(r"[^@\s<>\"',;\\]{1,64}@[^@\s<>\"',;\\]+\.[^@\s<>\"',;\\.]{2,}")
_FORM_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass(frozen=True, slots=True)
class Filled:
    """The form as a reader filled it, or as it is first shown."""

    plan: str = ""
    email: str = ""
    article: str = ""
    placement: str = ""
    embed: str = ""
    form_id: str = ""
    """A nonce of this showing of the form: sent twice, it is one pledge."""


def init_app(app: Flask) -> None:
    """What follows Checkout belongs to joining, too."""
    app.register_blueprint(thanks.blueprint)


@blueprint.get("/join/<slug>")
@public
def page(slug: str) -> ResponseReturnValue:
    """The form; with `back=1` and a pledge, as it was when Checkout was left."""
    campaign = readers.campaign_at(slug)
    left = pledges.find(db.session(), request.args.get("pledge", "")) if request.args.get("back") else None
    if left is not None and left.intention.campaign == slug:
        meant = left.intention
        return _form(campaign, Filled(meant.price or "", "", meant.article, meant.placement, meant.embed))
    return _form(campaign, _filled(request.args))


@blueprint.post("/join/<slug>")
@limiter.limit("20/minute")
@public
def enter(slug: str) -> ResponseReturnValue:
    """Record the pledge, open Checkout and send the reader there; 400 in words, 503 where Stripe is away."""
    campaign = readers.campaign_at(slug)
    filled, locale = _filled(request.form), readers.locale_for(campaign)
    if not _is_from_here():
        with force_locale(locale):
            abort(400, gettext("This form came from another site. Open the join page itself and try again."))
    offers = {offer.price: offer for offer in queries.offers(campaign)}
    with force_locale(locale):
        wrong = _wrong(filled, offers)
    if wrong:
        return _form(campaign, filled, wrong), 400
    pledge = _record(campaign, offers[filled.plan], filled, locale)
    line = cast(Line, current_app.extensions["line"])
    try:
        opened = checkout.open_session(line.gateway, pledge, readers.settings().site, locale, filled.email)
    except (StripeUnreachableError, StripeRefusedError) as error:
        _log.error("Checkout could not be opened for %s, the pledge is kept: %s", pledge.id, error)
        return readers.draw("join/away.html", campaign, locale, filled=filled, form_action=_checkout()), 503
    pledges.attach_session(db.session(), pledge.id, opened.id)
    db.session.commit()
    return redirect(opened.url, 303)


@blueprint.get("/join/<slug>/manage")
@public
def manage(slug: str) -> ResponseReturnValue:
    """How to change or end a membership, in words."""
    campaign = readers.campaign_at(slug)
    return readers.draw("join/manage.html", campaign, readers.locale_for(campaign))


def _record(campaign: Campaign, offer: Offer, filled: Filled, locale: str) -> pledges.Pledge:
    """Committed before Stripe is asked, so that no payment can come to a pledge we do not know."""
    intention = pledges.Intention(
        campaign=campaign.slug,
        price=offer.price,
        amount_minor=offer.amount_minor,
        currency=offer.currency,
        interval=offer.interval,
        article=filled.article,
        placement=filled.placement,
        embed=filled.embed,
    )
    parts = (campaign.slug, filled.form_id, filled.plan, filled.email, filled.article, filled.placement, locale)
    form = "\n".join(parts).encode() if filled.form_id else b""
    session = db.session()
    pledge = pledges.record(session, intention, clock.now(), form=form, key=readers.settings().secret_key)
    session.commit()
    return pledge


def _filled(given: MultiDict[str, str]) -> Filled:
    form_id = given.get("form_id", "")
    return Filled(
        plan=given.get("plan", "")[:255],
        email=given.get("email", "").strip(),
        article=pledges.canonical_article(given.get("article", "")),
        placement=pledges.label(given.get("placement", "")),
        embed=pledges.label(given.get("embed", "")),
        form_id=form_id if _FORM_ID.fullmatch(form_id) else "",
    )


def _wrong(filled: Filled, offers: dict[str, Offer]) -> dict[str, str]:
    """What to mend, by field; empty where all is well."""
    found = {}
    if filled.plan not in offers:
        found["plan"] = gettext("Choose one of the memberships below; what was sent is not among them.")
    if filled.email and (len(filled.email) > LONGEST_EMAIL or not _EMAIL.fullmatch(filled.email)):
        found["email"] = gettext(
            "This does not look like an e-mail address: write one such as name@example.org, or none."
        )
    return found


def _is_from_here() -> bool:
    """Browsers say where a form was sent from; who says nothing has no reader's session to ride on."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return False
    sent_from = request.headers.get("Origin")
    return sent_from is None or sent_from in {readers.settings().site, request.host_url.rstrip("/")}


def _form(campaign: Campaign, filled: Filled, wrong: dict[str, str] | None = None) -> Response:
    locale = readers.locale_for(campaign)
    response = readers.draw(
        "join/page.html",
        campaign,
        locale,
        form_action=_checkout(),
        telling=readers.tell(campaign, clock.now(), locale),
        plans=[_card(offer, locale) for offer in queries.offers(campaign)],
        filled=filled,
        form_id=secrets.token_urlsafe(16),
        wrong=wrong or {},
        came_back=bool(request.args.get("back")),
    )
    response.headers["Cache-Control"] = "no-store"  # each showing has a form id of its own
    return response


def _card(offer: Offer, locale: str) -> dict[str, str]:
    """A plan as its card says it; the yearly price by the month only where that is exact to the cent."""
    name = offer.name.get(locale) or offer.name.get("en") or next(iter(offer.name.values()), "")
    monthly = ""
    if offer.interval == "year" and offer.amount_minor % 12 == 0:
        monthly = readers.money(offer.amount_minor // 12, offer.currency, locale)
    return {
        "price": offer.price,
        "name": name,
        "amount": readers.money(offer.amount_minor, offer.currency, locale),
        "interval": offer.interval,
        "monthly": monthly,
    }


def _checkout() -> str:
    return checkout.origin(readers.settings().stripe_api_base)
