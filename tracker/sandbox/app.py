"""The WSGI application: the API under /v1, the pages a browser sees, and /_test for tests and the demo."""

from __future__ import annotations

import logging
import secrets
from base64 import b64decode
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import orjson
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.wrappers import Request, Response

from tracker.sandbox import api, control, idempotency, pages
from tracker.sandbox.errors import StripeError, invalid, unauthorized, unknown_parameters
from tracker.sandbox.expand import expand
from tracker.sandbox.idempotency import Kept
from tracker.sandbox.params import Params, nested
from tracker.sandbox.world import API_VERSION, Cause, World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger("tracker.sandbox")
_LIVE = ("sk_live_", "rk_live_", "pk_live_")


class Application:
    """Answers for one world. Thread-safe: the world's lock is around every operation."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._keys = idempotency.Keys()
        self._urls = api.URLS.bind("127.0.0.1")

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
        request_id = f"req_{secrets.token_hex(7)}"
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        try:
            self.world.faults.strike(request.path)
            self._authorize(request)
            if key:
                with self._keys.holding(key):
                    kept, replayed = self._once(request, request_id, key)
            else:
                kept, replayed = self._perform(request, request_id, None), False
        except StripeError as error:
            kept, replayed = Kept(error.status, orjson.dumps(error.body()), request_id), False
        except Exception:
            log.exception("the test server failed on %s %s", request.method, request.path)
            body = StripeError(500, "api_error", "The test server failed: see its log.").body()
            kept, replayed = Kept(500, orjson.dumps(body), request_id), False
        return _response(kept, request, key, replayed)

    def _once(self, request: Request, request_id: str, key: str) -> tuple[Kept, bool]:
        mark = idempotency.fingerprint(request.method, request.path, request.get_data())
        with self.world.working():
            if known := idempotency.recall(self.world, key, mark):
                return known, True
        try:
            kept = self._perform(request, request_id, key, mark)
        except StripeError as error:
            if not error.keeps:
                raise
            kept = Kept(error.status, orjson.dumps(error.body()), request_id)
            with self.world.working():
                idempotency.remember(self.world, key, mark, kept)
        return kept, False

    def _perform(self, request: Request, request_id: str, key: str | None, mark: str = "") -> Kept:
        """Carry out the call; its answer is remembered in the same transaction as what it did."""
        route, ids = self._route(request)
        source = request.get_data().decode() if request.method == "POST" else request.query_string.decode()
        params = Params(nested(parse_qsl(source, keep_blank_values=True)))
        unknown = sorted(params.values.keys() - route.accepts)
        if unknown:
            raise unknown_parameters(unknown)
        paths = params.texts("expand")
        params.values.pop("expand", None)
        with self.world.working():
            before, self.world.cause = self.world.cause, Cause(request_id, key)
            try:
                found = expand(self.world, route.answer(self.world, params, *ids), paths)
            finally:
                self.world.cause = before
            kept = Kept(200, orjson.dumps(found), request_id)
            if key:
                idempotency.remember(self.world, key, mark, kept)
        return kept

    def _route(self, request: Request) -> tuple[api.Route, list[str]]:
        try:
            number, values = self._urls.match(request.path, request.method)
        except (NotFound, MethodNotAllowed):
            message = (
                f"Unrecognized request URL ({request.method}: {request.path}): the test server has no such call."
            )
            error = invalid(message)
            error.status = 404
            raise error from None
        return api.ROUTES[int(str(number))], [str(value) for value in values.values()]

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


def _response(kept: Kept, request: Request, key: str | None, replayed: bool) -> Response:
    response = Response(kept.answer, kept.status, mimetype="application/json")
    response.headers["Request-Id"] = kept.request_id
    response.headers["Stripe-Version"] = request.headers.get("Stripe-Version", API_VERSION)
    if key:
        response.headers["Idempotency-Key"] = key
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    if kept.status == 429:
        response.headers["Stripe-Should-Retry"] = "true"
    return response
