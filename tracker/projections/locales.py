"""Which language a public surface answers in: any well-formed tag gets the best match we have texts for."""

import re
from collections.abc import Sequence
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path

from babel import Locale
from babel.core import get_global
from babel.support import Translations

from tracker.core.campaign import Campaign

LANGUAGES = ("en", "uk")
"""Languages with a catalogue of ours; the first is the default."""
CATALOGUES = Path(__file__).resolve().parent.parent / "translations"
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


def is_well_formed(tag: str) -> bool:
    """Whether `tag` has the shape of a BCP 47 language tag (RFC 5646, section 2.1)."""
    return len(tag) <= LONGEST_TAG and _TAG.fullmatch(tag) is not None


def best_locale(tag: str, available: Sequence[str]) -> str | None:
    """The best of `available` for `tag` by RFC 4647 lookup, else the first of it; None for a malformed tag."""
    if not is_well_formed(tag):
        return None
    by_name = {name.lower(): name for name in available}
    parts = tag.lower().split("-")
    for length in range(len(parts), 0, -1):
        found = by_name.get("-".join(parts[:length]))
        if found:
            return found
    return available[0]


def locales(campaign: Campaign) -> tuple[str, ...]:
    """The locales a campaign speaks, its default first: those of ours that staff wrote texts for."""
    written = tuple(name for name in LANGUAGES if campaign.copy.get(name))
    return written or LANGUAGES[:1]


@lru_cache
def catalogue(locale: str) -> NullTranslations:
    """Our own words in `locale`; works without a request, so that a worker can speak."""
    return Translations.load(CATALOGUES, [locale])


def direction(locale: str) -> str:
    """ltr or rtl, as the locale's script runs."""
    return Locale.parse(locale, sep="-").text_direction


def territorial(locale: str) -> str:
    """Language and its likeliest territory, as Open Graph wants it: uk_UA, pt_BR."""
    plain = Locale.parse(locale, sep="-")
    likely = get_global("likely_subtags").get(plain.language, "")
    territory = plain.territory or likely.rpartition("_")[2]
    return f"{plain.language}_{territory}" if territory else plain.language
