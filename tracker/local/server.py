"""What every server started beside the product has in common: where it answers, and how it ends."""

from collections.abc import Callable
from dataclasses import dataclass, field


class LocalServerError(Exception):
    """A server of the machine cannot be used; the text says what was found and what to do."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers now.

    `started` is False where one was found running: whoever started that one stops it, so `stop()` leaves it alone.
    """

    url: str
    pid: int
    started: bool
    end: Callable[[], None] = field(repr=False)

    def stop(self) -> None:
        """End the server if this process started it; safe to call twice."""
        if self.started:
            self.end()
