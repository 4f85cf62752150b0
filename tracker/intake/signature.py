"""Stripe's signature of a message: an HMAC-SHA256 over "seconds.body" under a shared secret.

Checked here and not by the SDK's `construct_event`, which decodes and parses on the way, lets four kinds of
exception through and accepts timestamps from any future.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime

TOLERANCE_SECONDS = 300
"""How far a message's time may lie from ours, before or after."""
LONGEST_HEADER = 4_096
_SECONDS = re.compile(r"[0-9]{1,12}")
_MARK = re.compile(r"[0-9a-f]{64}")


class NotVerifiedError(Exception):
    """The message is not shown to be Stripe's; the text says what was found and what to do."""

    def __init__(self, reason: str, words: str) -> None:
        super().__init__(words)
        self.reason = reason
        """One of rejections.REASONS."""


def verify(body: bytes, header: str, secrets: Sequence[str], now: datetime) -> None:
    """Return quietly if one of the header's `v1` marks is `body` signed under one of `secrets`.

    Several marks and several secrets are how a secret is rotated. NotVerifiedError otherwise.
    """
    if not secrets:
        words = "no signing secret is set here: put the endpoint's into STRIPE_WEBHOOK_SECRETS"
        raise NotVerifiedError("no_secret", words)
    seconds, marks = _parts(header)
    if abs(now.timestamp() - int(seconds)) > TOLERANCE_SECONDS:
        words = f"signed at {seconds}, more than {TOLERANCE_SECONDS} seconds from our time: set the clocks right"
        raise NotVerifiedError("too_old", words)
    signed = seconds.encode() + b"." + body
    for secret in secrets:
        ours = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        if any(hmac.compare_digest(ours, mark) for mark in marks):
            return
    words = "the signature fits none of our secrets: compare STRIPE_WEBHOOK_SECRETS with Stripe's"
    raise NotVerifiedError("wrong_secret", words)


def _parts(header: str) -> tuple[str, list[str]]:
    """The seconds as written and the well-formed `v1` marks; marks of other schemes are passed over."""
    if not header:
        words = "no Stripe-Signature header: only Stripe's own signed messages are taken here"
        raise NotVerifiedError("no_signature", words)
    if len(header) > LONGEST_HEADER:
        raise NotVerifiedError("odd_signature", "the Stripe-Signature header is too long to be Stripe's")
    pairs = [part.strip().partition("=") for part in header.split(",")]
    seconds = [value for name, _, value in pairs if name == "t"]
    marks = [value for name, _, value in pairs if name == "v1" and _MARK.fullmatch(value)]
    if len(seconds) != 1 or not _SECONDS.fullmatch(seconds[0]) or not marks:
        raise NotVerifiedError("odd_signature", "the Stripe-Signature header does not read as t=...,v1=...")
    return seconds[0], marks
