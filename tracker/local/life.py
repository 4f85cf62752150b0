"""Processes that must not outlive this one, whatever ends it.

Linux sends a child a chosen signal when its parent is gone; elsewhere `guard.py` watches a pipe. Each process
gets a session of its own, so that Ctrl-C in the terminal reaches only us and we decide the order of stopping.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
LOOK_SECONDS = 0.02
GUARD = Path(__file__).with_name("guard.py")

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_pipes: dict[int, int] = {}


def spawn(
    command: Sequence[str],
    *,
    last_signal: signal.Signals,
    output: IO[bytes] | int | None = None,
    account: tuple[int, int] | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | str | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in its own session; it is sent `last_signal` when this process is gone.

    `account` is the (user id, group id) to run as, for root only. Output and errors go to `output`.
    """
    # The parent-death signal follows the thread that forked, so only the main thread may rely on it.
    by_kernel = _libc is not None and threading.current_thread() is threading.main_thread()
    uid, gid = account or (None, None)
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        start_new_session=True,
        preexec_fn=_die_with_parent(last_signal) if by_kernel else None,
        user=uid,
        group=gid,
        extra_groups=[] if account else None,
        env=env,
        cwd=cwd,
    )
    if not by_kernel:
        _guard(process.pid, last_signal)
    return process


def _die_with_parent(last_signal: signal.Signals) -> Callable[[], None]:
    parent = os.getpid()

    def ask() -> None:
        assert _libc is not None
        _libc.prctl(PR_SET_PDEATHSIG, int(last_signal), 0, 0, 0)
        if os.getppid() != parent:  # it died between the fork and the line above
            os._exit(1)

    return ask


def end_with_make() -> None:
    """Under `make`, take its sudden end as a SIGTERM: killing `make` means to end what it started."""
    if _libc is not None and "MAKELEVEL" in os.environ:
        _libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


def _guard(pid: int, last_signal: signal.Signals) -> None:
    reading, writing = os.pipe()
    subprocess.Popen(
        [sys.executable, "-I", "-S", str(GUARD), str(pid), str(int(last_signal))],
        stdin=reading,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(reading)
    _pipes[pid] = writing


def end(process: subprocess.Popen[bytes], steps: Sequence[tuple[signal.Signals, float]]) -> int:
    """Send each signal and wait its seconds, until the process is gone; SIGKILL to its session closes the list."""
    for number, seconds in (*steps, (signal.SIGKILL, 10.0)):
        if process.poll() is not None:
            break
        if number is signal.SIGKILL:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
    writing = _pipes.pop(process.pid, None)
    if writing is not None:
        os.close(writing)
    return process.wait()


def is_alive(pid: int) -> bool:
    """Whether a process of that id exists (a zombie counts as gone)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not command_line(pid).startswith("<defunct>")


def command_line(pid: int) -> str:
    """The command line of a process as the system tells it; empty when it is gone."""
    if sys.platform == "linux":
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0")
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return ""
        return "<defunct>" if state == "Z" else words.replace(b"\0", b" ").decode(errors="replace")
    told = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return told.stdout.strip()


def kill(pid: int) -> None:
    """End a process that is not our child, at once, and wait until it is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(pid), 10.0)


def wait_ready(process: subprocess.Popen[bytes], is_ready: Callable[[], bool], seconds: float) -> bool:
    """Wait until the process answers; False when it ended first or the time was up."""
    settled = False

    def look() -> bool:
        nonlocal settled
        settled = is_ready()
        return settled or process.poll() is not None

    wait_until(look, seconds)
    return settled and process.poll() is None


def wait_until(is_done: Callable[[], bool], seconds: float) -> bool:
    """Look again and again until `is_done` or the time is up; tells which."""
    until = time.monotonic() + seconds
    while not is_done():
        if time.monotonic() > until:
            return False
        time.sleep(LOOK_SECONDS)
    return True
