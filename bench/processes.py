"""Processes that end with the benchmark, and what they cost."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.figure import MissingError
from tracker.local import life

DRAIN_SECONDS = 40.0
LOOK_SECONDS = 0.2


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


def processor_seconds(pid: int) -> float:
    """User and system time of one process so far; 0 when it is gone or /proc is not there."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that did what it was to do."""

    seconds: float
    """From its start to its end."""
    peak_mib: float
    """The most of its memory that was resident at once."""
    answer: str
    """Its last line."""


def finished(
    command: Sequence[str],
    folder: Path,
    env: Mapping[str, str],
    *,
    seconds: float,
    look: Callable[[], None] = lambda: None,
) -> Finished:
    """Run a command to its end; `look` is called a few times a second meanwhile.

    RuntimeError with its last words where it fails or takes longer than `seconds`.
    """
    folder.mkdir()
    peak, began = 0.0, time.monotonic()
    with running(command, folder, env) as process:
        while process.poll() is None and time.monotonic() < began + seconds:
            peak = max(peak, memory(process.pid, "VmHWM"))
            look()
            time.sleep(LOOK_SECONDS)
        took, code = time.monotonic() - began, process.poll()
    lines = (folder / "output").read_text(errors="replace").strip().splitlines() or [""]
    if code != 0:
        how = f"ended with {code}" if code is not None else "had to be ended"
        raise RuntimeError(f"{command!r} {how} after {took:.0f} s: {' / '.join(lines[-5:])[:2000]}")
    return Finished(took, peak, lines[-1])


def require_proc() -> None:
    """MissingError where the system does not tell the memory of processes as Linux does."""
    if not Path("/proc/self/status").exists():
        raise MissingError("memory is read from /proc, which this system has not: measure on Linux")


def memory(pid: int, name: str) -> float:
    """MiB of a process: VmHWM, the most resident so far; RssAnon, without what it shares. 0 when it is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) / 1024
    return 0.0
