"""How an article embeds the banner and what blocks it: a page's facts in, remarks with their cure out. Pure."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from tracker.core import csp
from tracker.core.article import Frame, Page, Script, Source
from tracker.core.findings import N_, shown
from tracker.projections import diagnosis
from tracker.projections.diagnosis import Known, Level, Remark, good, named_locale, note, origin, problem

_NAMED = re.compile(r"/e/v1\.([0-9a-f]+)\.js$")


def judge(page: Page, known: Known) -> list[Remark]:
    """Everything there is to say of the page, what matters most first; never empty."""
    found = list(diagnosis.answer(page))
    source = page.source
    if source is not None:
        found += diagnosis.presence(page, source)
        found += diagnosis.elements(source, known)
        found += _scripts(page, source, known)
        found += _ready(source, known)
        found += _policy(page, source, known)
        found += _frames(page, source, known)
        found += _pictures(source, known)
        found += diagnosis.quiet(page, source, known)
        found += diagnosis.counting(page, source, known)
    if not any(one.level is Level.PROBLEM for one in found):
        found.append(good("well", N_("Nothing blocks the banner here.")))
    return _weighed(found)


def _weighed(found: list[Remark]) -> list[Remark]:
    """Each remark once, in the order of their weight."""
    seen: dict[str, Remark] = {}
    for one in found:
        seen.setdefault(f"{one.name} {one}", one)
    order = list(Level)
    return sorted(seen.values(), key=lambda one: order.index(one.level))


def _scripts(page: Page, source: Source, known: Known) -> Iterator[Remark]:
    """The script: there, ours, once, and let in by its own attributes."""
    if not source.elements:
        return
    if not source.scripts:
        text = N_("The script is missing: readers see only the words between the tags.")
        yield problem(
            "no-script", text, N_('Put <script async src="%(src)s"></script> into the head.'), src=_src(known)
        )
    if len(source.scripts) > 1:
        text = N_("The script stands on the page %(count)s times; the first one works.")
        yield problem(
            "two-scripts", text, N_("Leave one, however many banners there are."), count=len(source.scripts)
        )
    for script in source.scripts:
        yield from _script(page, script, known)


def _script(page: Page, script: Script, known: Known) -> Iterator[Remark]:
    src = shown(script.src)
    if not known.is_ours(script.src):
        text = N_("The script comes from another place: %(src)s.")
        yield problem("foreign-script", text, N_("Take it from %(own)s."), src=src, own=_src(known))
        return
    if urlsplit(page.url).scheme == "https" and urlsplit(script.src).scheme == "http":
        text = N_("The page is encrypted and the script is not: browsers refuse it.")
        yield problem("mixed", text, N_("Write https:// in its address."))
    if script.type == "text/plain" or "template" in script.type:
        text = N_("The script has the type “%(found)s” and does not run, perhaps until a consent is given.")
        yield problem(
            "blocked-type",
            text,
            N_("It sets no cookie and stores nothing before a reader closes it: load it as any other script."),
            found=shown(script.type),
        )
    if not script.is_async and script.type != "module":
        text = N_("The script waits for the page.") if script.is_deferred else N_("The page waits for the script.")
        yield note("not-async", text, N_("Write `async`: neither then waits for the other."))
    yield from _integrity(script, known)


def _integrity(script: Script, known: Known) -> Iterator[Remark]:
    named = _NAMED.search(urlsplit(script.src).path)
    if named and named[1] != known.digest:
        text = N_("The script has the name of another version, %(found)s.")
        cure = N_("Take the line anew from the page “Embed”, or the living name /e/v1.js.")
        yield problem("old-script", text, cure, found=named[1])
    elif script.integrity and known.integrity not in script.integrity.split():
        text = N_("The integrity attribute does not fit the script that is served: browsers refuse it.")
        yield problem("integrity", text, N_("It is %(integrity)s now."), integrity=known.integrity)
    elif script.integrity and not named:
        text = N_("The integrity attribute stands at the living name /e/v1.js and will not fit after an update.")
        yield problem("integrity-living", text, N_("Use the name with the digest, or take the attribute away."))
    if script.integrity and script.crossorigin is None:
        text = N_("With integrity a script of another host needs `crossorigin`, else browsers refuse it.")
        yield problem("integrity-cors", text, N_("Write `crossorigin` into the script tag."))


def _ready(source: Source, known: Known) -> Iterator[Remark]:
    """The place is kept and the data come early."""
    live = [one for one in source.elements if not one.is_inert]
    if not live:
        return
    is_linked = any(link.rel == "stylesheet" and known.is_ours(link.href) for link in source.links)
    is_kept = all("height" in one.style for one in live)
    if not (is_linked or is_kept or source.has_own_reserve):
        text = N_("Nothing keeps the banner’s place: the text below jumps when it appears.")
        cure = N_("Link %(site)s/e/v1.css in the head, or reserve the place in a style of your own.")
        yield problem("no-reserve", text, cure, site=known.sites[0])
    yield from _preloads(source, known)


def _preloads(source: Source, known: Known) -> Iterator[Remark]:
    preloads = [link for link in source.links if link.rel == "preload"]
    live = [one for one in source.elements if not one.is_inert]
    wanted = {(one.campaign, one.locale or one.lang or "en") for one in live}
    if not preloads:
        text = N_("The data are not preloaded: the number comes about half a second later.")
        yield note("no-preload", text, N_("Take the preload line from the page “Embed”."))
    for link in preloads:
        if not known.is_ours(link.href) or named_locale(link.href) not in wanted:
            text = N_("The preload line names %(href)s, which no banner of the page asks for.")
            cure = N_("Write the banner’s campaign and language into it.")
            yield problem("preload-other", text, cure, href=shown(link.href))
        elif link.kind != "fetch" or link.crossorigin not in ("", "anonymous"):
            text = N_("The preload line does not fit the script’s request: the data come twice.")
            yield problem("preload-mode", text, N_('Write as="fetch" crossorigin, without a value.'))


def _policy(page: Page, source: Source, known: Known) -> Iterator[Remark]:
    """What the page's Content-Security-Policy keeps out."""
    found = csp.policies(page.policies, source.policies)
    live = [one for one in source.elements if not one.is_inert]
    if not found or not live:
        return
    blocked: list[tuple[str, str]] = []
    for script in source.scripts:
        given = {"nonce": script.nonce, "integrity": script.integrity}
        blocked.append((csp.blocking(found, "script-src-elem", script.src, page.url, **given), script.src))
        data = f"{script.src.split('/e/v1.')[0]}/e/{live[0].campaign}.en.json"
        blocked.append((csp.blocking(found, "connect-src", data, page.url), data))
    for link in source.links:
        if link.rel == "stylesheet":
            by = csp.blocking(found, "style-src-elem", link.href, page.url, nonce=link.nonce)
            blocked.append((by, link.href))
    for by, url in dict.fromkeys(blocked):
        if by:
            yield _blocked(by, url)
    inline = csp.blocks_inline_style(found)
    if inline and any("height" in one.style for one in live):
        text = N_("The page’s policy makes style attributes void (%(by)s): the banner’s place is not kept.")
        yield problem("csp-inline", text, N_("Link /e/v1.css instead."), by=shown(inline))


