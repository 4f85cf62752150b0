"""What a Stripe account must have for us, and what of it is there."""

import secrets
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tracker.intake.stripe import shapes
from tracker.intake.stripe.gateway import API_VERSION, Gateway, Raw, StripeRefusedError

WEBHOOK = "/stripe/webhook"
INDENT = 6 * " "
READS = (
    *(kind.path for kind in shapes.KINDS.values() if kind.name != "invoice_payment"),
    "/v1/events",
    "/v1/webhook_endpoints",
    "/v1/billing_portal/configurations",
)
"""Lists that the key must be able to read; an invoice's payments are read with the permission for invoices."""
SINGLE = ("/v1/balance",)
"""What else it must be able to read, which is no list."""
WRITES = ("Checkout Sessions", "Customer portal")
"""Permissions to write: readers pay, and change what they pay, through sessions that we open; nothing else is."""
EVENTS = tuple(
    f"{what}.{verb}"
    for what, verbs in {
        "customer": "created updated deleted",
        "customer.subscription": "created updated deleted paused resumed trial_will_end pending_update_applied"
        " pending_update_expired",
        "invoice": "created updated finalized finalization_failed sent paid payment_succeeded payment_failed"
        " payment_action_required payment_attempt_required overdue overpaid will_be_due voided"
        " marked_uncollectible deleted",
        "invoice_payment": "paid",
        "charge": "pending succeeded updated failed refunded expired captured",
        "charge.refund": "updated",
        "charge.dispute": "created updated closed funds_withdrawn funds_reinstated",
        "payment_intent": "created processing requires_action amount_capturable_updated partially_funded"
        " succeeded payment_failed canceled",
        "refund": "created updated failed",
        "credit_note": "created updated voided",
        "checkout.session": "completed expired async_payment_succeeded async_payment_failed",
        "product": "created updated deleted",
        "price": "created updated deleted",
        "payout": "created updated paid failed canceled reconciliation_completed",
    }.items()
    for verb in verbs.split()
)
"""Every event type that names an object we keep: one left out would be listed by Stripe and told here as lost."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is needed: `ok`, `missing`, or `look` where only a person can tell."""

    what: str
    state: str
    words: str
    """What was found and, unless it is ok, what to do."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What this deployment is set to."""

    site: str
    secrets: int
    """How many signing secrets are set."""
    is_live: bool

    @property
    def url(self) -> str:
        return self.site + WEBHOOK


def needs(wish: Wish) -> str:
    """In plain words what to set up at Stripe; asks nobody."""
    reads = _wrapped(path.removeprefix("/v1/") for path in (*READS, *SINGLE, "account"))
    return f"""\
A Stripe account needs, for this tracker:

1. A key. Best a restricted one (Stripe: Developers, API keys, Create restricted key), into STRIPE_SECRET_KEY.
   It may read:
{reads}
   It may write: {", ".join(WRITES)}. With --create-endpoint, once, Webhook Endpoints too.
2. An endpoint that delivers to {wish.url}
   with these types (all types do no harm), of API version {API_VERSION} or any other:
{_wrapped(EVENTS)}
   Its signing secret goes into STRIPE_WEBHOOK_SECRETS; while it is rotated, both, comma separated.
   An event destination with thin events to the same address works as well, or beside it: name its secret, too.
3. The customer portal, with its login page switched on and cancelling allowed, so that readers can leave by
   themselves (Stripe: Settings, Billing, Customer portal).
4. On each product whose payments make a member: nothing, if it is a subscription. For a one-off membership the
   metadata membership_months; for finance, the metadata revenue (exchange, contribution or a percentage).
"""


def _wrapped(names: Iterable[str]) -> str:
    return textwrap.fill(", ".join(names), 110, initial_indent=INDENT, subsequent_indent=INDENT)


def look(gateway: Gateway, wish: Wish) -> list[Finding]:
    """What is there. StripeUnreachableError where Stripe does not answer; a refused key is a finding."""
    found = [_guarded("key", lambda: _account(gateway, wish))]
    if found[0].state == "missing":
        return found
    found += [_may_read(gateway, path) for path in (*READS, *SINGLE)]
    found.append(_secrets(wish))
    found.append(_guarded("endpoint", lambda: _endpoint(gateway, wish)))
    found.append(_guarded("customer portal", lambda: _portal(gateway)))
    return found


