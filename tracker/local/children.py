"""One watched process: started, asked whether it is ready, restarted after growing pauses, drained at the end."""

import contextlib
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tracker.local import life
from tracker.local.output import Printer

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0
LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Process:
    """A process to keep running.

    `ready` is an address that answers 200, or a function; without it, started is ready. `restarts` False: it may
    end by itself, as a load of the demo does. `env` is added to ours. After `stop_signal` it has `drain_seconds`.
    """

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: str | Callable[[], bool] | None = None
    ready_seconds: float = 60.0
    restarts: bool = True
    stop_signal: signal.Signals = signal.SIGTERM
    drain_seconds: float = 10.0
    cwd: Path | None = None


class Child:
    """A `Process` that runs or waits for its next start."""

    def __init__(self, process: Process, printer: Printer) -> None:
        self.process = process
        self.is_ready = process.ready is None
        self._printer = printer
        self._failures = 0
        self._next_at: float | None = None
        self._start()

    def _start(self) -> None:
        self._next_at = None
        self._started_at = time.monotonic()
        self.popen = life.spawn(
            self.process.command,
            last_signal=self.process.stop_signal,
            output=subprocess.PIPE,
            # Python holds lines back when it writes to a pipe.
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self.process.env},
            cwd=self.process.cwd,
        )
        assert self.popen.stdout is not None
        self._printer.follow(self.process.name, self.popen.stdout)

    def look_ready(self) -> bool:
        """Ask once whether it is ready; remembered from then on."""
        ready = self.process.ready
        if not self.is_ready and ready is not None:
            self.is_ready = answers(ready) if isinstance(ready, str) else ready()
        return self.is_ready

    def tend(self) -> bool:
        """Say when it ended, start it again when its pause is over; tells whether it was started."""
        if self._next_at is not None:
            if time.monotonic() < self._next_at:
                return False
            self._start()
            return True
        code = self.popen.poll()
        if code is None or self._next_at == float("inf"):
            return False
        self._bury(code)
        return False

    def _bury(self, code: int) -> None:
        self._end_group()
        if not self.process.restarts:
            self._next_at = float("inf")
            if code:
                self._printer.say(f"{self.process.name} {ending(code)}")
            return
        lived = time.monotonic() - self._started_at
        self._failures = 1 if lived > STEADY_SECONDS else self._failures + 1
        pause = min(FIRST_PAUSE_SECONDS * 2 ** (self._failures - 1), LONGEST_PAUSE_SECONDS)
        self._next_at = time.monotonic() + pause
        self._printer.say(f"{self.process.name} {ending(code)}; starting it again in {pause:g} s")

    def _end_group(self) -> None:
        # Workers of a killed main process live on and hold its port.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.popen.pid, signal.SIGKILL)

    def stop(self, is_hurried: Callable[[], bool]) -> None:
        """Ask it to end, wait for its drain (no longer when hurried), then end all of its session."""
        self._next_at = float("inf")
        if self.popen.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.popen.send_signal(self.process.stop_signal)
            life.wait_until(lambda: self.popen.poll() is not None or is_hurried(), self.process.drain_seconds)
        self._end_group()
        life.end(self.popen, ())


def ending(code: int) -> str:
    """How a process ended, in words: by exit code or by signal."""
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def answers(url: str) -> bool:
    """Whether an address of this machine answers 200 now; a proxy set in the environment is not asked."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=2.0) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError, ValueError):
        return False
