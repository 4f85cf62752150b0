"""Recurring revenue a month and what moved it: exact fractions, rounded once when shown."""

from datetime import date, timedelta
from fractions import Fraction

from tracker.core.growth import Revenue
from tracker.core.recurring import MOVES
from tracker.projections import revenue
from tracker.web import briefing, charts, words
from tracker.web.panel import Cell, Column, Panel, Report, Table
from tracker.web.reading import Reading
from tracker.web.words import gettext


def panel() -> Panel:
    """Recurring revenue."""
    return Panel(
        name="revenue",
        title=lambda: gettext("Recurring revenue"),
        definition=lambda: gettext(
            "What each covering subscription term was paid, after discount and without tax, divided by its "
            "months. "
            "A renewal that is late goes into collection and comes back when it is paid; given up, it is "
            "lost. Each "
            "currency by itself; days and months that are over."
        ),
        make=_report,
    )


def _report(reading: Reading) -> Report:
    scope = reading.scope
    found = revenue.by_month(reading.campaign, scope.first, scope.last, scope.now) if scope.has_begun else []
    if not found:
        return Report(gettext("No subscription has been paid on these days."))
    currency = reading.main_currency({one.currency for one in found})
    main = [one for one in found if one.currency == currency]
    return Report(
        sentence=_sentence(main, currency),
        table=_table(found, has_moves=not scope.is_shared),
        figure=lambda: _figure(main, currency, reading),
        note=_others(found, currency),
    )


def _sentence(main: list[Revenue], currency: str) -> str:
    last = main[-1]
    change = last.closing - last.opening
    return gettext(
        "%(now)s a month now; %(change)s since the beginning of %(month)s.",
        now=words.amount(round(last.closing), currency),
        change=words.signed_amount(round(change), currency),
        month=words.month(f"{last.first:%Y-%m}"),
    )


def _others(found: list[Revenue], currency: str) -> str:
    others = sorted({one.currency for one in found} - {currency})
    if not others:
        return ""
    return gettext(
        "The chart shows %(currency)s; the table also %(others)s.", currency=currency, others=", ".join(others)
    )


def _table(found: list[Revenue], *, has_moves: bool) -> Table:
    """Money of several currencies stands in one column: each cell is written in its row's own.

    To people outside without the moves: what one person brought or took away would stand there.
    """
    shown = MOVES if has_moves else ()
    names = {
        "new": gettext("New"),
        "returned": gettext("Returned"),
        "up": gettext("More"),
        "down": gettext("Less"),
        "lost": gettext("Lost"),
        "into_collection": gettext("Into collection"),
        "collected": gettext("Collected"),
    }
    columns = (
        Column("month", gettext("Month"), "month"),
        Column("currency", gettext("Currency"), "text"),
        Column("opening", gettext("Opening"), "money"),
        *(Column(move, names[move], "money") for move in shown),
        Column("closing", gettext("Closing"), "money"),
    )
    rows: list[tuple[Cell, ...]] = []
    for one in found:
        moves = [one.moves.get(move, Fraction(0)) for move in shown]
        rows.append((one.first, one.currency, one.opening, *moves, one.closing))
    return Table(columns, rows)


def _figure(main: list[Revenue], currency: str, reading: Reading) -> charts.Figure:
    last_day = reading.scope.last
    is_shared = reading.scope.is_shared
    totals = [(one.first, min(_month_end(one.first), last_day), round(one.closing)) for one in main]
    moves = [
        (
            round(max(_sum(one, "new", "returned", "collected"), Fraction(0))),
            round(max(_sum(one, "up"), Fraction(0))),
            round(max(-_sum(one, "down"), Fraction(0))),
            round(max(-_sum(one, "lost", "into_collection"), Fraction(0))),
        )
        for one in main
    ]
    return charts.recurring(totals, () if is_shared else moves, currency)


def _sum(one: Revenue, *moves: str) -> Fraction:
    return sum((one.moves.get(move, Fraction(0)) for move in moves), Fraction(0))


def _month_end(first: date) -> date:
    day = first
    while not briefing.ends_span(day, "month"):
        day += timedelta(days=1)
    return day
