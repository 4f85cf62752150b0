"""What a run leaves behind, as the system tells it: processes, and files where none belong."""

import contextlib
import subprocess
import sys
from pathlib import Path


def _processes() -> dict[int, tuple[int, str]]:
    """Each living process: its parent, and its command line with its environment where we may read that."""
    if sys.platform == "linux":
        return {int(folder.name): told for folder in Path("/proc").glob("[0-9]*") if (told := _told(folder))}
    listed = subprocess.run(
        ["ps", "-A", "-E", "-ww", "-o", "pid=,ppid=,command="], capture_output=True, text=True, check=True
    )
    rows = (line.split(None, 2) for line in listed.stdout.splitlines())
    return {int(row[0]): (int(row[1]), row[2]) for row in rows if len(row) == 3}


def _told(folder: Path) -> tuple[int, str] | None:
    try:
        state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        words = (folder / "cmdline").read_bytes()
    except OSError:
        return None
    with contextlib.suppress(OSError):  # somebody else's process
        words += b"\0" + (folder / "environ").read_bytes()
    return None if state == "Z" else (int(parent), words.decode(errors="replace"))


def family(pid: int) -> set[int]:
    """The process, if it lives, and all that descend from it."""
    living = _processes()
    found, old = {pid} & living.keys(), set[int]()
    while found != old:
        old, found = found, found | {child for child, (parent, _) in living.items() if parent in found}
    return found


def that_name(words: str) -> set[int]:
    """Processes whose command line or environment holds the words."""
    return {pid for pid, (_, told) in _processes().items() if words in told}


def alive(pids: set[int]) -> set[int]:
    """Those of the processes that still live."""
    return pids & _processes().keys()


def files(folder: Path) -> set[str]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def names(folder: Path) -> set[str]:
    """What lies in a folder itself, without the caches and settings that begin with a dot."""
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")}
