"""After Checkout: the truth from the ledger, never from the redirect. Nothing personal is shown."""

import re
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode, urlsplit

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext

from tracker import clock
from tracker.core.campaign import Campaign
from tracker.db import db
from tracker.intake import pledges
from tracker.projections import queries
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
    joined = queries.membership_of(session_id, campaign, now) if session_id else None
    own = pledge if pledge and pledge.intention.campaign == slug else None
    state = "joined" if joined else _state(own, now)
    with force_locale(locale):
        shares = _shares(campaign)
    response = readers.draw(
        f"join/thanks_{state}.html",
        campaign,
        locale,
        telling=readers.tell(campaign, now, locale),
        article=_way_back(campaign, pledge),
        shares=shares,
        is_waiting=_tries() < MOST_TRIES,
    )
    response.headers["Cache-Control"] = "no-store"
    if state == "pending" and _tries() < MOST_TRIES:
        again = urlencode({"lang": locale, "session_id": session_id, "try": _tries() + 1})
        response.headers["Refresh"] = f"{2 if _tries() < 3 else 5}; url={request.path}?{again}"
    return response, 404 if state == "unknown" else 200


def _state(pledge: pledges.Pledge | None, now: datetime) -> str:
    """Which page is true while the ledger shows no membership: unknown, expired, over or pending."""
    if pledge is None:
        return "unknown"
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


def _shares(campaign: Campaign) -> list[dict[str, str]]:
    """Plain links; nothing of those sites is loaded here."""
    address = readers.settings().site + url_for("campaign_page.page", slug=campaign.slug)
    said = gettext("I have become a member of %(name)s. Join me:", name=campaign.publisher.name or campaign.name)
    text, link = quote(said, safe=""), quote(address, safe="")
    return [
        {"name": gettext("E-mail"), "href": f"mailto:?subject={text}&body={link}"},
        {"name": "WhatsApp", "href": f"https://wa.me/?text={text}%20{link}"},
        {"name": "Telegram", "href": f"https://t.me/share/url?url={link}&text={text}"},
        {"name": "Facebook", "href": f"https://www.facebook.com/sharer/sharer.php?u={link}"},
    ]
