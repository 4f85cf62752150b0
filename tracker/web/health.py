"""Is it alive, is it ready, how well do we hear Stripe: for platforms, for Prometheus and for staff."""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path

import redis
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tracker import access, clock
from tracker.db import db
from tracker.intake import hearing, unsettled
from tracker.intake.health import StripeHealth, stripe_health
from tracker.intake.stripe import comparison
from tracker.web import stripe_words
from tracker.web.guard import allow, public, staff
from tracker.web.words import gettext, ngettext

blueprint = Blueprint("health", __name__)
_log = logging.getLogger(__name__)
PATIENCE_SECONDS = 1.0
"""A part that takes longer than this to say it is there is not ready."""


@blueprint.get("/healthz")
@public
def alive() -> ResponseReturnValue:
    """This process answers; nothing else is asked."""
    return {"alive": True}, {"Cache-Control": "no-store"}


@blueprint.get("/readyz")
@public
def ready() -> ResponseReturnValue:
    """Database, broker, migrations, each `ok` or what is wrong with it; 503 while any is."""
    found = {"database": _told(_database), "broker": _told(_broker)}
    found["migrations"] = _told(_migrations) if found["database"] == "ok" else "not asked: the database is away"
    is_ready = all(word == "ok" for word in found.values())
    return {"ready": is_ready, **found}, 200 if is_ready else 503, {"Cache-Control": "no-store"}


@blueprint.get("/metrics")
@allow("health")
def metrics() -> Response:
    """For Prometheus, by a bearer token of any role."""
    return Response(_gauges(stripe_health(clock.now())), mimetype=CONTENT_TYPE_LATEST)


@blueprint.get("/health/stripe")
@allow("health")
def stripe_page() -> ResponseReturnValue:
    """The same facts as /api/v1/health/stripe, in words and down to the ids."""
    now = clock.now()
    health = stripe_health(now)
    return render_template(
        "health/stripe.html",
        health=health,
        told=hearing.hearing(db.session(), now),
        alarms=hearing.Listing(health.alarms[: hearing.SHOWN], len(health.alarms)),
        zone=current_app.config["TRACKER"].zone,
        may_act=staff().may("admin"),
        notice=_notice(),
        trouble_words=stripe_words.trouble,
        refused_words=stripe_words.refused,
        alarm_words=stripe_words.alarm,
    )


@blueprint.post("/health/stripe/fetch")
@allow("admin")
def fetch() -> ResponseReturnValue:
    """Mark every unsettled object anew and wake a worker."""
    count = unsettled.fetch_again(db.session())
    access.record(staff().name, "asked to fetch unsettled objects", {"objects": count}, clock.now())
    _wake("nudge")
    return redirect(url_for("health.stripe_page", fetching=count, _anchor="unsettled"), 303)


@blueprint.post("/health/stripe/compare")
@allow("admin")
def compare() -> ResponseReturnValue:
    """Ask a worker to compare our objects with Stripe's lists; one at a time."""
    now = clock.now()
    if comparison.ask(db.session(), staff().name, now):
        access.record(staff().name, "asked to compare with Stripe", {}, now)
    _wake("compare")
    return redirect(url_for("health.stripe_page", _anchor="compared"), 303)


def _wake(what: str) -> None:
    """May be lost: what is to do stands in the database, and beat's minute finds it."""
    try:
        current_app.extensions[what]()
    except Exception as error:  # whatever the broker's client raises
        _log.warning("no worker could be woken, beat will: %s", type(error).__name__)


def _notice() -> str:
    count = request.args.get("fetching", "")
    if not count.isdecimal() or len(count) > 9:
        return ""
    fetching = ngettext(
        "%(num)d object is being fetched again.", "%(num)d objects are being fetched again.", int(count)
    )
    again = gettext("Load this page again to see what came of it.")
    return f"{fetching} {again}"


def _told(check: Callable[[], str]) -> str:
    """What a check found; the exception's class where it broke, for its text may name hosts and users."""
    try:
        return check()
    except (SQLAlchemyError, redis.RedisError, OSError, ValueError) as error:
        return f"does not answer ({type(error).__name__})"


def _database() -> str:
    milliseconds = int(PATIENCE_SECONDS * 1000)
    with db.engine.connect() as connection:
        connection.execute(text(f"SET LOCAL statement_timeout = {milliseconds}"))
        connection.execute(text("SELECT 1"))
    return "ok"


def _broker() -> str:
    address: str = current_app.config["TRACKER"].redis_url
    if not address:
        return "not set: REDIS_URL names the Redis or Valkey to use"
    address = address.replace("redis+socket://", "unix://", 1)
    client = redis.Redis.from_url(
        address, socket_connect_timeout=PATIENCE_SECONDS, socket_timeout=PATIENCE_SECONDS, retry=None
    )
    try:
        client.ping()
    finally:
        client.close()
    return "ok"


def _migrations() -> str:
    heads = _heads(Path(current_app.root_path) / "migrations")
    with db.engine.connect() as connection:
        has_table = connection.scalar(text("SELECT to_regclass('alembic_version') IS NOT NULL"))
        here = set(connection.scalars(text("SELECT version_num FROM alembic_version"))) if has_table else set()
    if here == heads:
        return "ok"
    return f"at {_listed(here)}, the program needs {_listed(heads)}: run `tracker db upgrade`"


@cache
def _heads(directory: Path) -> frozenset[str]:
    return frozenset(ScriptDirectory(str(directory)).get_heads())


def _listed(versions: set[str] | frozenset[str]) -> str:
    return ", ".join(sorted(versions)) or "nothing"


def _gauges(health: StripeHealth) -> bytes:
    registry = CollectorRegistry()
    figures: dict[str, tuple[str, float | None]] = {
        "tracker_message_lag_seconds": ("Stripe's own time to storage of the last message", health.lag_seconds),
        "tracker_messages_stored": ("Distinct Stripe events stored", health.events_stored),
        "tracker_messages_unprocessed": ("Stored messages whose objects are not marked yet", health.unprocessed),
        "tracker_objects_marked": ("Objects waiting for a refresh", health.marked),
        "tracker_objects_unsettled": ("Objects waiting or holding an unknown", health.unsettled),
        "tracker_messages_lost_last_day": ("Events never delivered, of the last 24 hours", health.lost_last_24h),
        "tracker_drift_objects": ("Objects in which Stripe's lists and ours differ", len(health.drift)),
        "tracker_alarms": ("What needs a person", len(health.alarms)),
        "tracker_last_event_timestamp_seconds": (
            "Stripe's own time of the last message",
            _epoch(health.last_event_at),
        ),
        "tracker_last_sync_timestamp_seconds": ("When the last sweep ended", _epoch(health.last_sync_at)),
    }
    for name, (meaning, value) in figures.items():
        if value is not None:
            Gauge(name, meaning, registry=registry).set(value)
    return generate_latest(registry)


def _epoch(at: datetime | None) -> float | None:
    return at.timestamp() if at else None
