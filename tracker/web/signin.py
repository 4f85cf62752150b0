"""The way in and out for staff: a password now; every session can be ended from the server."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, Flask, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext
from flask_login import LoginManager, current_user, login_user, logout_user
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, Length

from tracker import access, clock
from tracker.web.guard import allow, own_path, public, staff
from tracker.web.limits import limiter
from tracker.web.words import gettext

blueprint = Blueprint("signin", __name__)
_SESSION = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What Flask-Login keeps of a session: the person, and the epoch that can end it."""

    staff: access.Staff
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        return f"{self.staff.user_id}.{self.staff.session_epoch}"


class SignInForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF brings no types
    """Carries its own CSRF token, for the page itself is public."""

    email = StringField(lazy_gettext("E-mail"), [DataRequired(), Length(max=254)])
    password = PasswordField(lazy_gettext("Password"), [DataRequired(), Length(max=access.LONGEST_PASSWORD)])
    next = HiddenField()


def init_app(app: Flask) -> None:
    """Sessions: signed cookies that no script reads, ended after twelve hours or from the server."""
    is_https = app.config["TRACKER"].is_https
    app.config.update(
        # The prefix makes browsers refuse the cookie from another host or without TLS.
        SESSION_COOKIE_NAME="__Host-tracker" if is_https else "tracker",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=is_https,
        PERMANENT_SESSION_LIFETIME=_SESSION,
    )
    manager = LoginManager()
    manager.init_app(app)
    manager.user_loader(_session_user)


@blueprint.get("/sign-in")
@public
def form() -> ResponseReturnValue:
    """The form; those already in are sent on."""
    if current_user.is_authenticated:
        return redirect(own_path(request.args.get("next", "")) or _home(current_user.staff))
    return _page(SignInForm(next=request.args.get("next", "")))


@blueprint.post("/sign-in")
@limiter.limit("10/minute")
@public
def enter() -> ResponseReturnValue:
    """Check the password; say no more than that the two do not belong together."""
    given = SignInForm()
    if not given.validate_on_submit():
        stale = given.csrf_token.errors
        told = (
            gettext("This page had grown old. Please try once more.") if stale else gettext("Fill in both fields.")
        )
        return _page(given, told), 400
    found = access.verify_password(given.email.data, given.password.data)
    if found is None:
        return _page(given, gettext("This e-mail and password do not belong together. Try again.")), 401
    session.clear()  # a session somebody else may have begun in this browser ends here
    session.permanent = True
    login_user(SignedIn(found))
    access.record(found.name, "signed in", {}, clock.now())
    return redirect(own_path(given.next.data or "") or _home(found), 303)


@blueprint.post("/sign-out")
@allow("account")
def leave() -> ResponseReturnValue:
    """End this session here."""
    access.record(staff().name, "signed out", {}, clock.now())
    logout_user()
    session.clear()
    return redirect(url_for("signin.form"), 303)


def _page(form: SignInForm, told: str = "") -> str:
    response: str = render_template("access/signin.html", form=form, told=told)
    return response


def _home(who: access.Staff) -> str:
    """Where a role's work is."""
    return url_for("dashboard.newest") if who.may("audience") else _books()


def _books() -> str:
    return url_for("finance.page") if "finance.page" in current_app.view_functions else "/finance"


def _session_user(session_id: str) -> SignedIn | None:
    user_id, _, epoch = session_id.partition(".")
    if not (user_id.isdecimal() and epoch.isdecimal()):
        return None
    found = access.user(int(user_id), int(epoch))
    return SignedIn(found) if found else None
