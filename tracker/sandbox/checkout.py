"""Checkout sessions: opened through the API, paid, left or expired on the page."""

from __future__ import annotations

from typing import Any

from tracker.sandbox import (
    billing,
    cards,
    catalog,
    customers,
    discounts,
    invoice_lines,
    lists,
    money,
    payments,
    subscriptions,
)
from tracker.sandbox.errors import StripeError, invalid
from tracker.sandbox.params import Params
from tracker.sandbox.shapes import Scene
from tracker.sandbox.shapes.sessions import line_items as drawn_items
from tracker.sandbox.shapes.sessions import total
from tracker.sandbox.store import Record
from tracker.sandbox.world import DAY, World

_MODES = ("subscription", "payment")
_BUTTONS = ("auto", "book", "donate", "pay", "subscribe")
_COPIED = ("client_reference_id", "success_url", "cancel_url", "customer_email", "locale", "return_url")


def create(world: World, params: Params) -> dict[str, Any]:
    params.need("mode")
    mode = str(params.choice("mode", _MODES))
    listed = params.children("line_items")
    if not listed:
        params.need("line_items")
    _refuse_other_mode(params, mode)
    items = catalog.items(world, listed, recurring=mode == "subscription")
    _one_currency(params, items)
    record: Record = {
        "mode": mode,
        "status": "open",
        "payment_status": "unpaid",
        "items": [{"id": world.ids.plain("li"), **item} for item in items],
        "metadata": params.metadata(),
        "expires_at": _expiry(world, params),
        **{name: params.text(name) for name in _COPIED if params.text(name)},
    }
    params.need("success_url")
    if customer := params.text("customer"):
        record["customer"] = customers.live(world, customer)["id"]
    if creation := params.choice("customer_creation", ("always", "if_required")):
        record["customer_creation"] = creation
    if button := params.choice("submit_type", _BUTTONS):
        record["submit_type"] = button
    record |= _of_mode(world, params, mode)
    record["methods"] = params.texts("payment_method_types") or _offered(world, record)
    _price_off(world, params, record)
    if words := money.too_small(total(record), items[0]["price"]["currency"]):
        raise invalid(words, code="amount_too_small")
    session = world.add("checkout.session", record)
    world.plan(session["expires_at"], "expire_session", session["id"])
    return world.show("checkout.session", session)


def _of_mode(world: World, params: Params, mode: str) -> Record:
    if mode == "payment":
        return {"pi_metadata": params.child("payment_intent_data").metadata()}
    data = params.child("subscription_data")
    days, without_card = data.integer("trial_period_days"), subscriptions.trial_without_card(data)
    return {"sub_metadata": data.metadata(), "trial_days": days, "trial_without_card": without_card}


def _one_currency(params: Params, items: list[Record]) -> None:
    """One currency a session; `currency` chooses among those of a price, and ours have one each."""
    wanted = (params.text("currency") or items[0]["price"]["currency"]).lower()
    for item in items:
        has = item["price"]["currency"]
        if has != wanted:
            message = (
                f"The price specified only supports `{has}`. This doesn't match the expected currency: `{wanted}`."
            )
            raise invalid(message, param="currency" if "currency" in params else "line_items")


def _offered(world: World, session: Record) -> list[str]:
    """What the account offers; debits only for euros."""
    currency = session["items"][0]["price"]["currency"]
    return [name for name in world.settings.methods if currency == "eur" or name == "card"]


def method_types(world: World, session: Record) -> list[str]:
    """The ways to pay of a session; the demo's own sessions name none."""
    return list(session.get("methods") or ["card"])


def _price_off(world: World, params: Params, record: Record) -> None:
    """Write the discounts that were asked for into the session, and each item's share."""
    wanted = discounts.asked(world, params)
    if not wanted:
        return
    record["granted"] = [[coupon["id"], promotion] for coupon, promotion in wanted]
    lines = [
        {"amount": one["price"]["unit_amount"] * one["quantity"], "product": one["price"]["product"]}
        for one in record["items"]
    ]
    for coupon, _ in wanted:
        for line, amount in discounts.shares(coupon, lines):
            line.setdefault("discounts", []).append([coupon["id"], amount])
    for one, line in zip(record["items"], lines, strict=True):
        one["off"] = line["amount"] - discounts.net(line)


def _refuse_other_mode(params: Params, mode: str) -> None:
    wrong = "payment_intent_data" if mode == "subscription" else "subscription_data"
    if wrong in params:
        raise invalid(f"You can not pass `{wrong}` in `{mode}` mode.", param=wrong)
    if mode == "subscription" and "customer_creation" in params:
        raise invalid("`customer_creation` can only be used in `payment` and `setup` mode.")
    if "customer" in params and "customer_email" in params:
        raise invalid("You may only specify one of these parameters: customer, customer_email.")


def _expiry(world: World, params: Params) -> int:
    now = world.now()
    chosen = params.integer("expires_at")
    if chosen is None:
        return now + DAY
    if not now + 1800 - 60 <= chosen <= now + DAY + 60:
        message = "The `expires_at` timestamp must be between 30 minutes and 24 hours from creation."
        raise invalid(message, param="expires_at")
    return chosen


def line_items(world: World, params: Params, identifier: str) -> dict[str, Any]:
    session = world.find("checkout.session", identifier)
    drawn = drawn_items(session, Scene(world.now(), world.settings.url))
    return lists.cut(drawn, params)


