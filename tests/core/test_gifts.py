"""An amount as a reader types it: the money that was meant, or refused; never a thousandth or a thousandfold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.gifts import Odd, chosen, typed
from tracker.core.money import decimal_text, digits

ENGLISH, GERMAN, UKRAINIAN = ",", ".", "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("text", "currency", "group", "minor"),
    [
        ("5", "EUR", ENGLISH, 500),
        (" 12.50 ", "EUR", ENGLISH, 1250),
        ("12,50", "EUR", UKRAINIAN, 1250),
        ("12,5", "EUR", ENGLISH, 1250),
        ("12.5", "EUR", UKRAINIAN, 1250),
        ("1,250", "EUR", ENGLISH, 125_000),
        ("1.250", "EUR", GERMAN, 125_000),
        ("1,250.75", "EUR", ENGLISH, 125_075),
        ("1.250,75", "EUR", ENGLISH, 125_075),
        ("1\N{NO-BREAK SPACE}250,75", "UAH", UKRAINIAN, 125_075),
        ("1\N{NARROW NO-BREAK SPACE}250", "EUR", UKRAINIAN, 125_000),
        ("1’250.50", "CHF", "’", 125_050),
        ("1,000,000", "EUR", ENGLISH, 100_000_000),
        (",50", "EUR", UKRAINIAN, 50),
        ("7.", "EUR", ENGLISH, 700),
        ("€25", "EUR", ENGLISH, 2500),
        ("25 eur", "EUR", ENGLISH, 2500),
        ("500 ₴", "UAH", UKRAINIAN, 50_000),
        ("٢٥٫٥", "EUR", ENGLISH, 2550),
        ("２５", "EUR", ENGLISH, 2500),
        ("1,000", "JPY", ENGLISH, 1000),
        ("1500", "JPY", UKRAINIAN, 1500),
        ("2.5", "KWD", ENGLISH, 2500),
        ("2.500", "KWD", ENGLISH, 2500),
        ("20", "UGX", ENGLISH, 2000),
        ("0", "EUR", ENGLISH, 0),
    ],
)
def test_what_was_meant_is_read(text: str, currency: str, group: str, minor: int) -> None:
    assert typed(text, currency, group) == minor


@pytest.mark.parametrize(
    ("text", "currency", "group", "why"),
    [
        ("", "EUR", ENGLISH, Odd.EMPTY),
        ("  ", "EUR", ENGLISH, Odd.EMPTY),
        ("€", "EUR", ENGLISH, Odd.EMPTY),
        ("ten", "EUR", ENGLISH, Odd.NONSENSE),
        ("-5", "EUR", ENGLISH, Odd.NONSENSE),
        ("5e3", "EUR", ENGLISH, Odd.NONSENSE),
        ("1,2,3", "EUR", ENGLISH, Odd.NONSENSE),
        ("1,00,000", "EUR", ENGLISH, Odd.NONSENSE),
        ("1.2,3.4", "EUR", ENGLISH, Odd.NONSENSE),
        (".", "EUR", ENGLISH, Odd.NONSENSE),
        ("5\x00", "EUR", ENGLISH, Odd.NONSENSE),
        ("25 USD", "EUR", ENGLISH, Odd.NONSENSE),
        ("9" * 41, "EUR", ENGLISH, Odd.NONSENSE),
        ("9" * 30, "EUR", ENGLISH, Odd.NONSENSE),
        ("1.250", "EUR", ENGLISH, Odd.TOO_FINE),
        ("1,250", "EUR", UKRAINIAN, Odd.TOO_FINE),
        ("12.505", "EUR", ENGLISH, Odd.TOO_FINE),
        ("10.50", "JPY", ENGLISH, Odd.TOO_FINE),
        ("2.505", "KWD", ENGLISH, Odd.TOO_FINE),
        ("20.50", "UGX", ENGLISH, Odd.TOO_FINE),
    ],
)
def test_anything_else_is_refused_and_says_why(text: str, currency: str, group: str, why: Odd) -> None:
    assert typed(text, currency, group) == why


@given(st.integers(1, 10**9), st.sampled_from(["EUR", "JPY", "KWD", "UAH"]), st.sampled_from([".", ","]))
def test_an_amount_written_with_the_currencys_own_digits_is_read_back(
    number: int, currency: str, decimal: str
) -> None:
    minor = number * 10 if digits(currency) == 3 else number
    text = decimal_text(minor, currency)
    assert chosen(text, currency) == minor
    assert typed(text.replace(".", decimal), currency, UKRAINIAN) == minor


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    found = typed(text, "EUR", ENGLISH)
    assert isinstance(found, Odd) or found >= 0
