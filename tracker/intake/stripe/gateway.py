"""The one door to Stripe's API: the official SDK, raw pages, a pinned version, short time-outs.

Lists and objects come back as plain dicts: a StripeObject is no dict, and raw pages are several times quicker.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec
import stripe

API_VERSION = "2026-10-28.endive"
TIMEOUT_SECONDS = 10
PAGE = 100

Raw = dict[str, Any]

stripe.enable_telemetry = False  # it would write an id into the home folder, and tell Stripe about this machine


class StripeUnreachableError(Exception):
    """Stripe did not answer, or asked us to slow down: try again later, nothing is lost."""


class StripeRefusedError(Exception):
    """Stripe answered that the request is wrong; trying again will not help. Text: Stripe's own words."""


class Gateway:
    """Calls on one Stripe account, over any Stripe-compatible server."""

    def __init__(self, key: str, api_base: str = "") -> None:
        bases = cast(Any, {"api": api_base} if api_base else {})
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
            if error.http_status == 404:
                return None
            raise StripeRefusedError(str(error.user_message or error)) from error

    def post(self, path: str, params: Mapping[str, Any], idempotency_key: str) -> Raw:
        """Create or change something, once however often it is tried with the same key."""
        try:
            return self._call("post", path, params, idempotency_key=idempotency_key)
        except stripe.InvalidRequestError as error:
            raise StripeRefusedError(str(error.user_message or error)) from error

    def page(self, path: str, params: Mapping[str, Any], after: str | None = None) -> tuple[list[Raw], bool]:
        """One list page of up to 100 objects, newest first, and whether there are more behind it."""
        query = {"limit": PAGE, **params} | ({"starting_after": after} if after else {})
        found = self.get(path, query)
        if found is None:
            raise StripeRefusedError(f"{path} is not a list that Stripe knows")
        return found["data"], bool(found["has_more"])

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
        except (stripe.APIConnectionError, stripe.RateLimitError) as error:
            raise StripeUnreachableError(str(error)) from error
        except stripe.APIError as error:
            raise StripeUnreachableError(f"Stripe answered {error.http_status}: {error}") from error
        except (stripe.AuthenticationError, stripe.PermissionError) as error:
            raise StripeRefusedError(f"Stripe refused the key: {error}") from error
        except stripe.InvalidRequestError:
            raise
        except stripe.StripeError as error:
            raise StripeRefusedError(str(error.user_message or error)) from error

    def _request(self, method: str, path: str, params: Raw, options: Any) -> Raw:
        """As the SDK's `raw_request`, whose own reading of the body takes most of a page's time."""
        requestor = self._client._requestor
        body, code, headers = requestor.request_raw(
            method, path, params=params, options=options, base_address="api", api_mode="V1", usage=["raw_request"]
        )
        if not 200 <= code < 300:
            requestor._interpret_response(body, code, headers, "V1")  # raises the SDK's own error
        return cast(Raw, msgspec.json.decode(cast(bytes, body)))
