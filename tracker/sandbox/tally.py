"""How many requests the API got, and how close together: what a client's pace is held against."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any


class Tally:
    """Counts every request, also one that is refused. Real seconds, whatever the test server's clock says."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._by_path: Counter[str] = Counter()
        self._last_second: deque[float] = deque()
        self._most = 0

    def count(self, path: str) -> None:
        """One more request, of a path as the API's table has it."""
        with self._lock:
            now = self._clock()
            while self._last_second and self._last_second[0] <= now - 1.0:
                self._last_second.popleft()
            self._last_second.append(now)
            self._most = max(self._most, len(self._last_second))
            self._by_path[path] += 1

    def state(self) -> dict[str, Any]:
        """So far: requests, the most within any one second, requests by path."""
        with self._lock:
            return {
                "requests": self._by_path.total(),
                "most_in_a_second": self._most,
                "by_path": dict(sorted(self._by_path.items())),
            }

    def begin(self) -> dict[str, Any]:
        """Answer the state so far and count from nothing."""
        told = self.state()
        with self._lock:
            self._by_path.clear()
            self._last_second.clear()
            self._most = 0
        return told
