"""Money booked, by month and purpose; receipts outside Stripe apart."""

from collections.abc import Sequence
from datetime import date, timedelta

from tracker.core.growth import Raised
from tracker.projections import money_raised, queries
from tracker.web import charts, words
from tracker.web.panel import Column, Panel, Report, Table
from tracker.web.reading import Reading
from tracker.web.words import gettext


def panel() -> Panel:
    """Money raised."""
    return Panel(
        name="raised",
        title=lambda: gettext("Money raised"),
        definition=lambda: gettext(
            "Stripe’s own bookings, gross: charges less refunds, disputes and failures, for memberships and "
            "donations; "
            "receipts outside Stripe apart. Stripe’s fees are not taken off. Each currency by itself. Not "
            "filtered."
        ),
        make=_report,
    )


def _report(reading: Reading) -> Report:
    scope = reading.scope
    if queries.ledger_loading() is not None:
        return Report(gettext("Stripe’s bookings are still being read: what came in is not known yet."))
    found = money_raised.by_month(reading.campaign, scope.first, scope.last) if scope.has_begun else []
    if not found:
        return Report(gettext("No money was booked on these days."))
    currency = reading.main_currency({one.currency for one in found})
    main = [one for one in found if one.currency == currency]
    kinds = (gettext("memberships"), gettext("donations"), gettext("outside Stripe"))
    return Report(
        sentence=_sentence(main, currency),
        table=_table(found),
        figure=lambda: charts.raised(
            [
                (one.first, _end(reading, one), (one.membership_minor, one.donation_minor, one.offline_minor))
                for one in main
            ],
            kinds,
            currency,
        ),
    )


def _end(reading: Reading, one: Raised) -> date:
    following = (one.first.replace(day=1) + timedelta(days=32)).replace(day=1)
    return min(following - timedelta(days=1), reading.scope.last)


def _sentence(main: Sequence[Raised], currency: str) -> str:
    total = sum(one.total_minor for one in main)
    gifts = sum(one.donation_minor for one in main)
    return gettext(
        "%(total)s came in on these days, %(gifts)s of it as donations.",
        total=words.amount(total, currency),
        gifts=words.amount(gifts, currency),
    )


def _table(found: Sequence[Raised]) -> Table:
    columns = (
        Column("month", gettext("Month"), "month"),
        Column("currency", gettext("Currency"), "text"),
        Column("membership", gettext("Memberships"), "money"),
        Column("donation", gettext("Donations"), "money"),
        Column("offline", gettext("Outside Stripe"), "money"),
        Column("total", gettext("Together"), "money"),
    )
    rows = [
        (one.first, one.currency, one.membership_minor, one.donation_minor, one.offline_minor, one.total_minor)
        for one in found
    ]
    return Table(columns, rows)
