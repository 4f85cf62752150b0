"""RULES 1: an offline row is a membership with its receipt or complimentary, a receipt alone, or a pledge."""

from datetime import date
from typing import Any

import pytest

from tests.offline_rows import ADA
from tracker.core import findings, offline
from tracker.core.findings import Finding
from tracker.core.offline import COLUMNS, Kind, Told

TODAY = date(2026, 11, 23)
TODAYS = {"year-end": TODAY, "spring": TODAY}


def row(**cells: str) -> dict[str, str]:
    """A paid membership of ada's, with these cells changed."""
    return {**dict.fromkeys(COLUMNS, ""), **ADA, "reference": "R-1", **cells}


def told(**cells: str) -> Told:
    found = offline.read(row(**cells), TODAYS)
    assert isinstance(found, Told), [f"{one.column}: {one}" for one in found]
    return found


def wrong(**cells: str) -> list[tuple[str, str]]:
    found = offline.read(row(**cells), TODAYS)
    assert not isinstance(found, Told)
    return [(one.column, str(one)) for one in found]


MONEY = {"amount": "", "currency": "", "paid_on": ""}
DAYS = {"starts_on": "", "ends_on": ""}


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ({}, Kind.MEMBERSHIP),
        (MONEY, Kind.MEMBERSHIP),
        (DAYS, Kind.RECEIPT),
        ({**DAYS, "paid_on": ""}, Kind.PLEDGE),
        ({"paid_on": ""}, Kind.PLEDGE),
    ],
)
def test_what_is_filled_says_what_the_row_is(cells: dict[str, str], kind: Kind) -> None:
    assert offline.kind(told(**cells).fact) is kind


def test_a_row_becomes_a_fact_in_minor_units_and_the_e_mail_stays_apart() -> None:
    found = told(email=" Ada@News.example ", country="ua", currency="eur", plan="Yearly", source="fair")
    assert (found.fact.amount_minor, found.fact.currency, found.fact.country) == (5000, "EUR", "UA")
    assert found.email == "Ada@News.example" and "Ada" not in repr(found.fact)


def test_a_fact_told_as_cells_is_the_same_fact() -> None:
    for cells in ({}, MONEY, DAYS, {"amount": "1000", "currency": "JPY"}, {"amount": "1.5", "currency": "KWD"}):
        fact = told(**cells).fact
        assert told(**offline.cells_of(fact)).fact == fact


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12", "EUR", 1200),
        ("12.5", "EUR", 1250),
        ("0.01", "EUR", 1),
        ("1500", "JPY", 1500),
        ("1.234", "KWD", 1234),
        ("100.00", "ISK", 10000),
        ("100.5", "UGX", 10050),
        ("999999999999.99", "EUR", 99999999999999),
    ],
)
def test_an_amount_is_read_exactly_with_the_currencys_digits(amount: str, currency: str, minor: int) -> None:
    assert told(amount=amount, currency=currency).fact.amount_minor == minor


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("12.345", "EUR"),
        ("12.0", "JPY"),
        ("1.2345", "KWD"),
        ("12,50", "EUR"),
        ("1 200", "EUR"),
        ("1,200.00", "EUR"),
        ("-5", "EUR"),
        ("+5", "EUR"),
        ("5e3", "EUR"),
        (".5", "EUR"),
        ("5.", "EUR"),
        ("€5", "EUR"),
        ("１２", "EUR"),
        ("nan", "EUR"),
        ("1234567890123", "EUR"),
        ("=1+1", "EUR"),
    ],
)
def test_an_amount_that_could_be_meant_otherwise_is_refused(amount: str, currency: str) -> None:
    [(column, words)] = wrong(amount=amount, currency=currency)
    assert column == "amount" and "is no amount; write digits and a dot" in words


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        ({"campaign": "summer"}, "campaign", "no campaign “summer”; write one of: spring, year-end"),
        ({"campaign": ""}, "campaign", "empty; write the campaign"),
        ({"person_ref": " "}, "person_ref", "empty"),
        ({"person_ref": "a" * 201}, "person_ref", "has 201 characters; at most 200 fit"),
        ({"person_ref": "a\nb"}, "person_ref", "“a\\u000ab” holds a line break"),
        ({"person_ref": "a\x00b"}, "person_ref", "hidden character"),
        ({"person_ref": "a\ud800"}, "person_ref", "hidden character"),
        ({"person_ref": "ada\u200b"}, "person_ref", "hidden character"),
        ({"person_ref": "ada@news.example"}, "person_ref", "is an e-mail address"),
        ({"reference": ""}, "reference", "empty"),
        ({"plan": "a\u202eb"}, "plan", "hidden character"),
        ({"source": "s" * 300}, "source", "has 300 characters"),
        ({"starts_on": "2026-02-30"}, "starts_on", "is no day; write it as YYYY-MM-DD"),
        ({"starts_on": "01.11.2026"}, "starts_on", "is no day"),
        ({"starts_on": "20261101"}, "starts_on", "is no day"),
        ({"starts_on": "2026-W01-1"}, "starts_on", "is no day"),
        ({"starts_on": "0026-11-01"}, "starts_on", "too far away"),
        ({"ends_on": "9999-12-31"}, "ends_on", "too far away; write a year from 1990 to 2150"),
        ({"ends_on": "2026-10-31"}, "ends_on", "lies before starts_on, 2026-11-01"),
        ({"ends_on": ""}, "ends_on", "empty while starts_on is filled"),
        ({"starts_on": ""}, "starts_on", "empty while ends_on is filled"),
        ({"currency": ""}, "currency", "empty while amount is filled"),
        ({"currency": "XYZ"}, "currency", "“XYZ” is no currency that Stripe knows"),
        ({"amount": "0.00"}, "amount", "is nothing; leave amount, currency and paid_on empty"),
        ({"paid_on": "2026-11-24"}, "paid_on", "is still to come, today is 2026-11-23"),
        ({"country": "XX"}, "country", "is no country"),
        ({"country": "UKR"}, "country", "is no country"),
        ({"email": "ada"}, "email", "is no e-mail address"),
        ({"email": "ada@news.example\x00"}, "email", "hidden character"),
    ],
)
def test_what_does_not_fit_is_said_with_what_to_do(cells: dict[str, str], column: str, words: str) -> None:
    [(found, said)] = wrong(**cells)
    assert found == column and words in said


