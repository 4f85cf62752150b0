"""The account, its webhook endpoints, its portal."""

from __future__ import annotations

from typing import Any

from tracker.sandbox import customers
from tracker.sandbox.errors import required
from tracker.sandbox.params import Params
from tracker.sandbox.shapes import listed
from tracker.sandbox.store import Record
from tracker.sandbox.world import API_VERSION, World

COMMAND_LINE = "we_1Tcommandline00000"
BY_HAND = "we_1Tinprocess0000000"
PORTAL = "bpc_1Ttestserver0000"


def show(world: World, params: Params) -> dict[str, Any]:
    settings = world.settings
    return {
        "id": settings.account,
        "object": "account",
        "business_profile": {"name": "Test server", "url": settings.url},
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "controller": {"type": "account"},
        "country": settings.country,
        "created": 1_577_836_800,
        "default_currency": settings.currency,
        "details_submitted": True,
        "email": "owner@news.example",
        "metadata": {},
        "payouts_enabled": True,
        "settings": {
            "dashboard": {"display_name": "Test server", "timezone": "Etc/UTC"},
            "payouts": {
                "debit_negative_balances": True,
                "schedule": {"delay_days": 2, "interval": "daily"},
                "statement_descriptor": None,
            },
        },
        "type": "standard",
    }


def endpoint(
    world: World, url: str, secrets: list[str], events: list[str], identifier: str | None = None
) -> Record:
    """Send `events` ("*": all) to `url`, signed with every one of `secrets` (two while rotating)."""
    facts: Record = {"url": url, "secrets": secrets, "enabled_events": events, "status": "enabled"}
    if identifier:
        facts["id"] = identifier
    return world.add("webhook_endpoint", {**facts, "api_version": API_VERSION})


def create_endpoint(world: World, params: Params) -> dict[str, Any]:
    events = params.texts("enabled_events")
    if not events:
        raise required("enabled_events")
    secret = f"whsec_{world.ids.tail()}{world.ids.tail()}"
    record = endpoint(world, params.need("url"), [secret], events)
    if version := params.text("api_version"):
        world.change("webhook_endpoint", record, api_version=version)
    return {**world.show("webhook_endpoint", record), "secret": secret}


def update_endpoint(world: World, params: Params, identifier: str) -> dict[str, Any]:
    record = world.find("webhook_endpoint", identifier)
    fields: Record = {}
    if "url" in params:
        fields["url"] = params.need("url")
    if "enabled_events" in params:
        fields["enabled_events"] = params.texts("enabled_events")
    if "disabled" in params:
        fields["status"] = "disabled" if params.flag("disabled") else "enabled"
    return world.show("webhook_endpoint", world.change("webhook_endpoint", record, **fields))


def delete_endpoint(world: World, params: Params, identifier: str) -> dict[str, Any]:
    world.find("webhook_endpoint", identifier)
    world.store.db.execute("DELETE FROM o_webhook_endpoint WHERE id = ?", (identifier,))
    world.store.db.execute("DELETE FROM delivery WHERE endpoint = ?", (identifier,))
    return {"id": identifier, "object": "webhook_endpoint", "deleted": True}


def create_portal(world: World, params: Params) -> dict[str, Any]:
    customer = customers.live(world, params.need("customer"))
    facts = {"customer": customer["id"], "return_url": params.text("return_url")}
    return world.show("billing_portal.session", world.add("billing_portal.session", facts))


def _portal_configuration(world: World) -> dict[str, Any]:
    off = {"enabled": False}
    cancel = {
        "cancellation_reason": {"enabled": False, "options": []},
        "enabled": True,
        "mode": "at_period_end",
        "proration_behavior": "none",
    }
    return {
        "id": PORTAL,
        "object": "billing_portal.configuration",
        "active": True,
        "application": None,
        "business_profile": {"headline": None, "privacy_policy_url": None, "terms_of_service_url": None},
        "created": 1_577_836_800,
        "default_return_url": None,
        "features": {
            "customer_update": {"allowed_updates": [], "enabled": False},
            "invoice_history": {"enabled": True},
            "payment_method_update": off,
            "subscription_cancel": cancel,
            "subscription_update": {**off, "default_allowed_updates": [], "proration_behavior": "none"},
        },
        "is_default": True,
        "livemode": False,
        "login_page": {"enabled": True, "url": f"{world.settings.url}/p/login/test"},
        "metadata": {},
        "name": None,
        "updated": 1_577_836_800,
    }


def portal_configurations(world: World, params: Params) -> dict[str, Any]:
    return listed([_portal_configuration(world)], "/v1/billing_portal/configurations")
