"""Errors in Stripe's shape: status, type, code, param and a message that says what to do."""

from __future__ import annotations

from typing import Any


class StripeError(Exception):
    """An answer other than 200. `keeps` says that what was written before it stays (a declined charge)."""

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        keeps: bool = False,
        more: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.code = code
        self.param = param
        self.keeps = keeps
        self.more = more or {}

    def body(self) -> dict[str, Any]:
        """The JSON that Stripe's SDKs parse."""
        error: dict[str, Any] = {"type": self.kind, "message": self.message}
        if self.code:
            error["code"] = self.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        if self.param:
            error["param"] = self.param
        return {"error": {**error, **self.more}}


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> StripeError:
    """400: the request as sent cannot be carried out."""
    return StripeError(400, "invalid_request_error", message, code=code, param=param)


def missing(what: str, identifier: str, param: str = "id") -> StripeError:
    """404 for an object that does not exist; named by another parameter than the path it is a 400."""
    status = 404 if param == "id" else 400
    message = f"No such {what}: '{identifier}'"
    return StripeError(status, "invalid_request_error", message, code="resource_missing", param=param)


def required(param: str) -> StripeError:
    """400: a parameter is not there."""
    return invalid(f"Missing required param: {param}.", param=param, code="parameter_missing")


def unknown_parameters(names: list[str]) -> StripeError:
    """400: parameters this path does not know."""
    plural = "s" if len(names) > 1 else ""
    message = f"Received unknown parameter{plural}: {', '.join(names)}"
    return invalid(message, param=names[0], code="parameter_unknown")


def unauthorized(message: str) -> StripeError:
    """401: no key, a wrong key, a live key."""
    return StripeError(401, "invalid_request_error", message)


def declined(message: str, *, code: str, decline_code: str, more: dict[str, Any]) -> StripeError:
    """402: the card was refused; the failed payment stays on record."""
    extra = {"decline_code": decline_code, **more}
    return StripeError(402, "card_error", message, code=code, keeps=True, more=extra)
