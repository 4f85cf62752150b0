"""What an article says of the banner in its own words: elements, languages, quiet rules, counting. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from tracker.core.article import Element, Page, Source
from tracker.core.campaign import Campaign
from tracker.core.findings import N_, shown
from tracker.projections.locales import best_locale, is_well_formed, locales


class Level(StrEnum):
    """How much a remark matters."""

    PROBLEM = "problem"
    """The banner does not show, shows late or badly, or something false stands there."""
    NOTE = "note"
    """As somebody may have meant it."""
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing seen, in a name for scripts and in words with a cure."""

    level: Level
    name: str
    text: str
    cure: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    """What fills the %(name)s of text and cure."""

    def __str__(self) -> str:
        return " ".join(one % self.values if self.values else one for one in (self.text, self.cure) if one)


@dataclass(frozen=True, slots=True)
class Known:
    """What the judgement is made by."""

    sites: tuple[str, ...]
    """The origins that are ours, the public one first."""
    campaigns: tuple[Campaign, ...]
    digest: str
    """Of the script's immutable name."""
    integrity: str

    def campaign(self, slug: str) -> Campaign | None:
        return next((one for one in self.campaigns if one.slug == slug), None)

    def is_ours(self, url: str) -> bool:
        return origin(url) in self.sites


FEW_WORDS = 40
"""A page with scripts and fewer words is most likely built in the browser."""


def problem(name: str, text: str, cure: str = "", /, **values: object) -> Remark:
    return Remark(Level.PROBLEM, name, text, cure, values)


def note(name: str, text: str, cure: str = "", /, **values: object) -> Remark:
    return Remark(Level.NOTE, name, text, cure, values)


def good(name: str, text: str, /, **values: object) -> Remark:
    return Remark(Level.GOOD, name, text, "", values)


def origin(url: str) -> str:
    """scheme://host[:port] of an address; empty where it is none."""
    try:
        parts = urlsplit(url)
        standard = {"http": 80, "https": 443}.get(parts.scheme)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        port = "" if parts.port in (None, standard) else f":{parts.port}"
    except ValueError:
        return ""
    return f"{parts.scheme}://{host}{port}" if host else ""


def answer(page: Page) -> Iterator[Remark]:
    """What is to be said of the answer itself; a page that is none ends the matter there."""
    if page.hops:
        text = N_("The address is sent on to %(url)s.")
        cure = N_("Share and check the last address: each step costs readers time.")
        yield note("redirects", text, cure, url=shown(page.url))
    if page.status != 200:
        text = N_("The page answers with status %(status)s instead of 200.")
        yield problem("status", text, N_("Look whether it opens without being signed in."), status=page.status)
    if page.source is None:
        text = N_("This is no HTML page but %(found)s.")
        cure = N_("Give an article’s own address.")
        yield problem("not-html", text, cure, found=shown(page.content_type or "?"))
    if page.is_cut or (page.source is not None and page.source.is_cut):
        text = N_("The page is very large; only its beginning was read.")
        yield note("too-large", text, N_("What is said here holds for that part."))


def presence(page: Page, source: Source) -> Iterator[Remark]:
    """Whether there is a banner at all."""
    if source.elements or source.frames or source.pictures:
        return
    if source.all_scripts > len(source.scripts) and source.words < FEW_WORDS:
        text = N_("The source holds no element: your pages seem to be built in the browser.")
        cure = N_("Look at the rendered page: it needs the element and the script, as on any other.")
        yield problem("built-by-script", text, cure)
    elif page.status == 200:
        text = N_("No banner stands on this page: no <member-goal>, no frame, no picture of ours.")
        yield problem("no-element", text, N_("Paste the code from the page “Embed” into the article."))


def elements(source: Source, known: Known) -> Iterator[Remark]:
    """Each <member-goal>: whose campaign, in which language, with what words."""
    for element in source.elements:
        if element.is_inert:
            text = N_("A <member-goal> stands in a <template> or <noscript>, where no script finds it.")
            yield problem("inert", text, N_("Take it out."))
            continue
        yield from _campaign(element, known)
        if re.search(r"\d", element.text):
            text = N_("A number stands between the tags: “%(text)s”. It is frozen in your page and will be false.")
            cure = N_("Take it out: the element brings the true number by itself.")
            yield problem("frozen-number", text, cure, text=shown(element.text))
        if not element.text:
            text = N_("Nothing stands between the tags: without script readers see nothing.")
            cure = N_("Put the sentence and the link there, as in the code from the page “Embed”.")
            yield note("no-fallback", text, cure)
        if element.is_hidden:
            text = N_("The element, or what it stands in, is hidden by the page’s own source.")
            yield problem(
                "hidden", text, N_("Take away `hidden` or `display:none`, unless a script of yours does so.")
            )


