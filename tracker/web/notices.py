"""For the audience team: who gets the weekly digest and the alerts by mail, and in which chat they are said."""

from typing import Any

from flask import Blueprint, abort, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import access, chat, clock, notices
from tracker.core.campaign import Campaign
from tracker.db import db
from tracker.intake import notice_wishes
from tracker.languages import PAGE_LANGUAGES
from tracker.projections import queries
from tracker.web import notice_words, readers, words
from tracker.web.embed_page import campaign_of
from tracker.web.guard import allow, public, staff
from tracker.web.languages import spoken
from tracker.web.words import gettext

blueprint = Blueprint("notices", __name__)


@blueprint.get("/dashboard/<slug>/notices")
@allow("audience")
def page(slug: str) -> ResponseReturnValue:
    """One's own switch, the chat, and what left lately."""
    return _page(campaign_of(slug))


@blueprint.post("/dashboard/<slug>/notices/mail")
@allow("audience")
def choose(slug: str) -> ResponseReturnValue:
    """Sign up in a language, or off: `wanted=yes` or anything else."""
    campaign, who = campaign_of(slug), _person()
    locale = notices.locale_of(request.form.get("locale", "")) if request.form.get("wanted") == "yes" else None
    if not notice_wishes.choose(db.session(), slug, who, locale, clock.now()):
        flash(gettext("It stands so already: nothing was changed."))
        return _back(campaign)
    told = gettext("You will get the notices.") if locale else gettext("You will get no more notices.")
    return _done(campaign, "notices by mail", {"wanted": locale is not None}, told)


@blueprint.post("/dashboard/<slug>/notices/latest")
@allow("audience")
def latest(slug: str) -> ResponseReturnValue:
    """Send whoever asks the digest of the last whole week, now."""
    campaign, who = campaign_of(slug), _person()
    locale = notice_wishes.wanted(db.session(), slug, who) or spoken()
    notices.send_latest(db.session(), campaign, staff(), locale, clock.now())
    told = gettext("The digest of the last whole week is on its way to you.")
    return _done(campaign, "asked for a digest", {}, told)


@blueprint.post("/dashboard/<slug>/notices/chat")
@allow("audience")
def set_chat(slug: str) -> ResponseReturnValue:
    """Name the address of a chat, in place of one that was there."""
    campaign = campaign_of(slug)
    url, locale = request.form.get("url", "").strip(), notices.locale_of(request.form.get("locale", ""))
    try:
        notice_wishes.set_room(db.session(), slug, url, locale, clock.now())
    except chat.WrongAddressError as error:
        return make_response(_page(campaign, wrong=notice_words.wrong(error.why)), 400)
    notices.try_chat(db.session(), campaign, locale, clock.now())
    told = gettext("The chat’s address is kept, and a test is on its way there.")
    return _done(campaign, "named a chat", {}, told)


@blueprint.post("/dashboard/<slug>/notices/chat/test")
@allow("audience")
def try_chat(slug: str) -> ResponseReturnValue:
    """Say something in the chat, to see whether it arrives."""
    campaign = campaign_of(slug)
    room = notice_wishes.room(db.session(), slug)
    if room is None:
        abort(404, gettext("There is no chat’s address yet: give one first."))
    notices.try_chat(db.session(), campaign, room.locale, clock.now())
    told = gettext("A test is on its way to the chat; load this page again to see how it went.")
    return _done(campaign, "tried the chat", {}, told)


@blueprint.post("/dashboard/<slug>/notices/chat/remove")
@allow("audience")
def remove_chat(slug: str) -> ResponseReturnValue:
    """Forget the chat's address."""
    campaign = campaign_of(slug)
    if not notice_wishes.take_room_away(db.session(), slug):
        flash(gettext("It stands so already: nothing was changed."))
        return _back(campaign)
    told = gettext("The chat’s address is forgotten; nothing more is said there.")
    return _done(campaign, "removed the chat", {}, told)


@blueprint.get("/notices/stop/<token>")
@public
def ask_to_stop(token: str) -> ResponseReturnValue:
    """A button: programs that look at links in letters press none."""
    return _stop_page(token, is_over=False)


@blueprint.post("/notices/stop/<token>")
@public
def stop(token: str) -> ResponseReturnValue:
    """End the notices of a letter's campaign; mail programs send this by themselves (RFC 8058)."""
    known = notices.stopped(token, readers.settings().secret_key)
    if known is not None:
        slug, staff_id = known
        if slug == notices.BOOKS:
            notices.choose_reminder(db.session(), staff_id, None)
            detail: dict[str, Any] = {"staff": staff_id, "wanted": False}
            access.record("a letter's link", "reminder of the books", detail, clock.now())
        elif notice_wishes.choose(db.session(), slug, staff_id, None, clock.now()):
            detail = {"campaign": slug, "staff": staff_id}
            access.record("a letter's link", "notices by mail", {**detail, "wanted": False}, clock.now())
    return _stop_page(token, is_over=True)


def _stop_page(token: str, *, is_over: bool) -> ResponseReturnValue:
    known = notices.stopped(token, readers.settings().secret_key)
    is_of_books = known is not None and known[0] == notices.BOOKS
    campaign = queries.campaign(known[0]) if known and not is_of_books else None
    if campaign is None and not is_of_books:
        abort(
            404, gettext("This link ends no notices: use the one in the letter, or the switch on the dashboard.")
        )
    drawn = make_response(render_template("notices/stop.html", campaign=campaign, is_over=is_over))
    drawn.headers["Cache-Control"] = "no-store"
    return drawn


def _page(campaign: Campaign, wrong: str = "") -> str:
    who, room = staff().user_id, notice_wishes.room(db.session(), campaign.slug)
    left = notice_wishes.latest(db.session(), campaign.slug, notices.KINDS)
    return render_template(
        "notices/page.html",
        campaign=campaign,
        wanted=notice_wishes.wanted(db.session(), campaign.slug, who) if who is not None else None,
        is_person=who is not None,
        sends_mail=readers.settings().sends_mail,
        languages=[(code, readers.OWN_NAMES[code]) for code in PAGE_LANGUAGES],
        spoken=spoken(),
        room=room,
        masked=chat.masked(room.url) if room else "",
        took=notice_words.took(room, campaign) if room else "",
        left=[_row(one, campaign) for one in left],
        wrong=wrong,
    )


def _row(one: notice_wishes.Noted, campaign: Campaign) -> dict[str, Any]:
    return {
        "when": words.moment(one.settled_at or one.created_at, campaign.zone),
        "what": notice_words.named(one, campaign),
        "how": gettext("chat") if one.channel == "chat" else gettext("mail"),
        "state": notice_words.state(one.state),
        "is_bad": one.state in notice_words.BAD,
    }


def _person() -> int:
    """Whoever is signed in; a token has no mailbox."""
    who = staff().user_id
    if who is None:
        abort(403, gettext("A token has no mailbox: sign in to have notices sent to you."))
    return who


def _done(campaign: Campaign, action: str, detail: dict[str, Any], told: str) -> ResponseReturnValue:
    """Log and commit, and let a worker send what is due; no address of a chat is ever in the log."""
    access.record(staff().name, action, {"campaign": campaign.slug, **detail}, clock.now())
    current_app.extensions["post"]()
    flash(told)
    return _back(campaign)


def _back(campaign: Campaign) -> ResponseReturnValue:
    return redirect(url_for("notices.page", slug=campaign.slug), 303)
