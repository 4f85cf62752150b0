"""Faults on demand: what the network and a bad day at Stripe do to webhooks and to API calls."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tracker.sandbox.errors import StripeError


@dataclass(slots=True)
class WebhookFaults:
    """What happens to deliveries."""

    duplicate: int = 1  # how many times each event is sent
    drop: float = 0.0  # share of events never sent, and never retried
    delay_seconds: float = 0.0
    reorder: bool = False  # the newest waiting event goes first


@dataclass(slots=True)
class ApiFault:
    """The next `count` calls under `path_prefix` fail with `status` (None: only slow)."""

    status: int | None = None
    count: int = 1
    slow_seconds: float = 0.0
    path_prefix: str = "/v1/"


_WORDS = {
    429: ("invalid_request_error", "rate_limit", "Request rate limit exceeded (a fault asked for by a test)."),
    409: ("invalid_request_error", "lock_timeout", "This object cannot be accessed right now (fault)."),
}


class Faults:
    """The faults in force; none at the start."""

    def __init__(self) -> None:
        self.webhooks = WebhookFaults()
        self.api: list[ApiFault] = []
        self.sleep: Callable[[float], None] = time.sleep
        self._dice = random.Random(25_000)
        self._lock = threading.Lock()

    def set(self, wishes: dict[str, Any]) -> None:
        """Take `{"webhooks": {...}, "api": {...} or [...]}`; a part that is None or empty is reset."""
        unknown = wishes.keys() - {"webhooks", "api"}
        if unknown:
            raise ValueError(f"unknown faults {sorted(unknown)}: use 'webhooks' and 'api'")
        with self._lock:
            if "webhooks" in wishes:
                self.webhooks = WebhookFaults(**(wishes["webhooks"] or {}))
            if "api" in wishes:
                listed = wishes["api"] or []
                listed = listed if isinstance(listed, list) else [listed]
                self.api = [ApiFault(**one) for one in listed]

    def fates(self) -> list[tuple[str, float]]:
        """(state, delay in seconds) of each delivery of one event to one endpoint."""
        if self._dice.random() < self.webhooks.drop:
            return [("dropped", 0.0)]
        return [("pending", self.webhooks.delay_seconds)] * max(1, self.webhooks.duplicate)

    def strike(self, path: str) -> None:
        """Slow this API call down or let it fail, when a fault says so."""
        fault = self._next(path)
        if fault is None:
            return
        if fault.slow_seconds:
            self.sleep(fault.slow_seconds)
        if fault.status is not None:
            kind, code, message = _WORDS.get(
                fault.status, ("api_error", None, "An error occurred internally (a fault asked for by a test).")
            )
            raise StripeError(fault.status, kind, message, code=code)

    def _next(self, path: str) -> ApiFault | None:
        with self._lock:
            for fault in self.api:
                if fault.count > 0 and path.startswith(fault.path_prefix):
                    fault.count -= 1
                    return fault
        return None

    def state(self) -> dict[str, Any]:
        """The faults in force, as `set` takes them."""
        hooks = self.webhooks
        return {
            "webhooks": {name: getattr(hooks, name) for name in WebhookFaults.__slots__},
            "api": [{name: getattr(one, name) for name in ApiFault.__slots__} for one in self.api],
        }
