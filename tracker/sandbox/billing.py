"""The life of a subscription: start, renew, fail, recover, pause, end."""

from __future__ import annotations

from typing import Any

from tracker.sandbox import discounts, invoice_lines, invoices, payments, periods
from tracker.sandbox.store import Record
from tracker.sandbox.world import DAY, World

_UPDATED = "customer.subscription.updated"
ENDED = ("canceled", "incomplete_expired")
_INCOMPLETE_LASTS = 23 * 3600  # Stripe expires an unpaid first invoice after 23 hours


def start(world: World, customer: Record, items: list[Record], card: Record | None, **facts: Any) -> Record:
    """A subscription with its first invoice, paid when the card pays. `facts`: metadata, trial_end, ...

    Emits what Stripe does; a card that fails leaves it `incomplete`, a bank debit on its way makes it active.
    `granted` are coupons to discount it by, `extras` lines for the first invoice alone.
    """
    now = world.now()
    trial_end, extras = facts.pop("trial_end", None), facts.pop("extras", [])
    granted = facts.pop("granted", [])
    price = items[0]["price"]
    period = (price["interval"], price.get("interval_count", 1))
    subscription = {
        "id": world.ids.new("subscription"),
        "customer": customer["id"],
        "status": "trialing" if trial_end else "incomplete",
        "items": [{"id": world.ids.plain("si"), **item} for item in items],
        "anchor": trial_end or now,
        "start": now,
        "end": trial_end or periods.after(now, *period, 1),
        "payment_method": card["id"] if card else None,
        **{name: value for name, value in facts.items() if value is not None},
    }
    if trial_end:
        subscription.update(trial_start=now, trial_end=trial_end)
    owner = {"customer": customer["id"], "subscription": subscription["id"]}
    if granted:
        subscription["discounts"] = discounts.grant(world, granted, **owner)
    subscription = world.add("subscription", subscription, "customer.subscription.created")
    world.plan(subscription["end"], "renew", subscription["id"])
    _first_invoice(world, subscription, extras, card, free=bool(trial_end))
    return subscription


def _first_invoice(
    world: World, subscription: Record, extras: list[Record], card: Record | None, *, free: bool
) -> None:
    lines = invoice_lines.of_period(world, subscription, free=free) + extras
    invoice = invoices.draft(world, subscription, "subscription_create", free=free, lines=lines)
    subscription["latest_invoice"] = invoice["id"]
    world.store.put("subscription", subscription)
    invoices.finalize(world, invoice)
    paid = invoice["status"] == "paid" or subscription.get("collection") == "send_invoice"
    if not paid and invoices.collect(world, invoice, card, off_session=False) == payments.FAILED:
        if subscription["status"] == "incomplete":
            world.plan(world.now() + _INCOMPLETE_LASTS, "expire_incomplete", subscription["id"])
    elif subscription["status"] == "incomplete":
        world.change("subscription", subscription, _UPDATED, status="active")


def renew(world: World, identifier: str) -> None:
    """Due at the period's end: end it, or open the next period with a draft invoice."""
    subscription = world.store.get("subscription", identifier)
    if subscription is None or subscription["end"] > world.now():
        return
    if subscription["status"] not in ("active", "trialing", "past_due", "unpaid"):
        return
    if subscription.get("cancel_at_period_end"):
        end(world, subscription, "cancellation_requested")
        return
    if subscription["status"] == "trialing" and _trial_ends_without_card(world, subscription):
        return
    _next_period(world, subscription)


def _trial_ends_without_card(world: World, subscription: Record) -> bool:
    """Whether a trial ended that nobody can be charged for, and was paused or ended as the subscription says."""
    behavior = subscription.get("trial_without_card", "create_invoice")
    customer = world.find("customer", subscription["customer"])
    has_card = subscription.get("payment_method") or customer.get("payment_method")
    if has_card or behavior == "create_invoice":
        return False
    if behavior == "cancel":
        end(world, subscription, "cancellation_requested")
    else:
        pause(world, subscription, "trial_end_without_payment_method")
    return True


