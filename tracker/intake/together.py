"""One transaction for all who wait: a commit costs the same for one message as for ten."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class _Place(Generic[Item, Outcome]):
    """One caller's item in the queue, and what became of it."""

    __slots__ = ("error", "is_done", "item", "outcome")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.outcome: Outcome
        self.error: Exception | None = None
        self.is_done = False


class Together(Generic[Item, Outcome]):
    """`write(items)` writes all or nothing and answers an outcome for each, in their order; one call at a time.

    Whoever has the turn writes everything that has gathered meanwhile; nobody waits for company.
    """

    def __init__(self, write: Callable[[Sequence[Item]], Sequence[Outcome]]) -> None:
        self._write = write
        self._gathered: deque[_Place[Item, Outcome]] = deque()
        self._turn = threading.Lock()

    def __len__(self) -> int:
        """How many wait to be written."""
        return len(self._gathered)

    def do(self, item: Item) -> Outcome:
        """The outcome of `item`; what `write` raised is raised to everybody whom it was to serve."""
        place: _Place[Item, Outcome] = _Place(item)
        self._gathered.append(place)
        with self._turn:
            if not place.is_done:
                self._write_gathered()
        if place.error is not None:
            raise place.error
        return place.outcome

    def _write_gathered(self) -> None:
        places = [self._gathered.popleft() for _ in range(len(self._gathered))]
        try:
            for place, outcome in zip(places, self._write([place.item for place in places]), strict=True):
                place.outcome = outcome
        except Exception as error:  # theirs to handle, in their own threads
            for place in places:
                place.error = error
        finally:
            for place in places:
                place.is_done = True
