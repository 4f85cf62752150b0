"""The Stripe test server as a process beside a command, on a free port, gone with it."""

import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from tracker.local import life
from tracker.local.children import answers
from tracker.local.ports import LOOPBACK, any_port
from tracker.local.server import LocalServerError

READY_SECONDS = 30.0


@contextmanager
def running() -> Iterator[tuple[str, str]]:
    """(address, key) of an empty account. LocalServerError where it does not come up."""
    key, port = f"sk_test_{secrets.token_hex(16)}", any_port()
    url = f"http://{LOOPBACK}:{port}"
    with tempfile.TemporaryDirectory(prefix="tracker-test-server-") as state:
        command = [sys.executable, "-m", "tracker.sandbox", "--port", str(port), "--state", state]
        process = life.spawn([*command, "--api-key", key], last_signal=signal.SIGTERM, output=subprocess.DEVNULL)
        try:
            if not life.wait_ready(process, lambda: answers(f"{url}/_test/clock"), READY_SECONDS):
                raise LocalServerError("the Stripe test server does not start: run `python -m tracker.sandbox`")
            yield url, key
        finally:
            life.end(process, ((signal.SIGTERM, 5.0),))
