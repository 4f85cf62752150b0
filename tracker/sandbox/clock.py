"""The test server's own time: real, shifted, or standing still until it is moved.

The test server stands apart from the product and keeps its own clock, so that a test can let a year of
renewals happen in a second.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

Instant = int | float | datetime
"""Unix seconds, or an aware datetime."""


def seconds(instant: Instant) -> float:
    """Unix seconds of `instant`; a naive datetime is refused, because its zone would be a guess."""
    if not isinstance(instant, datetime):
        return float(instant)
    if instant.tzinfo is None:
        raise ValueError(f"{instant!r} has no time zone: hand over an aware datetime or unix seconds")
    return instant.timestamp()


def wall() -> float:
    """Real time in unix seconds, whatever the test server's own clock says."""
    return time.time()  # noqa: TID251 - the test server imports nothing of the product, not its clock either


class Clock:
    """`now()` in unix seconds; runs with real time, or stands still when `running` is false."""

    def __init__(self, start: Instant | None = None, *, running: bool = True) -> None:
        self._lock = threading.Lock()
        self._running = running
        first = wall() if start is None else seconds(start)
        self._base = first - wall() if running else first
        self.before_move: Callable[[float], object] = lambda target: None
        """Called with the new instant while the clock still shows the old one: what falls due happens here."""
        self.after_move: Callable[[], None] = lambda: None

    @property
    def running(self) -> bool:
        return self._running

    def now(self) -> float:
        with self._lock:
            return self._base + wall() if self._running else self._base

    def advance(self, **span: float) -> None:
        """Move forward by a timedelta's arguments: `advance(days=31, hours=1)`."""
        self.set(self.now() + timedelta(**span).total_seconds())

    def set(self, instant: Instant) -> None:
        """Move forward to `instant`; everything that falls due until then happens in its order."""
        target = seconds(instant)
        if target < self.now():
            raise ValueError(f"the clock shows {self.now():.0f}; it cannot go back to {target:.0f}")
        self.before_move(target)
        with self._lock:
            self._base = target - wall() if self._running else target
        self.after_move()
