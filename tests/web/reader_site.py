"""A whole site for readers in one process: real PostgreSQL, the Stripe test server, the product over real HTTP."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import flask_migrate
import requests
from flask import Flask
from sqlalchemy import text
from werkzeug.serving import make_server

from tracker import clock, config, flow, web
from tracker.app import create_app
from tracker.core.campaign import Campaign, Plan, Publisher
from tracker.db import db
from tracker.ledger import campaigns
from tracker.local import postgres
from tracker.sandbox.server import Sandbox

SECRET = "whsec_readers"
ARTICLE = "https://news.example/2026/the-river"


def year_end(**changes: Any) -> Campaign:
    """The campaign of these tests, in English and Ukrainian."""
    today = clock.now().date()
    given: dict[str, Any] = {
        "slug": "year-end",
        "name": "25,000 members by the end of the year",
        "goal": 25_000,
        "starts_on": date(today.year, 1, 1),
        "ends_on": date(today.year, 12, 31),
        "timezone": "Europe/Kyiv",
        "products": ("prod_member",),
        "allowed_hosts": ("news.example",),
        "publisher": Publisher(
            name="The Dnipro Courier",
            contact="members@courier.example",
            terms_url="https://courier.example/terms",
            privacy_url="https://courier.example/privacy",
        ),
        "plans": (
            Plan("price_monthly", {"en": "Monthly", "uk": "Щомісяця"}),
            Plan("price_yearly", {"en": "Yearly", "uk": "Щороку"}),
        ),
        "copy": {
            "en": {
                "headline": "Journalism that answers to its readers",
                "appeal": "Help us reach {goal} members by {deadline}. No paywall, no owner but you.",
                "button": "Become a member",
            },
            "uk": {"headline": "Журналістика, що відповідає перед читачами", "button": "Долучитися"},
        },
    }
    return Campaign(**{**given, **changes})


@dataclass(frozen=True)
class Site:
    """The running site and the words its tests are written in."""

    app: Flask
    sandbox: Sandbox
    url: str

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(self.url + path, timeout=10, allow_redirects=False, **options)

    def join(self, *, headers: dict[str, str] | None = None, **fields: str) -> requests.Response:
        """Send the join form as a browser without script does, from the page's own origin."""
        form = {"plan": "price_monthly", **fields}
        sent = {"Origin": self.url, "Sec-Fetch-Site": "same-origin"} if headers is None else headers
        return requests.post(f"{self.url}/join/year-end", form, headers=sent, timeout=10, allow_redirects=False)

    def send(self, path: str, **fields: str) -> requests.Response:
        """Send a form of one of our pages as a browser does."""
        sent = {"Origin": self.url, "Sec-Fetch-Site": "same-origin"}
        return requests.post(self.url + path, fields, headers=sent, timeout=10, allow_redirects=False)

    def pay(
        self, checkout_url: str, card: str = "4242 4242 4242 4242", email: str = "ada@example.org"
    ) -> requests.Response:
        """Pay on the test server's page; answers its redirect back to us."""
        form = {"email": email, "name": "Ada", "card_number": card, "country": "UA"}
        return requests.post(checkout_url, form, timeout=10, allow_redirects=False)

    def settle(self) -> None:
        """Let every message arrive and let the worker do its work."""
        self.sandbox.settle()
        with self.app.app_context():
            flow.process(self.app.extensions["line"])

    def rows(self, sql: str) -> list[Any]:
        with self.app.app_context():
            return [tuple(row) for row in db.session.execute(text(sql))]

    def change(self, sql: str) -> None:
        """Move what only time would move."""
        with self.app.app_context():
            db.session.execute(text(sql))
            db.session.commit()

    def keep(self, campaign: Campaign) -> None:
        with self.app.app_context():
            campaigns.put(db.session(), campaign)
            db.session.commit()

    def is_whole(self) -> None:
        """Read the whole account, so that there is a true number."""
        with self.app.app_context():
            assert flow.load(self.app.extensions["line"], clock.now() + timedelta(seconds=50))


@contextmanager
def running(folder: Path, **settings: Any) -> Iterator[Site]:
    """A site on free ports; everything it started ends with it."""
    database = postgres.ensure(folder, throwaway=True)
    try:
        with Sandbox() as sandbox:
            stock(sandbox)
            server, app = _serve(database.url, sandbox, {"var_dir": folder / "var", **settings})
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            url = f"http://127.0.0.1:{server.server_port}"
            sandbox.deliver_to(f"{url}/stripe/webhook", SECRET)
            try:
                yield Site(app, sandbox, url)
            finally:
                server.shutdown()
                server.server_close()
                with app.app_context():
                    db.engine.dispose()
    finally:
        database.stop()


def _serve(database_url: str, sandbox: Sandbox, more: dict[str, Any]) -> tuple[Any, Flask]:
    server = make_server("127.0.0.1", 0, Flask("waiting"), threaded=True)
    settings = config.load(
        database_url=database_url,
        secret_key="x" * 32,
        stripe_secret_key=sandbox.api_key,
        stripe_webhook_secrets=SECRET,
        stripe_api_base=sandbox.url,
        public_url=f"http://127.0.0.1:{server.server_port}",
        **more,
    )
    app = create_app(settings)
    app.extensions["nudge"] = app.extensions["post"] = lambda: None  # the tests do the worker's work themselves
    web.init_app(app)
    app.config["RATELIMIT_ENABLED"] = True
    with app.app_context():
        flask_migrate.upgrade()
    server.app = app
    return server, app


def stock(sandbox: Sandbox) -> None:
    """The membership with its monthly and yearly price, and the product of gifts."""
    ask = {"Authorization": f"Bearer {sandbox.api_key}"}
    for product in ({"id": "prod_member", "name": "Membership"}, {"id": "prod_gift", "name": "Gift"}):
        requests.post(f"{sandbox.url}/v1/products", product, headers=ask, timeout=5).raise_for_status()
    for interval, amount in (("month", 500), ("year", 4800)):
        price = {
            "id": f"price_{interval}ly",
            "product": "prod_member",
            "currency": "eur",
            "unit_amount": amount,
            "recurring[interval]": interval,
        }
        requests.post(f"{sandbox.url}/v1/prices", price, headers=ask, timeout=5).raise_for_status()
