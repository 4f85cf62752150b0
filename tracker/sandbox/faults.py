"""Faults on demand: what the network and a bad day at Stripe do to webhooks and to API calls."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from tracker.sandbox.errors import StripeError

SNAPSHOT, THIN, BOTH = "snapshot", "thin", "both"
_MOST = 5
_SEED = 25_000


@dataclass(slots=True)
class WebhookFaults:
    """What happens to deliveries."""

    duplicate: int = 1  # how many times each event is sent, 1 to 5
    drop: float = 0.0  # share of deliveries never sent, and never retried
    delay_seconds: float = 0.0
    reorder: bool | str = False  # true: the newest waiting event goes first; "random": any
    same_second: bool = False  # every event from now on carries the second of the first one
    versions: list[str] | None = None  # the API version of each delivery, picked by dice
    thin: bool | str = False  # true: thin messages instead of snapshots; "both": one of each

    def __post_init__(self) -> None:
        if not 1 <= self.duplicate <= _MOST:
            raise ValueError(f"duplicate is 1 to {_MOST}, not {self.duplicate}")
        if not 0 <= self.drop <= 1:
            raise ValueError(f"drop is a share from 0 to 1, not {self.drop}")


@dataclass(slots=True)
class ApiFault:
    """The next `count` calls under `path_prefix` fail with `status` (None: they are carried out)."""

    status: int | None = None
    count: int = 1
    slow_seconds: float = 0.0
    path_prefix: str = "/v1/"
    cut: bool = False  # carried out, but the answer breaks off in the middle
    share: float = 1.0  # of the calls that it meets; the others pass and do not count


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one delivery."""

    state: str  # "pending" or "dropped"
    delay: float  # seconds
    rank: float  # its place among others that are due, when the order is random
    version: str | None  # None: its endpoint's own
    form: str  # SNAPSHOT or THIN


_WORDS = {
    429: ("invalid_request_error", "rate_limit", "Request rate limit exceeded (a fault asked for by a test)."),
    409: ("invalid_request_error", "lock_timeout", "This object cannot be accessed right now (fault)."),
}


class Faults:
    """The faults in force; none at the start. The same seed and the same deeds give the same faults."""

    def __init__(self, seed: int = _SEED) -> None:
        self.webhooks = WebhookFaults()
        self.api: list[ApiFault] = []
        self.sleep: Callable[[float], None] = time.sleep
        self._lock = threading.Lock()
        self._second: int | None = None
        self.sow(seed)

    def sow(self, seed: int) -> None:
        """Start the dice anew; webhooks and API have their own, so that one does not disturb the other."""
        self.seed = seed
        self._dice, self._api_dice = random.Random(seed), random.Random(seed + 1)

    def set(self, wishes: dict[str, Any]) -> None:
        """Take `{"seed": n, "webhooks": {...}, "api": {...} or [...]}`; a part that is None or empty is reset."""
        unknown = wishes.keys() - {"webhooks", "api", "seed"}
        if unknown:
            raise ValueError(f"unknown faults {sorted(unknown)}: use 'webhooks', 'api' and 'seed'")
        with self._lock:
            if wishes.get("seed") is not None:
                self.sow(int(wishes["seed"]))
            if "webhooks" in wishes:
                self.webhooks = WebhookFaults(**(wishes["webhooks"] or {}))
                self._second = None
            if "api" in wishes:
                listed = wishes["api"] or []
                listed = listed if isinstance(listed, list) else [listed]
                self.api = [ApiFault(**one) for one in listed]

    def second(self, now: int) -> int:
        """The `created` of an event that happens now."""
        if not self.webhooks.same_second:
            return now
        if self._second is None:
            self._second = now
        return self._second

    def fates(self, payload: str = SNAPSHOT) -> list[Fate]:
        """What becomes of one event on its way to one endpoint that wants `payload`."""
        wish = (THIN if self.webhooks.thin is True else BOTH) if self.webhooks.thin else payload
        forms = (SNAPSHOT, THIN) if wish == BOTH else (wish,)
        return [self._fate(form) for form in forms for _ in range(self.webhooks.duplicate)]

    def _fate(self, form: str) -> Fate:
        hooks = self.webhooks
        state = "dropped" if self._dice.random() < hooks.drop else "pending"
        version = self._dice.choice(hooks.versions) if hooks.versions else None
        return Fate(state, hooks.delay_seconds, self._dice.random(), version, form)

    def order(self) -> str:
        """SQL for the order in which deliveries that are due go out."""
        if self.webhooks.reorder == "random":
            return "rank, n"
        return "due_at DESC, n DESC" if self.webhooks.reorder else "due_at, n"

    def strike(self, path: str) -> bool:
        """Slow this API call down or let it fail, when a fault says so; true when its answer shall break off."""
        fault = self._next(path)
        if fault is None:
            return False
        if fault.slow_seconds:
            self.sleep(fault.slow_seconds)
        if fault.status is not None:
            kind, code, message = _WORDS.get(
                fault.status, ("api_error", None, "An error occurred internally (a fault asked for by a test).")
            )
            raise StripeError(fault.status, kind, message, code=code)
        return fault.cut

    def _next(self, path: str) -> ApiFault | None:
        with self._lock:
            for fault in self.api:
                if fault.count <= 0 or not path.startswith(fault.path_prefix):
                    continue
                if fault.share < 1 and self._api_dice.random() >= fault.share:
                    continue
                fault.count -= 1
                return fault
        return None

    def state(self) -> dict[str, Any]:
        """The faults in force, as `set` takes them."""
        return {
            "seed": self.seed,
            "webhooks": {one.name: getattr(self.webhooks, one.name) for one in fields(WebhookFaults)},
            "api": [{one.name: getattr(fault, one.name) for one in fields(ApiFault)} for fault in self.api],
        }
