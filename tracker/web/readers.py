"""What the pages for readers share: the campaign of an address, its language, its number in words, its look."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Response, abort, current_app, make_response, render_template, request, url_for
from flask_babel import force_locale, gettext

from tracker.config import Settings
from tracker.core.campaign import Campaign, State, percent
from tracker.core.money import decimal_text, digits
from tracker.projections import queries
from tracker.projections.locales import best_locale, direction, page_locales
from tracker.projections.prices import price
from tracker.projections.wording import Standing, Words, words
from tracker.web import headers

_SLUG = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CARRIED = ("article", "placement", "embed", "currency")
OWN_NAMES = {"en": "English", "uk": "Українська"}


@dataclass(frozen=True, slots=True)
class Telling:
    """The campaign's standing, ready to draw; without a number where nothing true can be said."""

    text: Words
    state: State
    percent: int | None
    """Of the goal, for the picture: 0 to 100. None goes with no number at all."""
    before: str
    """The sentence's words before its number, and after it."""
    after: str


def settings() -> Settings:
    """The deployment's settings."""
    found: Settings = current_app.config["TRACKER"]
    return found


def campaign_at(slug: str) -> Campaign:
    """The campaign of that slug; otherwise the request ends with 404 in words."""
    found = queries.campaign(slug) if _SLUG.fullmatch(slug) else None
    if found is None:
        abort(404, gettext("There is no campaign by the name in this address."))
    return found


def locale_for(campaign: Campaign) -> str:
    """`lang` of the address or the form, else the browser's wish, among those that its pages speak."""
    spoken = page_locales(campaign)
    asked = request.values.get("lang", "")
    wishes = [asked] if asked else [tag for tag, _ in request.accept_languages]
    for tag in wishes[:10]:
        found = best_locale(tag, ("", *spoken)) if tag else None
        if found:
            return found
    return spoken[0]


def tell(campaign: Campaign, now: datetime, locale: str) -> Telling:
    """Where the campaign stands now, in the words that the banner uses, too."""
    found = queries.live_progress(campaign, now)
    count = None if found.state in {State.OFF, State.UNKNOWN} else found.count
    text = words(campaign, Standing(count, now, found.as_of, found.state), locale)
    share = None if count is None else min(max(percent(count, campaign.goal_for(count)), 0), 100)
    return Telling(text, found.state, share, text.before.strip(), text.after.strip())


def money(amount_minor: int, currency: str, locale: str) -> str:
    """A price as a reader writes it: €5, €4.50; whole amounts without empty decimals."""
    places = digits(currency)
    is_whole = amount_minor % 10**places == 0
    return price(Decimal(decimal_text(amount_minor, currency)), currency, locale, 0 if is_whole else places)


def plain(amount_minor: int, currency: str) -> str:
    """An amount as a form sends it: 5, 4.50; whole amounts without empty decimals."""
    return decimal_text(amount_minor, currency).removesuffix("." + "0" * digits(currency))


def draw(template: str, campaign: Campaign, locale: str, *, form_action: str = "", **values: Any) -> Response:
    """A reader's page in `locale`; `form_action` is an origin that its form may lead to besides us."""
    with force_locale(locale):
        page = render_template(
            template,
            campaign=campaign,
            publisher=campaign.publisher,
            lang=locale,
            direction=direction(locale),
            languages=_languages(campaign, locale),
            logo=_logo(campaign),
            terms_url=_outside(campaign.publisher.terms_url),
            privacy_url=_outside(campaign.publisher.privacy_url),
            contact=contact(campaign),
            page_url=settings().site + url_for("campaign_page.page", slug=campaign.slug),
            **values,
        )
    response = make_response(page)
    response.headers["Content-Language"] = locale
    response.vary.add("Accept-Language")
    sources = {"form_action": form_action, "img_src": _origin(_logo(campaign))}
    return headers.widen(response, **{name: source for name, source in sources.items() if source})


def refuse_foreign_form(locale: str) -> None:
    """A form that another site sent ends with 400 in words: browsers say where a form was sent from.

    Who says nothing has no reader's session to ride on.
    """
    is_own = request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}
    sent_from = request.headers.get("Origin")
    if is_own and (sent_from is None or sent_from in {settings().site, request.host_url.rstrip("/")}):
        return
    with force_locale(locale):
        abort(400, gettext("This form came from another site. Open the join page itself and try again."))


def here(**changed: str) -> str:
    """This page's own address with something changed in its query; of a sent form, what it carried along stays."""
    carried = {name: request.form[name] for name in _CARRIED if request.form.get(name)}
    kept = {name: value for name, value in request.args.items() if name not in {"slug", "try"}}
    query = {**carried, **kept, **changed}.items()
    return request.path + "?" + "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in query)


def contact(campaign: Campaign) -> dict[str, str]:
    """How to reach the publisher: `href` and `text`, empty where nothing usable was given."""
    given = campaign.publisher.contact.strip()
    if re.fullmatch(r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+", given):
        return {"href": f"mailto:{given}", "text": given}
    return {"href": _outside(given), "text": urlsplit(given).netloc if _outside(given) else given}


def _languages(campaign: Campaign, current: str) -> list[dict[str, str]]:
    """The campaign's other languages, each under its own name, with this page's address in it."""
    return [
        {"lang": name, "name": OWN_NAMES.get(name, name), "href": here(lang=name)}
        for name in page_locales(campaign)
        if name != current
    ]


def _quoted(value: str) -> str:
    return quote(value[:2048], safe="")


def _outside(address: str) -> str:
    """A link that staff wrote, if it is one that a browser should follow."""
    return address if urlsplit(address).scheme in {"http", "https"} else ""


def _logo(campaign: Campaign) -> str:
    logo = campaign.publisher.logo
    return logo if logo.startswith("/") and not logo.startswith("//") else _outside(logo)


def _origin(address: str) -> str:
    parts = urlsplit(address)
    is_plain = re.fullmatch(r"[A-Za-z0-9.:\[\]-]+", parts.netloc) is not None
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} and is_plain else ""
