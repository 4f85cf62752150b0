"""The join page: a pledge is recorded, then Checkout opens. Works with no script, keeps no cookie."""

import logging
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from flask import Blueprint, Flask, Response, current_app, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext, ngettext
from flask_limiter import RequestLimit

from tracker import clock
from tracker.core.campaign import Campaign
from tracker.db import db
from tracker.flow import Line
from tracker.intake import checkout, pledges
from tracker.intake.stripe.gateway import StripeRefusedError, StripeUnreachableError
from tracker.projections import joining
from tracker.projections.joining import Offer
from tracker.web import join_form, manage, readers, thanks
from tracker.web.guard import public
from tracker.web.join_form import Choice, Filled
from tracker.web.limits import limiter

blueprint = Blueprint("join", __name__)
_log = logging.getLogger(__name__)

TRIES_OF_ADDRESS = "20/minute;100/hour"
SESSIONS_OF_CAMPAIGN = "300/minute"
SESSIONS_OF_ALL = "600/minute"
"""Stolen cards are tried out where sessions can be opened without end: beyond these everybody waits a minute.

What was refused before a session was opened is not counted: bad forms cannot shut the door for others.
"""


def init_app(app: Flask) -> None:
    """What follows Checkout belongs to joining, too."""
    app.register_blueprint(thanks.blueprint)
    app.register_blueprint(manage.blueprint)


@blueprint.get("/join/<slug>")
@public
def page(slug: str) -> ResponseReturnValue:
    """The form; with `back=1` and a pledge, as it was when Checkout was left."""
    campaign = readers.campaign_at(slug)
    left = pledges.find(db.session(), request.args.get("pledge", "")) if request.args.get("back") else None
    if left is not None and left.intention.campaign == slug:
        asked = request.args.get("currency", "").upper()
        before = join_form.restored(left.intention)
        return _form(campaign, replace(before, currency=asked or before.currency))
    return _form(campaign, join_form.filled(request.args))


def _busy(limit: RequestLimit) -> Response:
    """A calm page; operators read in the log which limit it was, and never whose address."""
    slug = str((request.view_args or {}).get("slug", ""))
    campaign = readers.campaign_at(slug)
    _log.warning("joining is held back for %s: more than %s", campaign.slug, limit.limit)
    locale = readers.locale_for(campaign)
    response = readers.draw("join/busy.html", campaign, locale)
    response.status_code = 429
    response.headers["Cache-Control"] = "no-store"
    return response


def _is_opened(response: Response) -> bool:
    return response.status_code == 303


def _of_campaign() -> str:
    return f"campaign {(request.view_args or {}).get('slug', '')}"


@blueprint.post("/join/<slug>")
@limiter.limit(TRIES_OF_ADDRESS, on_breach=_busy)
@limiter.limit(lambda: SESSIONS_OF_CAMPAIGN, key_func=_of_campaign, deduct_when=_is_opened, on_breach=_busy)
@limiter.limit(lambda: SESSIONS_OF_ALL, key_func=lambda: "all", deduct_when=_is_opened, on_breach=_busy)
@public
def enter(slug: str) -> ResponseReturnValue:
    """Record the pledge, open Checkout and send the reader there; 400 in words, 503 where Stripe is away."""
    campaign = readers.campaign_at(slug)
    sent, locale = join_form.filled(request.form), readers.locale_for(campaign)
    readers.refuse_foreign_form(locale)
    offers = {offer.price: offer for offer in joining.offers(campaign)}
    with force_locale(locale):
        choice, wrong = join_form.understood(campaign, sent, offers, locale)
    if choice is None:
        return _form(campaign, sent, wrong), 400
    pledge = _record(campaign, choice, sent, locale)
    line, product = cast(Line, current_app.extensions["line"]), campaign.gifts.product
    try:
        site = readers.settings().site
        opened = checkout.open_session(line.gateway, pledge, site, locale, sent.email, product)
    except (StripeUnreachableError, StripeRefusedError) as error:
        _log.error("Checkout could not be opened for %s, the pledge is kept: %s", pledge.id, error)
        return readers.draw("join/away.html", campaign, locale, filled=sent, form_action=_checkout()), 503
    pledges.attach_session(db.session(), pledge.id, opened.id)
    db.session.commit()
    return redirect(opened.url, 303)


def _record(campaign: Campaign, choice: Choice, sent: Filled, locale: str) -> pledges.Pledge:
    """Committed before Stripe is asked, so that no payment can come to a pledge we do not know."""
    intention = pledges.Intention(
        campaign=campaign.slug,
        price=choice.price,
        amount_minor=choice.amount_minor,
        currency=choice.currency,
        interval=choice.interval,
        article=sent.article,
        placement=sent.placement,
        embed=sent.embed,
    )
    form = b"\n".join((campaign.slug.encode(), sent.identity, locale.encode())) if sent.identity else b""
    has_note = choice.price is None and campaign.gifts.has_note
    said = pledges.Said(locale, (sent.note or None) if has_note else None)
    session, key = db.session(), readers.settings().secret_key
    pledge = pledges.record(session, intention, clock.now(), form=form, key=key, said=said)
    session.commit()
    return pledge


