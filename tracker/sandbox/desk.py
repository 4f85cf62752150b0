"""One call of the API, from its parameters to its answer; over HTTP and in process it is the same."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from werkzeug.exceptions import MethodNotAllowed, NotFound

from tracker.sandbox import api, idempotency
from tracker.sandbox.errors import StripeError, invalid, unknown_parameters
from tracker.sandbox.expand import expand
from tracker.sandbox.idempotency import Kept
from tracker.sandbox.params import Params, nested
from tracker.sandbox.world import Cause, World

log = logging.getLogger("tracker.sandbox")


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked: `params` nested as Python values, `mark` what makes a repeat of an idempotency key one."""

    method: str
    path: str
    params: dict[str, Any]
    version: str | None = None
    key: str | None = None
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it; `cut`: the call was carried out, but its answer shall not arrive whole."""

    kept: Kept
    replayed: bool = False
    cut: bool = False


class Desk:
    """Answers calls for one world. Thread-safe: the world's lock is around every operation."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._keys = idempotency.Keys()
        self._urls = api.URLS.bind("127.0.0.1")

    def answer(self, call: Call, check: Callable[[], None] = lambda: None) -> Answer:
        """Carry the call out; every failure becomes an answer in Stripe's shape. `check` may refuse it first."""
        request_id = f"req_{secrets.token_hex(7)}"
        self._world.requests.count(self._pattern(call))
        try:
            cut = self._world.faults.strike(call.path)
            check()
            if call.key:
                with self._keys.holding(call.key):
                    kept, replayed = self._once(call, request_id, call.key)
                return Answer(kept, replayed, cut)
            return Answer(self._perform(call, request_id), cut=cut)
        except StripeError as error:
            return Answer(Kept(error.status, orjson.dumps(error.body()), request_id))
        except Exception:
            log.exception("the test server failed on %s %s", call.method, call.path)
            body = StripeError(500, "api_error", "The test server failed: see its log.").body()
            return Answer(Kept(500, orjson.dumps(body), request_id))

    def _once(self, call: Call, request_id: str, key: str) -> tuple[Kept, bool]:
        with self._world.working():
            if known := idempotency.recall(self._world, key, call.mark):
                return known, True
        try:
            kept = self._perform(call, request_id)
        except StripeError as error:
            if not error.keeps:
                raise
            kept = Kept(error.status, orjson.dumps(error.body()), request_id)
            with self._world.working():
                idempotency.remember(self._world, key, call.mark, kept)
        return kept, False

    def _perform(self, call: Call, request_id: str) -> Kept:
        """Carry out the call; its answer is remembered in the same transaction as what it did."""
        world = self._world
        route, ids = self._route(call)
        params = Params(call.params)
        unknown = sorted(params.values.keys() - route.accepts)
        if unknown:
            raise unknown_parameters(unknown)
        paths = params.texts("expand")
        params.values.pop("expand", None)
        with world.working():
            before, world.cause = world.cause, Cause(request_id, call.key, call.version)
            try:
                found = expand(world, route.answer(world, params, *ids), paths)
            finally:
                world.cause = before
            kept = Kept(200, orjson.dumps(found), request_id)
            if call.key:
                idempotency.remember(world, call.key, call.mark, kept)
        return kept

    def _pattern(self, call: Call) -> str:
        """As "GET /v1/invoices/<identifier>"; an unknown path as it came."""
        try:
            route, _ = self._route(call)
        except StripeError:
            return f"{call.method} {call.path}"
        return f"{route.method} {route.path}"

    def _route(self, call: Call) -> tuple[api.Route, list[str]]:
        try:
            number, values = self._urls.match(call.path, call.method)
        except (NotFound, MethodNotAllowed):
            message = f"Unrecognized request URL ({call.method}: {call.path}): the test server has no such call."
            error = invalid(message)
            error.status = 404
            raise error from None
        return api.ROUTES[int(str(number))], [str(value) for value in values.values()]


def in_process(
    method: str, path: str, params: dict[str, Any] | None, version: str | None, key: str | None = None
) -> Call:
    """A call from Python values; parameters in the path's query count too."""
    path, _, query = path.partition("?")
    given: dict[str, Any] = {**nested(parse_qsl(query, keep_blank_values=True)), **_sent(params or {})}
    mark = idempotency.fingerprint(method, path, orjson.dumps(given)) if key else ""
    return Call(method.upper(), path, given, version, key, mark)


def _sent(value: Any) -> Any:
    """As the form encoding would bring it: everything is text, None unsets."""
    if isinstance(value, dict):
        return {str(name): _sent(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_sent(inner) for inner in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
