"""One-off purchases: what was bought, by whom, and the money it left."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from .conftest import Shop


def term(shop: Shop, months: int = 12, amount: int = 6000) -> Any:
    """A price of a product that buys so many months once."""
    product = shop.v1.products.create({"name": "A year", "metadata": {"membership_months": str(months)}})
    return shop.v1.prices.create({"product": product.id, "currency": "eur", "unit_amount": amount})


def buy(shop: Shop, items: list[dict[str, Any]], card: str = "4242424242424242", **more: Any) -> Any:
    session = shop.open_session(mode="payment", line_items=items, **more)
    assert shop.submit(session, card).status_code == 303
    return shop.v1.checkout.sessions.retrieve(session.id)


def test_a_purchase_leads_from_the_money_to_the_product_and_its_months(shop: Shop) -> None:
    price = term(shop)
    session = buy(shop, [{"price": price.id, "quantity": 2}])
    assert (session.status, session.payment_status, session.amount_total) == ("complete", "paid", 12_000)
    [charge] = shop.charges()
    assert (charge.payment_intent, charge.amount) == (session.payment_intent, 12_000)
    path = ["data.line_items.data.price.product"]
    wish = {"payment_intent": charge.payment_intent, "expand": path}
    [found] = shop.v1.checkout.sessions.list(wish).data
    [item] = found.line_items.data
    assert (item.quantity, item.price.product.metadata["membership_months"]) == (2, "12")
    assert shop.v1.invoice_payments.list().data == []


def test_line_items_come_by_page(shop: Shop) -> None:
    prices = [term(shop, months).id for months in (1, 3, 6)]
    session = buy(shop, [{"price": price} for price in prices])
    first = shop.v1.checkout.sessions.line_items.list(session.id, {"limit": 2})
    assert ([item.price.id for item in first.data], first.has_more) == (prices[:2], True)
    rest = shop.v1.checkout.sessions.line_items.list(session.id, {"starting_after": first.data[-1].id})
    assert ([item.price.id for item in rest.data], rest.has_more) == (prices[2:], False)
    expanded = shop.v1.checkout.sessions.retrieve(session.id, {"expand": ["line_items"]})
    assert len(expanded.line_items.data) == 3


def test_a_purchase_makes_a_customer_only_when_asked_to(shop: Shop) -> None:
    item = [{"price": term(shop).id, "quantity": 1}]
    assert buy(shop, item).customer is None
    assert buy(shop, item).customer_details.email == "ada@example.org"
    made = buy(shop, item, customer_creation="always")
    assert shop.v1.customers.retrieve(made.customer).email == "ada@example.org"
    again = buy(shop, item, customer=made.customer)
    assert (again.customer, shop.charges()[0].customer) == (made.customer, made.customer)
    with pytest.raises(stripe.InvalidRequestError, match="customer_creation"):
        shop.open_session(mode="payment", line_items=item, customer_creation="sometimes")


def test_an_amount_of_ones_own_for_a_known_or_a_new_product(shop: Shop) -> None:
    known = {"price_data": {"currency": "eur", "product": "prod_member", "unit_amount": 700}, "quantity": 1}
    data = {"name": "Gift", "metadata": {"kind": "gift"}}
    new = {"price_data": {"currency": "eur", "product_data": data, "unit_amount": 300}, "quantity": 3}
    session = buy(shop, [known, new])
    assert session.amount_total == 1600
    items = shop.v1.checkout.sessions.line_items.list(session.id, {"expand": ["data.price.product"]}).data
    assert [item.amount_total for item in items] == [700, 900]
    assert [item.price.product.name for item in items] == ["Membership", "Gift"]
    assert items[1].price.product.metadata["kind"] == "gift"


def test_what_costs_nothing_needs_no_payment(shop: Shop) -> None:
    session = buy(shop, [{"price": term(shop, amount=0).id, "quantity": 1}])
    assert (session.payment_status, session.payment_intent) == ("no_payment_required", None)
    assert shop.charges() == []


def test_a_gift_bought_with_a_subscription_is_on_its_first_invoice_alone(shop: Shop) -> None:
    gift = shop.v1.prices.create({"product": "prod_member", "currency": "eur", "unit_amount": 1000})
    items = [{"price": "price_monthly", "quantity": 1}, {"price": gift.id, "quantity": 1}]
    subscription = shop.join(line_items=items)
    assert [item.price.id for item in subscription["items"].data] == ["price_monthly"]
    [first] = shop.invoices(subscription)
    assert (first.total, [line.amount for line in first.lines.data]) == (1500, [500, 1000])
    assert first.lines.data[1].parent.type == "invoice_item_details"
    shop.sandbox.clock.advance(days=31)
    assert shop.invoices(subscription)[0].total == 500


def gift(shop: Shop, amount: int = 2500, currency: str = "eur", **more: Any) -> dict[str, Any]:
    """A line item with a price of its own, as a gift has it."""
    product = shop.v1.products.create({"name": "Gift"})
    data = {"currency": currency, "product": product.id, "unit_amount": amount, **more}
    return {"price_data": data, "quantity": 1}


def test_a_gift_has_a_price_of_its_own_that_nobody_else_can_use(shop: Shop) -> None:
    session = buy(shop, [gift(shop)], submit_type="donate", customer_creation="always")
    [item] = shop.v1.checkout.sessions.line_items.list(session.id).data
    assert (session.submit_type, session.amount_total, item.price.active) == ("donate", 2500, False)
    assert item.price.recurring is None and session.customer.startswith("cus_")


def test_a_gift_each_month_is_a_subscription_with_a_price_of_its_own(shop: Shop) -> None:
    item = gift(shop, 700, recurring={"interval": "month"})
    session = shop.open_session(line_items=[item])
    assert shop.submit(session).status_code == 303
    joined = shop.v1.checkout.sessions.retrieve(session.id)
    [bought] = shop.v1.subscriptions.retrieve(joined.subscription)["items"].data
    assert (bought.price.unit_amount, bought.price.recurring.interval) == (700, "month")
    with pytest.raises(stripe.InvalidRequestError, match="passed a recurring price"):
        shop.open_session(mode="payment", line_items=[item])


@pytest.mark.parametrize(
    ("amount", "currency", "more", "words"),
    [
        (49, "eur", {}, "at least 50 cents"),
        (53, "usd", {}, "at least 50 cents"),
        (2500, "eur", {"currency": "usd"}, "only supports `eur`"),
        (2500, "eur", {"submit_type": "give"}, "Invalid submit_type"),
    ],
)
def test_what_checkout_would_not_open_is_refused(
    shop: Shop, amount: int, currency: str, more: dict[str, str], words: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=words):
        shop.open_session(mode="payment", line_items=[gift(shop, amount, currency)], **more)


def test_the_smallest_gift_and_the_named_currency_are_taken(shop: Shop) -> None:
    session = shop.open_session(mode="payment", line_items=[gift(shop, 50)], currency="EUR")
    assert (session.currency, session.amount_total, session.submit_type) == ("eur", 50, None)
