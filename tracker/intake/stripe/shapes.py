"""Stripe's objects of any API version, read by their shape into our facts; pure.

Never by a version string: one object may come in several. What is missing or unknown becomes a problem that is
shown and alarmed, never a silent None.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tracker.core import facts, money

Raw = Mapping[str, Any]


class UnreadableError(Exception):
    """The object lacks what every version of it has; the text says what."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one Stripe object told: facts, money, contact, and what about it we do not know."""

    objects: tuple[facts.Fact, ...] = ()
    entries: tuple[facts.Entry, ...] = ()
    contacts: tuple[facts.Contact, ...] = ()
    wants: tuple[tuple[str, str], ...] = ()
    """(kind, id) of objects that this one leads to and that must be known for it to be understood."""
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of object is fetched and read."""

    name: str
    path: str
    read: Callable[[Raw], Reading]
    expand: tuple[str, ...] = ()


def read(kind: str, raw: Raw) -> Reading:
    """The facts in a Stripe dict of that kind. UnreadableError says which piece is missing."""
    try:
        return KINDS[kind].read(raw)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError, OverflowError, OSError) as error:
        raise UnreadableError(f"{kind} {raw.get('id', '?')}: {type(error).__name__} at {error}") from error


def instant(seconds: int | None) -> datetime | None:
    """Stripe's unix seconds as an aware instant."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _must(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _id(value: Any) -> str | None:
    """The id of an object that stands as an id or expanded."""
    found = value["id"] if isinstance(value, Mapping) else value
    return None if found is None else str(found)


def _at(raw: Raw | None, *path: str) -> Any:
    """The value at a path of keys, None where any of them is missing or null."""
    found: Any = raw
    for key in path:
        if not isinstance(found, Mapping):
            return None
        found = found.get(key)
    return found


def _unknown(what: str, value: str, known: frozenset[str]) -> str | None:
    return None if value in known else f"unknown {what} {value!r}"


def _unknown_currency(currency: str) -> str | None:
    return None if money.is_known(currency) else f"unknown currency {currency!r}"


def _product(raw: Raw) -> Reading:
    metadata = raw.get("metadata") or {}
    months = str(metadata.get("membership_months", "")).strip()
    bad = months and not (months.isdecimal() and 1 <= int(months) <= 1200)
    fact = facts.Product(
        id=raw["id"],
        name=raw.get("name") or "",
        active=bool(raw.get("active", not raw.get("deleted"))),
        membership_months=int(months) if months and not bad else None,
        revenue=metadata.get("revenue"),
    )
    return Reading((fact,), problem=f"membership_months {months!r} is no number of months" if bad else None)


def _price(raw: Raw) -> Reading:
    fact = facts.Price(
        id=raw["id"],
        product=_id(raw["product"]) or "",
        currency=raw["currency"].upper(),
        unit_amount_minor=raw.get("unit_amount"),
        interval=_at(raw, "recurring", "interval"),
        interval_count=_at(raw, "recurring", "interval_count") or 1,
        active=bool(raw.get("active", True)),
    )
    return Reading((fact,))


def _customer(raw: Raw) -> Reading:
    deleted = bool(raw.get("deleted"))
    fact = facts.Customer(raw["id"], deleted, instant(raw.get("created")))
    contact = facts.Contact(raw["id"], raw.get("email"), _at(raw, "address", "country"))
    return Reading((fact,), contacts=() if deleted else (contact,))


def _item(raw: Raw, subscription: Raw) -> facts.Item:
    price = raw.get("price") or raw["plan"]
    start = raw.get("current_period_start", subscription.get("current_period_start"))
    end = raw.get("current_period_end", subscription.get("current_period_end"))
    return facts.Item(
        product=_id(price["product"]) or "",
        price=price["id"],
        quantity=raw.get("quantity") or 1,
        interval=_at(price, "recurring", "interval") or price.get("interval"),
        interval_count=_at(price, "recurring", "interval_count") or price.get("interval_count") or 1,
        period_start_at=instant(start),
        period_end_at=instant(end),
    )


