"""The campaign's public page: the number as the picture, how it is counted, and the campaign's own colour."""

from dataclasses import dataclass
from datetime import date

from babel.dates import format_date
from babel.numbers import format_decimal
from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext

from tracker import clock
from tracker.core import accent
from tracker.core.campaign import Campaign
from tracker.db import db
from tracker.intake import pledges
from tracker.projections import corrections, picture, queries, raster
from tracker.projections.locales import territorial
from tracker.projections.wording import DATES
from tracker.projections.wording import amount as goal_words
from tracker.web import readers
from tracker.web.guard import public

blueprint = Blueprint("campaign_page", __name__)

SHORT = "public, max-age=30"
"""A deadline or a new member reaches every cache within the minute that RULES 5 asks for."""


@blueprint.get("/")
@public
def home() -> ResponseReturnValue:
    """The latest campaign's page: whoever comes without an address is most likely a reader."""
    latest = next(iter(queries.campaigns()), None)
    if latest is None:
        abort(404, "There is no campaign yet: tracker campaign apply FILE.toml makes one.")
    return redirect(url_for("campaign_page.page", slug=latest.slug))


@blueprint.get("/c/<slug>")
@public
def page(slug: str) -> ResponseReturnValue:
    """The number with its sentence and its `as_of`, and the way to join."""
    campaign = readers.campaign_at(slug)
    locale = readers.locale_for(campaign)
    telling = readers.tell(campaign, clock.now(), locale)
    # Whoever came by a member's link is told apart by its placement, and by nothing else.
    came_by = pledges.label(request.args.get("placement", "")) or "direct"
    return _kept(
        readers.draw(
            "campaign/page.html",
            campaign,
            locale,
            telling=telling,
            shared=_shared(campaign, telling, locale),
            placement=came_by,
        )
    )


@dataclass(frozen=True, slots=True)
class Shared:
    """What a link to the page looks like elsewhere: Open Graph's card, and where the banner itself is had."""

    image: str
    width: int
    height: int
    alt: str
    locale: str
    """Language and territory: uk_UA."""
    oembed: str


def _shared(campaign: Campaign, telling: readers.Telling, locale: str) -> Shared:
    site = readers.settings().site
    here = url_for("campaign_page.page", slug=campaign.slug, lang=locale)
    return Shared(
        f"{site}/e/{campaign.slug}.{locale}.card.png",
        *raster.size(picture.CARD),
        picture.spoken(telling.text, picture.CARD),
        territorial(locale),
        site + url_for("oembed.answer", url=site + here, format="json"),
    )


@blueprint.get("/c/<slug>/method")
@public
def method(slug: str) -> ResponseReturnValue:
    """RULES 1 to 5 and 8 in plain words, with the campaign's own days, zone and memberships."""
    campaign = readers.campaign_at(slug)
    locale = readers.locale_for(campaign)
    response = readers.draw(
        "campaign/method.html",
        campaign,
        locale,
        telling=readers.tell(campaign, clock.now(), locale),
        plans=[plan.name.get(locale) or next(iter(plan.name.values()), "") for plan in campaign.plans],
        goal=goal_words(campaign, campaign.goal, locale),
        first_day=_day(campaign.starts_on, locale),
        last_day=_day(campaign.ends_on, locale),
        offline=queries.offline_members(campaign, clock.now()),
        corrections=_corrections(campaign, locale),
    )
    return _kept(response)


@blueprint.get("/c/<slug>/look.css")
@public
def look(slug: str) -> ResponseReturnValue:
    """The campaign's accent for both schemes: a style sheet, because no page of ours may hold inline style."""
    response = Response(colours(readers.campaign_at(slug)), mimetype="text/css")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def colours(campaign: Campaign) -> str:
    """CSS custom properties; both accents are readable on their paper, and their ink on them (WCAG 2.2 AA)."""
    light, dark = (shade(campaign.publisher.accent) for shade in (accent.on_light, accent.on_dark))
    return (
        f":root {{ --accent: {light}; --on-accent: {_ink_on(light)}; }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ --accent: {dark}; --on-accent: {_ink_on(dark)}; }} }}\n"
    )


def _ink_on(colour: str) -> str:
    return max(("#ffffff", "#1b1a17"), key=lambda ink: accent.contrast(ink, colour))


def _corrections(campaign: Campaign, locale: str) -> list[dict[str, str]]:
    """The corrections log in words."""
    with force_locale(locale):
        return [
            {
                "noticed": _day(one.noticed_on, locale),
                "days": _day(one.first_day, locale)
                if one.first_day == one.last_day
                else f"{_day(one.first_day, locale)} – {_day(one.last_day, locale)}",
                "change": format_decimal(one.delta, format="+#,##0;−#,##0", locale=locale),
                "reason": _reason(one.reason),
            }
            for one in corrections.of(db.session(), campaign)
        ]


def _reason(key: str) -> str:
    """What changed a past day, in words; `key` is the fact that told it."""
    if key in {"Refund", "Dispute", "CreditNote", "Charge", "Entry"}:
        return str(gettext("Stripe told us later that money had come or gone back"))
    if key in {corrections.RULES, "Product", "campaign"}:
        return str(gettext("the rules of this campaign were changed"))
    if key.startswith("Offline"):
        return str(gettext("the newsroom entered or withdrew a membership paid outside Stripe"))
    if key.startswith("Person"):
        return str(gettext("two accounts were confirmed to be one person, or told apart again"))
    return str(gettext("Stripe told us later of a payment or of a membership’s end"))


def _day(day: date, locale: str) -> str:
    shown: str = format_date(day, "long", locale=DATES.get(locale, locale))
    return shown


def _kept(response: Response) -> Response:
    response.headers["Cache-Control"] = SHORT
    return response
