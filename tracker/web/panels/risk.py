"""What is at risk until the deadline: failed payments, renewals due, cancellations that are set."""

from collections.abc import Sequence
from datetime import timedelta

from tracker.core.growth import Amount, AtRisk
from tracker.projections import renewals
from tracker.web import charts, words
from tracker.web.panel import Cell, Column, Panel, Report, Table
from tracker.web.reading import Reading
from tracker.web.words import gettext, ngettext


def panel() -> Panel:
    """At risk."""
    return Panel(
        name="risk",
        title=lambda: gettext("At risk"),
        definition=lambda: gettext(
            "Failed payments: people who are counted by the grace for a late payment alone. Renewals due: "
            "paid terms "
            "that end before the deadline, one subscription each. Leaving: set to end with the paid time. Not "
            "filtered."
        ),
        make=_report,
        rows="late",
        is_for_outsiders=False,
    )


def _report(reading: Reading) -> Report:
    campaign, now = reading.campaign, reading.scope.now
    found = renewals.at_risk(campaign, now)
    return Report(
        sentence=sentence(found),
        table=_weeks(found) if found.weeks else None,
        figure=lambda: charts.at_risk(
            [
                (
                    one.first,
                    min(one.first + timedelta(days=6), campaign.ends_on),
                    one.fine,
                    one.failing,
                    one.leaving,
                )
                for one in found.weeks
            ]
        ),
        aside=_money(found),
    )


def sentence(found: AtRisk) -> str:
    """The three figures in words."""
    due = sum(week.fine + week.failing + week.leaving for week in found.weeks)
    told = [
        ngettext(
            "%(n)s person is counted by grace alone, with a payment that failed.",
            "%(n)s people are counted by grace alone, with payments that failed.",
            found.in_grace,
            n=words.number(found.in_grace),
        ),
        ngettext(
            "%(n)s renewal is due before the deadline;",
            "%(n)s renewals are due before the deadline;",
            due,
            n=words.number(due),
        ),
        ngettext(
            "%(n)s of them is set to end.",
            "%(n)s of them are set to end.",
            found.leaving,
            n=words.number(found.leaving),
        ),
    ]
    return " ".join(told)


def _weeks(found: AtRisk) -> Table:
    columns = (
        Column("week", gettext("Week of"), "day"),
        Column("renewals_due", gettext("Renewals due"), is_persons=True),
        Column("failing", gettext("Payment fails"), is_persons=True),
        Column("leaving", gettext("Set to end"), is_persons=True),
    )
    rows = [(week.first, week.fine, week.failing, week.leaving) for week in found.weeks]
    total = [sum(cells) for cells in zip(*(row[1:] for row in rows), strict=True)]
    return Table(columns, rows, (gettext("Until the deadline"), *total))


def _money(found: AtRisk) -> Table | None:
    """What hangs on it, a month; none where there is nothing at risk."""
    rows: list[tuple[Cell, ...]] = [
        *_amounts(gettext("Failed payments"), found.in_grace_pay),
        *_amounts(gettext("Set to end"), found.leaving_pay),
    ]
    columns = (
        Column("what", gettext("Recurring revenue at risk"), "text"),
        Column("currency", gettext("Currency"), "text"),
        Column("a_month", gettext("A month"), "money"),
    )
    return Table(columns, rows) if rows else None


def _amounts(what: str, amounts: Sequence[Amount]) -> list[tuple[Cell, ...]]:
    return [(what, one.currency, one.a_month) for one in amounts]
