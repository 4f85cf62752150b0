"""One terminal for many processes: each line carries its speaker's name, in a colour of its own."""

import contextlib
import os
import sys
import threading
from typing import IO

COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)
NAME_WIDTH = 9


class Printer:
    """Writes whole lines from several threads to standard output; a closed terminal silences it."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream or sys.stdout
        self._lock = threading.Lock()
        self._colours: dict[str, int] = {}
        self._is_coloured = self._stream.isatty() and "NO_COLOR" not in os.environ

    def say(self, text: str) -> None:
        """One line of the supervisor's own."""
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._stream.write(f"{text}\n")
            self._stream.flush()

    def line(self, name: str, text: str) -> None:
        """One line of a process."""
        colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
        label = f"{name:<{NAME_WIDTH}}|"
        self.say(f"\x1b[{colour}m{label}\x1b[0m {text}" if self._is_coloured else f"{label} {text}")

    def follow(self, name: str, source: IO[bytes]) -> None:
        """Print what a process says until it ends, in a thread."""
        threading.Thread(target=self._read, args=(name, source), daemon=True, name=f"output of {name}").start()

    def _read(self, name: str, source: IO[bytes]) -> None:
        with source:
            for line in source:
                self.line(name, line.decode(errors="replace").rstrip())
