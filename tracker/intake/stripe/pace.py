"""How quickly a process may read Stripe's lists, so that a large sweep leaves room for everything else."""

import threading
import time
from collections import deque
from collections.abc import Callable

A_SECOND = 25
"""Stripe lets a test key read 25 times a second and a live one 100; readers who pay need some of it, too."""
SECOND = 1.1
"""Requests that left a second apart may arrive closer together, and it is Stripe that counts them."""


class Pace:
    """At most so many within any second, over all threads; whoever comes too early waits."""

    def __init__(
        self,
        a_second: int = A_SECOND,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._last: deque[float] = deque(maxlen=a_second)
        self._lock = threading.Lock()
        self._clock, self._sleep = clock, sleep

    def wait(self) -> None:
        """Back when one more is within the pace."""
        with self._lock:
            now = self._clock()
            is_full = len(self._last) == self._last.maxlen
            due = max(now, self._last[0] + SECOND) if is_full else now
            self._last.append(due)
        if due > now:
            self._sleep(due - now)
