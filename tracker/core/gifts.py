"""Gifts: what the join page offers beside the plans, and the amount that a reader typed."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tracker.core.money import digits, minor_units, step

INTERVALS = ("once", "month", "year")
LARGEST_CHARGE = 99_999_999
"""Stripe takes at most eight digits of minor units."""
STRIPES_LEAST = {
    code: least
    for codes, least in {
        "GBP": 30,
        "AUD BRL CAD CHF EUR INR JPY NZD SGD USD": 50,
        "BGN": 100,
        "AED MYR PLN RON": 200,
        "DKK": 250,
        "NOK SEK": 300,
        "HKD": 400,
        "MXN THB": 1_000,
        "CZK": 1_500,
        "HUF": 17_500,
    }.items()
    for code in codes.split()
}
"""Stripe's smallest charge in minor units, where it names one for the currency (docs.stripe.com/currencies)."""


@dataclass(frozen=True, slots=True)
class Gifts:
    """Money for one of the campaign's donation products; it buys no membership (RULES, words)."""

    product: str = ""
    """The donation product; empty: no gifts are offered."""
    amounts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Suggested amounts by currency, in minor units, rising; a gift may be made in these currencies alone."""
    limits: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """The smallest and the largest gift by currency, in minor units; one for each currency of `amounts`."""
    intervals: tuple[str, ...] = INTERVALS
    has_note: bool = True
    """Whether a reader may send a few words with the gift."""


class Odd(StrEnum):
    """Why a typed amount is none."""

    EMPTY = "empty"
    NONSENSE = "nonsense"
    TOO_FINE = "too fine"
    """More decimals than the currency has, or than Stripe charges in it."""


_SEPARATORS = {"٫": ".", "٬": ",", "．": ".", "，": ","}
_LONGEST = 40


def chosen(text: str, currency: str) -> int | None:
    """An amount as our own form sends it, plain digits and a dot, in minor units; None if it is none."""
    found = minor_units(text, currency)
    return None if found is None or found % step(currency) else found


def typed(text: str, currency: str, group: str) -> int | Odd:
    """An amount as a person writes it, in minor units; `group` is what parts thousands in the person's language.

    Any script's digits; a comma or a point before the decimals; spaces and apostrophes part thousands. One
    separator with three digits behind it parts thousands where the language does so, else it stands before
    decimals: better refused for too many of them than taken for a thousandth of what was meant.
    """
    plain = _plain(text, currency)
    if plain is None:
        return Odd.NONSENSE
    if not plain:
        return Odd.EMPTY
    whole, fraction = _parted(plain, group)
    if not whole.isdecimal():
        return Odd.NONSENSE
    found = minor_units(f"{whole}.{fraction}" if fraction else whole, currency)
    if found is None:
        return Odd.TOO_FINE if len(fraction) > digits(currency) else Odd.NONSENSE
    return Odd.TOO_FINE if found % step(currency) else found


def _plain(text: str, currency: str) -> str | None:
    """ASCII digits and separators alone, without the currency's sign or code; None for anything else."""
    if len(text) > _LONGEST:
        return None
    without_code = re.sub(rf"^\s*{currency}|{currency}\s*$", "", text, flags=re.IGNORECASE)
    kept = []
    for sign in without_code:
        if unicodedata.category(sign) in {"Zs", "Sc", "Cf"} or sign in "\t'’":
            continue
        value = unicodedata.decimal(sign, None)
        kept.append(str(value) if value is not None else _SEPARATORS.get(sign, sign))
    found = "".join(kept)
    return found if re.fullmatch(r"[0-9.,]*", found) else None


def _parted(plain: str, group: str) -> tuple[str, str]:
    """(whole, fraction); the whole is no digits where the separators stand in no order that makes sense."""
    last = max(plain.rfind("."), plain.rfind(","))
    if last < 0:
        return plain, ""
    sign, before, after = plain[last], plain[:last], plain[last + 1 :]
    is_repeated = sign in before
    if is_repeated or (sign == group and len(after) == 3 and re.fullmatch(r"[1-9][0-9]{0,2}", before)):
        return _ungrouped(plain, sign), ""
    other = "," if sign == "." else "."
    return (_ungrouped(before, other) if other in before else before or "0" * bool(after)), after


def _ungrouped(whole: str, sign: str) -> str:
    is_grouped = re.fullmatch(rf"[1-9][0-9]{{0,2}}(?:{re.escape(sign)}[0-9]{{3}})+", whole)
    return whole.replace(sign, "") if is_grouped else ""
