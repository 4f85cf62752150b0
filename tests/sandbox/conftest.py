"""A test server of its own for each test, standing still at noon of 3 November 2026, driven by the real SDK."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import stripe

from tracker.sandbox import catalog
from tracker.sandbox.params import Params
from tracker.sandbox.server import Sandbox

NOV_3 = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


@dataclass
class Shop:
    """A sandbox with the membership's product and prices, and the words tests are written in."""

    sandbox: Sandbox
    client: stripe.StripeClient

    @property
    def v1(self) -> Any:
        return self.client.v1

    def open_session(self, price: str = "price_monthly", **more: Any) -> Any:
        wish: dict[str, Any] = {
            "mode": "subscription",
            "line_items": [{"price": price, "quantity": 1}],
            "success_url": "http://news.example/thanks?session={CHECKOUT_SESSION_ID}",
            "cancel_url": "http://news.example/join",
            "client_reference_id": "pledge-1",
            "metadata": {"pledge_id": "pledge-1"},
            **more,
        }
        if wish["mode"] == "subscription":
            wish.setdefault("subscription_data", {"metadata": {"pledge_id": "pledge-1"}})
        return self.v1.checkout.sessions.create(wish)

    def submit(self, session: Any, card: str = "4242 4242 4242 4242", **fields: str) -> requests.Response:
        form = {"email": "ada@example.org", "name": "Ada", "card_number": card, "country": "UA", **fields}
        return requests.post(f"{self.sandbox.url}/c/pay/{session.id}", form, allow_redirects=False, timeout=5)

    def join(self, price: str = "price_monthly", card: str = "4242424242424242", **more: Any) -> Any:
        """A reader who joins through Checkout; answers the subscription."""
        session = self.open_session(price, **more)
        assert self.submit(session, card).status_code == 303
        joined = self.v1.checkout.sessions.retrieve(session.id)
        return self.v1.subscriptions.retrieve(joined.subscription)

    def subscription(self, subscription: Any) -> Any:
        return self.v1.subscriptions.retrieve(subscription.id)

    def invoices(self, subscription: Any, **more: Any) -> list[Any]:
        """Newest first."""
        return list(self.v1.invoices.list({"subscription": subscription.id, "limit": 100, **more}).data)

    def charges(self) -> list[Any]:
        """Newest first, with their balance transactions."""
        return list(self.v1.charges.list({"limit": 100, "expand": ["data.balance_transaction"]}).data)

    def event_types(self) -> list[str]:
        """Oldest first."""
        return [event.type for event in self.v1.events.list({"limit": 100}).data][::-1]


def stock(sandbox: Sandbox) -> Shop:
    client = stripe.StripeClient(sandbox.api_key, base_addresses={"api": sandbox.url}, max_network_retries=0)
    client.v1.products.create({"id": "prod_member", "name": "Membership"})
    for interval, amount in (("month", 500), ("year", 5000)):
        wish = {"id": f"price_{interval}ly", "product": "prod_member", "currency": "eur"}
        wish |= {"unit_amount": str(amount), "recurring": {"interval": interval}}
        with sandbox.world.working():
            catalog.create_price(sandbox.world, Params(wish))
    return Shop(sandbox, client)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Sandbox(now=NOV_3) as sandbox:
        yield stock(sandbox)
