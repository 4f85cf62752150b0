"""For the audience team: where the banner keeps quiet, and the switch that takes it from every surface."""

from dataclasses import replace

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import access
from tracker.core.campaign import Campaign
from tracker.core.campaign_words import wrong_paths, wrong_sections
from tracker.core.findings import Finding
from tracker.intake import campaign_edit
from tracker.web import campaign_acts, embed_page
from tracker.web.guard import allow
from tracker.web.words import gettext

blueprint = Blueprint("embed_quiet", __name__, url_prefix="/embed")
OFF, ON = "switched campaign off", "switched campaign on"
"""Lines of the log."""


@blueprint.get("/<slug>/quiet")
@allow("audience")
def page(slug: str) -> ResponseReturnValue:
    """The rules, and the switch."""
    campaign = embed_page.campaign_of(slug)
    return _form(campaign, campaign.quiet_paths, campaign.quiet_sections, [])


@blueprint.post("/<slug>/quiet")
@allow("audience")
def write(slug: str) -> ResponseReturnValue:
    """Keep the rules, one a line."""
    paths, sections = _lines("quiet_paths"), _lines("quiet_sections")
    findings = [*wrong_paths(paths), *wrong_sections(sections)]
    if findings:
        return _form(embed_page.campaign_of(slug), paths, sections, findings)
    embed_page.campaign_of(slug)
    meanwhile = campaign_acts.keep(
        slug,
        _rules,
        request.form.get("seen", ""),
        lambda one: replace(one, quiet_paths=paths, quiet_sections=sections),
        "changed quiet rules",
        {"paths": list(paths), "sections": list(sections)},
        gettext("The rules are kept; banners follow them within a minute."),
    )
    if meanwhile is not None:
        return _form(meanwhile, paths, sections, [], is_meanwhile=True)
    return redirect(url_for("embed_quiet.page", slug=slug), 303)


@blueprint.get("/<slug>/switch")
@allow("audience")
def ask(slug: str) -> ResponseReturnValue:
    """What the switch does, and a button that does it."""
    return render_template("embed_page/switch.html", campaign=embed_page.campaign_of(slug))


@blueprint.post("/<slug>/switch")
@allow("audience")
def switch(slug: str) -> ResponseReturnValue:
    """`to=off` or `to=on`: the same twice changes nothing."""
    wanted = request.form.get("to", "")
    if wanted not in ("on", "off"):
        abort(400, gettext("Choose on or off on the page."))
    is_off = wanted == "off"
    standing = embed_page.campaign_of(slug)
    campaign_acts.keep(
        slug,
        _switch,
        campaign_edit.mark(replace(standing, is_off=not is_off), _switch),
        lambda one: replace(one, is_off=is_off),
        OFF if is_off else ON,
        {},
        gettext("The campaign is switched off; every surface falls silent within a minute.")
        if is_off
        else gettext("The campaign is switched on again."),
    )
    return redirect(url_for("embed_quiet.page", slug=slug), 303)


def _rules(campaign: Campaign) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return campaign.quiet_paths, campaign.quiet_sections


def _switch(campaign: Campaign) -> bool:
    return campaign.is_off


def _lines(name: str) -> tuple[str, ...]:
    """The field's lines, each once, without the empty ones."""
    given = (line.strip() for line in request.form.get(name, "").splitlines())
    return tuple(dict.fromkeys(line for line in given if line))


def _form(
    campaign: Campaign,
    paths: tuple[str, ...],
    sections: tuple[str, ...],
    findings: list[Finding],
    *,
    is_meanwhile: bool = False,
) -> Response:
    wrong: dict[str, list[Finding]] = {}
    for one in findings:
        wrong.setdefault(one.column, []).append(one)
    drawn = render_template(
        "embed_page/quiet.html",
        campaign=campaign,
        paths=paths,
        sections=sections,
        wrong=wrong,
        is_meanwhile=is_meanwhile,
        seen=campaign_edit.mark(campaign, _rules),
        switched=access.latest((OFF, ON), campaign.slug),
    )
    return make_response(drawn, 400 if findings else 409 if is_meanwhile else 200)
