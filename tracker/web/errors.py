"""Errors in words that help: what was found and what to do, as a page or as JSON; never a trace."""

import logging

from flask import Blueprint, Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_limiter.errors import RateLimitExceeded
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable

from tracker.projections.finance.outgoing import FrozenDamagedError
from tracker.web.words import gettext

blueprint = Blueprint("errors", __name__)
_log = logging.getLogger(__name__)

_MACHINES = ("/api/", "/e/", "/healthz", "/readyz", "/metrics", "/stripe/")


def init_app(app: Flask) -> None:
    """Every error of the application is drawn here."""
    app.register_error_handler(HTTPException, _told)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(FrozenDamagedError, _damaged)
    app.register_error_handler(Exception, _unexpected)


def wants_json() -> bool:
    """Machines are answered as JSON: by path, or because they prefer it to a page."""
    if request.path.startswith(_MACHINES) or request.path.endswith(".json"):
        return True
    accepts = request.accept_mimetypes
    return accepts["application/json"] > accepts["text/html"]


def _told(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    code = error.code or 500
    title, words = _words(code)
    detail = _detail(error) or words
    headers = [(k, v) for k, v in error.get_headers() if k.lower() not in {"content-type", "content-length"}]
    if wants_json():
        return {"error": title, "detail": detail}, code, headers
    return render_template("errors/error.html", code=code, title=title, detail=detail), code, headers


def _detail(error: HTTPException) -> str:
    """What this error says for itself, in words for readers; "" where its status must do.

    A view that says why knows better than we do; what Werkzeug and the limiter bring ("5 per 1 minute") is for
    developers.
    """
    if isinstance(error, RateLimitExceeded):
        is_long = error.limit is not None and error.limit.limit.get_expiry() > 60
        return (
            gettext("To keep everybody's access safe we wait a little. Try again in an hour.") if is_long else ""
        )
    return error.description if error.description and error.description != type(error).description else ""


def _database(error: DBAPIError) -> ResponseReturnValue:
    """A database that is away is a pause, not a fault of the page; anything else is ours to mend."""
    if isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated:
        _log.error("the database does not answer: %s", error.orig)
        return _told(ServiceUnavailable())
    return _unexpected(error)


def _damaged(error: FrozenDamagedError) -> ResponseReturnValue:
    """It says which file, and that a backup has it whole."""
    _log.error("%s", error)
    return _told(InternalServerError(str(error)))


def _unexpected(error: Exception) -> ResponseReturnValue:
    # The rule, not the path: a mailed link's path opens a membership.
    _log.error("unexpected error at %s", request.url_rule or "an address without a page", exc_info=error)
    return _told(InternalServerError())


def _words(code: int) -> tuple[str, str]:
    """(title, what to do) for a status; the status's family where it has no words of its own."""
    known = {
        400: (
            gettext("This request could not be read"),
            gettext("Something in it is missing or malformed. Go back, look at what was entered, and try again."),
        ),
        401: (
            gettext("Please sign in"),
            gettext("This needs a sign-in or a valid bearer token: `Authorization: Bearer trk_...`."),
        ),
        403: (
            gettext("This is not open to you"),
            gettext("Your role does not include it. Ask an administrator if you need it for your work."),
        ),
        404: (
            gettext("There is nothing at this address"),
            gettext("It may be misspelt, or the page has moved. Look at the address once more."),
        ),
        405: (
            gettext("This cannot be done here"),
            gettext("The address exists, but it does not take this kind of request."),
        ),
        413: (gettext("This is too large"), gettext("Send less at once: a smaller file, or fewer rows.")),
        429: (
            gettext("Too many tries"),
            gettext("To keep everybody's access safe we wait a little. Try again in a minute."),
        ),
        500: (
            gettext("Something broke on our side"),
            gettext("It was noted. Try again in a moment; if it stays, tell whoever runs this service."),
        ),
        503: (
            gettext("Back in a moment"),
            gettext("A part we need does not answer just now. Nothing is lost. Try again in a minute."),
        ),
    }
    return known.get(code) or known[500 if code >= 500 else 400]
