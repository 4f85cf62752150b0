"""After Checkout: the truth from the ledger, never from the redirect. Nothing personal is shown."""

import re
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode, urlsplit

from babel.numbers import format_decimal
from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext

from tracker import clock
from tracker.core.campaign import Campaign
from tracker.db import db
from tracker.intake import pledges
from tracker.projections import joining
from tracker.web import readers
from tracker.web.guard import public

blueprint = Blueprint("thanks", __name__)

MOST_TRIES = 30
"""How often the page asks again by itself: for about two and a half minutes."""
LONGEST_LAG = timedelta(minutes=10)
"""Paid for longer than this and still no member: the membership was, but is no more (ended, or refunded)."""
_SESSION = re.compile(r"cs_[A-Za-z0-9_]{1,200}")


@blueprint.get("/join/<slug>/thanks")
@public
def page(slug: str) -> ResponseReturnValue:
    """Joined, being confirmed (looks again by itself, without script), never paid, or not known here."""
    campaign = readers.campaign_at(slug)
    locale = readers.locale_for(campaign)
    session_id = request.args.get("session_id", "")
    session_id = session_id if _SESSION.fullmatch(session_id) else ""
    pledge = pledges.of_session(db.session(), session_id)
    now = clock.now()
    own = pledge if pledge and pledge.intention.campaign == slug else None
    is_gift = own is not None and own.intention.price is None
    joined = joining.membership_of(session_id, campaign, now) if session_id and not is_gift else None
    state = "joined" if joined else _state(own, now)
    with force_locale(locale):
        shares, place = _shares(campaign), _place(campaign, joined, locale)
    response = readers.draw(
        f"join/thanks_{state}.html",
        campaign,
        locale,
        telling=readers.tell(campaign, now, locale),
        article=_way_back(campaign, pledge),
        shares=shares,
        shared_address=_shared(campaign, "copy"),
        place=place,
        again=url_for("join.page", slug=slug, lang=locale, back=1, pledge=own.id if own else None),
        is_gift=is_gift,
        is_repeated=own is not None and own.intention.interval != "once",
        is_waiting=_tries() < MOST_TRIES,
    )
    response.headers["Cache-Control"] = "no-store"
    if state == "pending" and _tries() < MOST_TRIES:
        again = urlencode({"lang": locale, "session_id": session_id, "try": _tries() + 1})
        response.headers["Refresh"] = f"{2 if _tries() < 3 else 5}; url={request.path}?{again}"
    return response, 404 if state == "unknown" else 200


def _state(pledge: pledges.Pledge | None, now: datetime) -> str:
    """Which page is true while the ledger shows no membership: unknown, expired, gift, over or pending.

    A gift buys no coverage: it is fulfilled when its session was read from Stripe and is paid.
    """
    if pledge is None:
        return "unknown"
    if pledge.state == "fulfilled" and pledge.intention.price is None:
        return "gift"
    if pledge.state in {"expired", "cancelled"}:
        return "expired"
    is_old = pledge.settled_at is not None and now - pledge.settled_at > LONGEST_LAG
    return "over" if is_old else "pending"


def _tries() -> int:
    given = request.args.get("try", "")
    return int(given) if given.isdecimal() and len(given) < 4 else 0


def _way_back(campaign: Campaign, pledge: pledges.Pledge | None) -> str:
    """The article the reader came from, if it lies on a site of the campaign's or on ours: no open redirect."""
    article = pledge.intention.article if pledge else ""
    hosts = {*campaign.allowed_hosts, urlsplit(readers.settings().site).hostname, request.host.partition(":")[0]}
    return article if article and urlsplit(article).hostname in hosts else ""


def _place(campaign: Campaign, joined: joining.Joined | None, locale: str) -> str:
    """The member's own number, where there is one; beyond the goal it stands alone."""
    if joined is None or joined.number is None:
        return ""
    goal, shown = campaign.goal_for(joined.number - 1), format_decimal(joined.number, locale=locale)
    if joined.number > goal:
        return str(gettext("You are member %(number)s.", number=shown))
    return str(
        gettext("You are member %(number)s of %(goal)s.", number=shown, goal=format_decimal(goal, locale=locale))
    )


def _shared(campaign: Campaign, where: str) -> str:
    """The campaign's page as it is passed on: the way it went is told as a placement, the person never."""
    page = url_for("campaign_page.page", slug=campaign.slug, placement=f"share-{where}")
    return readers.settings().site + page


def _shares(campaign: Campaign) -> list[dict[str, str]]:
    """Plain links; nothing of those sites is loaded here."""
    name = campaign.publisher.name or campaign.name
    text = quote(gettext("I support %(name)s. Join me:", name=name), safe="")

    def link(where: str) -> str:
        return quote(_shared(campaign, where), safe="")

    return [
        {"name": gettext("E-mail"), "href": f"mailto:?subject={text}&body={link('mail')}"},
        {"name": "WhatsApp", "href": f"https://wa.me/?text={text}%20{link('whatsapp')}"},
        {"name": "Telegram", "href": f"https://t.me/share/url?url={link('telegram')}&text={text}"},
        {"name": "Facebook", "href": f"https://www.facebook.com/sharer/sharer.php?u={link('facebook')}"},
        {"name": "Bluesky", "href": f"https://bsky.app/intent/compose?text={text}%20{link('bluesky')}"},
        {"name": "X", "href": f"https://x.com/intent/post?text={text}&url={link('x')}"},
    ]
