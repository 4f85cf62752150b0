"""Opening Stripe's Checkout for a pledge: the pledge's id is the link.

A plan costs what Stripe's own price says; a gift is an amount within the campaign's limits, of its own product.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from tracker.intake.pledges import Intention, Pledge
from tracker.intake.stripe.gateway import Gateway, StripeRefusedError

STRIPES_OWN = "https://checkout.stripe.com"
LANGUAGES = frozenset(
    "bg cs da de el en es et fi fil fr hr hu id it ja ko"
    " lt lv ms mt nb nl pl pt ro ru sk sl sv th tr vi zh".split()
)
"""What Checkout can speak; it refuses any other, and finds the reader's own by `auto`."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A Checkout session that waits for the reader."""

    id: str
    url: str


def origin(api_base: str) -> str:
    """Where Checkout's page is: Stripe's own, or that of a Stripe-compatible server."""
    parts = urlsplit(api_base)
    return f"{parts.scheme}://{parts.netloc}" if api_base else STRIPES_OWN


def open_session(
    gateway: Gateway, pledge: Pledge, site: str, locale: str, email: str, product: str = ""
) -> Opened:
    """The pledge's Checkout session, one however often it is asked for; `product` is what a gift is bought of.

    An address that Stripe will not take is left out, for the reader can correct it on Checkout's own page.
    Raises StripeUnreachableError or StripeRefusedError.
    """
    wanted = parameters(pledge, site, locale, product)
    if email:
        try:
            return _opened(gateway.post("/v1/checkout/sessions", wanted | {"customer_email": email}, pledge.id))
        except StripeRefusedError:
            return _opened(gateway.post("/v1/checkout/sessions", wanted, f"{pledge.id}-no-email"))
    return _opened(gateway.post("/v1/checkout/sessions", wanted, pledge.id))


def parameters(pledge: Pledge, site: str, locale: str, product: str = "") -> dict[str, Any]:
    """What Checkout is asked for; the same for the same pledge, as its idempotency key demands."""
    meant = pledge.intention
    join = f"{site}/join/{meant.campaign}"
    back = urlencode({"back": 1, "pledge": pledge.id, "lang": locale})
    marks = {"pledge_id": pledge.id, "campaign": meant.campaign}
    return {
        "line_items": [_bought(meant, product)],
        "client_reference_id": pledge.id,
        "metadata": marks,
        # Stripe puts the session's id in place of the braces, which must therefore stay as they are.
        "success_url": f"{join}/thanks?{urlencode({'lang': locale})}&session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{join}?{back}",
        "locale": locale if locale in LANGUAGES else "auto",
        **_way(meant, marks),
    }


def _bought(meant: Intention, product: str) -> dict[str, Any]:
    if meant.price is not None:
        return {"price": meant.price, "quantity": 1}
    given = {"currency": str(meant.currency).lower(), "product": product, "unit_amount": meant.amount_minor}
    each = {} if meant.interval == "once" else {"recurring": {"interval": meant.interval}}
    return {"price_data": given | each, "quantity": 1}


def _way(meant: Intention, marks: dict[str, str]) -> dict[str, Any]:
    """By mode: what is bought once makes a customer only where it is asked for, and takes its marks elsewhere."""
    # Of a price in several currencies Checkout would choose by the reader's place, another than our page showed.
    shown = {"currency": meant.currency.lower()} if meant.price is not None and meant.currency else {}
    if meant.interval != "once":
        return {"mode": "subscription", "subscription_data": {"metadata": marks}, **shown}
    button = {"submit_type": "donate"} if meant.price is None else {}
    return {
        "mode": "payment",
        "customer_creation": "always",
        "payment_intent_data": {"metadata": marks},
        **button,
        **shown,
    }


def _opened(raw: dict[str, Any]) -> Opened:
    if not raw.get("url"):
        raise StripeRefusedError(
            f"session {raw.get('id')} has no page to pay on; its status is {raw.get('status')}"
        )
    return Opened(str(raw["id"]), str(raw["url"]))