def update(world: World, params: Params, identifier: str) -> dict[str, Any]:
    session = world.find("checkout.session", identifier)
    metadata = params.metadata(session.get("metadata"))
    return world.show("checkout.session", world.change("checkout.session", session, metadata=metadata))


def expire(world: World, params: Params, identifier: str) -> dict[str, Any]:
    session = world.find("checkout.session", identifier)
    if session["status"] != "open":
        message = f"Only Checkout Sessions with a status of open can be expired; it is {session['status']}."
        raise invalid(message)
    _expire(world, session)
    return world.show("checkout.session", session)


def _expire(world: World, session: Record) -> None:
    world.change("checkout.session", session, "checkout.session.expired", status="expired")


def expire_due(world: World, identifier: str) -> None:
    """Due at `expires_at`."""
    session = world.store.get("checkout.session", identifier)
    if session and session["status"] == "open":
        _expire(world, session)


def pay(
    world: World,
    identifier: str,
    *,
    email: str,
    name: str,
    card: cards.Card | cards.Account,
    country: str | None = None,
) -> Record:
    """Complete an open session as the page does; a declined card raises and leaves the session open.

    A bank debit completes it `unpaid`: the money is on its way. Paying a session a second time changes nothing:
    a double click is no second membership.
    """
    session = world.find("checkout.session", identifier)
    if session["status"] == "complete":
        return session
    if session["status"] == "expired":
        raise invalid("This Checkout Session has expired.", code="checkout_session_expired")
    if isinstance(card, cards.Account) and "sepa_debit" not in method_types(world, session):
        raise invalid("This Checkout Session does not take bank debits.", param="payment_method_types")
    country = country or card.country
    if card.fails == cards.ALWAYS:
        raise _declined(world, session, card, {"email": email, "name": name, "country": country})
    customer = _customer(world, session, email, name, country)
    method = customers.new_card(world, card, customer, email=email, name=name, country=country)
    session.update(paid_email=email, name=name, country=country)
    if session["mode"] == "subscription":
        fields = _subscribe(world, session, customer, method)
    else:
        fields = _buy(world, session, customer, method)
    fields["customer"] = customer["id"] if customer else None
    if total(session) == 0:
        fields["payment_status"] = "no_payment_required"
    else:
        fields["payment_status"] = "unpaid" if isinstance(card, cards.Account) else "paid"
    return world.change("checkout.session", session, "checkout.session.completed", status="complete", **fields)


def debit_ended(world: World, intent: Record, invoice: Record | None, *, paid: bool) -> None:
    """Tell the session that was completed with a bank debit what became of the debit."""
    if invoice is None:
        found = world.store.each("checkout.session", payment_intent=intent["id"])
    elif invoice.get("subscription") and invoice["reason"] == "subscription_create":
        found = world.store.each("checkout.session", subscription=invoice["subscription"])
    else:
        found = []
    for session in found:
        if session.get("payment_status") != "unpaid":
            continue
        if paid:
            event = "checkout.session.async_payment_succeeded"
            world.change("checkout.session", session, event, payment_status="paid")
        else:
            world.change("checkout.session", session, "checkout.session.async_payment_failed")


def _declined(world: World, session: Record, card: cards.Card | cards.Account, who: dict[str, str]) -> StripeError:
    intent = payments.open_intent(
        world,
        total(session),
        session["items"][0]["price"]["currency"],
        customer=session.get("customer"),
        metadata=session.get("pi_metadata"),
    )
    payments.attempt(world, intent, customers.new_card(world, card, None, **who), off_session=False)
    return payments.refusal(intent)


def _customer(world: World, session: Record, email: str, name: str, country: str) -> Record | None:
    if session.get("customer"):
        return customers.live(world, session["customer"])
    if session["mode"] == "payment" and session.get("customer_creation") != "always":
        return None
    facts = {"email": email, "name": name, "country": country}
    return world.add("customer", facts, "customer.created")


def _subscribe(world: World, session: Record, customer: Record | None, card: Record) -> Record:
    if customer is None:
        raise AssertionError("a subscription session always has a customer")
    bought = [(one["price"], one["quantity"]) for one in session["items"]]
    items = [{"price": price, "quantity": count} for price, count in bought if price.get("interval")]
    once = [(price, count) for price, count in bought if not price.get("interval")]
    extras = [invoice_lines.bought_once(world, price, count) for price, count in once]
    days = session.get("trial_days")
    subscription = billing.start(
        world,
        customer,
        items,
        card,
        metadata=session.get("sub_metadata"),
        trial_end=world.now() + days * DAY if days else None,
        trial_without_card=session.get("trial_without_card"),
        extras=extras,
        granted=_granted(world, session),
    )
    return {"subscription": subscription["id"], "invoice": subscription["latest_invoice"]}


def _granted(world: World, session: Record) -> list[tuple[Record, str | None]]:
    return [(world.find("coupon", coupon), promotion) for coupon, promotion in session.get("granted", [])]


def _buy(world: World, session: Record, customer: Record | None, card: Record) -> Record:
    owner = customer["id"] if customer else None
    if granted := _granted(world, session):
        discounts.grant(world, granted, customer=owner, checkout_session=session["id"])
    if total(session) == 0:
        return {"payment_intent": None}
    intent = payments.open_intent(
        world,
        total(session),
        session["items"][0]["price"]["currency"],
        customer=owner,
        metadata=session.get("pi_metadata"),
        description=session["items"][0]["description"],
        methods=method_types(world, session),
    )
    payments.attempt(world, intent, card, off_session=False)
    return {"payment_intent": intent["id"]}
