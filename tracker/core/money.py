"""Money is integers in minor units plus an ISO currency (RULES 6); no float anywhere."""

# Stripe's lists (RULES 6). ISK and UGX have no minor unit in the world, yet Stripe sends them with two zeros.
ZERO_DECIMAL = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
THREE_DECIMAL = frozenset("BHD JOD KWD OMR TND".split())


def digits(currency: str) -> int:
    """How many decimal digits Stripe's minor unit of `currency` (any case) stands for: 0, 2 or 3."""
    code = currency.upper()
    if code in ZERO_DECIMAL:
        return 0
    return 3 if code in THREE_DECIMAL else 2


def decimal_text(amount_minor: int, currency: str) -> str:
    """Minor units as a plain decimal string with the currency's own digits: -1250 EUR is "-12.50"."""
    places = digits(currency)
    sign = "-" if amount_minor < 0 else ""
    whole = str(abs(amount_minor)).rjust(places + 1, "0")
    return f"{sign}{whole[:-places]}.{whole[-places:]}" if places else f"{sign}{whole}"
