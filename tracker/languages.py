"""The languages we speak, and the best of them for any language tag (BCP 47)."""

import re
from collections.abc import Sequence
from functools import lru_cache

from babel import Locale
from babel.core import get_global

LANGUAGES = tuple(
    "en uk af am ar az be bg bn bs ca cs cy da de el es et eu fa fi fil fr ga gl gu he hi hr hu hy id is it ja ka "
    "kk km ko ky lo lt lv mk mn mr ms mt my nb ne nl nn pa pl pt pt-BR ro ru si sk sl sq sr sr-Latn sv sw ta te "
    "th tr ur uz vi zh-Hans zh-Hant".split()
)
"""Those the banner speaks, each with a catalogue of the domain `banner`; English is its own source."""
PAGE_LANGUAGES = ("en", "uk")
"""Those that whole pages speak, with a catalogue of the domain `messages`; the first is the default."""
LONGEST_TAG = 64

_TAG = re.compile(
    r"""
    (?: [a-z]{2,3} (?:-[a-z]{3}){0,3} | [a-z]{4,8} )                 # language
    (?: -[a-z]{4} )?                                                 # script
    (?: -(?:[a-z]{2}|[0-9]{3}) )?                                    # region
    (?: -(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}) )*                       # variants
    (?: -[0-9a-wy-z](?:-[a-z0-9]{2,8})+ )*                           # extensions
    (?: -x(?:-[a-z0-9]{1,8})+ )?                                     # private use
    | x(?:-[a-z0-9]{1,8})+
    | en-gb-oed | i-[a-z]{3,8} | sgn-(?:be-fr|be-nl|ch-de)           # kept from older lists
    """,
    re.IGNORECASE | re.VERBOSE,
)
# Norwegian without a choice is written as most of Norway writes it; CLDR keeps `no` apart.
_MACRO = {"no": "nb"}


def is_well_formed(tag: str) -> bool:
    """Whether `tag` has the shape of a BCP 47 language tag (RFC 5646, section 2.1)."""
    return len(tag) <= LONGEST_TAG and _TAG.fullmatch(tag) is not None


def best_locale(tag: str, available: Sequence[str]) -> str | None:
    """The best of `available` for `tag`, else the first of it; None for a malformed tag."""
    if not is_well_formed(tag):
        return None
    return matching(tag, available) or available[0]


def matching(tag: str, available: Sequence[str]) -> str | None:
    """The one of `available` that a reader of `tag` reads: by RFC 4647 lookup, then by language and script.

    A text in another script is no match: who reads Serbian in Latin letters may not read it in Cyrillic ones.
    """
    by_name = {name.lower(): name for name in available if name}
    parts = tag.lower().split("-")
    written = _written(tag)
    for length in range(len(parts), 0, -1):
        found = by_name.get("-".join(parts[:length]))
        if found and _written(found) == written:
            return found
    alike = [name for name in by_name.values() if _written(name) == written]
    return min(alike, key=len, default=None)


def of_land(code: str) -> str:
    """The language most spoken in a land, for whoever wrote a land's code in place of a language's: ua is uk."""
    full = str(get_global("likely_subtags").get(f"und_{code.upper()}") or "")
    return (matching(full.replace("_", "-"), LANGUAGES) if full else None) or ""


@lru_cache(maxsize=4096)
def _written(tag: str) -> tuple[str, str]:
    """(language, script) of a tag, by CLDR's aliases and likely subtags: zh-TW is ("zh", "Hant")."""
    aliases, likely = get_global("language_aliases"), get_global("likely_subtags")
    language, *rest = re.split(r"-[0-9a-z]-", tag.lower())[0].split("-")  # extensions say nothing of either
    alias, *more = str(aliases.get(language, _MACRO.get(language, language))).split("_")
    script = next((part.title() for part in rest if len(part) == 4 and part.isalpha()), "")
    script = script or next((part for part in more if len(part) == 4), "")
    region = next((part.upper() for part in rest if len(part) == 2), "")
    if not script:
        full = likely.get(f"{alias}_{region}") or likely.get(alias) or ""
        script = next((part for part in str(full).split("_")[1:] if len(part) == 4), "")
    return alias, script


@lru_cache(maxsize=256)
def babel_locale(tag: str) -> Locale:
    """CLDR's data for one of our languages."""
    return Locale.parse(tag, sep="-")
