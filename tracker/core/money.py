"""Money is integers in minor units plus an ISO currency (RULES 6); no float anywhere."""

import re

# Stripe's lists (RULES 6). ISK and UGX have no minor unit in the world, yet Stripe sends them with two zeros.
ZERO_DECIMAL = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
THREE_DECIMAL = frozenset("BHD JOD KWD OMR TND".split())
TWO_DECIMAL = frozenset(
    """AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF
    IDR ILS INR ISK JMD KES KGS KHR KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MKD MMK MNT MOP MRU MUR MVR MWK
    MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SEK SGD SHP SLE
    SLL SOS SRD STD STN SVC SZL THB TJS TOP TRY TTD TWD TZS UAH UGX USD UYU UZS WST XCD XCG YER ZAR ZMW""".split()
)
KNOWN = ZERO_DECIMAL | THREE_DECIMAL | TWO_DECIMAL
"""Every currency that Stripe charges in and whose digits we know."""
_DECIMAL = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,3}))?")


def is_known(currency: str) -> bool:
    """Whether it is a currency that Stripe charges in and whose digits we know (RULES 4: never guessed)."""
    return currency.upper() in KNOWN


def digits(currency: str) -> int:
    """How many decimal digits Stripe's minor unit of `currency` (any case) stands for: 0, 2 or 3."""
    code = currency.upper()
    if code in ZERO_DECIMAL:
        return 0
    return 3 if code in THREE_DECIMAL else 2


def step(currency: str) -> int:
    """What an amount that Stripe charges must be a multiple of, in minor units (RULES 6, special cases)."""
    code = currency.upper()
    if code in THREE_DECIMAL:
        return 10
    return 100 if code in {"ISK", "UGX"} else 1


def decimal_text(amount_minor: int, currency: str) -> str:
    """Minor units as a plain decimal string with the currency's own digits: -1250 EUR is "-12.50"."""
    places = digits(currency)
    sign = "-" if amount_minor < 0 else ""
    whole = str(abs(amount_minor)).rjust(places + 1, "0")
    return f"{sign}{whole[:-places]}.{whole[-places:]}" if places else f"{sign}{whole}"


def minor_units(text: str, currency: str) -> int | None:
    """ "12.5" EUR is 1250; None for what is no plain decimal with at most the currency's own digits."""
    found = _DECIMAL.fullmatch(text)
    fraction = (found[2] or "") if found else ""
    if found is None or len(fraction) > digits(currency):
        return None
    return int(found[1] + fraction.ljust(digits(currency), "0"))


def signed_minor(text: str, currency: str) -> int:
    """What `decimal_text` was made from: "-12.50" EUR is -1250. ValueError for what it never makes."""
    found = minor_units(text.removeprefix("-"), currency)
    if found is None:
        raise ValueError(f"{text!r} is no amount of {currency}")
    return -found if text.startswith("-") else found