def pause(world: World, subscription: Record, reason: str) -> None:
    """Stop service and billing; `reason` as Stripe names it."""
    fields = {"status": "paused", "paused_at": world.now(), "pause_reason": reason}
    world.change("subscription", subscription, "customer.subscription.paused", **fields)


def _next_period(world: World, subscription: Record) -> None:
    price = subscription["items"][0]["price"]
    begins = subscription["end"]
    ends = periods.following(subscription["anchor"], price["interval"], price.get("interval_count", 1), begins)
    # Drafted from the new period first, so that one `updated` event tells of period and invoice together.
    ahead = {**subscription, "start": begins, "end": ends, "previous_start": subscription["start"]}
    invoice = invoices.draft(world, ahead, "subscription_cycle")
    fields: dict[str, Any] = {"start": begins, "end": ends, "latest_invoice": invoice["id"]}
    if "discounts" in ahead:
        fields["discounts"] = ahead["discounts"]
    if subscription["status"] == "trialing":
        fields["status"] = "active"
    world.change("subscription", subscription, _UPDATED, **fields)
    world.plan(ends, "renew", subscription["id"])
    if subscription["status"] == "unpaid":
        world.change("invoice", invoice, auto_advance=False, finalizes_at=None)
        return
    world.plan(invoice["finalizes_at"], "finalize", invoice["id"])


def finalize_due(world: World, identifier: str) -> None:
    """Due an hour after a draft: finalise and collect, unless collection is paused."""
    invoice = world.store.get("invoice", identifier)
    if invoice is None or invoice["status"] != "draft" or not invoice["auto_advance"]:
        return
    subscription = subscription_of(world, invoice) or {}
    paused = (subscription.get("pause_collection") or {}).get("behavior")
    if subscription.get("status") in ENDED or paused == "keep_as_draft":
        world.change("invoice", invoice, auto_advance=False, finalizes_at=None)
        return
    invoices.finalize(world, invoice)
    if invoice["status"] != "open":
        return
    if paused == "void":
        invoices.void(world, invoice)
    elif paused == "mark_uncollectible":
        invoices.mark_uncollectible(world, invoice)
    elif invoice.get("collection") != "send_invoice":
        invoice["tries"] = 1
        collect(world, invoice, off_session=True)


def overdue(world: World, identifier: str) -> None:
    """Due when an invoice sent by mail should have been paid."""
    invoice = world.store.get("invoice", identifier)
    if invoice is None or invoice["status"] != "open":
        return
    world.emit("invoice.overdue", "invoice", invoice)
    subscription = subscription_of(world, invoice)
    if subscription is not None and subscription["status"] == "active":
        world.change("subscription", subscription, _UPDATED, status="past_due")


def subscription_of(world: World, invoice: Record) -> Record | None:
    """The subscription an invoice bills, if it bills one."""
    return world.find("subscription", invoice["subscription"]) if invoice.get("subscription") else None


def retry(world: World, identifier: str) -> None:
    """Due on the retry days: try an open invoice again."""
    invoice = world.store.get("invoice", identifier)
    if invoice is None or invoice["status"] != "open" or invoice.get("next_attempt") is None:
        return
    if invoice["next_attempt"] <= world.now():
        invoice["tries"] = invoice.get("tries", 1) + 1
        collect(world, invoice, off_session=True)


def method_of(world: World, invoice: Record) -> Record | None:
    """The invoice's own way to pay, else its subscription's, else its customer's."""
    subscription = subscription_of(world, invoice) or {}
    customer = world.find("customer", invoice["customer"])
    for owner in (invoice, subscription, customer):
        if chosen := owner.get("payment_method"):
            return world.store.get("payment_method", chosen)
    return None


def collect(world: World, invoice: Record, *, off_session: bool, card: Record | None = None) -> str:
    """One attempt at an open invoice, and what it makes of the subscription: paid, processing or failed."""
    if invoice["status"] == "paid":
        return payments.PAID
    outcome = invoices.collect(world, invoice, card or method_of(world, invoice), off_session=off_session)
    if outcome == payments.PAID:
        recovered(world, invoice)
    elif outcome == payments.FAILED and invoice["status"] == "open":
        failed(world, invoice)
    return outcome


