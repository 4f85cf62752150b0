"""Serving a world on loopback: threads, keep-alive, a clean end."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
from werkzeug.datastructures import Headers

from tracker.sandbox import account, control, events, payouts, schedule, webhooks
from tracker.sandbox.app import CUT, Application, Reply
from tracker.sandbox.clock import Clock, Instant
from tracker.sandbox.desk import in_process
from tracker.sandbox.listener import LOOPBACK, Listener
from tracker.sandbox.webhooks import Deliverer, Message
from tracker.sandbox.world import IN_PROCESS, Settings, World


class Sandbox:
    """The test server inside a process: `with Sandbox(now=...) as s: ...`.

    With `now` the clock stands still at that instant and moves only by `s.clock.advance(days=...)` and
    `s.clock.set(...)`; without it the clock is real time. `state` is a folder that keeps everything.

    `serve=False`: no HTTP and no threads; use `ask` and `messages`. `seed`: ids and faults come out the same.
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
        serve: bool = True,
        seed: int | None = None,
    ) -> None:
        path = None
        if state is not None:
            Path(state).mkdir(parents=True, exist_ok=True)
            path = Path(state) / "stripe.sqlite3"
        self.clock = clock or Clock(now, running=now is None)
        self.world = World.open(path, self.clock, settings, seed)
        self.webhook_secret = webhook_secret
        self.webhooks = Deliverer(self.world)
        self._scheduler = schedule.Scheduler(self.world)
        self._app = Application(self.world)
        self._server: Listener | None = None
        if serve:
            self._listen(port)

    def _listen(self, port: int) -> None:
        self._server = Listener(port, self._app)
        self.port = int(self._server.server_address[1])
        self.world.settings = replace(self.world.settings, url=f"http://{LOOPBACK}:{self.port}")
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="sandbox-http")
        self._thread.daemon = True

    @property
    def url(self) -> str:
        return self.world.settings.url

    @property
    def api_key(self) -> str:
        return self.world.settings.api_key

    def start(self) -> None:
        """Begin to answer, to deliver, and (with a running clock) to renew."""
        with self.world.working():
            payouts.plan(self.world)
            events.plan_forgetting(self.world)
        self.clock.before_move = partial(schedule.run_until, self.world)
        if self._server is None:
            self.keep_messages()
            return
        self.clock.after_move = self.webhooks.wake
        self.webhooks.start()
        self._thread.start()
        if self.clock.running:
            self._scheduler.start()

    def stop(self) -> None:
        """End every thread and connection; what is stored stays."""
        if self._server is not None:
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

    def keep_messages(self) -> None:
        """Keep every message from now on for `messages()`, beside the endpoints there are."""
        with self.world.working():
            if self.world.store.get("webhook_endpoint", account.BY_HAND) is None:
                account.endpoint(self.world, IN_PROCESS, [self.webhook_secret], ["*"], account.BY_HAND)

    def messages(self) -> list[bytes]:
        """The bodies of the webhooks that are due, in the order the faults want; each is handed out once."""
        return [message.body for message in self.signed_messages()]

    def signed_messages(self) -> list[Message]:
        """As `messages`, each with its id, signature and form."""
        with self.world.lock:
            return webhooks.take(self.world)

    def ask(
        self,
        method: str,
        path: str,
        params: dict[str, Any] | None = None,
        version: str | None = None,
        key: str | None = None,
    ) -> tuple[int, dict[str, Any]]:
        """Call the API, or `/_test`, without HTTP: the status and the answer; `key` is an idempotency key.

        `ask("POST", "/v1/refunds", {"charge": "ch_1"})`. Raises ConnectionError where a fault cuts the answer.
        """
        if path.startswith("/_test"):
            path, _, query = path.partition("?")
            return control.in_process(
                self.world, method.upper(), path, {**dict(parse_qsl(query)), **(params or {})}
            )
        answer = self._app.desk.answer(in_process(method, path, params, version, key))
        if answer.cut:
            raise ConnectionError(f"the answer to {method} {path} broke off (a fault asked for by a test)")
        return answer.kept.status, orjson.loads(answer.kept.answer)

    def reply(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """One request as an HTTP client would send it, without HTTP; for the SDK's own client in a test."""
        parts = urlsplit(url)
        answer = self._app.reply(method.upper(), parts.path, parts.query, Headers(list(headers.items())), body)
        if CUT in answer.headers:
            raise ConnectionError(f"the answer to {method} {parts.path} broke off (a fault asked for by a test)")
        return answer

    def must(
        self, method: str, path: str, params: dict[str, Any] | None = None, version: str | None = None
    ) -> dict[str, Any]:
        """As `ask`, for a call that has to work: the answer alone."""
        status, answer = self.ask(method, path, params, version)
        if status != 200:
            raise ValueError(f"{method} {path}: {status} {answer.get('error', answer)}")
        return answer
