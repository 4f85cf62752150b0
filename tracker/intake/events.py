"""A Stripe event read as a hint: which object may have changed. Nothing is counted on what it says besides."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from json import loads
from typing import Any

from tracker.core import facts
from tracker.core.cuts import HALTED

USED: Mapping[str, str] = {
    name: name
    for name in (
        "customer",
        "subscription",
        "invoice",
        "invoice_payment",
        "charge",
        "payment_intent",
        "refund",
        "dispute",
        "credit_note",
        "checkout.session",
        "product",
        "price",
        "payout",
    )
} | {"checkout_session": "checkout.session"}
"""Stripe's name of an object -> the kind we keep it as; thin events also write `checkout_session`."""

_ID = re.compile(r"[A-Za-z0-9_.:-]{1,255}")
_TYPE = re.compile(r"[A-Za-z0-9_.\[\]:-]{1,255}")
_EARLIEST, _LATEST = 946_684_800, 32_503_680_000  # the years 2000 to 3000


class NotAnEventError(Exception):
    """The body is no Stripe event; the text says what is wrong with it."""

    reason = "no_event"


class NotJsonError(NotAnEventError):
    """The body is not even the JSON that an event is written in."""

    reason = "not_json"


@dataclass(frozen=True, slots=True)
class Event:
    """What we take from an event, snapshot or thin, of any API version."""

    id: str
    type: str
    created_at: datetime
    livemode: bool
    account: str | None
    """The connected account it speaks of; None for the account that the endpoint belongs to."""
    api_version: str | None
    kind: str | None
    """The kind of the object it names, None where that is none we use."""
    object_id: str | None
    change: facts.Change | None
    """A subscription that became unpaid or paused, or ceased to be: it leaves no time in the object."""


def parse(body: bytes) -> Event:
    """The event in a message's body. NotAnEventError for anything else: hostile JSON, other shapes."""
    try:
        raw = loads(
            body.decode("utf-8"),
            object_pairs_hook=_without_repeats,
            parse_constant=_refuse,
            parse_float=_finite,
        )
    except (ValueError, RecursionError) as error:  # bad UTF-8 and endless digits are ValueErrors, too
        raise NotJsonError(f"the body is not the JSON of an event: {_short(error)}") from None
    return read(raw)


def read(raw: Any) -> Event:
    """The event in a dict, as Stripe's list or a message holds it. NotAnEventError where it is none."""
    if not isinstance(raw, dict) or raw.get("object") not in ("event", "v2.core.event"):
        raise NotAnEventError('the body has no "object": "event" or "v2.core.event"')
    event_id, event_type = _text(raw, "id", _ID), _text(raw, "type", _TYPE)
    if not isinstance(raw.get("livemode"), bool):
        raise NotAnEventError('"livemode" is neither true nor false')
    named, kind, object_id = _named_object(raw)
    created_at = _created(raw.get("created"))
    return Event(
        id=event_id,
        type=event_type,
        created_at=created_at,
        livemode=raw["livemode"],
        account=_account(raw),
        api_version=_optional(raw.get("api_version")),
        kind=kind,
        object_id=object_id,
        change=_change(raw, named, object_id, created_at) if kind == "subscription" else None,
    )


def _named_object(raw: dict[str, Any]) -> tuple[dict[str, Any], str | None, str | None]:
    """(the object or its reference, our kind of it, its id); thin events only name their object."""
    if raw["object"] == "v2.core.event":
        named, type_field = raw.get("related_object"), "type"
        if named is None:
            return {}, None, None
    else:
        data = raw.get("data")
        named, type_field = (data.get("object") if isinstance(data, dict) else None), "object"
    if not isinstance(named, dict):
        raise NotAnEventError("it names no object: neither data.object nor related_object")
    object_id, name = _optional(named.get("id")), named.get(type_field)
    kind = USED.get(name) if isinstance(name, str) and object_id else None
    return named, kind, object_id


def _change(
    raw: dict[str, Any], named: dict[str, Any], object_id: str | None, at: datetime
) -> facts.Change | None:
    """A change to or from unpaid or paused that a snapshot event tells; a pause's own events name no attribute."""
    data = raw.get("data")
    before = data.get("previous_attributes") if isinstance(data, dict) else None
    was = before.get("status") if isinstance(before, dict) else None
    became = named.get("status")
    if raw["type"] == "customer.subscription.paused":
        was = was or ""
    elif raw["type"] == "customer.subscription.resumed":
        was = "paused"
    known = facts.SUBSCRIPTION_STATUSES
    if not object_id or not isinstance(was, str) or not isinstance(became, str) or was == became:
        return None
    if (was and was not in known) or became not in known or not {was, became} & HALTED:
        return None
    return facts.Change(object_id, "status", was, became, at, inferred=False)


def _created(value: Any) -> datetime:
    """Unix seconds in snapshot events, RFC 3339 in thin ones."""
    try:
        if isinstance(value, str) and len(value) <= 40:
            at = datetime.fromisoformat(value)
            value = int(at.timestamp()) if at.tzinfo else None
    except (ValueError, OverflowError):
        value = None
    if type(value) is not int or not _EARLIEST <= value < _LATEST:
        raise NotAnEventError('"created" is no instant')
    return datetime.fromtimestamp(value, UTC)


def _account(raw: dict[str, Any]) -> str | None:
    """Snapshot events of connected accounts name it in `account`, thin ones in `context`."""
    return _optional(raw.get("account")) or _optional(raw.get("context"))


def _text(raw: dict[str, Any], name: str, shape: re.Pattern[str]) -> str:
    value = raw.get(name)
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise NotAnEventError(f'"{name}" is missing or not of the form Stripe writes')
    return value


def _optional(value: Any) -> str | None:
    """An id-like text, else None: nothing odd may reach the database."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:20]} is beyond every number")
    return value


def _short(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:120]
