"""Every field the test server sends is one that the SDK of API 2026-10-28.endive knows, and of its type."""

from __future__ import annotations

import functools
import types
import typing
from decimal import Decimal
from typing import Any, Literal, Union

import pytest
import stripe
from stripe import StripeObject
from stripe._api_version import _ApiVersion

from tracker.sandbox.world import API_VERSION

from . import busy
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
    "coupon": stripe.Coupon,
    "credit_note": stripe.CreditNote,
    "credit_note_line_item": stripe.CreditNoteLineItem,
    "customer": stripe.Customer,
    "discount": stripe.Discount,
    "dispute": stripe.Dispute,
    "event": stripe.Event,
    "invoice": stripe.Invoice,
    "invoice_payment": stripe.InvoicePayment,
    "invoiceitem": stripe.InvoiceItem,
    "item": stripe.LineItem,
    "line_item": stripe.InvoiceLineItem,
    "payment_intent": stripe.PaymentIntent,
    "payment_method": stripe.PaymentMethod,
    "payout": stripe.Payout,
    "price": stripe.Price,
    "product": stripe.Product,
    "promotion_code": stripe.PromotionCode,
    "refund": stripe.Refund,
    "subscription": stripe.Subscription,
    "subscription_item": stripe.SubscriptionItem,
    "topup": stripe.Topup,
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


def test_the_sdk_pins_the_version_we_draw() -> None:
    assert _ApiVersion.CURRENT == API_VERSION


def test_every_object_has_only_fields_and_types_the_sdk_knows(shop: Shop) -> None:
    busy.live(shop)
    seen: set[str] = set()
    faults: set[str] = set()
    for where, one in busy.objects(shop):
        seen.add(one["object"])
        faults |= set(wrong_object(one, CLASSES[one["object"]], where))
    assert sorted(faults) == []
    assert seen == CLASSES.keys() - {"billing_portal.session"}


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
