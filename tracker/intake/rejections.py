"""How many messages were refused, and why: counted in memory, written at most once a second by its own thread.

Whoever sends rubbish must not be able to make us write as often, keep what was sent, or answer late; and while the
database is away a refusal is still answered, and counted with the first one after it is back.
"""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from tracker.ledger import rejections
from tracker.ledger.rejections import Refusals, Rejected

__all__ = ["REASONS", "Refusals", "Rejected", "Tally", "add", "last_day"]

REASONS = (
    "too_large",
    "no_secret",
    "no_signature",
    "odd_signature",
    "too_old",
    "wrong_secret",
    "not_json",
    "no_event",
)
"""Every reason there is; a sender chooses among them, it cannot make one."""
PAUSE_SECONDS = 1.0
PAUSE_AFTER_FAILURE_SECONDS = 5.0
MOST_HOURS = 24
"""While the database is away so many hours are held, the newest."""


def add(session: Session, refused: Sequence[Refusals]) -> None:
    """Write what a tally held; commits."""
    rejections.add(session, refused)
    session.commit()


def last_day(session: Session, now: datetime) -> list[Rejected]:
    """What was refused within the last 24 hours, by reason."""
    return rejections.since(session, now - timedelta(days=1))


class Tally:
    """The refusals of this process that are not written yet. `write` answers whether it could."""

    def __init__(
        self,
        write: Callable[[Sequence[Refusals]], bool],
        *,
        pause: float = PAUSE_SECONDS,
        pause_after_failure: float = PAUSE_AFTER_FAILURE_SECONDS,
    ) -> None:
        self._write = write
        self._pause, self._pause_after_failure = pause, pause_after_failure
        self._lock = threading.Lock()
        self._held: dict[tuple[str, datetime], Refusals] = {}
        self._is_writing = False
        self._not_before = 0.0

    def refuse(self, reason: str, now: datetime) -> None:
        """Count one; never waits for the database and never fails."""
        with self._lock:
            self._hold(Refusals(reason, now.replace(minute=0, second=0, microsecond=0), 1, now))
            if self._is_writing or time.monotonic() < self._not_before:
                return
            self._is_writing = True
        try:
            threading.Thread(target=self._write_all, name="rejections", daemon=True).start()
        except RuntimeError:  # no thread to be had: the next refusal tries again
            with self._lock:
                self._is_writing = False

    def _hold(self, more: Refusals) -> None:
        key = more.reason, more.hour_at
        held = self._held.get(key)
        count, last_at = (held.count, held.last_at) if held else (0, more.last_at)
        self._held[key] = Refusals(*key, count + more.count, max(last_at, more.last_at))
        if len(self._held) > MOST_HOURS * len(REASONS):
            del self._held[min(self._held, key=lambda one: one[1])]

    def _write_all(self) -> None:
        while True:
            with self._lock:
                told, self._held = list(self._held.values()), {}
                if not told:
                    self._is_writing = False
                    return
            if self._write(told):
                time.sleep(self._pause)
                continue
            with self._lock:
                for one in told:
                    self._hold(one)
                self._is_writing = False
                self._not_before = time.monotonic() + self._pause_after_failure
            return
