"""The headers of every response, in one place: strict, and widened only by a view that says so."""

from flask import Flask, Response, current_app, request

from tracker.config import Settings
from tracker.web import guard

_POLICY: dict[str, str] = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
_CSP = "Content-Security-Policy"
_HSTS = "max-age=31536000"
_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def init_app(app: Flask) -> None:
    """Put the headers on every response of the application."""
    app.after_request(_finish)


def bare(settings: Settings) -> list[tuple[str, str]]:
    """The headers of an answer that no page of ours makes and nobody may keep: of a layer before Flask."""
    safe = [("Strict-Transport-Security", _HSTS)] if settings.is_https else []
    return [*_FIXED.items(), (_CSP, _text(_POLICY)), ("Cache-Control", "no-store"), *safe]


def widen(response: Response, **directives: str) -> Response:
    """Let one response do more: `widen(response, form_action="https://checkout.stripe.com")` adds that source.

    `replace`-like directives (`frame_ancestors`) that hold only 'none' are replaced. ValueError for `unsafe-*`.
    """
    policy = dict(_POLICY)
    for name, sources in directives.items():
        directive = name.replace("_", "-")
        if "unsafe" in sources:
            raise ValueError(f"{directive} {sources}: our pages need no unsafe source; serve a file instead")
        before = policy.get(directive, "'none'")
        policy[directive] = sources if before == "'none'" else f"{before} {sources}"
    response.headers[_CSP] = _text(policy)
    return response


def _finish(response: Response) -> Response:
    for name, value in _FIXED.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault(_CSP, _text(_POLICY))
    if current_app.config["TRACKER"].is_https:
        response.headers.setdefault("Strict-Transport-Security", _HSTS)
    view = current_app.view_functions.get(request.endpoint or "")
    if guard.area_of(view) != guard.PUBLIC or response.status_code >= 400:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _text(policy: dict[str, str]) -> str:
    return "; ".join(f"{directive} {sources}" for directive, sources in policy.items())
