"""The door to Stripe without a network: the test server's own answers, in the same process."""

import random
import time
from typing import Any, cast

import stripe

from tracker.intake.stripe.gateway import API_VERSION, Gateway, Raw
from tracker.sandbox.server import Sandbox


class InProcessGateway(Gateway):
    """The real door without the wire. `dice` lets answers come late, so that newer ones overtake them."""

    def __init__(self, sandbox: Sandbox, dice: random.Random | None = None) -> None:
        super().__init__(sandbox.api_key, "http://127.0.0.1:9")
        self._sandbox, self._dice = sandbox, dice

    def _request(self, method: str, path: str, params: Raw, options: Any) -> Raw:
        status, answer = self._sandbox.ask(method.upper(), path, params, API_VERSION)
        if self._dice is not None and self._dice.random() < 0.1:
            time.sleep(self._dice.random() * 0.01)
        if 200 <= status < 300:
            return cast(Raw, answer)
        error = answer.get("error", {})
        raise stripe.InvalidRequestError(error.get("message"), error.get("param"), http_status=status)
