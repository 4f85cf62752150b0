"""Asking a worker to look: at once, then at most ten times a second, and never while the caller waits."""

import logging
import threading
import time
from collections.abc import Callable

_log = logging.getLogger(__name__)
PAUSE_SECONDS = 0.1
BREATH_SECONDS = 0.01
"""Before the first: the broker's client is busy for a millisecond, and the caller's answer is to go out first."""


class Nudge:
    """`nudge()` has `send()` called soon by a thread of ours; many calls become one, the last is never left out.

    It may still be lost, with the process or the broker: whoever nudges has written down what there is to do, and
    beat finds it.
    """

    def __init__(self, send: Callable[[], object], pause: float = PAUSE_SECONDS) -> None:
        self._send, self._pause = send, pause
        self._lock = threading.Lock()
        self._is_asked = False
        self._is_running = False

    def __call__(self) -> None:
        """Never waits for the broker, never fails."""
        with self._lock:
            self._is_asked = True
            if self._is_running:
                return
            self._is_running = True
        try:
            threading.Thread(target=self._run, name="nudge", daemon=True).start()
        except RuntimeError:  # no thread to be had: the next call tries again
            with self._lock:
                self._is_running = False

    def _run(self) -> None:
        time.sleep(BREATH_SECONDS)
        while True:
            with self._lock:
                if not self._is_asked:
                    self._is_running = False
                    return
                self._is_asked = False
            try:
                self._send()
            except Exception as error:  # whatever the broker's client raises
                _log.warning("the worker could not be nudged, beat will find what there is to do: %s", error)
            time.sleep(self._pause)
