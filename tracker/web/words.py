"""Texts, numbers, days, instants and money as the reader's language writes them; shared by the staff's pages."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

import flask_babel
from babel import Locale, dates, numbers
from flask import Flask

from tracker.core import money
from tracker.core.campaign import Campaign, Metric
from tracker.projections.prices import price
from tracker.projections.wording import DATES

MINUS = "\u2212"


def init_app(app: Flask) -> None:
    """The same words as filters of the templates."""
    app.jinja_env.filters.update(
        number=number, signed=signed, day=day, short_day=short_day, moment=moment, money=amount, month=month
    )
    app.jinja_env.globals["language"] = lambda: str(locale()).replace("_", "-")


def gettext(text: str, **values: object) -> str:
    """The text in the reader's language, with its %(name)s filled."""
    return str(flask_babel.gettext(text, **values))


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """The form of the text that `num` asks for in the reader's language; %(num)d is filled."""
    return str(flask_babel.ngettext(one, many, num, **values))


def locale() -> Locale:
    """The reader's language."""
    return flask_babel.get_locale() or Locale("en")


def _of_dates() -> Locale:
    """The language that dates are written in: on every face the same."""
    spoken = str(locale())
    return Locale.parse(DATES.get(spoken, spoken))


def number(value: int) -> str:
    """18412 is "18,412" in English; a minus sign, not a hyphen."""
    return _number(value, str(locale()))


@lru_cache(maxsize=65_536)
def _number(value: int, language: str) -> str:
    """A page's tables show thousands of numbers, and the same ones each time."""
    return numbers.format_decimal(value, locale=language).replace("-", MINUS)


def signed(value: int) -> str:
    """With its sign, also above zero: "+48", "0"."""
    return f"+{number(value)}" if value > 0 else number(value)


def ratio(value: Fraction) -> str:
    """A number with at most two decimals: 25/8 is "3.13"."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return numbers.format_decimal(exact, "#,##0.##", locale=locale()).replace("-", MINUS)


def percent(share: Fraction) -> str:
    """A share of 1 as percent with at most one decimal: 5/8 is "62.5%"."""
    return _percent(share, str(locale()))


@lru_cache(maxsize=65_536)
def _percent(share: Fraction, language: str) -> str:
    exact = Decimal(share.numerator) / Decimal(share.denominator)
    shape = Locale.parse(language).percent_formats[None].pattern.replace("#,##0", "#,##0.#")
    return numbers.format_percent(exact, shape, locale=language).replace("-", MINUS)


def percent_sign() -> str:
    """What stands behind a number of per cent: "%", in other languages " %"."""
    return str(locale().percent_formats[None].suffix[0])


def part(share: Fraction) -> str:
    """A share as percent; one that is neither nothing nor all is never written as 0% or 100%."""
    least = Fraction(1, 1000)
    if 0 < share < least / 2:
        return gettext("under %(least)s", least=percent(least))
    if 1 - least / 2 <= share < 1:
        return gettext("over %(most)s", most=percent(1 - least))
    return percent(share)


def chance(share: float) -> str:
    """A chance in whole percent; never 0 or 100, which no forecast can promise."""
    if share < 0.01:
        return gettext("under %(least)s", least=percent(Fraction(1, 100)))
    if share > 0.99:
        return gettext("over %(most)s", most=percent(Fraction(99, 100)))
    return percent(Fraction(round(share * 100), 100))


def amount(minor: int, currency: str) -> str:
    """Minor units as money: 1250 EUR is "€12.50"; exact, with the currency's own digits as Stripe counts them."""
    exact = Decimal(money.decimal_text(minor, currency))
    return price(exact, currency, locale(), money.digits(currency)).replace("-", MINUS)


def signed_amount(minor: int, currency: str) -> str:
    """Money with its sign, also above zero: "+€48.00"."""
    return f"+{amount(minor, currency)}" if minor > 0 else amount(minor, currency)


def counted(campaign: Campaign, value: int) -> str:
    """The campaign's figure in its own unit: persons, or money for amount_raised."""
    return amount(value, campaign.currency) if campaign.metric is Metric.AMOUNT_RAISED else number(value)


def day(value: date) -> str:
    """A day in words, with its year."""
    return dates.format_date(value, "long", locale=_of_dates())


def short_day(value: date) -> str:
    """A day for a table's first column: no year."""
    return dates.format_skeleton("MMMd", value, locale=_of_dates())


def country(code: str) -> str:
    """A country by its name in the reader's language; the code where it has none."""
    return str(locale().territories.get(code, code))


def month(value: str) -> str:
    """ "2026-11" is "November 2026"."""
    year, number_of = value.split("-")
    return dates.format_skeleton("yMMMM", date(int(year), int(number_of), 1), locale=_of_dates())


def moment(at: datetime, zone: ZoneInfo) -> str:
    """An instant as a clock on the wall in `zone` shows it, with its day."""
    local = at.astimezone(zone)
    return f"{dates.format_time(local, 'HH:mm', tzinfo=zone, locale=_of_dates())}, {day(local.date())}"
