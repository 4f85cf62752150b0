"""`Idempotency-Key`: the same request again gets the first answer, another request under the key an error."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tracker.sandbox.errors import StripeError
from tracker.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Kept:
    """A remembered answer."""

    status: int
    answer: bytes
    request_id: str


class Keys:
    """The keys in use; the answers are kept with the world's state."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_use: set[str] = set()

    @contextmanager
    def holding(self, key: str) -> Iterator[None]:
        """Refuse a second request under the key while the first still runs (409, the SDK tries again)."""
        with self._lock:
            if key in self._in_use:
                message = (
                    "There is currently another in-progress request using this Idempotency Key. "
                    "Please try again later."
                )
                raise StripeError(409, "idempotency_error", message, code="idempotency_key_in_use")
            self._in_use.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._in_use.discard(key)


def fingerprint(method: str, path: str, body: bytes) -> str:
    """What must be the same for a key to be a repeat."""
    return hashlib.sha256(b"\n".join((method.encode(), path.encode(), body))).hexdigest()


def recall(world: World, key: str, request: str) -> Kept | None:
    """The first answer under this key, or an error when the request differs."""
    sql = "SELECT request, status, answer, request_id FROM idempotency WHERE key = ?"
    row = world.store.db.execute(sql, (key,)).fetchone()
    if row is None:
        return None
    if row[0] != request:
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{key}' if you meant to execute a different request."
        )
        raise StripeError(400, "idempotency_error", message)
    return Kept(row[1], row[2], row[3])


def remember(world: World, key: str, request: str, kept: Kept) -> None:
    """Keep an answer for a day."""
    world.store.db.execute(
        "INSERT OR REPLACE INTO idempotency (key, request, status, answer, request_id, created)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (key, request, kept.status, kept.answer, kept.request_id, world.now()),
    )
