"""Pauses: of collecting alone, and of the whole subscription."""

from __future__ import annotations

from tracker.sandbox import billing, invoices, periods
from tracker.sandbox.errors import invalid
from tracker.sandbox.params import Params
from tracker.sandbox.store import Record
from tracker.sandbox.world import World

BEHAVIORS = ("keep_as_draft", "mark_uncollectible", "void")


def collection(world: World, subscription: Record, wish: Params) -> Record | None:
    """The `pause_collection` that was asked for; with `resumes_at` it ends by itself then."""
    if not wish.values:
        return None
    wish.need("behavior")
    resumes_at = wish.integer("resumes_at")
    if resumes_at is not None:
        if resumes_at <= world.now():
            raise invalid("resumes_at must be in the future.", param="pause_collection[resumes_at]")
        world.plan(resumes_at, "resume_collection", subscription["id"])
    return {"behavior": wish.choice("behavior", BEHAVIORS), "resumes_at": resumes_at}


def resume_collection_due(world: World, identifier: str) -> None:
    """Due at `resumes_at`: invoices are collected again; drafts that were kept stay drafts."""
    subscription = world.store.get("subscription", identifier)
    pause = (subscription or {}).get("pause_collection")
    if subscription is None or subscription["status"] in billing.ENDED or not pause:
        return
    if (pause.get("resumes_at") or world.now() + 1) <= world.now():
        world.change("subscription", subscription, "customer.subscription.updated", pause_collection=None)


def pause(world: World, subscription: Record) -> None:
    """Stop service and billing until it is resumed (API 2026-09-30 and later)."""
    if subscription["status"] not in ("active", "past_due", "trialing"):
        raise invalid(f"A subscription that is {subscription['status']} cannot be paused.")
    billing.pause(world, subscription, "pause_requested")


def resume(world: World, subscription: Record) -> None:
    """Start a new period now and collect for it."""
    if subscription["status"] != "paused":
        raise invalid(f"Only paused subscriptions can be resumed; this one is {subscription['status']}.")
    now = world.now()
    price = subscription["items"][0]["price"]
    subscription.update(anchor=now, previous_start=subscription["start"], start=now)
    subscription["end"] = periods.after(now, price["interval"], price.get("interval_count", 1), 1)
    invoice = invoices.draft(world, subscription, "subscription_update")
    subscription["latest_invoice"] = invoice["id"]
    world.change("subscription", subscription, "customer.subscription.resumed", status="active", paused_at=None)
    world.plan(subscription["end"], "renew", subscription["id"])
    invoices.finalize(world, invoice)
    if invoice["status"] == "open":
        billing.collect(world, invoice, off_session=True)
