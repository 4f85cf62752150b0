"""Where Stripe delivers: store, commit, answer, then nudge a worker. No call to Stripe, no session, no form."""

import logging
from collections.abc import Sequence
from typing import cast

from flask import Blueprint, Flask, current_app, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from tracker import clock
from tracker.config import Settings
from tracker.db import db
from tracker.intake import inbox, rejections
from tracker.web.guard import public

blueprint = Blueprint("stripe_webhook", __name__)
_log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Until the application names a better one, a nudge does nothing: the next sweep finds what is marked."""
    app.extensions.setdefault("nudge", lambda: None)
    app.extensions["rejections"] = rejections.Tally(lambda refused: _count(app, refused))


@blueprint.post("/stripe/webhook", provide_automatic_options=False)
@public
def receive() -> ResponseReturnValue:
    """200 stored (repeats and unused types, too), 400 not Stripe's or no event, 413 over 1 MiB, 503 not stored."""
    body = b""
    is_large = (request.content_length or 0) > inbox.LARGEST_BODY
    if not is_large:
        body = request.stream.read(inbox.LARGEST_BODY + 1)
        is_large = len(body) > inbox.LARGEST_BODY
    if is_large:
        return _refused(413, "too_large", "more than 1 MiB: Stripe's own messages are far smaller")
    header = request.headers.get("Stripe-Signature", "")
    settings = cast(Settings, current_app.config["TRACKER"])
    session = cast(Session, db.session())
    try:
        receipt = inbox.receive(
            session,
            body,
            header,
            settings.stripe_webhook_secrets,
            is_live=settings.is_live,
            now=clock.now(),
        )
    except (inbox.NotVerifiedError, inbox.NotAnEventError) as error:
        return _refused(400, error.reason, str(error))
    except SQLAlchemyError as error:
        _log.error("a Stripe message could not be stored, Stripe will send it again: %s", error)
        _forget(session)
        return {"error": "not stored", "detail": "it could not be stored just now; send it again"}, 503
    if receipt.is_new and receipt.quarantine is None:
        _nudge()
    return {"stored": receipt.event_id, "is_new": receipt.is_new, "quarantine": receipt.quarantine}


def _nudge() -> None:
    """May be lost: beat finds what is marked."""
    try:
        current_app.extensions["nudge"]()
    except Exception as error:  # whatever the broker's client raises, the message is stored and Stripe is told so
        _log.warning("the worker could not be nudged, beat will find the mark: %s", error)


def _forget(session: Session) -> None:
    try:
        session.rollback()
    except SQLAlchemyError:
        session.close()


def _refused(status: int, reason: str, detail: str) -> ResponseReturnValue:
    """Nothing of what was sent is kept or logged: it is a stranger's."""
    current_app.extensions["rejections"].refuse(reason, clock.now())
    _log.info("a message to the webhook was refused with %d: %s", status, reason)
    return {"error": "not stored", "detail": detail}, status


def _count(app: Flask, refused: Sequence[rejections.Refusals]) -> bool:
    """Called by the tally's own thread."""
    try:
        with app.app_context():
            rejections.add(cast(Session, db.session()), refused)
    except SQLAlchemyError as error:
        _log.warning("refused messages could not be counted just now: %s", type(error).__name__)
        return False
    return True
