"""What a payment leaves on the account: settlement currency, fee, net. Whole minor units throughout."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE_DECIMAL = frozenset("bhd jod kwd omr tnd".split())

# Euros for one unit: fixed, so that a test can compute them; the test server is no currency market.
EUROS_FOR_ONE = {
    "usd": Decimal("0.92"),
    "gbp": Decimal("1.17"),
    "chf": Decimal("1.05"),
    "pln": Decimal("0.235"),
    "uah": Decimal("0.0215"),
    "jpy": Decimal("0.0061"),
    "kwd": Decimal("3.01"),
}


@dataclass(frozen=True, slots=True)
class Settled:
    """An amount in the currency in which it reaches the balance."""

    amount: int  # minor units of `currency`
    currency: str
    rate: str | None  # settlement units for one presentment unit; None without conversion


def exponent(currency: str) -> int:
    """Digits after the point."""
    return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


def settle(amount: int, currency: str, into: str) -> Settled:
    """Convert into euros where a rate is known; other currencies settle in themselves."""
    rate = EUROS_FOR_ONE.get(currency)
    if currency == into or into != "eur" or rate is None:
        return Settled(amount, currency, None)
    major = Decimal(amount).scaleb(-exponent(currency)) * rate
    minor = major.scaleb(2).quantize(Decimal(1), ROUND_HALF_UP)
    return Settled(int(minor), into, str(rate))


def fee(amount: int) -> int:
    """1.5 % + 25 minor units, the percentage rounded half up."""
    return (amount * 15 + 500) // 1000 + 25
