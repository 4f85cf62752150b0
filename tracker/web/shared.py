"""The door for whoever holds a read-only link: one page, nothing that changes anything, nothing that stays."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import NoReturn

import structlog
from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from itsdangerous import BadSignature, URLSafeSerializer
from wtforms import PasswordField
from wtforms.validators import DataRequired, Length

from tracker import clock
from tracker.core.campaign import Campaign
from tracker.db import db
from tracker.intake import shares
from tracker.intake.shares import Share
from tracker.projections import queries
from tracker.web import charts, dashboard, shared_page
from tracker.web.guard import public
from tracker.web.limits import limiter, network
from tracker.web.words import gettext

blueprint = Blueprint("shared", __name__, url_prefix="/shared")
log = structlog.get_logger()
_PASS = timedelta(hours=12)


class PasswordForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF brings no types
    """Carries its own CSRF token: the page is public, and its browser sends no referrer to check."""

    password = PasswordField(lazy_gettext("Password"), [DataRequired(), Length(max=shares.LONGEST_PASSWORD)])


def _tries() -> str:
    """Whose tries a limit counts: of an address at a link."""
    token = (request.view_args or {}).get("token", "")
    return f"{network(request.remote_addr or '')} {sha256(token.encode('utf-8', 'replace')).hexdigest()}"


@blueprint.after_request
def quiet(response: Response) -> Response:
    """Also on errors: no cache keeps it, no search engine lists it, no other site learns the address."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


@blueprint.get("/<token>")
@public
def page(token: str) -> ResponseReturnValue:
    """The dashboard to read, or the question for its password."""
    now = clock.now()
    share, campaign = _opened(token, now)
    if share.password_hash is not None and not _has_pass(share, now):
        return _question(PasswordForm())
    response = make_response(shared_page.render_shared(campaign, token))
    if request.method != "HEAD":
        shares.seen(db.session(), share, now)
        db.session.commit()
    return response


@blueprint.post("/<token>")
@limiter.limit("5/minute", key_func=_tries)
@public
def enter(token: str) -> ResponseReturnValue:
    """Check the password and hand out a pass for this link alone."""
    now = clock.now()
    share, _ = _opened(token, now)
    if share.password_hash is None:
        return redirect(url_for("shared.page", token=token), 303)
    given = PasswordForm()
    if not given.validate_on_submit():
        stale = given.csrf_token.errors
        told = (
            gettext("This page had grown old. Please try once more.") if stale else gettext("Type the password.")
        )
        return _question(given, told), 400
    if not shares.check(share, given.password.data):
        log.warning("wrong password at a share", campaign=share.campaign, share=share.id)
        return _question(given, gettext("This is not the password of this link. Try again.")), 401
    response = make_response(redirect(url_for("shared.page", token=token), 303))
    _hand_pass(response, token, share, now)
    return response


@blueprint.get("/<token>/<name>.json")
@public
def figure(token: str, name: str) -> Response:
    """A panel's chart, for the script."""
    return charts.json(shared_page.figure(_entered(token), name))


@blueprint.get("/<token>/<name>.csv")
@public
def csv(token: str, name: str) -> Response:
    """A panel's table as a file, small counts kept back."""
    campaign = _entered(token)
    return dashboard.table_file(f"{campaign.slug}-{name}.csv", shared_page.report(campaign, name))


def _entered(token: str) -> Campaign:
    """The campaign of a link that is open to this browser; to any other it is as if there were none."""
    now = clock.now()
    share, campaign = _opened(token, now)
    if share.password_hash is not None and not _has_pass(share, now):
        _nothing()
    return campaign


def _opened(token: str, now: datetime) -> tuple[Share, Campaign]:
    """The link and its campaign; one answer for a link that never was, is over or is revoked."""
    share = shares.opened(db.session(), token, now)
    campaign = queries.campaign(share.campaign) if share else None
    if share is None or campaign is None:
        _nothing()
    return share, campaign


def _nothing() -> NoReturn:
    abort(
        404, gettext("This link opens nothing, or nothing any more. Ask whoever gave it to you for another one.")
    )


def _question(form: PasswordForm, told: str = "") -> str:
    drawn: str = render_template("shared/password.html", form=form, told=told)
    return drawn


def _cookie_name() -> str:
    # The prefix makes browsers refuse the cookie without TLS.
    return "__Secure-shared" if current_app.config["TRACKER"].is_https else "shared"


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["TRACKER"].secret_key, salt="pass of a share")


def _hand_pass(response: Response, token: str, share: Share, now: datetime) -> None:
    ends = min(now + _PASS, share.expires_at or now + _PASS)
    response.set_cookie(
        _cookie_name(),
        _signer().dumps([shares.fingerprint(share), int(ends.timestamp())]),
        max_age=max(int((ends - now).total_seconds()), 0),
        path=url_for("shared.page", token=token),
        secure=current_app.config["TRACKER"].is_https,
        httponly=True,
        samesite="Lax",
    )


def _has_pass(share: Share, now: datetime) -> bool:
    """Whether the browser holds a pass for this link as it stands: of its present token and password."""
    try:
        mark, ends = _signer().loads(request.cookies.get(_cookie_name(), ""))
    except (BadSignature, ValueError, TypeError):
        return False
    return bool(mark == shares.fingerprint(share) and now.timestamp() < ends)
