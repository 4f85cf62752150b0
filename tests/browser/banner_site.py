"""The demo article on a real server with the real layer in front; only the database behind it is played."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

from flask import Flask
from flask_babel import Babel
from werkzeug.serving import WSGIRequestHandler, make_server

from tracker import clock, config
from tracker.core.campaign import Campaign, Publisher, State
from tracker.core.progress import Progress
from tracker.projections import banner
from tracker.projections.banner import Surface
from tracker.web import demo, headers
from tracker.web.embed import Embed, News

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


@dataclass
class Site:
    """What the browser sees, and what the tests may change behind it."""

    url: str = ""
    count: int | None = 18_412
    before: int | None = 18_350
    is_off: bool = False
    version: int = 0
    campaign: Campaign = field(
        default_factory=lambda: Campaign(
            "year-end",
            "25,000 members by the end of the year",
            25_000,
            date(2026, 1, 1),
            date(2098, 12, 31),
            "Europe/Kyiv",
            ("prod_member",),
            publisher=Publisher("The Dnipro Courier"),
            copy=COPY,
        )
    )

    def publish(self, count: int | None, before: int | None = None, is_off: bool = False) -> None:
        self.count, self.before, self.is_off = count, before, is_off
        self.version += 1

    def look(self, version: int) -> News:
        campaign = replace(self.campaign, is_off=self.is_off)
        if version == self.version:
            return News(version, [], [campaign])
        return News(self.version, self._rendered(campaign), [campaign])

    def _rendered(self, campaign: Campaign) -> list[Surface]:
        now = clock.now()
        as_of = datetime(2026, 11, 23, 12, 5, tzinfo=UTC)
        state = State.UNKNOWN if self.count is None else State.RUNNING
        progress = Progress(campaign.slug, campaign.metric, campaign.goal, self.count, now, as_of, state)
        return banner.render_all(campaign, progress, now, self.url, banner.Lately(self.before))


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  the server's own name
        """Tests speak for themselves."""


@contextmanager
def serving(site: Site) -> Iterator[Embed]:
    """The demo's web process on a free loopback port; `site.url` is set."""
    app = Flask("tracker", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "tracker" / "static"))
    app.config["TRACKER"] = config.load(demo=True)
    Babel(app)
    headers.init_app(app)
    app.register_blueprint(demo.blueprint)
    layer = Embed(app.wsgi_app, site.look, "")
    server = make_server("127.0.0.1", 0, layer, threaded=True, request_handler=_Quiet)
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield layer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
