"""What staff tell of what did not come through Stripe: cells of text to a fact, or what is wrong, in words.

One row is a membership, with a receipt or complimentary, a receipt alone, or a pledge (RULES 1). Pure: form and
file hand in the same cells and are answered with the same findings.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from tracker.core import money
from tracker.core.countries import COUNTRIES
from tracker.core.facts import Offline
from tracker.core.findings import N_, Finding, shown

COLUMNS = (
    "campaign",
    "person_ref",
    "starts_on",
    "ends_on",
    "amount",
    "currency",
    "paid_on",
    "reference",
    "plan",
    "source",
    "country",
    "email",
)
"""The cells of a row, as the contract names them."""
LONGEST = 200
FIRST_YEAR, LAST_YEAR = 1990, 2150
"""A day outside these is a slip of the pen."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"
"""Hidden, yet part of words in Persian and in Indian languages."""


class Kind(StrEnum):
    """What a row is."""

    MEMBERSHIP = "membership"
    """Paid or complimentary."""
    RECEIPT = "receipt"
    """Money without a membership: a donation."""
    PLEDGE = "pledge"
    """Money that is only promised."""


@dataclass(frozen=True, slots=True)
class Told:
    """One row as it was understood; the e-mail is kept apart from the fact, in `contact` alone."""

    fact: Offline
    email: str


def kind(fact: Offline) -> Kind:
    """A promised amount makes a pledge, days make a membership, money alone a receipt."""
    if fact.amount_minor is not None and fact.paid_on is None:
        return Kind.PLEDGE
    return Kind.RECEIPT if fact.starts_on is None else Kind.MEMBERSHIP


def cells_of(fact: Offline) -> dict[str, str]:
    """The fact as the cells that would tell it, all but the e-mail."""
    amount = "" if fact.amount_minor is None else money.decimal_text(fact.amount_minor, fact.currency or "")
    return {
        "campaign": fact.campaign,
        "person_ref": fact.person_ref,
        "starts_on": str(fact.starts_on or ""),
        "ends_on": str(fact.ends_on or ""),
        "amount": amount,
        "currency": fact.currency or "",
        "paid_on": str(fact.paid_on or ""),
        "reference": fact.reference,
        "plan": fact.plan,
        "source": fact.source,
        "country": fact.country,
    }


def difference(one: Mapping[str, str], other: Mapping[str, str]) -> str | None:
    """The first column in which two rows differ, or None."""
    return next((column for column in COLUMNS if one.get(column) != other.get(column)), None)


def is_fulfilled_by(pledge: Offline, told: Offline) -> bool:
    """Whether `told` is that pledge with the day on which it was paid, and nothing else changed."""
    is_paid_now = kind(pledge) is Kind.PLEDGE and told.paid_on is not None
    return is_paid_now and replace(pledge, paid_on=told.paid_on) == told


def read(cells: Mapping[str, str], todays: Mapping[str, date]) -> Told | list[Finding]:
    """The row's fact, or everything that is wrong with it.

    `todays` names the campaigns there are, each with the present day in its zone.
    """
    row = _Row({column: cells.get(column, "").strip() for column in COLUMNS})
    campaign = _campaign(row, todays)
    person_ref, reference = _id(row, "person_ref"), _id(row, "reference")
    starts_on, ends_on = _membership(row)
    amount_minor, currency = _amount(row)
    paid_on = _paid_on(row, max(todays.values(), default=date.max) if not campaign else todays[campaign])
    if not any(row.cells[column] for column in ("starts_on", "ends_on", "amount")):
        row.wrong("", N_("neither a membership nor an amount; fill starts_on and ends_on, or amount and currency"))
    plan, source = _words(row, "plan"), _words(row, "source")
    country, email = _country(row), _email(row)
    if row.findings:
        return row.findings
    fact = Offline(
        reference=reference,
        campaign=campaign,
        person_ref=person_ref,
        starts_on=starts_on,
        ends_on=ends_on,
        amount_minor=amount_minor,
        currency=currency,
        paid_on=paid_on,
        plan=plan,
        source=source,
        country=country,
    )
    return Told(fact, email)


class _Row:
    """The cells in reading, and what was found wrong so far."""

    def __init__(self, cells: Mapping[str, str]) -> None:
        self.cells = cells
        self.findings: list[Finding] = []

    def wrong(self, column: str, text: str, **values: object) -> None:
        found = {"found": shown(self.cells[column])} if column else {}
        used = {name: value for name, value in {**found, **values}.items() if f"%({name})" in text}
        self.findings.append(Finding(column, text, used))


