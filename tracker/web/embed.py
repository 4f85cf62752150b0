"""/e/: the banner's bytes, answered from memory before Flask is asked; the database is never in a reader's way.

A thread in each process looks for newer surfaces once a second. While the database is away the last bytes go
on being served, under their own `as_of`, until their `valid_until`; then the sentence without a number.
"""

import logging
import os
import re
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from flask import Flask
from sqlalchemy.orm import Session

from tracker import clock
from tracker.core.campaign import Campaign
from tracker.db import db
from tracker.intake import beacons
from tracker.projections import banner, queries, surfaces
from tracker.projections.banner import Surface
from tracker.projections.locales import PAGE_LANGUAGES, best_locale, is_well_formed, locales
from tracker.web.embed_answers import FOR_EVER, Answer, fixed_answers, lasting, refused, surface_answer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

NAME = re.compile(r"/e/([A-Za-z0-9_-]{1,64})\.([^/.]{1,128})\.(json|html|svg|png|card\.png)")
BEACON = "/e/beacon"
BEACON_BYTES = 2048
POLL_SECONDS = 1.0
FIRST_LOOK_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class News:
    """What a look at the database brought: `surfaces` newer than the version asked with, whole paths."""

    version: int
    surfaces: list[Surface]
    campaigns: list[Campaign]


@dataclass(slots=True)
class _Known:
    """Everything heard so far; replaced whole, never changed in place."""

    version: int = 0
    by_path: dict[str, list[Surface]] = field(default_factory=dict)
    campaigns: tuple[Campaign, ...] = ()
    is_heard: bool = False
    """False until the database answered once: before that no campaign can be called unknown."""


