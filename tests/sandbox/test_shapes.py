"""Every field the test server sends is one that the SDK of API 2026-10-28.endive knows, and of its type."""

from __future__ import annotations

import functools
import types
import typing
from decimal import Decimal
from typing import Any, Literal, Union

import pytest
import requests
import stripe
from stripe import StripeObject
from stripe._api_version import _ApiVersion

from tracker.sandbox.world import API_VERSION

from .conftest import Shop

# Wire form and Python form differ: decimals travel as strings.
_SIMPLE = {int: int, str: str, bool: bool, float: (int, float), Decimal: str}

CLASSES: dict[str, type] = {
    "account": stripe.Account,
    "balance": stripe.Balance,
    "balance_transaction": stripe.BalanceTransaction,
    "billing_portal.configuration": stripe.billing_portal.Configuration,
    "billing_portal.session": stripe.billing_portal.Session,
    "charge": stripe.Charge,
    "checkout.session": stripe.checkout.Session,
    "customer": stripe.Customer,
    "dispute": stripe.Dispute,
    "event": stripe.Event,
    "invoice": stripe.Invoice,
    "invoice_payment": stripe.InvoicePayment,
    "payment_intent": stripe.PaymentIntent,
    "payment_method": stripe.PaymentMethod,
    "payout": stripe.Payout,
    "price": stripe.Price,
    "product": stripe.Product,
    "refund": stripe.Refund,
    "subscription": stripe.Subscription,
    "webhook_endpoint": stripe.WebhookEndpoint,
}


@functools.cache
def fields(cls: type) -> dict[str, Any]:
    """Field -> type, forward references resolved in the class's module and body."""
    module = __import__(cls.__module__, fromlist=["x"])
    names = {**vars(stripe), **vars(module), **vars(cls), **vars(typing)}
    found = {}
    for name, hint in typing.cast(Any, cls).__annotations__.items():
        while isinstance(hint, str | typing.ForwardRef):
            source = hint if isinstance(hint, str) else hint.__forward_arg__
            try:
                hint = eval(source, names)  # the SDK's own annotations
            except NameError:
                hint = Any
        found[name] = hint
    return found


def wrong(value: Any, hint: Any, path: str) -> list[str]:
    """What in `value` is not as the SDK's annotation says."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(hint, str | typing.ForwardRef) or hint is Any:
        return []
    if origin in (Union, types.UnionType):
        return min((wrong(value, one, path) for one in arguments), key=len)
    if origin is list and isinstance(value, list):
        return [fault for place, one in enumerate(value) for fault in wrong(one, arguments[0], f"{path}[{place}]")]
    if isinstance(value, dict) and hint is not type(None):
        return wrong_object(value, origin or hint, path)
    plain = _SIMPLE.get(hint, origin or hint)
    fits = value in arguments if origin is Literal else isinstance(value, plain)
    return [] if fits else [f"{path}: {value!r} is no {hint}"]


def wrong_object(value: dict[str, Any], cls: Any, path: str) -> list[str]:
    if cls in (dict, StripeObject) or not hasattr(cls, "__annotations__"):
        return []
    if "UntypedStripeObject" in str(cls) or value.get("object") == "list":
        return []
    known = fields(cls)
    faults = [f"{path}.{name}: unknown" for name in value.keys() - known.keys()]
    for name in value.keys() & known.keys():
        faults += wrong(value[name], known[name], f"{path}.{name}")
    return faults


def busy(shop: Shop) -> None:
    """Let everything happen once that leaves an object."""
    good, failing = shop.join(), shop.join(card="4000000000000341")
    shop.join("price_yearly")
    shop.join(card="4000000000000259")
    shop.join(subscription_data={"trial_period_days": 7})
    shop.open_session()
    paused = shop.join()
    shop.v1.subscriptions.pause(paused.id)
    shop.v1.subscriptions.update(good.id, {"cancel_at_period_end": True})
    shop.sandbox.clock.advance(days=40)
    shop.v1.refunds.create({"charge": shop.charges()[-1].id, "amount": 100})
    shop.v1.subscriptions.update(paused.id, {"pause_collection": {"behavior": "void"}})
    shop.v1.billing_portal.sessions.create({"customer": failing.customer})
    shop.sandbox.deliver_to("http://127.0.0.1:9/")


PATHS = (
    "products customers prices subscriptions?status=all invoices?expand[]=data.payments invoice_payments"
    " payment_intents charges refunds disputes balance_transactions payouts"
    " checkout/sessions?expand[]=data.line_items events?limit=100 webhook_endpoints"
    " billing_portal/configurations payment_methods"
).split()


def test_the_sdk_pins_the_version_we_draw() -> None:
    assert _ApiVersion.CURRENT == API_VERSION


def test_every_object_has_only_fields_and_types_the_sdk_knows(shop: Shop) -> None:
    busy(shop)
    headers = {"Authorization": f"Bearer {shop.sandbox.api_key}"}
    seen: dict[str, int] = {}
    faults: list[str] = []
    for path in (*PATHS, "account", "balance"):
        answer = requests.get(f"{shop.sandbox.url}/v1/{path}", headers=headers, timeout=5).json()
        for one in answer["data"] if answer["object"] == "list" else [answer]:
            seen[one["object"]] = seen.get(one["object"], 0) + 1
            faults += wrong_object(one, CLASSES[one["object"]], one["object"])
            if one["object"] == "event":
                told = one["data"]["object"]
                faults += wrong_object(told, CLASSES[told["object"]], f"{one['type']}: {told['object']}")
            if one["object"] == "invoice":
                for line in one["lines"]["data"]:
                    faults += wrong_object(line, stripe.InvoiceLineItem, "line")
            if one["object"] == "subscription":
                for item in one["items"]["data"]:
                    faults += wrong_object(item, stripe.SubscriptionItem, "item")
    assert sorted(set(faults)) == []
    assert seen.keys() == CLASSES.keys() - {"billing_portal.session"}


def test_nothing_says_livemode(shop: Shop) -> None:
    shop.join()
    for event in shop.v1.events.list({"limit": 100}).data:
        assert event.livemode is False
        assert event.data.object.to_dict().get("livemode", False) is False


@pytest.mark.parametrize(
    ("kind", "gone"),
    [
        ("subscription", ("current_period_start", "current_period_end", "plan")),
        ("invoice", ("subscription", "charge", "payment_intent", "paid", "paid_out_of_band")),
        ("charge", ("invoice",)),
        ("payment_intent", ("invoice", "charges")),
    ],
)
def test_fields_of_older_versions_are_gone(shop: Shop, kind: str, gone: tuple[str, ...]) -> None:
    shop.join()
    with shop.sandbox.world.lock:
        [record] = shop.sandbox.world.store.each(kind)
        shown = shop.sandbox.world.show(kind, record)
    assert not shown.keys() & set(gone)
