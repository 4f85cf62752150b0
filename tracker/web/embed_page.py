"""For the audience team: the banner's code for each kind of host, ready to copy, and how it will look."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, get_template_attribute, make_response, redirect, request, url_for
from flask import render_template as draw
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from tracker.core.campaign import Campaign
from tracker.intake.pledges import label
from tracker.projections import embed_files, queries
from tracker.projections.locales import best_locale, locales
from tracker.projections.rehearsal import LIVE, STATES
from tracker.web import readers
from tracker.web.guard import allow
from tracker.web.headers import widen
from tracker.web.words import gettext

blueprint = Blueprint("embed_page", __name__, url_prefix="/embed")

FORMS = ("inline", "slim", "card", "foot")
KINDS = ("html", "ghost", "mail", "address", "wordpress", "strict", "frame")
SCHEMES = ("light", "dark")
NO_DRAFT = "-"
"""In a preview's address: nothing unsaved is shown."""
LONGEST_LABEL = 40


@dataclass(frozen=True, slots=True)
class Choice:
    """What the address of the page asks for; what it does not name, or names wrongly, is the first there is."""

    kind: str
    form: str
    locale: str
    placement: str
    state: str
    scheme: str
    wrong_placement: str = ""
    """What was asked for as a placement and is none; empty where it fits."""

    def but(self, **changes: str) -> dict[str, str]:
        """The page's query with some of it changed."""
        names = ("kind", "form", "locale", "placement", "state", "scheme")
        return {name: getattr(self, name) for name in names} | changes


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing to copy: what it is, the code, what is to be known of it."""

    title: str
    code: str
    note: str = ""


@blueprint.get("")
@allow("audience")
def newest() -> ResponseReturnValue:
    """The campaign that started last; a hint where there is none."""
    known = queries.campaigns()
    return redirect(url_for("embed_page.page", slug=known[0].slug)) if known else draw("dashboard/none.html")


@blueprint.get("/<slug>")
@allow("audience")
def page(slug: str) -> Response:
    """Code to copy and the living preview; every choice stands in the address."""
    campaign = campaign_of(slug)
    choice = _choice(campaign)
    return framed(
        "embed_page/page.html",
        campaign=campaign,
        campaigns=queries.campaigns(),
        choice=choice,
        pieces=_pieces(campaign, choice),
        kinds=_kinds(),
        forms=form_names(),
        states=state_names(),
        schemes=scheme_names(),
        locales=locales(campaign),
        site=readers.settings().site,
    )


def campaign_of(slug: str) -> Campaign:
    """The campaign of that slug; 404 in words otherwise."""
    found = queries.campaign(slug)
    if found is None:
        abort(404, gettext("There is no campaign “%(slug)s”.", slug=slug))
    return found


def framed(template: str, status: int = 200, **values: Any) -> Response:
    """A staff page that shows previews of ours in frames."""
    response = make_response(draw(template, no_draft=NO_DRAFT, **values), status)
    return widen(response, frame_src="'self'")


def asked(name: str, among: tuple[str, ...]) -> str:
    """The query's value if it is one of `among`, else the first of them."""
    given = request.values.get(name, "")
    return given if given in among else among[0]


def form_names() -> dict[str, str]:
    return {
        "inline": gettext("In the article"),
        "slim": gettext("One line"),
        "card": gettext("Card"),
        "foot": gettext("Foot of the window"),
    }


def state_names() -> dict[str, str]:
    return {
        LIVE: gettext("As it is now"),
        "running": gettext("Running"),
        "low": gettext("Just begun"),
        "reached": gettext("Reached"),
        "over": gettext("Over the goal"),
        "stretch": gettext("Second goal"),
        "ended": gettext("Ended"),
        "stale": gettext("Not fresh"),
        "unknown": gettext("Not known"),
        "off": gettext("Switched off"),
    }


def scheme_names() -> dict[str, str]:
    return {"light": gettext("Light"), "dark": gettext("Dark")}


