"""`python -m tracker.sandbox`: the test server as a process of its own."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from datetime import datetime
from pathlib import Path

from tracker.sandbox import account
from tracker.sandbox.clock import Clock, seconds
from tracker.sandbox.seed import fill
from tracker.sandbox.server import Sandbox
from tracker.sandbox.world import Settings


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tracker.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--state", type=Path, required=True, help="folder that keeps everything")
    parser.add_argument("--webhook-url", help="where signed events go")
    parser.add_argument("--webhook-secret", default="whsec_tracker_sandbox", help="comma separated: rotation")
    parser.add_argument("--api-key", default=Settings().api_key)
    parser.add_argument("--now", help="an instant such as 2026-11-23T12:00:00+00:00 from which the clock runs")
    parser.add_argument("--demo", action="store_true", help="fill an empty state with the demo's story")
    parser.add_argument("--year", type=int, help="the demo campaign's year (default: the present one)")
    parser.add_argument("--timezone", default="Europe/Kyiv")
    parser.add_argument("--members", type=int, help="default: what the year has come to by now")
    return parser.parse_args()


def _sandbox(wish: argparse.Namespace) -> Sandbox:
    if not wish.api_key.startswith(("sk_test_", "rk_test_")):
        raise SystemExit(f"--api-key {wish.api_key[:8]}...: the test server takes only sk_test_ or rk_test_ keys")
    start = None
    if wish.now:
        try:
            start = seconds(datetime.fromisoformat(wish.now))
        except ValueError as problem:
            raise SystemExit(f"--now {wish.now!r}: {problem}") from None
    try:
        return Sandbox(
            state=wish.state,
            port=wish.port,
            clock=Clock(start),
            settings=Settings(api_key=wish.api_key),
            webhook_secret=wish.webhook_secret.split(",")[0],
        )
    except OSError as problem:
        raise SystemExit(f"--port {wish.port}: {problem}; choose another port, or 0 for a free one") from None


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    wish = _arguments()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    # Until it serves, a signal ends it where it stands: a half-written story is rolled back.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    sandbox = _sandbox(wish)
    if wish.demo:
        fill(sandbox.world, year=wish.year, timezone=wish.timezone, members=wish.members, say=_say)
    if wish.webhook_url:
        _tell(sandbox, wish.webhook_url, wish.webhook_secret.split(","))
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    sandbox.start()
    _say(f"test server ready on {sandbox.url}")
    stopping.wait()
    sandbox.stop()
    return 0


def _tell(sandbox: Sandbox, url: str, secrets: list[str]) -> None:
    """Replace the endpoint of an earlier start; what it still waited for goes to the new one."""
    with sandbox.world.working():
        db = sandbox.world.store.db
        db.execute("DELETE FROM o_webhook_endpoint WHERE id = ?", (account.COMMAND_LINE,))
        account.endpoint(sandbox.world, url, secrets, ["*"], account.COMMAND_LINE)


def _say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main())
