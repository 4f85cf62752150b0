"""Currencies: how many digits they have, what they settle in, and Stripe's fee. No float anywhere."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE_DECIMAL = frozenset("bhd jod kwd omr tnd".split())
SENT_WITH_TWO_ZEROS = frozenset("isk ugx".split())  # no decimals in life, two zeros in the API
DEBIT_FEE = 35  # of a bank debit, whatever its amount

# Euros for one unit: fixed, so that a test can compute them; the test server is no currency market.
EUROS_FOR_ONE = {
    "eur": Decimal(1),
    "usd": Decimal("0.92"),
    "gbp": Decimal("1.17"),
    "chf": Decimal("1.05"),
    "pln": Decimal("0.235"),
    "uah": Decimal("0.0215"),
    "jpy": Decimal("0.0061"),
    "kwd": Decimal("3.01"),
    "ugx": Decimal("0.00024"),
}
_LEAST_EUROS = Decimal("0.5")  # Stripe's smallest charge, of a euro account


@dataclass(frozen=True, slots=True)
class Settled:
    """An amount in the currency in which it reaches the balance."""

    amount: int  # minor units of `currency`
    currency: str
    rate: str | None  # settlement units for one presentment unit; None without conversion


@dataclass(frozen=True, slots=True)
class Settlement:
    """Where money goes: the account's own currency, and others it has a bank account for."""

    into: str = "eur"
    also: Collection[str] = ()


def exponent(currency: str) -> int:
    """Digits after the point."""
    return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


def problem(amount: int, currency: str) -> str | None:
    """Why Stripe would refuse this amount, if it would."""
    if currency in SENT_WITH_TWO_ZEROS and amount % 100:
        return f"{currency.upper()} has no decimals: send whole units followed by two zeros, not {amount}."
    if currency in THREE_DECIMAL and amount % 10:
        return f"{currency.upper()} amounts must end in 0: round to two decimals, not {amount}."
    return None


def too_small(amount: int, currency: str) -> str | None:
    """Why Checkout would refuse a total, if it would: above nothing, and below half a euro."""
    rate = EUROS_FOR_ONE.get(currency)
    if amount <= 0 or rate is None or Decimal(amount).scaleb(-exponent(currency)) * rate >= _LEAST_EUROS:
        return None
    return f"The Checkout Session's total amount must convert to at least 50 cents; {amount} {currency} is less."


def settle(amount: int, currency: str, settlement: Settlement) -> Settled:
    """Convert into the account's currency where a rate is known; other currencies settle in themselves."""
    into = settlement.into
    ours, theirs = EUROS_FOR_ONE.get(into), EUROS_FOR_ONE.get(currency)
    if currency == into or currency in settlement.also or ours is None or theirs is None:
        return Settled(amount, currency, None)
    rate = theirs if into == "eur" else (theirs / ours).quantize(Decimal("0.000001"), ROUND_HALF_UP)
    major = Decimal(amount).scaleb(-exponent(currency)) * rate
    minor = major.scaleb(exponent(into)).quantize(Decimal(1), ROUND_HALF_UP)
    return Settled(int(minor), into, str(rate))


def fee(amount: int) -> int:
    """1.5 % + 25 minor units, the percentage rounded half up."""
    return (amount * 15 + 500) // 1000 + 25
