"""/oembed: a pasted address of the campaign's page becomes its banner (oEmbed 1.0, oembed.com).

What is answered is stored by others for ever and mailed as it is: addresses stand in it, never a number.
"""

import re
from html import escape
from urllib.parse import parse_qs, urlsplit

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from tracker import clock
from tracker.core.campaign import Campaign, State
from tracker.projections import picture, queries, raster
from tracker.projections.locales import best_locale, locales
from tracker.projections.wording import Standing, words
from tracker.web import readers
from tracker.web.guard import public

blueprint = Blueprint("oembed", __name__)

PAGE = re.compile(r"/c/([A-Za-z0-9_-]{1,64})/?")
WIDTH = 600
HEIGHTS = ((646, 250), (476, 290), (323, 360), (0, 420))
"""(from this width on, this height), in CSS pixels: the frame's own steps at its own size of text."""
KEPT = "public, max-age=300"
CACHE_AGE = 86_400
"""Seconds; only addresses are kept, the number is asked for each time the frame is shown."""


@blueprint.get("/oembed")
@public
def answer() -> ResponseReturnValue:
    """The frame for the campaign's page in `url`; errors in words, as oEmbed's own statuses."""
    if request.args.get("format", "json") != "json":
        return _refused(501, "Only JSON is spoken here: ask with format=json.")
    url = request.args.get("url", "")
    if not url:
        return _refused(400, "The page to embed is missing: ask with url= and a campaign page's address.")
    limits = [_limit(request.args.get(name, "")) for name in ("maxwidth", "maxheight")]
    if -1 in limits:
        return _refused(400, "maxwidth and maxheight are whole numbers of pixels above zero.")
    told = frame_of(url, *limits)
    if told is None:
        return _refused(404, "This is no page of a campaign here: its address looks like /c/NAME.")
    return _open(jsonify(told))


def frame_of(url: str, max_width: int = 0, max_height: int = 0) -> dict[str, object] | None:
    """What is answered for `url`, its `html` among it; limits in pixels, 0 for none. None for no page of ours."""
    found = _found(url)
    return _told(*found, max_width, max_height) if found else None


def _found(url: str) -> tuple[Campaign, str] | None:
    """The campaign and the language that `url` names, where it is an address of ours under PUBLIC_URL."""
    try:
        asked, ours = urlsplit(url), urlsplit(readers.settings().site)
        is_ours = asked.scheme in {"http", "https"} and asked.netloc.lower() == ours.netloc.lower()
    except ValueError:  # brackets that never close, and the like
        return None
    named = PAGE.fullmatch(asked.path.removeprefix(ours.path))
    campaign = queries.campaign(named[1]) if named and is_ours else None
    if campaign is None:
        return None
    wish = parse_qs(asked.query).get("lang", [""])[0]
    spoken = locales(campaign)
    return campaign, best_locale(wish, spoken) or spoken[0]


def _told(campaign: Campaign, locale: str, max_width: int, max_height: int) -> dict[str, object]:
    site, publisher = readers.settings().site, campaign.publisher.name
    name = f"{site}/e/{campaign.slug}.{locale}"
    silent = Standing(None, clock.now(), None, State.UNKNOWN)
    title = words(campaign, silent, locale).headline
    width = min(WIDTH, max_width or WIDTH)
    high = next(high for start, high in HEIGHTS if width >= start)
    height = min(high, max_height or high)
    frame = f'src="{escape(name)}.html" width="{width}" height="{height}" title="{escape(title)}"'
    told: dict[str, object] = {
        "version": "1.0",
        "type": "rich",
        "title": title,
        "provider_name": publisher or site,
        "provider_url": site,
        "cache_age": CACHE_AGE,
        "width": width,
        "height": height,
        "html": f'<iframe {frame} frameborder="0"></iframe>',
    }
    wide, tall = raster.size(picture.BANNER)
    if wide <= (max_width or wide) and tall <= (max_height or tall):  # a picture must keep the limits, too
        told |= {"thumbnail_url": f"{name}.png", "thumbnail_width": wide, "thumbnail_height": tall}
    return told


def _limit(text: str) -> int:
    """A limit in pixels; 0 where there is none, -1 where it cannot be read."""
    if not text:
        return 0
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,5}", text) else -1


def _refused(status: int, why: str) -> Response:
    response = jsonify(error=why)
    response.status_code = status
    return _open(response)


def _open(response: Response) -> Response:
    """For every site's scripts; kept where it is an answer."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if response.status_code == 200:
        response.headers["Cache-Control"] = KEPT
    return response
