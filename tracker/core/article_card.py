"""What is known of an article beside its address: title, section, authors, day; and what it brought, by these."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tracker.core.findings import N_
from tracker.core.progress import Source

LONGEST_TITLE, LONGEST_NAME = 300, 100
"""Characters; a name is a section's or an author's."""
MOST_AUTHORS = 10
NO_AUTHOR, NO_SECTION = "(no author told)", "(no section told)"
"""The groups of articles of which no page and nobody told an author, or a section."""
NO_ARTICLE = ("", "(other)")
"""Keys of sources that are no article: they stay as they are in every grouping."""
BY_AUTHOR = N_(
    "What each author’s articles brought. An article by several is counted whole for each of them, so the authors"
    " add up to more than all articles together."
)
BY_SECTION = N_("What each section’s articles brought. An article stands in one section, so the sections add up.")
_HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"
"""Hidden, yet part of words in Persian and in Indian languages."""


@dataclass(frozen=True, slots=True)
class ArticleCard:
    """An article as its page, or staff, tell it; plain text, empty where nobody told."""

    title: str = ""
    section: str = ""
    authors: tuple[str, ...] = ()
    published_on: date | None = None
    """In the deployment's zone."""
    language: str = ""
    """The page's `lang` as written."""


def line_of(text: str, longest: int) -> str:
    """A text as one line without hidden characters, at most `longest` characters, the last … where it is cut."""
    shown = "".join(c if c in _JOINERS or unicodedata.category(c) not in _HIDDEN else " " for c in text)
    line = " ".join(shown.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def authors_of(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, whatever its capitals, in its order; at most MOST_AUTHORS."""
    known: dict[str, str] = {}
    for name in names:
        line = line_of(name, LONGEST_NAME)
        if line:
            known.setdefault(line.casefold(), line)
    return tuple(known.values())[:MOST_AUTHORS]


def by_author(sources: Iterable[Source], cards: Mapping[str, ArticleCard]) -> list[Source]:
    """The rows of articles summed by author (BY_AUTHOR), most joined first."""
    return _summed(sources, lambda key: _card(cards, key).authors or (NO_AUTHOR,))


def by_section(sources: Iterable[Source], cards: Mapping[str, ArticleCard]) -> list[Source]:
    """The rows of articles summed by section (BY_SECTION), most joined first; their sums are those of the rows."""
    return _summed(sources, lambda key: (_card(cards, key).section or NO_SECTION,))


def _card(cards: Mapping[str, ArticleCard], key: str) -> ArticleCard:
    return cards.get(key, ArticleCard())


def _summed(sources: Iterable[Source], groups: Callable[[str], Sequence[str]]) -> list[Source]:
    held: dict[str, list[Source]] = {}
    names: dict[str, str] = {}
    for one in sources:
        for name in (one.key,) if one.key in NO_ARTICLE else groups(one.key):
            names.setdefault(name.casefold(), name)  # two spellings of one name are one person
            held.setdefault(name.casefold(), []).append(one)
    found = [_sum(names[folded], rows) for folded, rows in held.items()]
    return sorted(found, key=lambda one: (-one.joined, -one.views, one.key))


def _sum(key: str, rows: Sequence[Source]) -> Source:
    """Retained: of those articles whose joiners were here for 90 days, None where none were."""
    ripe = [one.retained for one in rows if one.retained is not None]
    return Source(
        key=key,
        views=sum(one.views for one in rows),
        clicks=sum(one.clicks for one in rows),
        pledges=sum(one.pledges for one in rows),
        joined=sum(one.joined for one in rows),
        retained=sum(ripe) if ripe else None,
    )