def create_endpoint(gateway: Gateway, wish: Wish) -> tuple[str, str]:
    """(id, signing secret) of a new endpoint. StripeRefusedError where there is one for our address already."""
    known = next(_ours(gateway, wish), None)
    if known is not None:
        raise StripeRefusedError(
            f"{known['id']} delivers to {wish.url} already; its secret can be read, or rolled, at Stripe alone"
        )
    wanted = {"url": wish.url, "enabled_events": list(EVENTS), "api_version": API_VERSION}
    made = gateway.post("/v1/webhook_endpoints", wanted, secrets.token_hex(16))
    return str(made["id"]), str(made["secret"])


def _guarded(what: str, ask: Callable[[], Finding]) -> Finding:
    try:
        return ask()
    except StripeRefusedError as error:
        return Finding(what, "missing", f"{error}; give the key this permission")


def _account(gateway: Gateway, wish: Wish) -> Finding:
    account = gateway.get("/v1/account") or {}
    mode = "live" if wish.is_live else "test"
    name = _at(account, "settings", "dashboard", "display_name") or account.get("email") or "no name"
    return Finding("key", "ok", f"account {account.get('id')} ({name}), {mode} mode")


def _may_read(gateway: Gateway, path: str) -> Finding:
    what = f"read {path.removeprefix('/v1/')}"
    try:
        gateway.get(path) if path in SINGLE else gateway.page(path, {"limit": 1})
    except StripeRefusedError as error:
        return Finding(what, "missing", f"{error}; give the key the permission to read it")
    return Finding(what, "ok", "")


def _secrets(wish: Wish) -> Finding:
    if wish.secrets:
        return Finding("signing secret", "ok", f"{wish.secrets} set")
    return Finding("signing secret", "missing", "STRIPE_WEBHOOK_SECRETS is empty: set the endpoint's secret")


def _ours(gateway: Gateway, wish: Wish) -> Iterator[Raw]:
    for page in gateway.pages("/v1/webhook_endpoints", {}):
        yield from (one for one in page if one.get("url") == wish.url)


def _endpoint(gateway: Gateway, wish: Wish) -> Finding:
    known = list(_ours(gateway, wish))
    if not known:
        hint = "make it with --create-endpoint"
        if urlsplit(wish.site).hostname in {"127.0.0.1", "localhost"}:
            hint = "Stripe cannot reach this machine's own address: set PUBLIC_URL, then --create-endpoint"
        return Finding("endpoint", "missing", f"none delivers to {wish.url}: {hint}")
    one = known[0]
    if one.get("status") != "enabled":
        return Finding("endpoint", "missing", f"{one['id']} is {one.get('status')}: switch it on at Stripe")
    told = set(one.get("enabled_events") or ())
    lacking = [] if "*" in told else [name for name in EVENTS if name not in told]
    if lacking:
        return Finding(
            "endpoint", "missing", f"{one['id']} does not send {', '.join(lacking)}: add them at Stripe"
        )
    if len(known) > 1:
        ids = ", ".join(str(each["id"]) for each in known)
        return Finding("endpoint", "look", f"{ids} deliver to one address: harmless, but one is enough")
    return Finding("endpoint", "ok", f"{one['id']} delivers to {wish.url}")


def _portal(gateway: Gateway) -> Finding:
    found, _ = gateway.page("/v1/billing_portal/configurations", {"active": True})
    default = next((one for one in found if one.get("is_default")), None)
    if default is None:
        return Finding(
            "customer portal", "missing", "it has no configuration: save one at Stripe, Customer portal"
        )
    if not _at(default, "login_page", "enabled"):
        return Finding("customer portal", "missing", f"{default['id']} has no login page: switch it on at Stripe")
    if not _at(default, "features", "subscription_cancel", "enabled"):
        return Finding("customer portal", "look", f"{default['id']} does not let readers cancel by themselves")
    return Finding("customer portal", "ok", str(default["id"]))


def _at(raw: Any, *path: str) -> Any:
    for key in path:
        raw = raw.get(key) if isinstance(raw, dict) else None
    return raw
