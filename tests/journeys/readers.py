"""Readers who join, pay and change their minds, and the publisher's Stripe account as the SDK shows it."""

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import requests
import stripe

from tests.journeys.house import House

GOOD_CARD, DECLINED_CARD = "4242 4242 4242 4242", "4000 0000 0000 0002"
ZONE = ZoneInfo("Europe/Kyiv")


@dataclass(frozen=True)
class Bought:
    """A membership that was paid for, in Stripe's ids, and the month (YYYY-MM) its charge is booked in."""

    session: str
    subscription: str
    intent: str
    charge: str
    month: str


@dataclass(frozen=True)
class Account:
    """What the publisher sees at Stripe, and the test server's own calls."""

    house: House

    @property
    def url(self) -> str:
        found: str = self.house.kept["environment"]["STRIPE_API_BASE"]
        return found

    @property
    def v1(self) -> Any:
        """The API through Stripe's own SDK."""
        key = self.house.kept["environment"]["STRIPE_SECRET_KEY"]
        return stripe.StripeClient(key, base_addresses={"api": self.url}).v1

    def bought(self, session_id: str) -> Bought:
        """What came of a paid Checkout session."""
        subscription = self.v1.checkout.sessions.retrieve(session_id).subscription
        invoice = self.v1.invoices.list({"subscription": subscription, "expand": ["data.payments"]}).data[0]
        intent = invoice.payments.data[0].payment.payment_intent
        charge = self.v1.charges.retrieve(self.v1.payment_intents.retrieve(intent).latest_charge)
        month = datetime.fromtimestamp(charge.created, UTC).astimezone(ZONE).strftime("%Y-%m")
        return Bought(session_id, subscription, intent, charge.id, month)

    def refund(self, bought: Bought) -> str:
        """Give all of it back; the refund's id."""
        found: str = self.v1.refunds.create({"payment_intent": bought.intent}).id
        return found

    def end(self, bought: Bought) -> None:
        """DELETE /v1/subscriptions/...: over at once."""
        self.v1.subscriptions.cancel(bought.subscription)

    def break_webhooks(self, **faults: Any) -> None:
        """What happens to messages from now on; nothing given mends them."""
        answer = requests.post(f"{self.url}/_test/faults", json={"webhooks": faults or None}, timeout=5)
        assert answer.ok, answer.text

    def attempts(self, bought: Bought) -> list[list[str]]:
        """For every event about this membership, the states of the attempts to deliver it."""
        listed = self.v1.events.list({"limit": 100}).data
        about = [event.id for event in listed if bought.subscription in str(event.data.object)]
        found = []
        for event in about:
            answer = requests.get(f"{self.url}/_test/deliveries", params={"event": event}, timeout=5)
            found.append([one["state"] for one in answer.json()["deliveries"]])
        return found


def checkout(house: House) -> str:
    """Send the join form; the address of the payment page."""
    sent = requests.post(
        f"{house.site}/join/year-end", {"plan": "price_monthly"}, allow_redirects=False, timeout=10
    )
    assert sent.status_code == 303, sent.text
    return sent.headers["Location"]


def pay(page: str, email: str, card: str = GOOD_CARD) -> str:
    """Pay on the payment page; the address it leads back to."""
    form = {"email": email, "name": "Ada", "card_number": card, "country": "UA"}
    paid = requests.post(page, form, allow_redirects=False, timeout=10)
    assert paid.status_code == 303, paid.text
    return paid.headers["Location"]


def join(house: House, email: str) -> Bought:
    """The whole way of a reader without script."""
    return Account(house).bought(session_of(pay(checkout(house), email)))


def session_of(thanks: str) -> str:
    """The Checkout session that a thanks page's address names."""
    return parse_qs(urlsplit(thanks).query)["session_id"][0]


def booked(house: House, bought: Bought) -> list[dict[str, str]]:
    """This membership's rows of the month's transactions.csv, as finance takes it."""
    address = f"{house.site}/finance/months/{bought.month}/transactions.csv"
    answer = house.staff("finance").get(address, timeout=10)
    assert answer.status_code == 200, answer.text
    rows = csv.DictReader(io.StringIO(answer.content.decode()))
    return [row for row in rows if row["charge_id"] == bought.charge]
