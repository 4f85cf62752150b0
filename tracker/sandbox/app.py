"""The WSGI application: the API under /v1, the pages a browser sees, and /_test for tests and the demo."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import orjson
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
        body = request.get_data()
        source = body.decode() if request.method == "POST" else request.query_string.decode()
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        mark = idempotency.fingerprint(request.method, request.path, body) if key else ""
        version = request.headers.get("Stripe-Version")
        try:
            params = nested(parse_qsl(source, keep_blank_values=True))
        except StripeError as error:
            return Response(orjson.dumps(error.body()), error.status, mimetype="application/json")
        call = Call(request.method, request.path, params, version, key, mark)
        return _response(self.desk.answer(call, lambda: self._authorize(request)), call)

    def _authorize(self, request: Request) -> None:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
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


def _response(answer: Answer, call: Call) -> Response:
    kept = answer.kept
    response = Response(kept.answer, kept.status, mimetype="application/json")
    response.headers["Request-Id"] = kept.request_id
    response.headers["Stripe-Version"] = call.version or API_VERSION
    if call.key:
        response.headers["Idempotency-Key"] = call.key
    if answer.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    if kept.status == 429:
        response.headers["Stripe-Should-Retry"] = "true"
        response.headers["Retry-After"] = "1"
    if answer.cut:
        response.headers[CUT] = "1"
    return response