def _form(campaign: Campaign, sent: Filled, wrong: dict[str, str] | None = None) -> Response:
    locale, found = readers.locale_for(campaign), wrong or {}
    offers = joining.offers(campaign)
    currencies = _currencies(campaign, offers)
    currency = sent.currency if sent.currency in currencies else next(iter(currencies), campaign.currency)
    with force_locale(locale):
        gift = _gift(campaign, currency, sent, locale)
        is_gift = gift is not None and sent.is_gift
        response = readers.draw(
            "join/page.html",
            campaign,
            locale,
            form_action=_checkout(),
            telling=readers.tell(campaign, clock.now(), locale),
            plans=[_card(offer, locale) for offer in offers if offer.currency == currency],
            gift=gift,
            currency=currency,
            currencies=[_other_currency(code) for code in currencies if code != currency],
            filled=sent,
            form_id=secrets.token_urlsafe(16),
            wrong={} if is_gift else found,
            wrong_gift=found if is_gift else {},
            came_back=bool(request.args.get("back")),
        )
    response.headers["Cache-Control"] = "no-store"  # each showing has a form id of its own
    return response


def _currencies(campaign: Campaign, offers: Sequence[Offer]) -> list[str]:
    """Those in which there is something to choose: the campaign's own first, where it is one of them."""
    found = dict.fromkeys([*(offer.currency for offer in offers), *campaign.gifts.amounts])
    return sorted(found, key=lambda code: code != campaign.currency)


def _other_currency(code: str) -> dict[str, str]:
    return {"code": code, "href": readers.here(currency=code)}


def _gift(campaign: Campaign, currency: str, sent: Filled, locale: str) -> dict[str, Any] | None:
    """What the gift form offers in this currency; None where no gifts are taken in it."""
    offered = campaign.gifts
    if not offered.product or currency not in offered.amounts:
        return None
    amounts = [
        {"value": readers.plain(one, currency), "shown": readers.money(one, currency, locale)}
        for one in offered.amounts[currency]
    ]
    values = [one["value"] for one in amounts]
    least, most = (readers.money(limit, currency, locale) for limit in offered.limits[currency])
    # An amount that is none of the suggestions comes back where it was typed.
    typed = sent.other or (sent.amount if sent.is_gift and sent.amount not in values else "")
    suggested = values[min(1, len(values) - 1)]
    named = {"once": gettext("Once"), "month": gettext("Monthly"), "year": gettext("Yearly")}
    return {
        "amounts": amounts,
        "amount": sent.amount if sent.amount in values else "" if typed else suggested,
        "other": typed,
        "range": gettext("From %(least)s to %(most)s.", least=least, most=most),
        "intervals": [{"value": one, "name": named[one]} for one in offered.intervals],
        "interval": sent.interval if sent.interval in offered.intervals else offered.intervals[0],
        "has_note": offered.has_note,
        "longest_note": join_form.LONGEST_NOTE,
        "is_open": sent.is_gift,
    }


def _card(offer: Offer, locale: str) -> dict[str, str]:
    """A plan as its card says it; the yearly price by the month only where that is exact to the cent."""
    name = offer.name.get(locale) or offer.name.get("en") or next(iter(offer.name.values()), "")
    monthly = ""
    if (offer.interval, offer.interval_count) == ("year", 1) and offer.amount_minor % 12 == 0:
        monthly = readers.money(offer.amount_minor // 12, offer.currency, locale)
    return {
        "price": offer.price,
        "name": name,
        "amount": readers.money(offer.amount_minor, offer.currency, locale),
        "each": _each(offer),
        "monthly": monthly,
    }


def _each(offer: Offer) -> str:
    """How often it is paid, in words."""
    if offer.interval == "once":
        return str(ngettext("once, for %(num)s month", "once, for %(num)s months", offer.months or 0))
    if offer.interval_count == 1:
        each = {"day": gettext("a day"), "week": gettext("a week"), "month": gettext("a month")}
        return str(each.get(offer.interval, gettext("a year")))
    count = offer.interval_count
    several = {
        "day": ngettext("every %(num)s day", "every %(num)s days", count),
        "week": ngettext("every %(num)s week", "every %(num)s weeks", count),
        "month": ngettext("every %(num)s month", "every %(num)s months", count),
    }
    return str(several.get(offer.interval, ngettext("every %(num)s year", "every %(num)s years", count)))


def _checkout() -> str:
    return checkout.origin(readers.settings().stripe_api_base)
