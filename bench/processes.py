"""Processes that end with the benchmark, and what they cost."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.figure import MissingError
from tracker.local import life

DRAIN_SECONDS = 40.0


@contextmanager
def running(
    command: Sequence[str],
    folder: Path,
    env: Mapping[str, str] | None = None,
    *,
    stop: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in `folder` for as long as the block lasts; what it says goes to `output` there."""
    with (folder / "output").open("ab") as output:
        process = life.spawn(
            command, last_signal=stop, output=output, env={**os.environ, **(env or {})}, cwd=folder
        )
    try:
        yield process
    finally:
        life.end(process, ((stop, DRAIN_SECONDS),))
        with suppress(ProcessLookupError):  # children of one that had to be killed
            os.killpg(process.pid, signal.SIGKILL)


def wait_for(process: subprocess.Popen[bytes], is_ready: Callable[[], bool], folder: Path, seconds: float) -> None:
    """Wait until it answers; MissingError with its last words where it does not."""
    if not life.wait_ready(process, is_ready, seconds):
        words = (folder / "output").read_text(errors="replace").strip().splitlines()[-5:]
        raise MissingError(f"{process.args!r} does not answer: {' / '.join(words) or 'it said nothing'}")


def cpu_seconds(leader: int) -> float:
    """User and system time of all living processes of that process group so far; 0 where /proc is not there."""
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[2]) == leader:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
