"""For the audience team: the campaign's one colour, with how well it can be read."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from tracker.core import accent
from tracker.core.campaign import Campaign
from tracker.core.findings import Finding
from tracker.intake import campaign_edit
from tracker.projections.locales import locales
from tracker.web import acts, campaign_acts, embed_page, embed_preview
from tracker.web.guard import allow
from tracker.web.words import gettext

blueprint = Blueprint("embed_look", __name__, url_prefix="/embed")


@blueprint.get("/<slug>/colour")
@allow("audience")
def page(slug: str) -> ResponseReturnValue:
    """The colour that is, with its figures."""
    campaign = embed_page.campaign_of(slug)
    return _form(campaign, campaign.publisher.accent, None)


@blueprint.get("/<slug>/colour.json")
@allow("audience")
def figures(slug: str) -> ResponseReturnValue:
    """The figures of `?accent=`, for the script that shows them while a colour is chosen."""
    campaign = embed_page.campaign_of(slug)
    given = request.args.get("accent", "").strip()
    wrong = accent.wrong(given)
    if wrong is not None:
        return jsonify(wrong=acts.finding(wrong)), 400
    return jsonify(_figures(campaign, given))


@blueprint.post("/<slug>/colour")
@allow("audience")
def write(slug: str) -> ResponseReturnValue:
    """Keep the colour, or show it first (`do=show`)."""
    campaign, given = embed_page.campaign_of(slug), request.form.get("accent", "").strip()
    wrong = accent.wrong(given)
    if wrong is not None or request.form.get("do") == "show":
        return _form(campaign, given, wrong)
    meanwhile = campaign_acts.keep(
        slug,
        _part,
        request.form.get("seen", ""),
        lambda one: replace(one, publisher=replace(one.publisher, accent=given.lower())),
        "changed accent",
        {"accent": given.lower()},
        gettext("The colour is kept; every banner shows it within a minute."),
    )
    if meanwhile is not None:
        return _form(meanwhile, given, None, is_meanwhile=True)
    return redirect(url_for("embed_look.page", slug=slug), 303)


def _part(campaign: Campaign) -> str:
    return campaign.publisher.accent


def _figures(campaign: Campaign, given: str) -> dict[str, Any]:
    """Ready words, the same for the page's first paint and for its script."""
    papers = zip(accent.shades(given), (accent.LIGHT_PAPER, accent.DARK_PAPER), strict=True)
    adjusted = accent.adjusted(given)
    return {
        "shades": [
            {
                "colour": shade.colour,
                "paper": paper,
                "told": gettext(
                    "%(colour)s: %(paper)s to 1 on paper, the button’s words %(ink)s to 1",
                    colour=shade.colour,
                    paper=f"{shade.on_paper:.1f}",
                    ink=f"{shade.of_ink:.1f}",
                ),
            }
            for shade, paper in papers
        ],
        "adjusted": acts.finding(adjusted) + "." if adjusted else "",
        "draft": embed_preview.sealed(embed_preview.Draft(campaign.slug, accent=given.lower())),
    }


def _form(campaign: Campaign, given: str, wrong: Finding | None, *, is_meanwhile: bool = False) -> Response:
    shown = campaign.publisher.accent if wrong else given
    return embed_page.framed(
        "embed_page/look.html",
        400 if wrong else 409 if is_meanwhile else 200,
        campaign=campaign,
        given=given,
        chosen=shown.lower(),
        wrong=wrong,
        is_meanwhile=is_meanwhile,
        seen=campaign_edit.mark(campaign, _part),
        figures=_figures(campaign, shown),
        locale=locales(campaign)[0],
    )
