"""A reader's page of an invented paper, with the banner pasted in as we tell publishers to; only in the demo."""

import json
import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel import Locale
from flask import Blueprint, Response, abort, current_app, make_response, render_template, request
from flask_babel import force_locale
from markupsafe import Markup

from tracker import clock
from tracker.config import Settings
from tracker.projections import queries
from tracker.projections.locales import LANGUAGES, best_locale
from tracker.web import oembed
from tracker.web.guard import public
from tracker.web.headers import widen

blueprint = Blueprint("demo", __name__)

CAMPAIGN = "year-end"
SHOWN_AT_ONCE = 5
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@blueprint.get("/demo/article")
@public
def article() -> Response:
    """The lead story, with the banner by script, or in a frame with `?frame=1`."""
    return _drawn("demo/article.html", _way())


@blueprint.get("/demo/strict")
@public
def strict() -> Response:
    """The lead story under a policy that allows nothing inline, nobody else, and no text made into script."""
    return _drawn("demo/article.html", "strict")


@blueprint.get("/demo/wordpress")
@public
def wordpress() -> Response:
    """The lead story as WordPress shows it where the campaign's address stands in it on a line of its own."""
    return _drawn("demo/article.html", "wordpress")


@blueprint.get("/demo/forms")
@public
def forms() -> Response:
    """All forms of the banner on one page: over the text, after it, beside it and at the foot."""
    names = [(one, Locale.parse(one, sep="-").get_display_name() or one) for one in LANGUAGES]
    return _drawn("demo/forms.html", languages=names)


@blueprint.get("/demo/<int:year>/<slug>")
@public
def other_article(year: int, slug: str) -> Response:
    """Another story of the paper: its own address, title, section, author and day, so that sources differ."""
    if not 2000 <= year <= 2100 or not SLUG.fullmatch(slug) or len(slug) > 80:
        abort(404)
    settings, folder = _settings(), str(current_app.static_folder)
    known = next((one for one in _articles(folder) if _slug(one.title) == slug), None)
    told = _told_of(known, settings.zone) if known else {"title": _title(_content(folder), slug)}
    return _drawn("demo/article.html", _way(), **told, script_path=request.path)


def _settings() -> Settings:
    """The demo's; anywhere else there is no newspaper."""
    settings: Settings = current_app.config["TRACKER"]
    if not settings.demo:
        abort(404)
    return settings


@dataclass(frozen=True, slots=True)
class _Article:
    """A story that brought members in the invented past, as the test server's list has it."""

    title: str
    section: str
    author: str
    days_before: int
    """Published so many days before the story's present, the day on which the demo first started."""


@lru_cache
def _articles(folder: str) -> tuple[_Article, ...]:
    rows = json.loads((Path(folder) / "demo" / "articles.json").read_text(encoding="utf-8"))
    return tuple(_Article(*row) for row in rows)


def _told_of(known: _Article, zone: ZoneInfo) -> dict[str, Any]:
    """What the page says of itself, to readers and in its tags."""
    present = (queries.connected_at() or clock.now()).astimezone(zone).date()
    return {
        "title": known.title,
        "section": known.section,
        "label": known.section,
        "author": known.author,
        "published_on": present - timedelta(days=known.days_before),
    }


@lru_cache
def _content(folder: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((Path(folder) / "demo" / "article.json").read_text())
    return content


def _drawn(template: str, way: str = "script", **more: object) -> Response:
    """A page of the paper; its policy allows by hash what was pasted, and where strict nothing inline."""
    settings = _settings()
    story = _content(str(current_app.static_folder))
    first, _, rest = story["author"]["bio"].partition(". ")
    locale = best_locale(request.args.get("lang", "en"), LANGUAGES) or "en"
    told = {
        "title": story["title"],
        "section": story["section"],
        "label": story["label"],
        "author": story["author"]["name"],
        "published_on": date.fromisoformat(story["published_on"]),
        "script_path": "/demo/article",
    } | more
    with force_locale("en"):  # an English paper, whatever the reader's browser asks for
        page = render_template(
            template,
            story=story,
            year=date.fromisoformat(story["published_on"]).year,
            today=clock.now().astimezone(settings.zone).date(),
            bio=(f"{first}.", rest),
            slug_of=_slug,
            shown=SHOWN_AT_ONCE,
            site=request.host_url.rstrip("/"),
            campaign=CAMPAIGN,
            locale=locale,
            way=way,
            framed=_framed(locale) if way == "wordpress" else "",
            **told,
        )
    response = make_response(page)
    response.headers["Cache-Control"] = "no-cache"
    if way == "strict":
        return widen(response, require_trusted_types_for="'script'")
    ours = urlsplit(settings.site)
    return widen(response, frame_src=f"'self' {ours.scheme}://{ours.netloc}", **_inline(page))


def _framed(locale: str) -> Markup:
    """The campaign's pasted address as WordPress frames it: what /oembed answers, allowed scripts and nothing
    else, with a secret in its address and beside it. Where /oembed knows no such page, the address as a link.
    """
    address = f"{current_app.config['TRACKER'].site}/c/{CAMPAIGN}?lang={locale}"
    told = oembed.frame_of(address)
    if told is None:
        return Markup('<a href="{0}">{0}</a>').format(address)
    secret = token_hex(5)
    html = str(told["html"]).replace("<iframe ", '<iframe sandbox="allow-scripts" ')
    named = re.sub(r' src="([^"]+)"', rf' src="\1#?secret={secret}" data-secret="{secret}"', html)
    return Markup(named)  # noqa: S704  /oembed's own


def _way() -> str:
    return "frame" if request.args.get("frame") == "1" else "script"


def _inline(page: str) -> dict[str, str]:
    """What the pasted code holds inline, named by hash: this paper's own policy allows nothing else."""
    named = {
        "style_src": re.findall(r"<style>(.*?)</style>", page),
        "script_src": re.findall(r"<script>(.*?)</script>", page),
    }
    return {
        name: " ".join(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in texts)
        for name, texts in named.items()
        if texts
    }


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _title(story: dict[str, Any], slug: str) -> str:
    """The title that a slug was made of, or the slug read as one."""
    for item in (*story["feed"], story["related"]):
        if _slug(item["title"]) == slug:
            return str(item["title"])
    return slug.replace("-", " ").capitalize()
