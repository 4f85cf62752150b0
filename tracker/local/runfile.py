"""`var/run.json`: what runs now, for tests and for the next start; and the lock that keeps a second run out.

{"supervisor": 4711, "processes": {"web": 4720}, "servers": {"postgres": {"pid": 4712, "url": "..."}},
 "urls": {"article": "http://..."}}
"""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

from tracker.local import life


class AlreadyRunningError(Exception):
    """Another run holds this folder; the text says which and what to do."""


class RunFile:
    """Held while a run lives; removed at its end. The file holds passwords, so only its owner reads it."""

    def __init__(self, var_dir: Path) -> None:
        var_dir.mkdir(parents=True, exist_ok=True)
        self.path = var_dir / "run.json"
        self.held: dict[str, Any] = {"supervisor": os.getpid(), "processes": {}, "servers": {}, "urls": {}}
        self._lock = self._take(var_dir / "run.lock")
        _end_leftovers(read(self.path))
        self.write()

    def _take(self, path: Path) -> IO[str]:
        lock = path.open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            other = read(self.path)
            raise AlreadyRunningError(
                f"already running in {path.parent} (process {other.get('supervisor', 'unknown')}): "
                "stop it with Ctrl-C first, or set VAR_DIR and PORT for a second one"
            ) from None
        return lock

    def write(self) -> None:
        """Put down what is held now; readers never see half of it."""
        aside = self.path.with_suffix(".new")
        aside.touch(mode=0o600)
        aside.write_text(json.dumps(self.held, indent=1))
        aside.replace(self.path)

    def close(self) -> None:
        """Remove the file and let the next run in."""
        self.path.unlink(missing_ok=True)
        self._lock.close()


def read(path: Path) -> dict[str, Any]:
    """What a run wrote down; empty when there is none."""
    try:
        held = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return held if isinstance(held, dict) else {}


def _end_leftovers(before: dict[str, Any]) -> None:
    """End what a killed run left: children of a process that died together with its supervisor."""
    for pid in before.get("processes", {}).values():
        # The number may belong to a stranger by now; ours run from this virtual environment.
        if any(sys.prefix in command for command in _group(pid)):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
            life.wait_until(lambda group=pid: not _group(group), 5.0)  # type: ignore[misc]


def _group(pid: int) -> list[str]:
    """Command lines of the living members of a process group."""
    if sys.platform != "linux":
        told = subprocess.run(["ps", "-A", "-o", "pgid=,command="], capture_output=True, text=True, check=False)
        found = (line.strip().partition(" ") for line in told.stdout.splitlines())
        return [command for group, _, command in found if group == str(pid)]
    members = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            if group == str(pid) and state != "Z":
                members.append(life.command_line(int(folder.name)))
    return members
