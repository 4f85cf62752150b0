"""Where Stripe delivers: check, store, commit, answer, then nudge a worker. No call to Stripe in between.

A layer in front of Flask: a delivery has no session, no language and no form, and on a renewal day there are many.
"""

import logging
from collections.abc import Iterable, Sequence
from functools import partial
from typing import IO, TYPE_CHECKING, Any, cast

import msgspec
import psycopg
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException
from werkzeug.wsgi import get_input_stream

from tracker import clock
from tracker.config import Settings
from tracker.db import db
from tracker.intake import inbox, rejections
from tracker.intake.together import Together
from tracker.web import headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PATH = "/stripe/webhook"
REASONS = {
    200: "OK",
    400: "Bad Request",
    405: "Method Not Allowed",
    413: "Content Too Large",
    503: "Service Unavailable",
}
_log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Until the application names a better one, a nudge does nothing: the next sweep finds what is marked."""
    app.extensions.setdefault("nudge", lambda: None)
    app.extensions["rejections"] = rejections.Tally(lambda refused: _count(app, refused))
    app.wsgi_app = Webhook(app)  # type: ignore[method-assign]


class RefusedError(Exception):
    """The message is not taken; nothing of what was sent is kept or logged: it is a stranger's."""

    def __init__(self, status: int, reason: str, words: str) -> None:
        super().__init__(words)
        self.status, self.reason = status, reason


class Webhook:
    """WSGI layer: answers PATH, leaves every other to the pages of `app`."""

    def __init__(self, app: Flask) -> None:
        self._app, self._pages = app, app.wsgi_app
        self._driver: psycopg.Connection[Any] | None = None
        self._inbox = Together(self._receive)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """200 stored (repeats and unused types, too), 400 not Stripe's or no event, 413 over 1 MiB, 503 not
        stored."""
        if environ["PATH_INFO"] != PATH:
            return self._pages(environ, start_response)
        if environ["REQUEST_METHOD"] != "POST":
            status, told = 405, _not_stored("Stripe delivers with POST")
        else:
            status, told = self._deliver(environ)
        body = msgspec.json.encode(told)
        allow = [("Allow", "POST")] if status == 405 else []
        about = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response(f"{status} {REASONS[status]}", [*about, *allow, *headers.bare(self._settings)])
        return (body,)

    @property
    def _settings(self) -> Settings:
        return cast(Settings, self._app.config["TRACKER"])

    def _deliver(self, environ: "WSGIEnvironment") -> tuple[int, dict[str, Any]]:
        """(status, what Stripe's dashboard is to show)."""
        try:
            receipt = self._inbox.do(self._check(environ))
        except RefusedError as error:
            self._app.extensions["rejections"].refuse(error.reason, clock.now())
            _log.info("a message to the webhook was refused with %d: %s", error.status, error.reason)
            return error.status, _not_stored(str(error))
        except Exception as error:  # whatever ails us, Stripe is asked for it once more
            is_foreseen = isinstance(error, (SQLAlchemyError, psycopg.Error))
            _log.error("a Stripe message could not be stored: %s", error, exc_info=None if is_foreseen else error)
            return 503, _not_stored("it could not be stored just now; send it again")
        if receipt.is_new and receipt.quarantine is None:
            self._nudge()
        return 200, {"stored": receipt.event_id, "is_new": receipt.is_new, "quarantine": receipt.quarantine}

    def _check(self, environ: "WSGIEnvironment") -> inbox.Letter:
        body, header = _read(environ), environ.get("HTTP_STRIPE_SIGNATURE", "")
        try:
            return inbox.check(body, header, self._settings.stripe_webhook_secrets, clock.now())
        except (inbox.NotVerifiedError, inbox.NotAnEventError) as error:
            raise RefusedError(400, error.reason, str(error)) from None

    def _receive(self, letters: Sequence[inbox.Letter]) -> list[inbox.Receipt]:
        if all(map(inbox.is_plain, letters)):
            return self._receive_plain(letters)
        with self._app.app_context():  # its end gives the session back, whatever happened
            session = cast(Session, db.session())
            return inbox.receive(session, letters, is_live=self._settings.is_live, now=clock.now())

    def _receive_plain(self, letters: Sequence[inbox.Letter]) -> list[inbox.Receipt]:
        receive = partial(inbox.receive_plain, letters=letters, is_live=self._settings.is_live, now=clock.now())
        if self._driver is not None:
            try:
                return receive(self._driver)
            except psycopg.OperationalError:
                if not self._driver.closed:
                    raise  # else the database was started again since; what is stored already is a repeat
        self._driver = self._connected()
        return receive(self._driver)

    def _connected(self) -> "psycopg.Connection[Any]":
        """A connection that is kept and commits by itself."""
        with self._app.app_context():
            pooled = db.engine.raw_connection()
        driver = cast("psycopg.Connection[Any]", pooled.driver_connection)
        pooled.detach()
        driver.autocommit = True
        return driver

    def _nudge(self) -> None:
        """May be lost: beat finds what is marked."""
        try:
            self._app.extensions["nudge"]()
        except Exception as error:  # whatever it raises, the message is stored and Stripe is told so
            _log.warning("the worker could not be nudged, beat will find the mark: %s", error)


def _read(environ: "WSGIEnvironment") -> bytes:
    """The body untouched, whatever it says it is; RefusedError if it is over 1 MiB or ends early."""
    declared = environ.get("CONTENT_LENGTH") or ""
    is_large = declared.isdecimal() and int(declared[:20]) > inbox.LARGEST_BODY
    try:
        body = b"" if is_large else _all(get_input_stream(environ))
    except HTTPException:  # the sender went away
        raise RefusedError(400, "not_json", "the message ended before it was whole") from None
    if is_large or len(body) > inbox.LARGEST_BODY:
        raise RefusedError(413, "too_large", "more than 1 MiB: Stripe's own messages are far smaller")
    return body


def _all(stream: IO[bytes]) -> bytes:
    """Up to a byte more than we take; one read may bring a part only, and a part fits no signature."""
    body = b""
    while len(body) <= inbox.LARGEST_BODY and (part := stream.read(inbox.LARGEST_BODY + 1 - len(body))):
        body += part
    return body


def _not_stored(detail: str) -> dict[str, Any]:
    return {"error": "not stored", "detail": detail}


def _count(app: Flask, refused: Sequence[rejections.Refusals]) -> bool:
    """Called by the tally's own thread."""
    try:
        with app.app_context():
            rejections.add(cast(Session, db.session()), refused)
    except SQLAlchemyError as error:
        _log.warning("refused messages could not be counted just now: %s", type(error).__name__)
        return False
    return True
