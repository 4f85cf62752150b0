"""The whole line in one process: the Stripe test server over HTTP, a real database, no worker but the test."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests
import stripe
from flask import Flask
from sqlalchemy import text

from tests.conftest import empty
from tracker import config, flow
from tracker.app import create_app
from tracker.core.campaign import Campaign, Plan
from tracker.core.progress import Progress
from tracker.db import db
from tracker.intake import inbox
from tracker.intake.stripe.gateway import Gateway
from tracker.intake.stripe.refresh import refresh_marked
from tracker.ledger import campaigns
from tracker.projections import coverage, queries, received
from tracker.sandbox import catalog
from tracker.sandbox.params import Params
from tracker.sandbox.server import Sandbox
from tracker.sandbox.webhooks import sign

NOV_3 = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
SECRET = "whsec_line"
GOOD_CARD, FAILS_LATER = "4242424242424242", "4000000000000341"


def year_end(**changes: Any) -> Campaign:
    given: dict[str, Any] = {
        "slug": "year-end",
        "name": "25,000 members",
        "goal": 25_000,
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2026, 12, 31),
        "timezone": "Europe/Kyiv",
        "products": ("prod_member",),
        "plans": (Plan("price_monthly", {"en": "Monthly"}), Plan("price_yearly", {"en": "Yearly"})),
    }
    return Campaign(**{**given, **changes})


@dataclass
class House:
    """A publisher with a Stripe account, and the words the tests are written in."""

    app: Flask
    sandbox: Sandbox
    client: stripe.StripeClient

    @property
    def line(self) -> flow.Line:
        found: flow.Line = self.app.extensions["line"]
        return found

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.sandbox.clock.now(), UTC)

    def connect(self) -> None:
        """Read the whole account."""
        assert flow.load(self.line, self.now() + timedelta(days=1))

    def join(self, email: str, price: str = "price_monthly", card: str = GOOD_CARD) -> str:
        """Somebody joins through Checkout; answers the subscription's id."""
        session = self.client.v1.checkout.sessions.create(
            {
                "mode": "subscription",
                "line_items": [{"price": price, "quantity": 1}],
                "success_url": "http://news.example/thanks",
                "cancel_url": "http://news.example/join",
            }
        )
        self.pay(str(session.id), email, card)
        return str(self.client.v1.checkout.sessions.retrieve(session.id).subscription)

    def pay(self, session: str, email: str = "ada@example.org", card: str = GOOD_CARD) -> None:
        """Pay on the test server's page."""
        form = {"email": email, "name": "Ada", "card_number": card, "country": "UA"}
        paid = requests.post(f"{self.sandbox.url}/c/pay/{session}", form, allow_redirects=False, timeout=5)
        assert paid.status_code == 303, paid.text

    def refund(self, subscription: str, amount: int | None = None) -> str:
        found = self.client.v1.invoices.list({"subscription": subscription, "expand": ["data.payments"]})
        intent = found.data[0].payments.data[0].payment.payment_intent
        wish: Any = {"payment_intent": intent} | ({"amount": amount} if amount else {})
        return str(self.client.v1.refunds.create(wish).id)

    def cancel(self, subscription: str) -> None:
        self.client.v1.subscriptions.cancel(subscription)

    def events(self) -> list[dict[str, Any]]:
        """Every event, oldest first, as Stripe would send it."""
        gateway = Gateway(self.sandbox.api_key, self.sandbox.url)
        return [dict(raw) for page in gateway.pages("/v1/events", {}) for raw in page][::-1]

    def deliver(self, event: dict[str, Any]) -> inbox.Receipt:
        """Store a message as the webhook does, signature and all."""
        body = json.dumps(event, separators=(",", ":")).encode()
        header = sign(body, [SECRET], int(self.now().timestamp()))
        letter = inbox.check(body, header, [SECRET], self.now())
        return inbox.receive(db.session(), [letter], is_live=False, now=self.now())[0]

    def process(self) -> flow.Processed:
        return flow.process(self.line, all_marked=True)

    def work_out(self) -> None:
        """As `process`, without rendering anything."""
        refresh_marked(db.session(), self.line.gateway, self.line.settings.zone, self.now, all_marked=True)
        coverage.catch_up(db.session(), self.now())
        received.catch_up(db.session())

    def progress(self) -> Progress:
        found = queries.campaign("year-end")
        assert found is not None
        return queries.progress(found, self.now() + timedelta(seconds=1))

    def count(self) -> int | None:
        return self.progress().count

    def hash(self) -> str:
        return coverage.live_hash(db.session())

    def scalar(self, sql: str) -> Any:
        return db.session.scalar(text(sql))


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with Sandbox(now=NOV_3) as sandbox:
        client = stripe.StripeClient(sandbox.api_key, base_addresses={"api": sandbox.url}, max_network_retries=0)
        stock(sandbox, client)
        settings = config.load(
            database_url=database_url,
            secret_key="x" * 32,
            stripe_secret_key=sandbox.api_key,
            stripe_api_base=sandbox.url,
        )
        app = create_app(settings)
        clock = lambda: datetime.fromtimestamp(sandbox.clock.now(), UTC)  # noqa: E731
        app.extensions["line"] = flow.Line(settings, Gateway(sandbox.api_key, sandbox.url), clock)
        with app.app_context():
            campaigns.put(db.session(), year_end())
            db.session.commit()
            yield House(app, sandbox, client)
        empty(app)
        with app.app_context():
            db.engine.dispose()


def stock(sandbox: Sandbox, client: stripe.StripeClient) -> None:
    client.v1.products.create({"id": "prod_member", "name": "Membership"})
    for interval, amount in (("month", 500), ("year", 5000)):
        wish = {"id": f"price_{interval}ly", "product": "prod_member", "currency": "eur"}
        wish |= {"unit_amount": str(amount), "recurring": {"interval": interval}}
        with sandbox.world.working():
            catalog.create_price(sandbox.world, Params(wish))
