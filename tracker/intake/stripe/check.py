"""The reader's journey against an account in test mode, and the shapes of what it answers.

Each object is asked for as a refresh asks for it, read by `shapes.py`, and noted as field -> types; a walk over
Stripe and one over the test server can then be laid side by side. What a walk made, it takes away again.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tracker.intake.stripe import answers, shapes
from tracker.intake.stripe.gateway import Gateway, Raw, StripeRefusedError, StripeUnreachableError

Shape = dict[str, frozenset[str]]
"""The path of a field ("items.data[].price.id") -> the types seen there."""
FREE = {"metadata", "card", "payment_method_options", "wallet"}
"""What may hold anything, or what no rule of ours reads."""
TYPES = {dict: "object", list: "list", str: "text", bool: "boolean", int: "number", float: "number"}
EVENT_TRIES, EVENT_PAUSE_SECONDS = 10, 0.5


@dataclass
class Walk:
    """What one walk saw."""

    seen: dict[str, Shape] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    """Kind -> why it could not be asked for or read."""
    left: list[str] = field(default_factory=list)
    """What could not be taken away again."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One kind of object on both."""

    kind: str
    is_ok: bool
    words: str


def walk(gateway: Gateway) -> Walk:
    """Product, price, Checkout session, customer, subscription, invoice, payment, charge, refund, money, event."""
    found, undo = Walk(), list[tuple[str, Callable[[], Any]]]()
    try:
        _live(gateway, found, undo)
    except (StripeRefusedError, StripeUnreachableError, KeyError, TypeError, IndexError) as error:
        found.problems.setdefault("the journey", f"it broke off: {type(error).__name__} {error}")
    finally:
        for what, take_away in reversed(undo):
            try:
                take_away()
            except (StripeRefusedError, StripeUnreachableError) as error:
                found.left.append(f"{what}: {error}")
    return found


def compare(theirs: Walk, known: Walk) -> list[Compared]:
    """What the account answered beside what the test server answers, a row a kind."""
    rows = [Compared(what, False, words) for what, words in theirs.problems.items()]
    for kind, shape in known.seen.items():
        if kind in theirs.problems:
            continue
        if kind not in theirs.seen:
            rows.append(Compared(kind, False, "not seen"))
            continue
        rows.append(_compared(kind, theirs.seen[kind], shape))
    return rows


def shape_of(value: Any, path: str = "") -> Shape:
    """Every field below a value; a list's elements are taken together."""
    found: dict[str, set[str]] = {}
    for name, told in _fields(value, path):
        found.setdefault(name, set()).add(told)
    return {name: frozenset(types) for name, types in found.items()}


def _fields(value: Any, path: str) -> list[tuple[str, str]]:
    rows = [(path, TYPES.get(type(value), "null"))] if path else []
    if isinstance(value, Mapping):
        for name, inner in value.items():
            below = f"{path}.{name}" if path else str(name)
            rows += [(below, TYPES.get(type(inner), "null"))] if name in FREE else _fields(inner, below)
    elif isinstance(value, list):
        rows += [row for inner in value for row in _fields(inner, f"{path}[]")]
    return rows


def _compared(kind: str, theirs: Shape, known: Shape) -> Compared:
    """Fields that the test server has and the account lacks, or has of another type; more fields do no harm."""
    missing = [name for name in known if name not in theirs and _is_below_something(name, theirs)]
    other = [
        f"{name}: {'/'.join(sorted(theirs[name]))}, not {'/'.join(sorted(types))}"
        for name, types in known.items()
        if name in theirs and not (theirs[name] & types) and "null" not in theirs[name] | types
    ]
    more = sum(1 for name in theirs if name not in known)
    words = [f"lacks {', '.join(missing[:8])}{' ...' if len(missing) > 8 else ''}"] if missing else []
    words += other[:8]
    words += [f"{more} fields more than the test server"] if more else []
    return Compared(kind, not missing and not other, "; ".join(words))


def _is_below_something(name: str, theirs: Shape) -> bool:
    """A field can only be missed where its parent is there and not null or empty."""
    parent = name.rpartition(".")[0].removesuffix("[]")
    return not parent or (
        parent in theirs and any(other.startswith(f"{name.rpartition('.')[0]}.") for other in theirs)
    )


