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
    count = standing.count
    return _template().render(
        text=text,
        lang=locale,
        dir=direction,
        title=text.headline,
        goal=campaign.goal,
        count=count,
        now=None if count is None else min(max(count, 0), campaign.goal),
        width="0" if count is None else f"{min(max(count / campaign.goal, 0), 1) * 100:.2f}",
        join=f"{site}/join/{campaign.slug}?placement=frame&embed=v1",
        style=embed_files.style() + _colours(campaign),
        script=embed_files.frame_script(),
        before=text.sentence.partition(text.number)[0] if text.number else "",
        after=text.sentence.partition(text.number)[2] if text.number else "",
    )


def _colours(campaign: Campaign) -> str:
    light, dark = (shade(campaign.publisher.accent) for shade in (accent.on_light, accent.on_dark))
    both = f"light-dark({light},{dark})"
    return f".g{{--d:{light}}}@supports(color:{both}){{.g{{--d:{both}}}}}"
