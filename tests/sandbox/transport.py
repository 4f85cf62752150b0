"""The real SDK without HTTP: `StripeClient(key, http_client=InProcess(sandbox))`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import stripe

from tracker.sandbox.server import Sandbox


class InProcess(stripe.HTTPClient):
    """Hands each request of the SDK to a test server in the same process."""

    name = "in-process"

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self._sandbox = sandbox

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        body = post_data.encode() if isinstance(post_data, str) else post_data or b""
        try:
            reply = self._sandbox.reply(method, url, headers or {}, body)
        except ConnectionError as problem:
            raise stripe.APIConnectionError(str(problem), should_retry=True) from problem
        return reply.body.decode(), reply.status, {name.lower(): value for name, value in reply.headers.items()}

    def close(self) -> None:
        """Nothing is open."""
