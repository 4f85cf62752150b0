"""The demo's paper and a publisher's pages on real servers, the real layer in front; the database is played."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, render_template_string
from flask_babel import Babel
from werkzeug.serving import WSGIRequestHandler, make_server

from tracker import clock, config
from tracker.core.campaign import Campaign, Publisher, State
from tracker.core.progress import Progress
from tracker.intake.beacons import Batch
from tracker.projections import banner
from tracker.projections.banner import Surface
from tracker.web import demo, embed_code, headers
from tracker.web.embed import Embed, News

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ROOT = Path(__file__).resolve().parents[2]
COPY = {
    "en": {
        "headline": "Journalism that answers to its readers",
        "appeal": "Help us reach {goal} members by {deadline}. No paywall, no owner but you.",
        "button": "Become a member",
    },
    "uk": {
        "headline": "Журналістика, що відповідає перед читачами",
        "appeal": "Допоможіть нам зібрати {goal} учасників до {deadline}. Наша єдина опора — ви.",
        "button": "Долучитися",
    },
}
LONG = {
    "headline": "Unabhängigkeitserklärung der Lokalberichterstatter",
    "appeal": "Mitgliedschaftsbeiträge sichern Rechercheunabhängigkeit und Berichterstattungsfreiheit.",
    "button": "Jetzt Mitglied werden",
}
"""As long as docs/embedding.md says that the reserve is made for, in long words."""
PASTED = """{% import "embed/snippet.html" as embed %}{{ embed[macro](site, *given) }}"""


def year_end(slug: str = "year-end", copy: Mapping[str, Mapping[str, str]] = COPY) -> Campaign:
    """A campaign with 25,000 members to find and decades to find them in."""
    return Campaign(
        slug,
        "25,000 members by the end of the year",
        25_000,
        date(2026, 1, 1),
        date(2098, 12, 31),
        "Europe/Kyiv",
        ("prod_member",),
        allowed_hosts=("127.0.0.1",),
        publisher=Publisher("The Dnipro Courier"),
        copy=copy,
    )


@dataclass
class Site:
    """What the browser sees, and what the tests may change behind it."""

    url: str = ""
    paper: str = ""
    """Where the publisher's own pages stand: another origin."""
    count: int | None = 18_412
    before: int | None = 18_350
    state: State = State.RUNNING
    joined: int = 0
    version: int = 0
    campaign: Campaign = field(default_factory=year_end)
    other: Campaign = field(default_factory=lambda: year_end("other"))
    pages: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Path -> a page of the publisher's and its policy."""
    app: Flask | None = None

    def publish(
        self,
        count: int | None,
        before: int | None = None,
        state: State = State.RUNNING,
        joined: int = 0,
        **changes: object,
    ) -> None:
        """From now on this count, this state, so many who joined this week, and the campaign changed so."""
        self.count, self.before, self.state, self.joined = count, before, state, joined
        self.campaign = replace(year_end(), **changes)  # type: ignore[arg-type]
        self.version += 1

    def look(self, version: int) -> News:
        campaigns = [self.campaign, self.other]
        if version == self.version:
            return News(version, [], campaigns)
        return News(self.version, [one for each in campaigns for one in self._rendered(each)], campaigns)

    def _rendered(self, campaign: Campaign) -> list[Surface]:
        now = clock.now()
        as_of = datetime(2026, 11, 23, 12, 5, tzinfo=UTC)
        state = State.UNKNOWN if self.count is None else self.state
        progress = Progress(campaign.slug, campaign.metric, campaign.goal, self.count, now, as_of, state)
        return banner.render_all(campaign, progress, now, self.url, banner.Lately(self.before, self.joined))

    def pasted(self, macro: str, *given: str) -> str:
        """What staff are told to paste: `pasted("goal", "year-end", "en", "article-top", "slim")`."""
        assert self.app is not None
        with self.app.test_request_context():
            return render_template_string(PASTED, macro=macro, site=self.url, given=given)

    def page(self, body: str, *, head: str | None = None, policy: str = "", lang: str = "en") -> str:
        """Put up a page of the publisher's, by default with the head that staff copy; its address."""
        head = self.pasted("head", "year-end", lang) if head is None else head
        path = f"/{len(self.pages)}"
        self.pages[path] = (
            f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Article</title>'
            f'<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">{head}</head>'
            f"<body><main><h1>Article</h1>{body}</main></body></html>",
            policy,
        )
        return self.paper + path

    def goal(self, placement: str = "article-top", form: str = "inline", campaign: str = "year-end") -> str:
        """The element as it is pasted."""
        return self.pasted("goal", campaign, "en", placement, form)

    def serve(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        """The publisher's server."""
        page, policy = self.pages.get(environ["PATH_INFO"], ("", ""))
        told = [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-cache")]
        policies = [("Content-Security-Policy", policy)] if policy else []
        start_response("200 OK" if page else "404 Not Found", told + policies)
        return [page.encode()]


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  the server's own name
        """Tests speak for themselves."""


@contextmanager
def serving(site: Site, write: Callable[[Batch], bool] = lambda batch: True) -> Iterator[Embed]:
    """The demo's web process and a publisher's on free loopback ports; `site.url` and `site.paper` are set."""
    app = Flask("tracker", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "tracker" / "static"))
    app.config["TRACKER"] = config.load(demo=True)
    Babel(app)
    headers.init_app(app)
    app.register_blueprint(demo.blueprint)
    embed_code.init_app(app)
    layer = Embed(app.wsgi_app, site.look, "", write)
    with ExitStack() as ends:
        site.app = app
        site.url = ends.enter_context(_served(layer))
        site.paper = ends.enter_context(_served(site.serve))
        yield layer


@contextmanager
def _served(app: "Callable[[WSGIEnvironment, StartResponse], object]") -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)  # type: ignore[arg-type]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