class Embed:
    """WSGI layer in front of `app`: `Embed(flask_app.wsgi_app, poll, site)`.

    `poll(version)` looks into the database and may raise; `site` is where readers reach us; `write(batch)` keeps
    what beacons told and answers whether it could. The thread that looks starts with the first request to /e/ in
    each process, so that it survives a fork before it.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        poll: Callable[[int], News],
        site: str,
        write: Callable[[beacons.Batch], bool] = lambda batch: True,
    ) -> None:
        self._app, self._poll, self._site = app, poll, site
        self.book = beacons.Book(write)
        self._known = _Known()
        self._fixed = fixed_answers()
        self._answers: dict[str, Answer] = {}
        self._tick = -1.0
        self._process = 0
        self._starting = threading.Lock()
        self._first_look = threading.Event()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not path.startswith("/e/"):
            return self._app(environ, start_response)
        tick = time.monotonic() // 1
        if tick != self._tick:
            self._turn(tick)
        answer = self._answers.get(path) or self._find(path)
        method = environ["REQUEST_METHOD"]
        if path == BEACON:
            answer = self._beacon(environ, method)
        elif method not in ("GET", "HEAD"):
            answer = refused(
                "405 Method Not Allowed", "json", "This address is only read: use GET or HEAD.", "GET, HEAD"
            )
        status, headers, body = answer.choose(
            environ.get("HTTP_ACCEPT_ENCODING", ""), environ.get("HTTP_IF_NONE_MATCH", "")
        )
        start_response(status, headers)
        return () if method == "HEAD" else (body,)

    def _beacon(self, environ: "dict[str, Any]", method: str) -> Answer:
        """A view, click or close, counted where it is one of a campaign of ours; 204 whatever it says."""
        if method != "POST":
            return refused("405 Method Not Allowed", "json", "Beacons are sent with POST.", "POST")
        # never past the body's end: a server may hand out the bare connection, and the read would wait on it
        length = environ.get("CONTENT_LENGTH") or ""
        most = BEACON_BYTES + 1
        body = environ["wsgi.input"].read(min(int(length), most) if length.isdecimal() else most)
        if len(body) > BEACON_BYTES:
            return refused("413 Content Too Large", "json", f"A beacon is at most {BEACON_BYTES} bytes.")
        told = beacons.read(body)
        campaign = told and next((one for one in self._known.campaigns if one.slug == told.campaign), None)
        if told and campaign and not campaign.is_off:
            is_bot = beacons.is_machine(environ.get("HTTP_USER_AGENT", ""), environ.get("HTTP_SEC_PURPOSE", ""))
            self.book.count(told, campaign, clock.now(), is_bot=is_bot)
        return refused("204 No Content", "json", "")

    def look(self) -> None:
        """One look at the database: take in what is newer. Errors are the caller's."""
        known = self._known
        news = self._poll(known.version)
        by_path = dict(known.by_path)
        fresh: dict[str, list[Surface]] = {}
        for one in news.surfaces:
            fresh.setdefault(one.path, []).append(one)
        by_path.update(fresh)
        self._known = _Known(news.version, by_path, tuple(news.campaigns), True)
        if fresh or self._known.campaigns != known.campaigns:
            self._tick = -1.0  # the next request turns at once

    def _turn(self, tick: float) -> None:
        """Once a second: which surface is true now, and how long caches may keep it."""
        if self._process != os.getpid():
            self._start()
        if not self._known.is_heard:  # all who come first wait for the first look, not only who began it
            self._first_look.wait(FIRST_LOOK_SECONDS)
        now, known = clock.now(), self._known
        answers = dict(self._fixed)
        for path, group in known.by_path.items():
            for one in group:
                if one.valid_from <= now < one.valid_until:
                    answers[path] = _prepared(one, now)
        for campaign in known.campaigns:
            for locale in locales(campaign):
                if f"/e/{campaign.slug}.{locale}.json" not in answers:
                    for one in banner.silent(campaign, locale, now, self._site):
                        answers[one.path] = _prepared(one, now)
        self._answers, self._tick = answers, tick

    def _find(self, path: str) -> Answer:
        """Another spelling of a path we have, or words that say why there is none."""
        if path in self._fixed:
            return self._fixed[path]
        named = NAME.fullmatch(path)
        if not named:
            return refused(
                "404 Not Found", "json", "Nothing is published at this address: look at the embed code again."
            )
        slug, tag, kind = named.groups()
        if not is_well_formed(tag):
            words = "The locale in this address is not a language tag: write one such as en, uk or pt-BR."
            return refused("404 Not Found", kind, words)
        for spoken in (self._spoken(slug), PAGE_LANGUAGES):
            name = best_locale(tag, spoken) if spoken else None
            answer = self._answers.get(f"/e/{slug}.{name}.{kind}") or self._drawn(slug, name, kind)
            if answer:
                return answer
        if not self._known.is_heard:
            return refused(
                "503 Service Unavailable", kind, "The number is not known here yet: try again in a moment."
            )
        return refused("404 Not Found", kind, "There is no campaign by the name in this address.")

    def _drawn(self, slug: str, name: str | None, kind: str) -> Answer | None:
        """A picture with no number in it, drawn when somebody asks: the worker has none that is true."""
        campaign = next((one for one in self._known.campaigns if one.slug == slug), None)
        if campaign is None or name is None or kind not in banner.RASTERS:
            return None
        now = clock.now()
        return _prepared(banner.silent_raster(campaign, name, now, kind), now)

    def _spoken(self, slug: str) -> tuple[str, ...]:
        return next((locales(one) for one in self._known.campaigns if one.slug == slug), ())

    def _start(self) -> None:
        with self._starting:
            if self._process == os.getpid():
                return
            self._first_look = threading.Event()
            told = weakref.ref(self), self._first_look
            threading.Thread(target=_watch, args=told, name="embed", daemon=True).start()
            self._process = os.getpid()


def _watch(layer: "weakref.ref[Embed]", first_look: threading.Event) -> None:
    """Look once a second, for as long as somebody holds the layer."""
    is_away = False
    while (embed := layer()) is not None:
        try:
            embed.look()
            is_away = False
        except Exception as error:  # whatever ails the database, the last bytes go on
            if not is_away:
                log.warning("embed: serving the last bytes, the database does not answer: %s", error)
            is_away = True
        del embed
        first_look.set()
        time.sleep(POLL_SECONDS)


def poller(app: Flask) -> Callable[[int], News]:
    """How the layer looks into `app`'s database: the newer surfaces, and the campaigns there are."""

    def poll(version: int) -> News:
        with app.app_context():
            latest, found = surfaces.newer_than(version)
            return News(latest, found, queries.campaigns())

    return poll


def keeper(app: Flask) -> Callable[[beacons.Batch], bool]:
    """How the layer keeps what beacons told in `app`'s database."""

    def write(batch: beacons.Batch) -> bool:
        try:
            with app.app_context():
                beacons.store(cast(Session, db.session()), batch, clock.now())
        except Exception as error:  # whatever ails the database, counting goes on and what is counted waits
            log.warning("embed: views cannot be written just now, they wait: %s", type(error).__name__)
            return False
        return True

    return write


def _prepared(one: Surface, now: datetime) -> Answer:
    is_lasting = (one.valid_from, one.valid_until) == banner.ALWAYS
    cache = FOR_EVER if is_lasting else lasting(int((one.valid_until - now).total_seconds()))
    return surface_answer(one.content_type, one.body, cache)
