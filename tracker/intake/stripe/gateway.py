"""The one door to Stripe's API: the official SDK, raw pages, a pinned version, short time-outs.

Lists and objects come back as plain dicts: a StripeObject is no dict, and raw pages are several times quicker.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec
import stripe

from tracker.intake.stripe.pace import Pace

API_VERSION = "2026-10-28.endive"
TIMEOUT_SECONDS = 10
PAGE = 100

Raw = dict[str, Any]

stripe.enable_telemetry = False  # it would write an id into the home folder, and tell Stripe about this machine


class StripeUnreachableError(Exception):
    """Stripe did not answer, or asked us to slow down: try again later, nothing is lost."""

    def __init__(self, words: str, retry_after: float = 0.0) -> None:
        super().__init__(words)
        self.retry_after = retry_after
        """Seconds that Stripe asked us to wait at least."""


class StripeOddAnswerError(StripeUnreachableError):
    """An answer came, but it is not what was asked for: a page of a proxy, half an object, another one."""


class StripeRefusedError(Exception):
    """Stripe answered that the request is wrong; trying again will not help. Text: Stripe's own words."""


class Gateway:
    """Calls on one Stripe account, over any Stripe-compatible server."""

    def __init__(self, key: str, api_base: str = "") -> None:
        bases = cast(Any, {"api": api_base} if api_base else {})
        self.is_live = "_live_" in key
        self._pace = Pace()
        self._client = stripe.StripeClient(
            key,
            stripe_version=API_VERSION,
            base_addresses=bases,
            max_network_retries=2,
            http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
        )

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Raw | None:
        """The object at `path` ("/v1/..."), or None where Stripe says there is none."""
        try:
            return self._call("get", path, params)
        except stripe.InvalidRequestError as error:
            if error.http_status == 404 and error.code == "resource_missing":
                return None
            raise StripeRefusedError(str(error.user_message or error)) from error

    def post(self, path: str, params: Mapping[str, Any], idempotency_key: str) -> Raw:
        """Create or change something, once however often it is tried with the same key."""
        try:
            return self._call("post", path, params, idempotency_key=idempotency_key)
        except stripe.InvalidRequestError as error:
            raise StripeRefusedError(str(error.user_message or error)) from error

    def delete(self, path: str) -> Raw:
        """Take something away; only `tracker stripe check` does, and only what it made."""
        try:
            return self._call("delete", path, None)
        except stripe.InvalidRequestError as error:
            raise StripeRefusedError(str(error.user_message or error)) from error

    def page(self, path: str, params: Mapping[str, Any], after: str | None = None) -> tuple[list[Raw], bool]:
        """One list page of up to 100 objects, newest first, and whether there are more behind it."""
        self._pace.wait()
        query = {"limit": PAGE, **params} | ({"starting_after": after} if after else {})
        found = self.get(path, query)
        if found is None:
            raise StripeRefusedError(f"{path} is not a list that Stripe knows")
        data, more = found.get("data"), found.get("has_more")
        if not isinstance(data, list) or not isinstance(more, bool) or (more and not data):
            raise StripeOddAnswerError(f"asked for the list {path}, it is none")
        if not all(isinstance(row, dict) and isinstance(row.get("id"), str) for row in data):
            raise StripeOddAnswerError(f"the list {path} holds what has no id")
        return data, more

    def pages(self, path: str, params: Mapping[str, Any], after: str | None = None) -> Iterator[list[Raw]]:
        """Every page from `after` (exclusive) on; an empty list gives one empty page."""
        more = True
        while more:
            data, more = self.page(path, params, after)
            yield data
            after = data[-1]["id"] if data else None

    def _call(self, method: str, path: str, params: Mapping[str, Any] | None, **options: Any) -> Raw:
        try:
            return self._request(method, path, dict(params or {}), options)
        except stripe.APIConnectionError as error:
            raise StripeUnreachableError(_first_line(error)) from error
        except (stripe.RateLimitError, stripe.APIError) as error:
            words = f"{error.http_status}, {_first_line(error)}"
            raise StripeUnreachableError(words, _retry_after(error)) from error
        except (stripe.AuthenticationError, stripe.PermissionError) as error:
            raise StripeRefusedError(f"Stripe refused the key: {error}") from error
        except stripe.InvalidRequestError:
            raise
        except stripe.StripeError as error:
            raise StripeRefusedError(str(error.user_message or error)) from error

    def _request(self, method: str, path: str, params: Raw, options: Any) -> Raw:
        """As the SDK's `raw_request`, whose own reading of the body takes most of a page's time."""
        requestor = self._client._requestor
        try:  # the SDK decodes the body for its log, whatever it is
            body, code, headers = requestor.request_raw(
                method,
                path,
                params=params,
                options=options,
                base_address="api",
                api_mode="V1",
                usage=["raw_request"],
            )
            if not 200 <= code < 300:
                requestor._interpret_response(body, code, headers, "V1")  # raises the SDK's own error
            found = msgspec.json.decode(cast(bytes, body))
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise StripeOddAnswerError(f"for {path}, but the body is not the JSON of an object") from None
        if not isinstance(found, dict):
            raise StripeOddAnswerError(f"for {path}, but the body is no object")
        return found


def _first_line(error: stripe.StripeError) -> str:
    """Stripe's own words, without the advice that its SDK adds below them."""
    return next(iter(str(error.user_message or error).splitlines()), type(error).__name__)[:300]


def _retry_after(error: stripe.StripeError) -> float:
    """Seconds of the Retry-After header, at most an hour; 0 where there is none that makes sense."""
    told = str((error.headers or {}).get("retry-after", ""))
    return min(float(told), 3_600.0) if told.isdecimal() else 0.0
