"""Which languages a campaign speaks, and the banner's own words in them."""

from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path

from babel.core import get_global
from babel.support import Translations

from tracker.core.campaign import Campaign
from tracker.languages import LANGUAGES, PAGE_LANGUAGES, babel_locale, best_locale, is_well_formed

__all__ = [
    "LANGUAGES",
    "PAGE_LANGUAGES",
    "babel_locale",
    "best_locale",
    "catalogue",
    "is_well_formed",
    "locales",
    "page_locales",
]

CATALOGUES = Path(__file__).resolve().parent.parent / "translations"


def locales(campaign: Campaign) -> tuple[str, ...]:
    """The locales a campaign's banner speaks, its default first: those of ours that staff listed in its copy.

    A table with no text in it is enough: our standard words fill what staff left blank.
    """
    listed = tuple(name for name in LANGUAGES if name in campaign.copy)
    return listed or LANGUAGES[:1]


def page_locales(campaign: Campaign) -> tuple[str, ...]:
    """The locales a campaign's pages for readers speak, the default first; English where staff listed no other."""
    listed = tuple(name for name in PAGE_LANGUAGES if name in campaign.copy)
    return listed or PAGE_LANGUAGES[:1]


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(locale: str) -> NullTranslations:
    """The banner's words in `locale`, read on first use; works without a request, so that a worker can speak."""
    return Translations.load(CATALOGUES, [str(babel_locale(locale))], "banner")


@lru_cache(maxsize=len(PAGE_LANGUAGES))
def page_catalogue(locale: str) -> NullTranslations:
    """The words of our pages and letters in `locale`, one of PAGE_LANGUAGES; works without a request."""
    return Translations.load(CATALOGUES, [str(babel_locale(locale))])


def direction(locale: str) -> str:
    """ltr or rtl, as the locale's script runs."""
    return babel_locale(locale).text_direction


def territorial(locale: str) -> str:
    """Language and its likeliest territory, as Open Graph wants it: uk_UA, pt_BR."""
    plain = babel_locale(locale)
    likely = get_global("likely_subtags").get(plain.language, "")
    territory = plain.territory or likely.rpartition("_")[2]
    return f"{plain.language}_{territory}" if territory else plain.language
