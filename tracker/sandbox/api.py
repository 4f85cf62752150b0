"""Every path of the API in one table: what answers it, and which parameters it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from werkzeug.routing import Map, Rule

from tracker.sandbox import (
    account,
    balance,
    catalog,
    checkout,
    coupons,
    credit_balance,
    credit_notes,
    customers,
    disputes,
    events,
    invoice_calls,
    invoice_items,
    lists,
    payouts,
    refunds,
    subscriptions,
)
from tracker.sandbox.params import Params
from tracker.sandbox.world import World

Answer = Callable[..., dict[str, Any]]
_PAGING = "limit starting_after ending_before created"
_SESSION = """mode line_items success_url cancel_url return_url client_reference_id customer customer_email
 customer_creation metadata subscription_data payment_intent_data expires_at locale payment_method_types
 allow_promotion_codes billing_address_collection submit_type ui_mode automatic_tax consent_collection
 custom_text phone_number_collection discounts payment_method_collection adaptive_pricing
 saved_payment_method_options currency"""
_SUBSCRIPTION = """default_payment_method metadata cancel_at_period_end cancel_at items proration_behavior
 payment_behavior off_session payment_settings collection_method discounts trial_settings
 proration_date billing_cycle_anchor days_until_due"""
_PRICE = """currency unit_amount unit_amount_decimal recurring product_data active nickname lookup_key
 metadata tax_behavior billing_scheme"""


@dataclass(frozen=True, slots=True)
class Route:
    """One call: `answer(world, params, *ids in the path)`."""

    method: str
    path: str
    answer: Answer
    accepts: frozenset[str]


def call(method: str, path: str, answer: Answer, accepts: str = "") -> Route:
    return Route(method, path, answer, frozenset(accepts.split()) | {"expand"})


def listing(path: str, kind: str, filters: str = "") -> Route:
    """A plain list of one kind."""

    def answer(world: World, params: Params) -> dict[str, Any]:
        return lists.page(world, kind, params, path)

    return call("GET", path, answer, f"{_PAGING} {filters}")


def single(path: str, kind: str) -> Route:
    """One object by its id."""

    def answer(world: World, params: Params, identifier: str) -> dict[str, Any]:
        return lists.single(world, kind, identifier)

    return call("GET", f"{path}/<identifier>", answer)


def updating(path: str, kind: str) -> Route:
    """Only metadata and description can be changed."""
    return call("POST", f"{path}/<identifier>", partial(_describe, kind), "metadata description")


def _describe(kind: str, world: World, params: Params, identifier: str) -> dict[str, Any]:
    record = world.find(kind, identifier)
    fields: dict[str, Any] = {"metadata": params.metadata(record.get("metadata"))}
    if "description" in params:
        fields["description"] = params.text("description")
    return world.show(kind, world.change(kind, record, f"{kind}.updated", **fields))


ROUTES: tuple[Route, ...] = (
    call("GET", "/v1/account", account.show),
    call("GET", "/v1/balance", balance.show),
    listing("/v1/products", "product", "active ids"),
    call("POST", "/v1/products", catalog.create_product, "id name description metadata active default_price_data"),
    single("/v1/products", "product"),
    call(
        "POST",
        "/v1/products/<identifier>",
        catalog.update_product,
        "name description metadata active default_price",
    ),
    listing("/v1/prices", "price", "active product type currency lookup_key"),
    call("POST", "/v1/prices", catalog.create_price, f"id product {_PRICE}"),
    single("/v1/prices", "price"),
    call("POST", "/v1/prices/<identifier>", catalog.update_price, "active nickname metadata lookup_key"),
    listing("/v1/coupons", "coupon"),
    call(
        "POST",
        "/v1/coupons",
        coupons.create,
        "id percent_off amount_off currency duration duration_in_months name max_redemptions redeem_by metadata"
        " applies_to",
    ),
    single("/v1/coupons", "coupon"),
    call("POST", "/v1/coupons/<identifier>", coupons.update, "name metadata"),
    call("DELETE", "/v1/coupons/<identifier>", coupons.delete),
    listing("/v1/promotion_codes", "promotion_code", "active code coupon customer"),
    call(
        "POST",
        "/v1/promotion_codes",
        coupons.create_promotion,
        "promotion code customer expires_at max_redemptions metadata active",
    ),
    single("/v1/promotion_codes", "promotion_code"),
    listing("/v1/customers", "customer", "email"),
    call(
        "POST",
        "/v1/customers",
        customers.create,
        "email name description phone metadata address payment_method invoice_settings preferred_locales",
    ),
    single("/v1/customers", "customer"),
    call(
        "POST",
        "/v1/customers/<identifier>",
        customers.update,
        "email name description phone metadata address invoice_settings preferred_locales",
    ),
    call("DELETE", "/v1/customers/<identifier>", customers.delete),
    call(
        "POST",
        "/v1/customers/<identifier>/balance_transactions",
        credit_balance.create,
        "amount currency description metadata",
    ),
    call("GET", "/v1/customers/<identifier>/balance_transactions", credit_balance.listing, _PAGING),
    call("GET", "/v1/customers/<customer>/balance_transactions/<identifier>", credit_balance.single),
    listing("/v1/payment_methods", "payment_method", "customer type"),
    call("POST", "/v1/payment_methods", customers.create_method, "type card sepa_debit billing_details metadata"),
    single("/v1/payment_methods", "payment_method"),
    call("POST", "/v1/payment_methods/<identifier>/attach", customers.attach, "customer"),
    call(
        "GET",
        "/v1/checkout/sessions",
        lists.sessions,
        f"{_PAGING} customer customer_details payment_intent subscription status",
    ),
    call("POST", "/v1/checkout/sessions", checkout.create, _SESSION),
    single("/v1/checkout/sessions", "checkout.session"),
    call("POST", "/v1/checkout/sessions/<identifier>", checkout.update, "metadata"),
    call("POST", "/v1/checkout/sessions/<identifier>/expire", checkout.expire),
    call("GET", "/v1/checkout/sessions/<identifier>/line_items", checkout.line_items, _PAGING),
    call("POST", "/v1/billing_portal/sessions", account.create_portal, "customer return_url configuration locale"),
    call(
        "GET", "/v1/billing_portal/configurations", account.portal_configurations, f"{_PAGING} active is_default"
    ),
    call("GET", "/v1/subscriptions", lists.subscriptions, f"{_PAGING} status customer price"),
    call(
        "POST",
        "/v1/subscriptions",
        subscriptions.create,
        f"customer trial_period_days trial_end {_SUBSCRIPTION}",
    ),
    single("/v1/subscriptions", "subscription"),
    call(
        "POST",
        "/v1/subscriptions/<identifier>",
        subscriptions.update,
        f"pause_collection cancellation_details {_SUBSCRIPTION}",
    ),
    call(
        "DELETE",
        "/v1/subscriptions/<identifier>",
        subscriptions.cancel,
        "invoice_now prorate cancellation_details",
    ),
    call("POST", "/v1/subscriptions/<identifier>/pause", subscriptions.pause, "type bill_for invoicing_behavior"),
    call(
        "POST",
        "/v1/subscriptions/<identifier>/resume",
        subscriptions.resume,
        "billing_cycle_anchor payment_behavior proration_behavior proration_date",
    ),
    call("GET", "/v1/invoiceitems", invoice_items.listing, f"{_PAGING} customer invoice pending"),
    call(
        "POST",
        "/v1/invoiceitems",
        invoice_items.create,
        "customer amount currency description discountable invoice metadata period price price_data pricing"
        " quantity subscription",
    ),
    single("/v1/invoiceitems", "invoiceitem"),
    call("DELETE", "/v1/invoiceitems/<identifier>", invoice_items.delete),
    listing("/v1/invoices", "invoice", "customer subscription status"),
    call(
        "POST",
        "/v1/invoices",
        invoice_items.create_invoice,
        "customer currency subscription description metadata auto_advance collection_method days_until_due"
        " pending_invoice_items_behavior default_payment_method discounts",
    ),
    call("DELETE", "/v1/invoices/<identifier>", invoice_items.delete_invoice),
    single("/v1/invoices", "invoice"),
    updating("/v1/invoices", "invoice"),
    call("GET", "/v1/invoices/<identifier>/lines", invoice_calls.lines, _PAGING),
    call("POST", "/v1/invoices/<identifier>/finalize", invoice_calls.finalize, "auto_advance"),
    call(
        "POST",
        "/v1/invoices/<identifier>/pay",
        invoice_calls.pay,
        "payment_method paid_out_of_band off_session forgive source mandate",
    ),
    call("POST", "/v1/invoices/<identifier>/void", invoice_calls.void),
    call("POST", "/v1/invoices/<identifier>/mark_uncollectible", invoice_calls.mark_uncollectible),
    call("GET", "/v1/invoice_payments", lists.invoice_payments, f"{_PAGING} invoice payment status"),
    single("/v1/invoice_payments", "invoice_payment"),
    listing("/v1/payment_intents", "payment_intent", "customer"),
    single("/v1/payment_intents", "payment_intent"),
    updating("/v1/payment_intents", "payment_intent"),
    listing("/v1/charges", "charge", "customer payment_intent"),
    single("/v1/charges", "charge"),
    updating("/v1/charges", "charge"),
    listing("/v1/refunds", "refund", "charge payment_intent"),
    call("POST", "/v1/refunds", refunds.create, "charge payment_intent amount reason metadata instructions_email"),
    single("/v1/refunds", "refund"),
    call("POST", "/v1/refunds/<identifier>", refunds.update, "metadata"),
    call("POST", "/v1/refunds/<identifier>/cancel", refunds.cancel),
    listing("/v1/disputes", "dispute", "charge payment_intent"),
    single("/v1/disputes", "dispute"),
    call("POST", "/v1/disputes/<identifier>", disputes.update, "evidence metadata submit"),
    call("POST", "/v1/disputes/<identifier>/close", disputes.close),
    listing("/v1/credit_notes", "credit_note", "invoice customer"),
    call(
        "POST",
        "/v1/credit_notes",
        credit_notes.create,
        "invoice amount lines refund_amount credit_amount out_of_band_amount refunds reason memo metadata"
        " effective_at email_type",
    ),
    single("/v1/credit_notes", "credit_note"),
    call("POST", "/v1/credit_notes/<identifier>", credit_notes.update, "memo metadata"),
    call("GET", "/v1/credit_notes/<identifier>/lines", credit_notes.lines, _PAGING),
    call("POST", "/v1/credit_notes/<identifier>/void", credit_notes.void),
    listing("/v1/balance_transactions", "balance_transaction", "type source payout currency"),
    single("/v1/balance_transactions", "balance_transaction"),
    listing("/v1/payouts", "payout", "status arrival_date"),
    call(
        "POST",
        "/v1/payouts",
        payouts.create,
        "amount currency method description metadata statement_descriptor source_type destination",
    ),
    single("/v1/payouts", "payout"),
    call("POST", "/v1/payouts/<identifier>/cancel", payouts.cancel),
    listing("/v1/topups", "topup"),
    call("POST", "/v1/topups", balance.top_up, "amount currency description metadata"),
    single("/v1/topups", "topup"),
    listing("/v1/events", "event", "type types"),
    single("/v1/events", "event"),
    call("GET", "/v2/core/events/<identifier>", events.single_thin),
    listing("/v1/webhook_endpoints", "webhook_endpoint"),
    call(
        "POST",
        "/v1/webhook_endpoints",
        account.create_endpoint,
        "url enabled_events api_version description metadata",
    ),
    single("/v1/webhook_endpoints", "webhook_endpoint"),
    call(
        "POST",
        "/v1/webhook_endpoints/<identifier>",
        account.update_endpoint,
        "url enabled_events disabled description metadata",
    ),
    call("DELETE", "/v1/webhook_endpoints/<identifier>", account.delete_endpoint),
)


def _rules() -> Iterator[Rule]:
    for number, route in enumerate(ROUTES):
        yield Rule(route.path, endpoint=str(number), methods=[route.method])


URLS = Map(list(_rules()), strict_slashes=False, merge_slashes=False)
