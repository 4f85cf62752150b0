"""Money as readers write it: 5 € in Ukrainian, €5 in English."""

import re
from decimal import Decimal

from babel import Locale
from babel.numbers import format_currency, get_currency_symbol


def price(exact: Decimal, currency: str, locale: Locale | str, places: int) -> str:
    """`exact` major units with `places` decimals and the currency's sign, in the locale's own order."""
    code = currency.upper()
    spoken = Locale.parse(locale, sep="-")
    standard = spoken.currency_formats["standard"].pattern
    pattern = re.sub(r"(?<=0)\.0+", f".{'0' * places}" if places else "", standard)
    sign = _sign(code, spoken)
    # A code needs air before its digits, which CLDR asks for and Babel leaves out: UAH 5, not UAH5.
    sign = f"{sign}\N{NO-BREAK SPACE}" if sign.isalpha() and "¤#" in pattern else sign
    shown: str = format_currency(
        exact,
        code,
        pattern.replace("¤", f"'{sign}'"),
        locale=spoken,
        currency_digits=False,
        numbering_system="default",
    )
    return shown


def _sign(code: str, locale: Locale) -> str:
    """The locale's own sign; the world's where the locale knows a foreign currency by its code alone."""
    own: str = get_currency_symbol(code, locale=locale)
    return get_currency_symbol(code, locale="en") if own == code else own