def _subscription(raw: Raw) -> Reading:
    metadata = raw.get("metadata") or {}
    paused = _at(raw, "status_details", "paused", "transitioned_at") if raw["status"] == "paused" else None
    fact = facts.Subscription(
        id=raw["id"],
        customer=_id(raw["customer"]) or "",
        status=raw["status"],
        created_at=_must(raw["created"]),
        ended_at=instant(raw.get("ended_at")),
        cancel_at=instant(raw.get("cancel_at")),
        cancel_at_period_end=bool(raw.get("cancel_at_period_end")),
        canceled_at=instant(raw.get("canceled_at")),
        paused_at=instant(paused),
        collection_paused=_at(raw, "pause_collection", "behavior"),
        trial_end_at=instant(raw.get("trial_end")),
        pledge=metadata.get("pledge_id"),
        campaign=metadata.get("campaign"),
        items=tuple(_item(item, raw) for item in raw["items"]["data"]),
    )
    return Reading((fact,), problem=_unknown("status", fact.status, facts.SUBSCRIPTION_STATUSES))


def _line(raw: Raw) -> facts.Line:
    details = _at(raw, "pricing", "price_details")
    older = raw.get("price") or raw.get("plan")
    product = _id(_at(details, "product")) or _id(_at(older, "product"))
    price = _id(_at(details, "price")) or _id(older)
    discounts = sum(discount["amount"] for discount in raw.get("discount_amounts") or ())
    subscription = (
        _at(raw, "parent", "subscription_item_details", "subscription")
        or _at(raw, "parent", "invoice_item_details", "subscription")
        or _id(raw.get("subscription"))
    )
    return facts.Line(
        id=raw["id"],
        product=product,
        price=price,
        amount_minor=raw["amount"] - discounts,
        quantity=raw.get("quantity") or 1,
        period_start_at=_must(raw["period"]["start"]),
        period_end_at=_must(raw["period"]["end"]),
        subscription=subscription,
    )


def _tax(raw: Raw) -> int:
    rows = raw.get("total_taxes") or raw.get("total_tax_amounts")
    return sum(row["amount"] for row in rows) if rows else raw.get("tax") or 0


def _invoice(raw: Raw) -> Reading:
    times = raw.get("status_transitions") or {}
    subscription = _id(_at(raw, "parent", "subscription_details", "subscription")) or _id(raw.get("subscription"))
    fact = facts.Invoice(
        id=raw["id"],
        customer=_id(raw["customer"]) or "",
        subscription=subscription,
        status=raw["status"],
        currency=raw["currency"].upper(),
        total_minor=raw["total"],
        tax_minor=_tax(raw),
        credited_before_minor=raw.get("pre_payment_credit_notes_amount") or 0,
        credited_after_minor=raw.get("post_payment_credit_notes_amount") or 0,
        created_at=_must(raw["created"]),
        finalized_at=instant(times.get("finalized_at")),
        paid_at=instant(times.get("paid_at")),
        voided_at=instant(times.get("voided_at")),
        uncollectible_at=instant(times.get("marked_uncollectible_at")),
        lines=tuple(_line(line) for line in raw["lines"]["data"]),
    )
    wants = (("subscription", subscription),) if subscription else ()
    problem = _unknown("status", fact.status or "none", facts.INVOICE_STATUSES)
    return Reading((fact, *_payments(raw)), wants=wants, problem=problem or _unknown_currency(fact.currency))


def _payments(raw: Raw) -> list[facts.InvoicePayment]:
    """The invoice's payments where they were asked for, or what older versions hold in their place."""
    if raw.get("payments"):
        return [_payment(payment) for payment in raw["payments"]["data"]]
    charge, intent = _id(raw.get("charge")), _id(raw.get("payment_intent"))
    if not charge and not intent:
        return []
    status = "paid" if raw["status"] == "paid" else "open"
    return [
        facts.InvoicePayment(f"{raw['id']}:payment", raw["id"], status, intent, charge, raw.get("amount_paid"))
    ]


def _payment(raw: Raw) -> facts.InvoicePayment:
    return facts.InvoicePayment(
        id=raw["id"],
        invoice=_id(raw["invoice"]) or "",
        status=raw["status"],
        payment_intent=_id(_at(raw, "payment", "payment_intent")),
        charge=_id(_at(raw, "payment", "charge")),
        amount_minor=raw.get("amount_paid"),
    )


def _invoice_payment(raw: Raw) -> Reading:
    fact = _payment(raw)
    return Reading((fact,), wants=(("invoice", fact.invoice),))


