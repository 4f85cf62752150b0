"""Stripe's messages as a benchmark sends them: signed, of the usual length, about any object."""

import hashlib
import hmac
import json
from http.client import HTTPConnection

from tracker import clock

TYPES = {"subscription": "customer.subscription.updated", "invoice": "invoice.updated"}
USUAL_LENGTH = 2_500
"""Bytes of Stripe's usual events, more or less."""


def body(event_id: str, object_id: str, kind: str = "subscription") -> bytes:
    """A change of that object, told now."""
    event = {
        "id": event_id,
        "object": "event",
        "type": TYPES[kind],
        "api_version": "2026-10-28.endive",
        "created": int(clock.now().timestamp()),
        "livemode": False,
        "data": {"object": {"id": object_id, "object": kind, "description": "x" * USUAL_LENGTH}},
    }
    return json.dumps(event).encode()


def post(wire: HTTPConnection, message: bytes, secret: str) -> None:
    """Send one signed message and read its answer; RuntimeError unless it is 200."""
    seconds = str(int(clock.now().timestamp()))
    mark = hmac.new(secret.encode(), seconds.encode() + b"." + message, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "Stripe-Signature": f"t={seconds},v1={mark}"}
    wire.request("POST", "/stripe/webhook", message, headers)
    answer = wire.getresponse()
    said = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"a message was not stored: {answer.status} {said[:300]!r}")