def recovered(world: World, invoice: Record) -> None:
    """A paid latest invoice makes an incomplete, past due, unpaid or paused subscription active.

    Once the period of a paused one is over, only resuming it begins another.
    """
    subscription = subscription_of(world, invoice)
    if subscription is None or subscription.get("latest_invoice") != invoice["id"]:
        return
    if subscription["status"] == "paused" and subscription["end"] <= world.now():
        return
    if subscription["status"] in ("incomplete", "past_due", "unpaid", "paused"):
        world.change("subscription", subscription, _UPDATED, status="active", paused_at=None)


def failed(world: World, invoice: Record) -> None:
    """An attempt at an open invoice failed: try again on the retry days, then do what the account says."""
    subscription = subscription_of(world, invoice)
    if subscription is not None and subscription["status"] in (*ENDED, "incomplete"):
        return
    days = world.settings.retry_days
    tries = invoice.get("tries", 1)  # the scheduled ones; staff may try in between without moving them
    if tries > len(days):
        _give_up(world, invoice, subscription)
        return
    again = invoice["finalized_at"] + days[tries - 1] * DAY
    if again <= world.now():  # a debit takes longer to fail than the first pause lasts
        again = world.now() + DAY
    if again > (invoice.get("next_attempt") or 0):
        world.change("invoice", invoice, "invoice.updated", next_attempt=again)
        world.plan(again, "retry", invoice["id"])
    if subscription is not None and subscription["status"] == "active":
        world.change("subscription", subscription, _UPDATED, status="past_due")


def _give_up(world: World, invoice: Record, subscription: Record | None) -> None:
    world.change("invoice", invoice, "invoice.updated", next_attempt=None, auto_advance=False)
    if world.settings.invoice_after_retries == "uncollectible":
        invoices.mark_uncollectible(world, invoice)
    if subscription is None or subscription["status"] == "paused":  # a second open invoice pauses it no further
        return
    if world.settings.after_retries == "cancel":
        end(world, subscription, "payment_failed")
    elif world.settings.after_retries == "unpaid":
        world.change("subscription", subscription, _UPDATED, status="unpaid")
    elif world.settings.after_retries == "pause":
        pause(world, subscription, "final_payment_failure")


def end(world: World, subscription: Record, reason: str, status: str = "canceled") -> None:
    """End it now; open invoices are no longer collected."""
    now = world.now()
    for invoice in world.store.each("invoice", subscription=subscription["id"]):
        if invoice["status"] in ("draft", "open") and invoice.get("auto_advance"):
            world.change("invoice", invoice, "invoice.updated", auto_advance=False, next_attempt=None)
    asked = subscription.get("canceled_at") if subscription.get("cancel_at_period_end") else None
    event = "customer.subscription.deleted" if status == "canceled" else "customer.subscription.updated"
    fields = {"status": status, "ended_at": now, "canceled_at": asked or now, "cancel_reason": reason}
    world.change("subscription", subscription, event, **fields)


def at_period_end(world: World, subscription: Record, wanted: bool) -> Record:
    """The fields of a cancellation at the period's end, or of its withdrawal."""
    return {
        "cancel_at_period_end": wanted,
        "cancel_at": subscription["end"] if wanted else None,
        "canceled_at": world.now() if wanted else None,
        "cancel_reason": "cancellation_requested" if wanted else None,
    }


def cancel_due(world: World, identifier: str) -> None:
    """Due at `cancel_at`."""
    subscription = world.store.get("subscription", identifier)
    if subscription is None or subscription["status"] in ENDED:
        return
    if (subscription.get("cancel_at") or world.now() + 1) <= world.now():
        end(world, subscription, "cancellation_requested")


def expire_incomplete(world: World, identifier: str) -> None:
    """Due 23 hours after a first payment failed: the invoice is voided, the subscription was never one."""
    subscription = world.store.get("subscription", identifier)
    if subscription is None or subscription["status"] != "incomplete":
        return
    invoice = world.find("invoice", subscription["latest_invoice"])
    if invoice["status"] == "open":
        invoices.void(world, invoice)
    end(world, subscription, "payment_failed", status="incomplete_expired")
