"""For the audience team: the banner's texts by language, seen before they are kept."""

from dataclasses import replace

from babel import Locale
from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from tracker import clock
from tracker.core.campaign import Campaign, State
from tracker.core.campaign_words import LONGEST_TEXT, PLACES, TEXTS, wrong_texts
from tracker.core.findings import Finding, shown
from tracker.intake import campaign_edit
from tracker.projections.locales import LANGUAGES, best_locale, locales
from tracker.projections.wording import Standing, words
from tracker.web import campaign_acts, embed_page, embed_preview
from tracker.web.guard import allow
from tracker.web.words import gettext, locale

blueprint = Blueprint("embed_texts", __name__, url_prefix="/embed")


@blueprint.get("/<slug>/texts")
@allow("audience")
def page(slug: str) -> ResponseReturnValue:
    """The texts in `?locale=`, to write or to change."""
    campaign = embed_page.campaign_of(slug)
    spoken = _asked(campaign)
    return _form(campaign, spoken, dict(campaign.copy.get(spoken, {})), [])


@blueprint.post("/<slug>/texts")
@allow("audience")
def write(slug: str) -> ResponseReturnValue:
    """Show the texts as they would look (`do=show`), keep them, or take the language away (`do=remove`)."""
    campaign = embed_page.campaign_of(slug)
    spoken, act = _asked(campaign), request.form.get("do", "show")
    given = {name: " ".join(request.form.get(name, "").split()) for name in TEXTS}
    given = {name: text for name, text in given.items() if text}
    if act == "remove":
        given = {}
    findings = wrong_texts(given)
    if findings or act == "show":
        return _form(campaign, spoken, given, findings, is_draft=True)
    meanwhile = campaign_acts.keep(
        slug,
        lambda one: dict(one.copy.get(spoken, {})),
        request.form.get("seen", ""),
        lambda one: _with(one, spoken, given),
        "changed banner texts" if given else "removed banner texts",
        {"locale": spoken, "texts": given},
        gettext("The texts are kept; every banner shows them within a minute.")
        if given
        else gettext("The texts in this language are taken away."),
    )
    if meanwhile is not None:
        return _form(meanwhile, spoken, given, [], is_draft=True, is_meanwhile=True)
    return redirect(url_for("embed_texts.page", slug=slug, locale=spoken if given else None), 303)


def _with(campaign: Campaign, spoken: str, texts: dict[str, str]) -> Campaign:
    others = {name: dict(there) for name, there in campaign.copy.items() if name != spoken}
    return replace(campaign, copy={**others, spoken: texts} if texts else others)


def _asked(campaign: Campaign) -> str:
    """One of our languages; what is no longer among them may still be read and taken away."""
    given = request.values.get("locale", "")
    return given if given in LANGUAGES or given in campaign.copy else locales(campaign)[0]


def _form(
    campaign: Campaign,
    spoken: str,
    given: dict[str, str],
    findings: list[Finding],
    *,
    is_draft: bool = False,
    is_meanwhile: bool = False,
) -> Response:
    standing = dict(campaign.copy.get(spoken, {}))
    draft = embed_preview.sealed(embed_preview.Draft(campaign.slug, {spoken: given})) if is_draft else ""
    wrong: dict[str, list[Finding]] = {}
    for one in findings:
        wrong.setdefault(one.column, []).append(one)
    return embed_page.framed(
        "embed_page/texts.html",
        400 if findings else 409 if is_meanwhile else 200,
        campaign=campaign,
        locale=spoken,
        given=given,
        wrong=wrong,
        labels=_labels(),
        standard=_standard(campaign, spoken),
        seen=campaign_edit.mark(campaign, lambda one: dict(one.copy.get(spoken, {}))),
        there=standing if is_meanwhile else None,
        draft="" if findings else draft,
        written=[name for name in campaign.copy if campaign.copy[name]],
        names={name: language(name) for name in {*LANGUAGES, *campaign.copy}},
        languages=LANGUAGES,
        falls=_falls(campaign),
        state=embed_page.asked("state", ("running", "reached", "ended")),
        states={key: embed_page.state_names()[key] for key in ("running", "reached", "ended")},
        longest=LONGEST_TEXT,
        places=_places(campaign, spoken),
    )


def _labels() -> dict[str, tuple[str, str]]:
    """A text's name for staff, and when it is shown."""
    return {
        "headline": (gettext("Headline"), gettext("Always; best up to 50 characters.")),
        "appeal": (gettext("Appeal"), gettext("While the campaign runs; best up to 90 characters.")),
        "button": (gettext("Button"), gettext("Always.")),
        "reached": (gettext("When the goal is reached"), gettext("In place of the appeal.")),
        "ended": (gettext("When the campaign has ended"), gettext("In place of the appeal.")),
    }


def _standard(campaign: Campaign, spoken: str) -> dict[str, str]:
    """What we show where a text is left empty."""
    bare, now = replace(campaign, copy={spoken: {}}, is_off=False), clock.now()
    told = {
        state: words(bare, Standing(campaign.goal, now, now, state), spoken)
        for state in (State.RUNNING, State.REACHED, State.ENDED)
    }
    running = told[State.RUNNING]
    return {
        "headline": running.headline,
        "appeal": running.appeal,
        "button": running.button,
        "reached": told[State.REACHED].appeal,
        "ended": told[State.ENDED].appeal,
    }


def _places(campaign: Campaign, spoken: str) -> dict[str, str]:
    """Each placeholder with what stands for it today."""
    now = clock.now()
    asked = {place: {"headline": f"{{{place}}}"} for place in PLACES}
    standing = Standing(campaign.goal * 74 // 100, now, now, State.RUNNING)
    return {
        place: words(replace(campaign, copy={spoken: texts}), standing, spoken).headline
        for place, texts in asked.items()
    }


def _falls(campaign: Campaign) -> dict[str, list[str]]:
    """The language that answers -> those of ours that fall back to it."""
    spoken = locales(campaign)
    found: dict[str, list[str]] = {}
    for name in LANGUAGES:
        answering = best_locale(name, spoken) or spoken[0]
        if answering != name:
            found.setdefault(answering, []).append(name)
    return found


def language(name: str) -> str:
    """A locale's name in the reader's language, its tag where Babel knows none."""
    try:
        return Locale.parse(name, sep="-").get_display_name(locale()) or name
    except (ValueError, LookupError):
        return shown(name)
