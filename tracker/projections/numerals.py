"""Numbers and shares as a language writes them: its separators, its sign for percent, its own digits."""

from decimal import Decimal

from babel.numbers import format_decimal, format_percent

from tracker.languages import babel_locale

# The first of ten digits that follow each other in Unicode, by CLDR's name of the numbering system.
ZEROS = {"arab": "\u0660", "arabext": "\u06f0", "beng": "\u09e6", "deva": "\u0966", "mymr": "\u1040"}
ARABIC_PERCENT = {ord("%"): "\u066a"}
# How 1234567 is parted, and a language that every browser knows which parts it so. A browser may know nothing of
# Maltese or Basque: Chromium writes their numbers as English ones.
WELL_KNOWN = {
    "1,234,567": "en",
    "12,34,567": "hi",
    "1.234.567": "de",
    "1\u00a0234\u00a0567": "uk",
    "1\u202f234\u202f567": "fr",
    "1\u066c234\u066c567": "en",
}


def number(value: int, locale: str) -> str:
    """18412 is "18,412" in English, "18.412" in German, "۱۸٬۴۱۲" in Persian."""
    return native(format_decimal(value, locale=babel_locale(locale), numbering_system="default"), locale)


def share(whole_percent: int, locale: str) -> str:
    """73 is "73%" in English, "%73" in Turkish, "۷۳٪" in Persian."""
    part = Decimal(whole_percent) / 100
    return native(format_percent(part, locale=babel_locale(locale), numbering_system="default"), locale)


def native(text: str, locale: str) -> str:
    """`text` in the digits that CLDR gives the language by default; Babel keeps to 0-9, also in dates."""
    system = babel_locale(locale).default_numbering_system
    zero = ZEROS.get(system)
    if zero is None:
        return text
    own = {ord("0") + digit: chr(ord(zero) + digit) for digit in range(10)}
    return text.translate(own | (ARABIC_PERCENT if system.startswith("arab") else {}))


def intl(locale: str) -> str:
    """The tag by which `Intl.NumberFormat` of any browser writes a whole number exactly as `number` does."""
    spoken = babel_locale(locale)
    system = spoken.default_numbering_system
    parted = WELL_KNOWN[format_decimal(1_234_567, locale=spoken, numbering_system="default")]
    return parted if system == "latn" else f"{parted}-u-nu-{system}"
