"""The guard at every door: each view names its area, or says that it is public; one that says neither stays shut.

A view is marked, not wrapped, so that the whole URL map can be read and proven (tests/web/test_access.py).
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import CSRFProtect

from tracker import access, clock
from tracker.web import words
from tracker.web.errors import wants_json
from tracker.web.words import gettext

_View = TypeVar("_View", bound=Callable[..., Any])
_MARK = "guard_area"
PUBLIC = "public"

csrf = CSRFProtect()


def allow(area: str) -> Callable[[_View], _View]:
    """Mark a view as part of `area` (a key of access.ALLOWED): staff of its roles only."""
    if area not in access.ALLOWED:
        raise ValueError(f"no area {area!r}: choose one of {', '.join(access.ALLOWED)}")

    def mark(view: _View) -> _View:
        setattr(view, _MARK, area)
        return view

    return mark


def public(view: _View) -> _View:
    """Mark a view as open to everybody."""
    setattr(view, _MARK, PUBLIC)
    return view


def area_of(view: Callable[..., Any] | None) -> str | None:
    """The area a view was marked with, `public`, or None where its author forgot."""
    return getattr(view, _MARK, None)


def init_app(app: Flask) -> None:
    """Stand before every request; forms of staff need their CSRF token, their pages the words."""
    words.init_app(app)
    app.config.setdefault("WTF_CSRF_CHECK_DEFAULT", False)  # checked below, where there is a session to ride
    csrf.init_app(app)
    public(app.view_functions["static"])
    app.before_request(_enforce)
    app.context_processor(lambda: {"staff_pages": _pages()})


def staff() -> access.Staff:
    """Who asks; only inside a guarded view."""
    return cast(access.Staff, g.staff)


def own_path(address: str) -> str:
    """`address` if it is a path of ours, else empty: a sign-in must never send anybody elsewhere."""
    parts = urlsplit(address)
    is_odd = "\\" in address or any(ord(c) < 32 for c in address) or not address.startswith("/")
    return "" if is_odd or address.startswith("//") or parts.scheme or parts.netloc else address


def _pages() -> list[dict[str, str]]:
    """The staff pages that whoever asks may open, in the order of the navigation."""
    asking: access.Staff | None = g.get("staff")
    doors = [
        ("audience", "dashboard.newest", gettext("Dashboard")),
        ("audience", "embed_page.newest", gettext("Embed")),
        ("offline", "offline.page", gettext("Offline")),
        ("offline", "people.page", gettext("People")),
        ("audience", "gift_notes.page", gettext("Gift notes")),
        ("finance", "finance.page", gettext("Finance")),
        ("health", "health.stripe_page", gettext("Stripe health")),
    ]
    known = current_app.view_functions
    return [
        {"href": url_for(endpoint), "name": name}
        for area, endpoint, name in doors
        if asking is not None and asking.may(area) and endpoint in known
    ]


def _enforce() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None  # no such page, or not by this method: the errors say so
    area = area_of(current_app.view_functions[request.endpoint])
    if area == PUBLIC:
        return None
    if area is None:
        abort(403, gettext("Nobody has said yet who may see this page."))
    asking = _asking()
    if asking is None:
        return _sign_in_first()
    if not asking.may(area):
        abort(403)
    g.staff = asking
    if asking.user_id is not None and request.method not in {"GET", "HEAD", "OPTIONS"}:
        csrf.protect()
    return None


def _asking() -> access.Staff | None:
    header = request.headers.get("Authorization", "")
    if header:
        scheme, _, secret = header.partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            return None
        tokens = current_app.config["TRACKER"].api_tokens
        return access.token_holder(secret.strip(), tokens, clock.now())
    return current_user.staff if current_user.is_authenticated else None


def _sign_in_first() -> ResponseReturnValue:
    if wants_json() or "Authorization" in request.headers:
        answer: dict[str, str] = {
            "error": gettext("Please sign in"),
            "detail": gettext("This needs a valid bearer token: `Authorization: Bearer trk_...`."),
        }
        return answer, 401, {"WWW-Authenticate": 'Bearer realm="tracker"'}
    wanted = request.full_path.rstrip("?") if request.method == "GET" else ""
    return redirect(url_for("signin.form", next=own_path(wanted) or None))