def _kinds() -> dict[str, str]:
    return {
        "html": gettext("Any page with its own HTML"),
        "ghost": gettext("Ghost: a page or post"),
        "mail": gettext("Newsletter: Ghost e-mail, Mailchimp, RSS"),
        "address": gettext("A pasted address: Ghost, Notion, WordPress"),
        "wordpress": gettext("WordPress: the snippet"),
        "strict": gettext("A site with a strict Content-Security-Policy"),
        "frame": gettext("Where scripts are stripped: a frame"),
    }


def _choice(campaign: Campaign) -> Choice:
    spoken = locales(campaign)
    kind = asked("kind", KINDS)
    usual = "newsletter" if kind == "mail" else "article-top"
    wanted = request.args.get("placement", "").strip() or usual
    placement = label(wanted)
    return Choice(
        kind,
        asked("form", FORMS),
        best_locale(request.args.get("locale", spoken[0]), spoken) or spoken[0],
        placement or usual,
        asked("state", STATES),
        asked("scheme", SCHEMES),
        "" if placement else wanted[:LONGEST_LABEL],
    )


def _macro(name: str, *values: str) -> str:
    """A macro of templates/embed/snippet.html: what publishers paste is written there and nowhere else."""
    return str(get_template_attribute("embed/snippet.html", name)(*values))


def _pieces(campaign: Campaign, choice: Choice) -> list[Piece]:
    """What to copy for the kind of host; the code speaks the banner's language, the notes the reader's."""
    site, slug = readers.settings().site, campaign.slug
    script = embed_files.script()
    where = (site, slug, choice.locale)
    with force_locale(choice.locale.replace("-", "_")):
        head = _macro("head", *where)
        goal = _macro("goal", *where, choice.placement, choice.form)
        strict = _macro("head_strict", *where, script.digest, script.integrity)
        frame, picture = _macro("frame", *where), _macro("picture", *where, choice.placement)
    element = Piece(gettext("Where the banner is to stand"), goal)
    header = Piece(gettext("In the page’s head"), head, _head_note())
    both = gettext("Insert an HTML card (“/html”) where the banner is to stand and paste all of it.")
    custom = gettext("A “Custom HTML” block. A theme or a plugin for code in the head takes the first lines.")
    policy = Piece(gettext("What the policy must allow"), _directives(site), _directives_note())
    told = {
        "html": [header, element],
        "ghost": [Piece(gettext("One HTML card"), f"{head}\n{goal}", both)],
        "mail": [Piece(gettext("A linked picture"), picture, _picture_note())],
        "address": [Piece(gettext("The address, alone in its line"), f"{site}/c/{slug}", _address_note())],
        "wordpress": [header, Piece(element.title, goal, custom)],
        "strict": [Piece(header.title, strict, _strict_note()), element, policy],
        "frame": [Piece(gettext("A frame"), frame, _frame_note())],
    }
    return told[choice.kind]


def _directives(site: str) -> str:
    return "\n".join(
        f"{name} {site};" for name in ("script-src", "style-src", "connect-src", "frame-src", "img-src")
    )


def _head_note() -> str:
    return gettext(
        "Once a page, however many banners stand in it; where you cannot reach the head, right before the banner."
    )


def _picture_note() -> str:
    return gettext(
        "In an HTML card or code block. The picture’s words for those who do not see it hold no number: a mail is "
        "kept for years. Mail programs show no scripts and no SVG; clicks are counted under the placement."
    )


def _address_note() -> str:
    return gettext(
        "These systems ask the address for the banner (oEmbed). Notion: paste and choose “Embed”. "
        "A frame cannot know its article: joins are counted under the site."
    )


def _strict_note() -> str:
    return gettext(
        "This script never changes under its name, and the browser checks it by its digest. After an update of "
        "this installation take the line anew; the living name, /e/v1.js, needs no care."
    )


def _directives_note() -> str:
    return gettext(
        "Add the address to the directives you have; frame-src only for frames, img-src only for pictures. "
        "No inline style or script and no “unsafe” source is needed."
    )


def _frame_note() -> str:
    return gettext(
        "It needs no script and shows the right number at once. Joins are counted under the placement frame."
    )
