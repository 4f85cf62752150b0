"""One transaction for all who wait: a commit costs little more for ten messages than for one."""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class _Place(Generic[Item, Outcome]):
    """One caller's item in the queue, and what became of it."""

    __slots__ = ("error", "is_done", "item", "outcome", "pending")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.outcome: Outcome
        self.error: Exception | None = None
        self.is_done = False
        self.pending = threading.Lock()
        """Held until the item is dealt with, or its caller is to write."""
        self.pending.acquire()


class Together(Generic[Item, Outcome]):
    """`write(items)` writes all or nothing and answers an outcome for each, in their order; one call at a time.

    Who comes while nobody writes, writes; the first of those who came meanwhile writes next, for all of them.
    Nobody waits for company, and nobody is woken but to go on.
    """

    def __init__(self, write: Callable[[Sequence[Item]], Sequence[Outcome]]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._gathered: list[_Place[Item, Outcome]] = []
        self._is_writing = False

    def __len__(self) -> int:
        """How many wait to be written."""
        return len(self._gathered)

    def do(self, item: Item) -> Outcome:
        """The outcome of `item`; what `write` raised is raised to everybody whom it was to serve."""
        place: _Place[Item, Outcome] = _Place(item)
        with self._lock:
            self._gathered.append(place)
            is_my_turn, self._is_writing = not self._is_writing, True
        if not is_my_turn:
            place.pending.acquire()
        if not place.is_done:
            self._write_gathered()
        if place.error is not None:
            raise place.error
        return place.outcome

    def _write_gathered(self) -> None:
        with self._lock:
            places, self._gathered = self._gathered, []
        try:
            for place, outcome in zip(places, self._write([place.item for place in places]), strict=True):
                place.outcome = outcome
        except Exception as error:  # theirs to handle, in their own threads
            for place in places:
                place.error = error
        finally:
            self._pass_on()
            for place in places:
                place.is_done = True
                place.pending.release()

    def _pass_on(self) -> None:
        with self._lock:
            self._is_writing = bool(self._gathered)
            if self._is_writing:
                self._gathered[0].pending.release()
