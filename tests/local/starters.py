"""Small programs that start servers and then wait, so that a test can end them as it likes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

SERVER = """
import sys, threading
from pathlib import Path
from tracker.local import {module}

def start():
    server = {module}.ensure(Path(sys.argv[1]))
    print(server.pid, server.url, flush=True)
    sys.stdin.read()

if {in_thread}:
    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
else:
    start()
"""


def start_server(module: str, var_dir: Path, *, in_thread: bool = False) -> tuple[subprocess.Popen[str], int, str]:
    """A process that holds a server: itself, the server's id and its URL."""
    code = SERVER.format(module=module, in_thread=in_thread)
    starter = subprocess.Popen(
        [sys.executable, "-c", code, str(var_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout is not None
    pid, url = starter.stdout.readline().split()
    return starter, int(pid), url


def kill_9(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(10)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True


def within(seconds: float, is_so: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
