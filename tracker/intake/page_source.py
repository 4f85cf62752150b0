"""The HTML of an article, read as browsers read it, to the facts that bear on the banner."""

import codecs
import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from tracker.core.article import Element, Frame, Link, Picture, Script, Source

_CHARSET = re.compile(r"charset\s*=[\s\"']*([\w.:-]+)", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=[\s\"']*([\w.:-]+)", re.IGNORECASE)
_NO_CHARSETS = frozenset({"idna", "punycode", "undefined", "raw_unicode_escape", "unicode_escape"})
"""Python's codecs that no browser knows; one of them takes minutes for a large page."""
_META_WITHIN = 4096
"""Bytes; browsers look for the charset in the first 1,024, some servers put long comments before it."""
_SCRIPT = re.compile(r"/e/v1\.(?:[0-9a-f]+\.)?js$")
_TAG = re.compile(r"<[a-zA-Z]")
MOST_TAGS = 20_000
"""The parser's time grows with the square of how deep they are nested; an article has hundreds or thousands."""
MOST_OF_KIND = 20
"""Elements, scripts, links, frames and pictures of ours, each: of more there is nothing else to say."""
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_INERT = frozenset({"template", "noscript"})
_SILENT = "script, style, template, noscript"


def read(body: bytes, content_type: str, url: str) -> Source:
    """The facts in the HTML `body`, served at `url` with that Content-Type; nothing in it makes this fail."""
    text, is_cut = beginning(characters(body, content_type))
    tree = LexborHTMLParser(text)
    at = _at(url, next(iter(tree.css("base[href]")), None), "href") or url
    html = next(iter(tree.css("html")), None)
    return Source(
        lang=_attribute(html, "lang"),
        canonicals=tuple(_at(at, node, "href") for node in tree.css('link[rel~="canonical" i][href]')),
        sections=tuple(_attribute(n, "content") for n in tree.css('meta[property="article:section" i]')),
        switch=_attribute(next(iter(tree.css('meta[name="member-goal" i]')), None), "content"),
        policies=tuple(
            _attribute(n, "content") for n in tree.css('meta[http-equiv="content-security-policy" i][content]')
        ),
        elements=tuple(_element(node) for node in tree.css("member-goal")[:MOST_OF_KIND]),
        scripts=tuple(islice(_scripts(tree, at), MOST_OF_KIND)),
        links=tuple(islice(_links(tree, at), MOST_OF_KIND)),
        frames=tuple(islice(_frames(tree, at), MOST_OF_KIND)),
        pictures=tuple(islice(_pictures(tree, at), MOST_OF_KIND)),
        has_own_reserve=any(_has_reserve(node.text()) for node in tree.css("style")),
        all_scripts=len(tree.css("script")),
        words=_words(tree),
        is_cut=is_cut,
    )


def beginning(text: str) -> tuple[str, bool]:
    """(the text as far as it is read, whether there was more)."""
    beyond = next(islice(_TAG.finditer(text), MOST_TAGS, None), None)
    return (text[: beyond.start()], True) if beyond else (text, False)


def _has_reserve(css: str) -> bool:
    """Whether a rule for member-goal names a height; piece by piece, so that no page makes us look for long."""
    for rule in css.lower().split("}"):
        pieces = rule.split("{")
        place = next((n for n, piece in enumerate(pieces[:-1]) if "member-goal" in piece), None)
        if place is not None and any("height" in one or "aspect-ratio" in one for one in pieces[place + 1 :]):
            return True
    return False


def characters(body: bytes, content_type: str) -> str:
    """The body's characters: by a byte order mark, the header, the page's own word, else UTF-8."""
    if body.startswith(b"\xef\xbb\xbf"):
        return body[3:].decode("utf-8", "replace")
    told = _CHARSET.search(content_type)
    meta = _META_CHARSET.search(body[:_META_WITHIN])
    for name in (told and told[1], meta and meta[1].decode("ascii", "replace"), "utf-8"):
        try:
            known = codecs.lookup(name or "utf-8").name.replace("-", "_")
            if known not in _NO_CHARSETS:
                return body.decode(known, "replace")
        except (LookupError, ValueError):
            continue
    return ""


def _attribute(node: LexborNode | None, name: str) -> str:
    return ((node.attributes.get(name) or "") if node is not None else "").strip()


def _at(base: str, node: LexborNode | None, name: str) -> str:
    """An address of the page, absolute; empty where it is none."""
    try:
        return urljoin(base, _attribute(node, name))
    except ValueError:
        return ""


def _presence(node: LexborNode, name: str) -> str | None:
    """An attribute that means something without a value: None where it is not there."""
    return _attribute(node, name) if name in node.attributes else None


def _ancestors(node: LexborNode) -> Iterator[LexborNode]:
    above = node.parent
    while above is not None:
        yield above
        above = above.parent


def _element(node: LexborNode) -> Element:
    line = [node, *_ancestors(node)]
    return Element(
        campaign=_attribute(node, "campaign"),
        locale=_attribute(node, "locale"),
        lang=next((_attribute(one, "lang") for one in line if _attribute(one, "lang")), ""),
        placement=_attribute(node, "placement"),
        style=_attribute(node, "style"),
        text=" ".join(node.text(separator=" ").split()),
        is_inert=any(one.tag in _INERT for one in line),
        is_hidden=any("hidden" in one.attributes or _HIDDEN.search(_attribute(one, "style")) for one in line),
    )


def _scripts(tree: LexborHTMLParser, at: str) -> Iterator[Script]:
    for node in tree.css("script[src]"):
        src = _at(at, node, "src")
        if _SCRIPT.search(_path(src)):
            yield Script(
                src=src,
                type=_attribute(node, "type").lower(),
                integrity=_attribute(node, "integrity"),
                nonce=_attribute(node, "nonce"),
                crossorigin=_presence(node, "crossorigin"),
                is_async="async" in node.attributes,
                is_deferred="defer" in node.attributes,
            )


def _links(tree: LexborHTMLParser, at: str) -> Iterator[Link]:
    for node in tree.css("link[href]"):
        rel, href = _attribute(node, "rel").lower(), _at(at, node, "href")
        is_data = "preload" in rel.split() and re.search(r"/e/[^/]+\.json$", _path(href))
        if is_data or ("stylesheet" in rel.split() and _path(href).endswith("/e/v1.css")):
            kind, cross = _attribute(node, "as").lower(), _presence(node, "crossorigin")
            yield Link("preload" if is_data else "stylesheet", href, kind, cross, _attribute(node, "nonce"))


def _frames(tree: LexborHTMLParser, at: str) -> Iterator[Frame]:
    for node in tree.css("iframe[src]"):
        src = _at(at, node, "src")
        if re.search(r"/e/[^/]+\.html$", _path(src)):
            title, height, style = (_attribute(node, name) for name in ("title", "height", "style"))
            yield Frame(src, title, height, style, _presence(node, "sandbox"))


def _pictures(tree: LexborHTMLParser, at: str) -> Iterator[Picture]:
    for node in tree.css("img[src]"):
        src = _at(at, node, "src")
        if re.search(r"/e/[^/]+\.(png|svg)$", _path(src)):
            yield Picture(src, _presence(node, "alt"))


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def _words(tree: LexborHTMLParser) -> int:
    """Counted last: what is no text is taken out of the tree."""
    for node in tree.css(_SILENT):
        node.decompose()
    return len(tree.body.text(separator=" ").split()) if tree.body else 0