def _blocked(by: str, url: str) -> Remark:
    text = N_("The page’s Content-Security-Policy keeps out %(url)s (%(by)s).")
    cure = N_("Add %(site)s to %(name)s.")
    if "'strict-dynamic'" in by:
        cure = N_("With 'strict-dynamic' the script needs the page’s nonce, or the name with its digest.")
    if by == "sandbox":
        cure = N_("Its sandbox needs allow-scripts; or use the frame.")
    return problem("csp", text, cure, url=shown(url), by=shown(by), site=origin(url), name=by.split()[0])


def _frames(page: Page, source: Source, known: Known) -> Iterator[Remark]:
    found = csp.policies(page.policies, source.policies)
    for frame in source.frames:
        yield from _address(frame.src, known)
        by = csp.blocking(found, "frame-src", frame.src, page.url)
        if by:
            yield _blocked(by, frame.src)
        if not frame.title:
            text = N_("The frame has no title: screen readers cannot name it.")
            yield problem("frame-title", text, N_('Write title="…" into it.'))
        if not frame.height and "height" not in frame.style:
            text = N_("The frame has no height: browsers give it 150 pixels and cut the banner.")
            yield problem("frame-height", text, N_('Write height="360".'))
        yield from _sandbox(frame)


def _sandbox(frame: Frame) -> Iterator[Remark]:
    if frame.sandbox is None:
        return
    if not {"allow-popups", "allow-top-navigation", "allow-top-navigation-by-user-activation"} & set(
        frame.sandbox.lower().split()
    ):
        text = N_("The frame’s sandbox lets its link do nothing.")
        cure = N_("Add allow-popups allow-popups-to-escape-sandbox to it.")
        yield problem("frame-sandbox", text, cure)


def _pictures(source: Source, known: Known) -> Iterator[Remark]:
    for picture in source.pictures:
        yield from _address(picture.src, known)
        if not picture.alt:
            text = N_("The picture has no words for those who do not see it.")
            yield problem("picture-alt", text, N_('Write alt="…", with no number in it.'))
        elif re.search(r"\d", picture.alt):
            text = N_("The picture’s words hold a number: “%(alt)s”. It is frozen and will be false.")
            yield problem("frozen-number", text, N_('Write alt="…" without one.'), alt=shown(picture.alt))


def _address(url: str, known: Known) -> Iterator[Remark]:
    """A frame's or picture's address: ours, and of a campaign there is."""
    slug, _ = named_locale(url)
    if not known.is_ours(url):
        text = N_("%(url)s is not on %(own)s.")
        yield problem("foreign-address", text, N_("Take the code anew."), url=shown(url), own=known.sites[0])
    elif known.campaign(slug) is None:
        names = ", ".join(one.slug for one in known.campaigns)
        text, cure = N_("There is no campaign “%(found)s”."), N_("There are: %(known)s.")
        yield problem("unknown-campaign", text, cure, found=shown(slug), known=names)


def _src(known: Known) -> str:
    return f"{known.sites[0]}/e/v1.js"
