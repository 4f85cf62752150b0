"""The WSGI application: the API under /v1, the pages a browser sees, and /_test for tests and the demo."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import orjson
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from tracker.sandbox import control, idempotency, pages
from tracker.sandbox.desk import Answer, Call, Desk
from tracker.sandbox.errors import StripeError, unauthorized
from tracker.sandbox.params import nested
from tracker.sandbox.world import API_VERSION, World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CUT = "Sandbox-Cut"  # tells the listener to break the answer off
_LIVE = ("sk_live_", "rk_live_", "pk_live_")


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: status, headers, JSON."""

    status: int
    headers: dict[str, str]
    body: bytes


class Application:
    """Answers for one world. Thread-safe: the world's lock is around every operation."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.desk = Desk(world)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = 1_048_576
        try:
            response = self._answer(request)
        except HTTPException as problem:
            response = Response(f"test server: {problem.description}", problem.code, mimetype="text/plain")
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.path.startswith(("/v1", "/v2")):
            return self._api(request)
        if request.path.startswith("/_test"):
            return control.answer(self.world, request)
        return pages.answer(self.world, request)

    def _api(self, request: Request) -> Response:
        query = request.query_string.decode()
        reply = self.reply(request.method, request.path, query, request.headers, request.get_data())
        return Response(reply.body, reply.status, headers=list(reply.headers.items()), mimetype="application/json")

    def reply(self, method: str, path: str, query: str, headers: Headers, body: bytes) -> Reply:
        """One request of the API, however it came; `headers` are found whatever their case."""
        key = headers.get("Idempotency-Key") if method == "POST" else None
        mark = idempotency.fingerprint(method, path, body) if key else ""
        try:
            params = nested(parse_qsl(body.decode() if method == "POST" else query, keep_blank_values=True))
        except StripeError as error:
            return Reply(error.status, {}, orjson.dumps(error.body()))
        call = Call(method, path, params, headers.get("Stripe-Version"), key, mark)
        return _reply(self.desk.answer(call, lambda: self._authorize(headers)), call)

    def _authorize(self, headers: Headers) -> None:
        scheme, _, given = headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                given = b64decode(given).decode().partition(":")[0]
            except ValueError:
                given = ""
        if not given:
            raise unauthorized("You did not provide an API key: send it as `Authorization: Bearer YOUR_KEY`.")
        if given.startswith(_LIVE):
            raise unauthorized("This is a test server and refuses live keys: use a test key (sk_test_...).")
        if given != self.world.settings.api_key:
            raise unauthorized(f"Invalid API Key provided: {given[:8]}{'*' * 8}{given[-4:]}")


def _reply(answer: Answer, call: Call) -> Reply:
    kept = answer.kept
    headers = {"Request-Id": kept.request_id, "Stripe-Version": call.version or API_VERSION}
    if call.key:
        headers["Idempotency-Key"] = call.key
    if answer.replayed:
        headers["Idempotent-Replayed"] = "true"
    if kept.status == 429:
        headers |= {"Stripe-Should-Retry": "true", "Retry-After": "1"}
    if answer.cut:
        headers[CUT] = "1"
    return Reply(kept.status, headers, kept.answer)