def _charge(raw: Raw) -> Reading:
    customer = _id(raw.get("customer"))
    failure = raw.get("failure_balance_transaction")
    fact = facts.Charge(
        id=raw["id"],
        customer=customer,
        payment_intent=_id(raw.get("payment_intent")),
        status=raw["status"],
        currency=raw["currency"].upper(),
        amount_minor=raw["amount"],
        created_at=_must(raw["created"]),
        method_type=_at(raw, "payment_method_details", "type"),
        card_country=_at(raw, "payment_method_details", "card", "country"),
        balance_transaction=_id(raw.get("balance_transaction")),
        failure_entry=_id(failure),
    )
    country = _at(raw, "billing_details", "address", "country")
    contacts = (facts.Contact(customer, None, country),) if customer and country else ()
    booked = [value for value in (raw.get("balance_transaction"), failure) if isinstance(value, Mapping)]
    return Reading(
        (fact,), tuple(entry(value) for value in booked), contacts, problem=_unknown_currency(fact.currency)
    )


def _payment_intent(raw: Raw) -> Reading:
    fact = facts.PaymentIntent(
        id=raw["id"],
        customer=_id(raw.get("customer")),
        status=raw["status"],
        currency=raw["currency"].upper(),
        amount_minor=raw["amount"],
        created_at=_must(raw["created"]),
        latest_charge=_id(raw.get("latest_charge")),
    )
    return Reading((fact,), wants=(("charge", fact.latest_charge),) if fact.latest_charge else ())


def _refund(raw: Raw) -> Reading:
    booked = [
        value
        for value in (raw.get("balance_transaction"), raw.get("failure_balance_transaction"))
        if isinstance(value, Mapping)
    ]
    fact = facts.Refund(
        id=raw["id"],
        status=raw["status"],
        currency=raw["currency"].upper(),
        amount_minor=raw["amount"],
        created_at=_must(raw["created"]),
        charge=_id(raw.get("charge")),
        payment_intent=_id(raw.get("payment_intent")),
        balance_transaction=_id(raw.get("balance_transaction")),
    )
    return Reading(
        (fact,),
        tuple(entry(value) for value in booked),
        wants=(("charge", fact.charge),) if fact.charge else (),
        problem=_unknown("status", fact.status, facts.REFUND_STATUSES),
    )


def _dispute(raw: Raw) -> Reading:
    booked = raw.get("balance_transactions") or []
    fact = facts.Dispute(
        id=raw["id"],
        currency=raw["currency"].upper(),
        amount_minor=raw["amount"],
        created_at=_must(raw["created"]),
        charge=_id(raw.get("charge")),
        payment_intent=_id(raw.get("payment_intent")),
        movements=tuple(facts.Movement(row["id"], row["amount"], _must(row["created"])) for row in booked),
    )
    return Reading(
        (fact,), tuple(entry(row) for row in booked), wants=(("charge", fact.charge),) if fact.charge else ()
    )


def _credit_note(raw: Raw) -> Reading:
    total = raw.get("total", raw["amount"])
    before, after = raw.get("pre_payment_amount"), raw.get("post_payment_amount")
    if before is None or after is None:
        before, after = (total, 0) if raw["type"] == "pre_payment" else (0, total)
    refunds = raw.get("refunds") or []
    refunded = sum(row.get("amount_refunded") or 0 for row in refunds)
    fact = facts.CreditNote(
        id=raw["id"],
        invoice=_id(raw["invoice"]) or "",
        customer=_id(raw.get("customer")),
        status=raw["status"],
        before_minor=before,
        after_minor=after,
        refunded_minor=after if not refunds and raw.get("refund") else refunded,
        created_at=_must(raw["created"]),
    )
    return Reading((fact,), wants=(("invoice", fact.invoice),))


