"""Serving a world on loopback: threads, keep-alive, a clean end."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType

from tracker.sandbox import account, balance, events, schedule
from tracker.sandbox.app import Application
from tracker.sandbox.clock import Clock, Instant
from tracker.sandbox.listener import LOOPBACK, Listener
from tracker.sandbox.webhooks import Deliverer
from tracker.sandbox.world import Settings, World


class Sandbox:
    """The test server inside a process: `with Sandbox(now=...) as s: ...`.

    With `now` the clock stands still at that instant and moves only by `s.clock.advance(days=...)` and
    `s.clock.set(...)`; without it the clock is real time. `state` is a folder that keeps everything.
    """

    def __init__(
        self,
        now: Instant | None = None,
        state: Path | str | None = None,
        *,
        port: int = 0,
        clock: Clock | None = None,
        settings: Settings | None = None,
        webhook_secret: str = "whsec_tracker_sandbox",  # noqa: S107 - a test server's, public by design
    ) -> None:
        path = None
        if state is not None:
            Path(state).mkdir(parents=True, exist_ok=True)
            path = Path(state) / "stripe.sqlite3"
        self.clock = clock or Clock(now, running=now is None)
        self.world = World.open(path, self.clock, settings)
        self.webhook_secret = webhook_secret
        self.webhooks = Deliverer(self.world)
        self._scheduler = schedule.Scheduler(self.world)
        self._server = Listener(port, Application(self.world))
        self.port = int(self._server.server_address[1])
        self.world.settings = replace(self.world.settings, url=f"http://{LOOPBACK}:{self.port}")
        self._thread = threading.Thread(target=self._serve, name="sandbox-http", daemon=True)

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.05)

    @property
    def url(self) -> str:
        return self.world.settings.url

    @property
    def api_key(self) -> str:
        return self.world.settings.api_key

    def start(self) -> None:
        """Begin to answer, to deliver, and (with a running clock) to renew."""
        with self.world.working():
            balance.plan_payouts(self.world)
            events.plan_forgetting(self.world)
        self.clock.before_move = partial(schedule.run_until, self.world)
        self.clock.after_move = self.webhooks.wake
        self.webhooks.start()
        self._thread.start()
        if self.clock.running:
            self._scheduler.start()

    def stop(self) -> None:
        """End every thread and connection; what is stored stays."""
        self._server.end()
        if self.clock.running:
            self._scheduler.stop()
        self.webhooks.stop()
        with self.world.lock:
            self.world.store.close()

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def deliver_to(self, url: str, *secrets: str) -> None:
        """Send every event from now on to `url` alone, signed with `webhook_secret` or the given ones."""
        with self.world.working():
            self.world.store.db.execute("DELETE FROM o_webhook_endpoint")
            self.world.store.db.execute("UPDATE delivery SET state = 'dropped' WHERE state = 'pending'")
            chosen = list(secrets) or [self.webhook_secret]
            account.endpoint(self.world, url, chosen, ["*"], account.COMMAND_LINE)

    def settle(self, timeout: float = 15.0) -> None:
        """Wait until every delivery that is due has been tried."""
        self.webhooks.settle(timeout)
