"""The HTML of an article, to what is shown of it: title, section, authors, day of publication, language.

In this order of trust: Open Graph's tags, JSON-LD, the page's own title and `author`; authors from JSON-LD first,
for Open Graph wants addresses of profiles there. Plain text comes out, short and in one line, whatever went in.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from selectolax.lexbor import LexborHTMLParser

from tracker.core.article_card import LONGEST_NAME, LONGEST_TITLE, ArticleCard, authors_of, line_of
from tracker.core.calendar import local_day
from tracker.intake import json_ld, page_source

FIRST_YEAR = 1800
"""Archives go far back; a day before is a slip."""
_READ = 2_000
"""Characters of one text that are read at all."""
_MOST_METAS = 500
_ADDRESS = re.compile(r"^https?:|^//|^www\.|^@|\S@\S", re.IGNORECASE)
"""A profile's address, a handle or a mailbox: no name."""
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,5}")
_SILENT = "script, style, template, noscript"
_BETWEEN = re.compile(r"\s*[|–—·:»-]\s*$")
"""What stands between a title and the site's name behind it."""


def read(body: bytes, content_type: str, url: str, zone: ZoneInfo, today: date) -> ArticleCard:
    """What the page at `url` tells of its article; nothing in it makes this fail.

    A day of publication is one in `zone`; one after tomorrow is not believed.
    """
    tree = LexborHTMLParser(page_source.beginning(page_source.characters(body, content_type))[0])
    metas = _metas(tree)
    told = json_ld.article((node.text() for node in tree.css('script[type="application/ld+json" i]')), url)
    site = _plain(next(iter(metas.get("og:site_name", ())), ""), LONGEST_NAME)
    titles = (*metas.get("og:title", ()), json_ld.text(told, "headline"), *_titles(tree))
    sections = (*metas.get("article:section", ()), json_ld.text(told, "articleSection"))
    days = (*metas.get("article:published_time", ()), json_ld.text(told, "datePublished"))
    html = next(iter(tree.css("html")), None)
    language = ((html.attributes.get("lang") or "") if html is not None else "").strip()
    return ArticleCard(
        title=_without_site(_first(titles, LONGEST_TITLE), site),
        section=_first(sections, LONGEST_NAME),
        authors=_authors(json_ld.authors(told), metas),
        published_on=next((day for one in days if (day := _day(one, zone, today))), None),
        language=language if _LANGUAGE.fullmatch(language) else "",
    )


def _metas(tree: LexborHTMLParser) -> dict[str, list[str]]:
    """name or property, in lower case -> the contents, in the page's order."""
    found: dict[str, list[str]] = {}
    for node in tree.css("meta[content]")[:_MOST_METAS]:
        content = (node.attributes.get("content") or "").strip()
        for name in {(node.attributes.get(key) or "").strip().lower() for key in ("property", "name")}:
            if name and content:
                found.setdefault(name, []).append(content)
    return found


def _titles(tree: LexborHTMLParser) -> Iterator[str]:
    for node in islice(tree.css("title"), 5):
        if node.parent is None or node.parent.tag != "svg":
            yield node.text()


def _authors(told: Sequence[str], metas: dict[str, list[str]]) -> tuple[str, ...]:
    """Of the first place that tells any, for several places spell one name in several ways."""
    for names in (told, metas.get("article:author", ()), metas.get("author", ())):
        plain = [_plain(name, LONGEST_NAME) for name in names[: json_ld.MOST_VALUES]]
        if found := authors_of(name for name in plain if not _ADDRESS.search(name)):
            return found
    return ()


def _first(texts: Sequence[str], longest: int) -> str:
    return next((line for one in texts if (line := _plain(one, longest))), "")


def _plain(text: str, longest: int) -> str:
    """The text without tags; content systems write them, and entities, into every field."""
    tree = LexborHTMLParser(text[:_READ])
    for node in tree.css(_SILENT):
        node.decompose()
    return line_of(tree.body.text() if tree.body else "", longest)


def _without_site(title: str, site: str) -> str:
    """The title without the site's name at its end."""
    if not site or not title.casefold().endswith(site.casefold()):
        return title
    before = title[: len(title) - len(site)]
    bare = _BETWEEN.sub("", before)
    return bare if bare and bare != before else title


def _day(text: str, zone: ZoneInfo, today: date) -> date | None:
    try:
        at = datetime.fromisoformat(text.strip())
        day = local_day(at, zone) if at.tzinfo else at.date()
    except (ValueError, OverflowError):
        return None
    return day if day.year >= FIRST_YEAR and day <= today + timedelta(days=1) else None