def _campaign(row: _Row, todays: Mapping[str, date]) -> str:
    slug = row.cells["campaign"]
    if slug in todays:
        return slug
    known = ", ".join(sorted(todays)) or "–"
    if slug:
        row.wrong("campaign", N_("there is no campaign “%(found)s”; write one of: %(known)s"), known=known)
    else:
        row.wrong("campaign", N_("empty; write the campaign, one of: %(known)s"), known=known)
    return ""


def _id(row: _Row, column: str) -> str:
    value = _words(row, column)
    if not value:
        row.wrong(column, N_("empty; every row needs one"))
    elif _EMAIL.fullmatch(value):
        row.wrong(
            column, N_("“%(found)s” is an e-mail address; write a number or id of yours, the address into email")
        )
    return value


def _words(row: _Row, column: str) -> str:
    value = row.cells[column]
    if len(value) > LONGEST:
        row.wrong(
            column,
            N_("“%(found)s” has %(length)d characters; at most %(most)d fit"),
            length=len(value),
            most=LONGEST,
        )
    _no_hidden(row, column)
    return value


def _no_hidden(row: _Row, column: str) -> None:
    for c in row.cells[column]:
        if unicodedata.category(c) in _HIDDEN and c not in _JOINERS:
            row.wrong(column, N_("“%(found)s” holds a line break or another hidden character; take it out"))
            return


def _membership(row: _Row) -> tuple[date | None, date | None]:
    starts_on, ends_on = _day(row, "starts_on"), _day(row, "ends_on")
    for column, other in (("starts_on", "ends_on"), ("ends_on", "starts_on")):
        if row.cells[other] and not row.cells[column]:
            row.wrong(column, N_("empty while %(other)s is filled; a membership needs both days"), other=other)
    if starts_on and ends_on and ends_on < starts_on:
        row.wrong(
            "ends_on",
            N_("“%(found)s” lies before starts_on, %(start)s; write the later day"),
            start=starts_on.isoformat(),
        )
    return starts_on, ends_on


def _day(row: _Row, column: str) -> date | None:
    value = row.cells[column]
    if not value:
        return None
    try:
        day = date.fromisoformat(value) if _DAY.fullmatch(value) else None
    except ValueError:
        day = None
    if day is None:
        row.wrong(column, N_("“%(found)s” is no day; write it as YYYY-MM-DD, such as 2026-11-03"))
    elif not FIRST_YEAR <= day.year <= LAST_YEAR:
        row.wrong(
            column,
            N_("“%(found)s” is too far away; write a year from %(first)d to %(last)d"),
            first=FIRST_YEAR,
            last=LAST_YEAR,
        )
    return day


def _amount(row: _Row) -> tuple[int | None, str | None]:
    amount, currency = row.cells["amount"], row.cells["currency"].upper()
    if not amount:
        for column in ("currency", "paid_on"):
            if row.cells[column]:
                row.wrong(column, N_("“%(found)s” without an amount; fill amount, or leave this empty"))
        return None, None
    if not currency:
        row.wrong("currency", N_("empty while amount is filled; write the currency, such as EUR"))
    elif not money.is_known(currency):
        row.wrong("currency", N_("“%(found)s” is no currency that Stripe knows; write its code, such as EUR"))
        return None, None
    minor = money.minor_units(amount, currency)
    if minor is None:
        places = money.digits(currency)
        row.wrong(
            "amount",
            N_("“%(found)s” is no amount; write digits and a dot, such as %(example)s"),
            example="1250" if places == 0 else "12." + "500"[:places],
        )
    elif minor == 0:
        row.wrong(
            "amount", N_("“%(found)s” is nothing; leave amount, currency and paid_on empty if it cost nothing")
        )
    return minor, currency or None


def _paid_on(row: _Row, today: date) -> date | None:
    day = _day(row, "paid_on")
    if day is not None and day > today:
        row.wrong(
            "paid_on",
            N_("“%(found)s” is still to come, today is %(today)s; leave it empty until the money is here"),
            today=today.isoformat(),
        )
    return day


def _country(row: _Row) -> str:
    country = row.cells["country"].upper()
    if country and country not in COUNTRIES:
        row.wrong("country", N_("“%(found)s” is no country; write its two letters, such as UA, or nothing"))
    return country


def _email(row: _Row) -> str:
    email = row.cells["email"]
    if email and (len(email) > 254 or not _EMAIL.fullmatch(email)):
        row.wrong("email", N_("“%(found)s” is no e-mail address; write it as name@news.example, or nothing"))
    elif email:
        _no_hidden(row, "email")
    return email