def _live(gateway: Gateway, found: Walk, undo: list[tuple[str, Callable[[], Any]]]) -> None:
    make = _maker(gateway)
    product = make("/v1/products", {"name": "tracker stripe check", "metadata": {"revenue": "exchange"}})
    undo.append((product["id"], lambda: make(f"/v1/products/{product['id']}", {"active": False})))
    price = make(
        "/v1/prices",
        {"product": product["id"], "currency": "eur", "unit_amount": 500, "recurring": {"interval": "month"}},
    )
    undo.append((price["id"], lambda: make(f"/v1/prices/{price['id']}", {"active": False})))
    session = make("/v1/checkout/sessions", _session(price["id"]))
    undo.append((session["id"], lambda: make(f"/v1/checkout/sessions/{session['id']}/expire", {})))
    card = "pm_card_visa"
    customer = make(
        "/v1/customers",
        {
            "email": "check@tracker.example",
            "payment_method": card,
            "invoice_settings": {"default_payment_method": card},
        },
    )
    undo.append((customer["id"], lambda: gateway.delete(f"/v1/customers/{customer['id']}")))
    bought = make("/v1/subscriptions", {"customer": customer["id"], "items": [{"price": price["id"]}]})
    undo.append((bought["id"], lambda: gateway.delete(f"/v1/subscriptions/{bought['id']}")))
    for kind, object_id in (
        ("product", product["id"]),
        ("price", price["id"]),
        ("checkout.session", session["id"]),
        ("customer", customer["id"]),
        ("subscription", bought["id"]),
    ):
        _see(gateway, found, kind, object_id)
    _money(gateway, found, str(bought["latest_invoice"]), make)
    _event(gateway, found, bought["id"])


def _money(gateway: Gateway, found: Walk, invoice_id: str, make: Callable[[str, Raw], Raw]) -> None:
    invoice = _see(gateway, found, "invoice", invoice_id)
    payment = invoice["payments"]["data"][0]
    _see(gateway, found, "invoice_payment", payment["id"])
    intent = _see(gateway, found, "payment_intent", payment["payment"]["payment_intent"])
    charge = _see(gateway, found, "charge", intent["latest_charge"])
    _see(gateway, found, "balance_transaction", charge["balance_transaction"]["id"])
    refund = make("/v1/refunds", {"charge": charge["id"]})
    _see(gateway, found, "refund", refund["id"])


def _event(gateway: Gateway, found: Walk, subscription: str) -> None:
    """The event of the new subscription; Stripe may take a moment to list it."""
    for _ in range(EVENT_TRIES):
        page, _ = gateway.page("/v1/events", {"type": "customer.subscription.created", "limit": 20})
        for event in page:
            if event["data"]["object"]["id"] == subscription:
                found.seen["event"] = shape_of(event | {"data": {"object": None}})
                return
        time.sleep(EVENT_PAUSE_SECONDS)
    found.problems["event"] = "customer.subscription.created is not listed"


def _see(gateway: Gateway, found: Walk, kind: str, object_id: str) -> Raw:
    """Ask for an object as a refresh does, note its shape, read it."""
    how = shapes.KINDS[kind]
    raw = gateway.get(f"{how.path}/{object_id}", {"expand": list(how.expand)} if how.expand else {})
    if raw is None:
        raise StripeRefusedError(f"{kind} {object_id} was made and is not there")
    found.seen[kind] = shape_of(raw)
    try:
        reading = answers.read(kind, raw, is_live=False)
    except shapes.UnreadableError as error:
        found.problems[kind] = f"cannot be read: {error}"
    else:
        if reading.problem:
            found.problems[kind] = reading.problem
    return raw


def _session(price: str) -> Raw:
    return {
        "mode": "subscription",
        "line_items": [{"price": price, "quantity": 1}],
        "success_url": "https://tracker.example/thanks",
        "cancel_url": "https://tracker.example/join",
    }


def _maker(gateway: Gateway) -> Callable[[str, Raw], Raw]:
    mark = secrets.token_hex(8)

    def make(path: str, params: Raw) -> Raw:
        return gateway.post(path, params, f"check-{mark}-{path}")

    return make