def test_neither_a_membership_nor_an_amount_is_nothing_to_record() -> None:
    [(column, words)] = wrong(**DAYS, **MONEY)
    assert column == "" and words.startswith("neither a membership nor an amount; fill")


def test_money_without_an_amount_is_a_slip() -> None:
    assert [column for column, _ in wrong(amount="")] == ["currency", "paid_on"]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    found = wrong(campaign="no", person_ref="", starts_on="x", amount="y", country="zz", email="@")
    assert [column for column, _ in found] == ["campaign", "person_ref", "starts_on", "amount", "country", "email"]


def test_a_membership_of_one_day_and_a_receipt_of_today_are_fine() -> None:
    assert told(starts_on="2026-11-23", ends_on="2026-11-23", paid_on="2026-11-23").fact.paid_on == TODAY


def test_words_in_every_script_and_formulas_are_text() -> None:
    for plan in ("Річна підписка", "می‌خواهم", "=HYPERLINK(1)", "'quoted'", '"', "%(found)s"):
        assert told(plan=plan).fact.plan == plan


def test_a_finding_about_percent_signs_keeps_them() -> None:
    [(_, words)] = wrong(amount="5%(x)s%")
    assert "“5%(x)s%” is no amount" in words


def pledge(**cells: str) -> Any:
    return told(**{"paid_on": "", **cells}).fact


def test_a_pledge_is_fulfilled_by_its_day_of_payment_and_nothing_else() -> None:
    assert offline.is_fulfilled_by(pledge(), told().fact)
    assert not offline.is_fulfilled_by(pledge(), pledge())
    assert not offline.is_fulfilled_by(pledge(), told(amount="60").fact)
    assert not offline.is_fulfilled_by(pledge(), told(**DAYS).fact)
    assert not offline.is_fulfilled_by(told().fact, told(paid_on="2026-11-04").fact)
    assert not offline.is_fulfilled_by(told(**MONEY).fact, told().fact)


def test_a_long_cell_is_shown_short_and_harmless() -> None:
    assert findings.shown("x" * 100) == "x" * 59 + "…"
    assert findings.shown("\x1b[31mred\u202e") == "\\u001b[31mred\\u202e"


def test_what_a_database_cannot_hold_is_known_before_it_is_asked() -> None:
    assert (
        findings.is_storable("می\u200cخواهم")
        and not findings.is_storable("a\x00")
        and not findings.is_storable("\ud800")
    )


def test_a_finding_reads_as_a_sentence() -> None:
    assert str(Finding("amount", "“%(found)s” is odd", {"found": "1"})) == "“1” is odd"