def _campaign(element: Element, known: Known) -> Iterator[Remark]:
    campaign = known.campaign(element.campaign)
    if not element.campaign:
        yield problem(
            "no-campaign",
            N_("The element names no campaign."),
            N_('Write campaign="…", its name in our addresses.'),
        )
    elif campaign is None:
        text = N_("There is no campaign “%(found)s”.")
        names = ", ".join(one.slug for one in known.campaigns)
        cure = N_("There are: %(known)s.")
        yield problem("unknown-campaign", text, cure, found=shown(element.campaign), known=names)
    else:
        if campaign.is_off:
            text = N_("The campaign “%(slug)s” is switched off everywhere.")
            yield note("campaign-off", text, N_("It can be switched on at the quiet rules."), slug=campaign.slug)
        yield from _language(element, campaign)


def _language(element: Element, campaign: Campaign) -> Iterator[Remark]:
    asked = element.locale or element.lang
    if not asked:
        text = N_("Neither the element nor the page says its language: the banner speaks English.")
        yield problem("no-language", text, N_('Write lang="…" into <html> or locale="…" into the element.'))
    elif not is_well_formed(asked):
        text = N_("“%(found)s” is no language tag.")
        yield problem("bad-locale", text, N_("Write one such as en, uk or pt-BR."), found=shown(asked))
    else:
        spoken = best_locale(asked, locales(campaign)) or ""
        if spoken.partition("-")[0].lower() != asked.partition("-")[0].lower():
            text = N_("The page asks for “%(asked)s”; this campaign has no texts in it and speaks “%(spoken)s”.")
            yield note(
                "other-language", text, N_("Write its texts on the page “Texts”."), asked=asked, spoken=spoken
            )


def quiet(page: Page, source: Source, known: Known) -> Iterator[Remark]:
    """Why the banner may be silent here on purpose."""
    if source.switch.lower() == "off":
        text = N_('The page switches the banner off: <meta name="member-goal" content="off">.')
        yield note("switched-off", text, N_("Take the line away if that is not meant."))
    path = urlsplit(next(iter(source.canonicals), "") or page.url).path
    for campaign in _shown(source, known):
        rules = [rule for rule in campaign.quiet_paths if path.startswith(rule)]
        rules += [rule for rule in campaign.quiet_sections if rule in source.sections]
        for rule in rules:
            text = N_("A quiet rule of the campaign keeps the banner away here: “%(rule)s”.")
            yield note("quiet-rule", text, N_("Rules are changed on the page “Quiet rules”."), rule=rule)


def counting(page: Page, source: Source, known: Known) -> Iterator[Remark]:
    """Under which address views and joins are counted."""
    if not source.elements:
        return
    if not source.canonicals:
        text = N_("The page names no canonical address: copies of it are counted apart.")
        yield problem("no-canonical", text, N_('Put <link rel="canonical" href="…"> into the head.'))
        return
    if len(set(source.canonicals)) > 1:
        text = N_("The page names %(count)s canonical addresses; the first one counts.")
        yield problem("canonicals", text, N_("Leave one."), count=len(set(source.canonicals)))
    host = (urlsplit(source.canonicals[0]).hostname or "").lower()
    for campaign in _shown(source, known):
        if host not in campaign.allowed_hosts:
            text = N_(
                "The canonical address is on %(host)s, which is no host of “%(slug)s”: views count as elsewhere."
            )
            cure = N_("Mend the address, or add the host to allowed_hosts of the campaign.")
            yield problem("canonical-elsewhere", text, cure, host=shown(host or "?"), slug=campaign.slug)


def named_locale(address: str) -> tuple[str, str]:
    """(campaign, locale) of an address of ours such as /e/2026.en.json; empty texts where it is none."""
    found = re.search(r"/e/([A-Za-z0-9_-]{1,64})\.([^/.]{1,128})\.[a-z]+$", urlsplit(address).path)
    return (found[1], found[2]) if found else ("", "")


def _shown(source: Source, known: Known) -> Iterable[Campaign]:
    """The campaigns that the page's elements name, each once."""
    slugs = dict.fromkeys(element.campaign for element in source.elements if not element.is_inert)
    return [campaign for campaign in map(known.campaign, slugs) if campaign]
