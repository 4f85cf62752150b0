"""What the reminder says when a month of the books is over, in the language of whoever reads it."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from babel import Locale, dates

from tracker.core import money
from tracker.projections.books import Total
from tracker.projections.digest_words import MINUS, Notice, Table
from tracker.projections.finance.overview import READY, Standing
from tracker.projections.letter_words import Door
from tracker.projections.locales import page_catalogue
from tracker.projections.prices import price
from tracker.projections.wording import DATES


def month_over(one: Standing, name: str, site: str, locale: str) -> Notice:
    """By mail: how the month stands, its totals, what is red and what to do. `name`: the publisher's."""
    t, month = page_catalogue(locale), named(one.month, locale)
    red = [check for check in one.checks or () if not check.is_green]
    if one.state == READY:
        news = t.gettext("The books of %(month)s can be closed.") % {"month": month}
        standing = t.gettext("The month is over, and every check is green.")
    else:
        news = t.gettext("The books of %(month)s cannot be closed yet.") % {"month": month}
        standing = t.ngettext("%(n)s check is red.", "%(n)s checks are red.", len(red)) % {"n": len(red)}
    lines = tuple(
        f"{_filled(t.gettext(check.text), check.values)} {_filled(t.gettext(check.cure), check.values)}".strip()
        for check in red
    )
    return Notice(
        subject=news.rstrip("."),
        kicker=name,
        sentences=(news, standing),
        table=_table(one, locale) if one.totals else None,
        lists=((t.gettext("What is red, and what to do:"), lines),) if lines else (),
        door=Door(t.gettext("Open the month"), link(site, one.month, locale)),
        foot=t.gettext("You get this on the first working day of a month, for you see the books."),
    )


def said(one: Standing, name: str, site: str, locale: str) -> Notice:
    """To a chat, which others read who see no books: that it is over, and no figure of it."""
    t = page_catalogue(locale)
    news = t.gettext("%(month)s is over: finance can look at its books and close them.")
    told = news % {"month": named(one.month, locale)}
    door = Door(t.gettext("Open the month"), link(site, one.month, locale))
    return Notice(subject=told.rstrip("."), kicker=name, sentences=(told,), door=door)


def link(site: str, month: str, locale: str) -> str:
    """The month's page."""
    return f"{site}/finance/months/{month}?lang={locale}"


def named(month: str, locale: str) -> str:
    """ "2026-11" is "November 2026"."""
    first = date.fromisoformat(f"{month}-01")
    shown: str = dates.format_skeleton("yMMMM", first, locale=Locale.parse(DATES.get(locale, locale)))
    return shown


def _table(one: Standing, locale: str) -> Table:
    """A column a currency, so that it fits a phone."""
    t = page_catalogue(locale)

    def cells(name: str) -> tuple[str, ...]:
        return tuple(_amount(getattr(total, name), total, locale) for total in one.totals)

    return Table(
        (t.gettext("Currency"), *(total.currency for total in one.totals)),
        (
            (t.gettext("Gross"), *cells("gross_minor")),
            (t.gettext("Fees"), *cells("fee_minor")),
            (t.gettext("Net"), *cells("net_minor")),
            (t.gettext("Paid out"), *cells("paid_out_minor")),
        ),
    )


def _amount(minor: int, total: Total, locale: str) -> str:
    exact = Decimal(money.decimal_text(minor, total.currency))
    return price(exact, total.currency, locale, money.digits(total.currency)).replace("-", MINUS)


def _filled(words: str, values: Mapping[str, Any]) -> str:
    return words % values if values and words else words