def _session(raw: Raw) -> Reading:
    metadata = raw.get("metadata") or {}
    is_payment = raw["mode"] == "payment"
    fact = facts.CheckoutSession(
        id=raw["id"],
        mode=raw["mode"],
        status=raw.get("status") or "open",
        payment_status=raw["payment_status"],
        created_at=_must(raw["created"]),
        expires_at=instant(raw.get("expires_at")),
        customer=_id(raw.get("customer")),
        subscription=_id(raw.get("subscription")),
        payment_intent=_id(raw.get("payment_intent")),
        invoice=_id(raw.get("invoice")),
        pledge=metadata.get("pledge_id") or raw.get("client_reference_id"),
        campaign=metadata.get("campaign"),
        items=tuple(_session_item(row) for row in _at(raw, "line_items", "data") or ()) if is_payment else (),
    )
    wants = [("subscription", fact.subscription), ("invoice", fact.invoice)]
    wants += [("payment_intent", fact.payment_intent)] if fact.status == "complete" else []
    problem = _unknown("status", fact.status, facts.SESSION_STATUSES) or _unknown(
        "payment_status", fact.payment_status, facts.SESSION_PAYMENT_STATUSES
    )
    if is_payment and fact.status == "complete" and not fact.items:
        problem = problem or "what was bought is not told: its line items are missing"
    return Reading((fact,), wants=tuple((kind, id_) for kind, id_ in wants if id_), problem=problem)


def _session_item(raw: Raw) -> facts.SessionItem:
    price = raw.get("price") or {}
    return facts.SessionItem(
        product=_id(price.get("product")),
        price=_id(price) if price else None,
        quantity=raw.get("quantity") or 1,
        amount_minor=raw["amount_total"],
    )


def _payout(raw: Raw) -> Reading:
    fact = facts.Payout(
        id=raw["id"],
        status=raw["status"],
        currency=raw["currency"].upper(),
        amount_minor=raw["amount"],
        created_at=_must(raw["created"]),
        arrives_at=_must(raw["arrival_date"]),
        is_automatic=bool(raw.get("automatic")),
        balance_transaction=_id(raw.get("balance_transaction")),
        method=raw.get("method") or "standard",
        reconciliation=raw.get("reconciliation_status") or "",
    )
    booked = (raw.get("balance_transaction"), raw.get("failure_balance_transaction"))
    return Reading((fact,), tuple(entry(value) for value in booked if isinstance(value, Mapping)))


def entry(raw: Raw) -> facts.Entry:
    """A balance transaction as a ledger entry; the exchange rate stays the text that Stripe wrote."""
    rate = raw.get("exchange_rate")
    return facts.Entry(
        id=raw["id"],
        type=raw["type"],
        reporting_category=raw["reporting_category"],
        currency=raw["currency"].upper(),
        amount_minor=raw["amount"],
        fee_minor=raw["fee"],
        net_minor=raw["net"],
        created_at=_must(raw["created"]),
        available_on=instant(raw.get("available_on")),
        status=raw["status"],
        source=_id(raw.get("source")),
        exchange_rate=None if rate is None else str(rate),
        description=raw.get("description") or "",
    )


def _entry(raw: Raw) -> Reading:
    source = raw.get("source")
    kind = SOURCES.get(source.get("object", "")) if isinstance(source, Mapping) else None
    inner = KINDS[kind].read(source) if kind and isinstance(source, Mapping) else Reading()
    return Reading(inner.objects, (entry(raw), *inner.entries), inner.contacts, inner.wants, inner.problem)


SOURCES = {"charge": "charge", "refund": "refund", "dispute": "dispute", "payout": "payout"}
"""Which kinds a balance transaction's expanded source may be."""

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("product", "/v1/products", _product),
        Kind("price", "/v1/prices", _price),
        Kind("customer", "/v1/customers", _customer),
        Kind("subscription", "/v1/subscriptions", _subscription),
        Kind("invoice", "/v1/invoices", _invoice, ("payments",)),
        Kind("invoice_payment", "/v1/invoice_payments", _invoice_payment),
        Kind("charge", "/v1/charges", _charge, ("balance_transaction", "failure_balance_transaction")),
        Kind("payment_intent", "/v1/payment_intents", _payment_intent),
        Kind("refund", "/v1/refunds", _refund, ("balance_transaction", "failure_balance_transaction")),
        Kind("dispute", "/v1/disputes", _dispute),
        Kind("credit_note", "/v1/credit_notes", _credit_note),
        Kind("checkout.session", "/v1/checkout/sessions", _session, ("line_items",)),
        Kind("payout", "/v1/payouts", _payout, ("balance_transaction", "failure_balance_transaction")),
        Kind("balance_transaction", "/v1/balance_transactions", _entry, ("source",)),
    )
}
"""Every kind of object we read, by Stripe's own name for it."""
