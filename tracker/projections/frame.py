"""The banner as a page for an iframe: the right number at first paint; its script only tells its height."""

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from tracker.core import accent
from tracker.core.campaign import Campaign
from tracker.projections import embed_files
from tracker.projections.wording import Standing, Words

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "templates" / "embed"


@lru_cache
def _template() -> Template:
    """Our own environment: a worker has no request, and Flask's would want one."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    ).get_template("frame.html")


def page(campaign: Campaign, standing: Standing, text: Words, locale: str, direction: str, site: str) -> str:
    """The whole page; style and script stand in it, named by hash in the CSP: a file would cost a request."""
    count, goal = standing.count, campaign.goal_for(standing.count)
    return _template().render(
        text=text,
        lang=locale,
        dir=direction,
        title=text.headline,
        goal=goal,
        count=count,
        now=None if count is None else min(max(count, 0), goal),
        width="0" if count is None else f"{min(max(count / goal, 0), 1) * 100:.2f}",
        join=f"{site}/join/{campaign.slug}?placement=frame&embed=v1&lang={locale}",
        style=embed_files.frame_style() + _colours(campaign),
        script=embed_files.frame_script(),
    )


def _colours(campaign: Campaign) -> str:
    return f".g{{{look(campaign)}}}"


def look(campaign: Campaign) -> str:
    """The campaign's accent as goal.css takes it: readable on light paper, and on dark."""
    return f"--d:{accent.on_light(campaign.publisher.accent)};--e:{accent.on_dark(campaign.publisher.accent)}"
