"""What is required a day from now, along the calendar's curve, beside what has come."""

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction

from tracker.web import briefing, charts, words
from tracker.web.panel import Cell, Column, Panel, Report, Table
from tracker.web.panels import outlook
from tracker.web.reading import Reading
from tracker.web.words import gettext, ngettext

_LATELY = 28


def panel() -> Panel:
    """Required a day."""
    return Panel(
        name="needed",
        title=lambda: gettext("Required a day"),
        definition=lambda: gettext(
            "How many have to join or return a day to close on the goal, after the lapses that are expected: "
            "not the "
            "same every day, but along the season and the drives. Beside it, what came a day."
        ),
        make=_report,
    )


def sentence(reading: Reading) -> str:
    """What is needed from now on beside what came lately."""
    kept = reading.forecast
    if kept is None:
        return outlook.none_yet(reading)
    forecast = kept.forecast
    if forecast.on > forecast.ends_on:
        return gettext("The campaign is over: nothing is required any more.")
    came = _came(reading)
    if forecast.needed_per_day <= 0:
        return gettext("Nobody more has to join: the goal holds even after the lapses that are expected.")
    if came is None:
        return ngettext(
            "%(n)s a day has to join from now on.",
            "%(n)s a day have to join from now on.",
            forecast.needed_per_day,
            n=words.number(forecast.needed_per_day),
        )
    return ngettext(
        "%(n)s a day has to join from now on; in the last seven days it was %(came)s.",
        "%(n)s a day have to join from now on; in the last seven days it was %(came)s.",
        forecast.needed_per_day,
        n=words.number(forecast.needed_per_day),
        came=words.number(round(came)),
    )


def _came(reading: Reading) -> Fraction | None:
    """Joined and returned a day in the last seven whole days; None to people outside, whose weeks may be small."""
    lately = None if reading.scope.is_shared else reading.lately
    return None if lately is None else Fraction(lately.joined + lately.returned, lately.days)


def _report(reading: Reading) -> Report:
    kept = reading.forecast
    if kept is None or kept.forecast.on > kept.forecast.ends_on:
        return Report(sentence(reading))
    return Report(
        sentence=sentence(reading),
        table=_table(reading),
        figure=lambda: charts.needed(_before(reading), (), list(kept.forecast.needed)),
    )


def _before(reading: Reading) -> list[tuple[date, int]]:
    """What came on each of the last whole days; nothing to people outside."""
    if reading.scope.is_shared:
        return []
    today = reading.scope.today
    since = today - timedelta(days=_LATELY)
    return [(day.day, day.joined + day.returned) for day in reading.campaign_days if since <= day.day < today]


def _table(reading: Reading) -> Table:
    columns = [
        Column("first_day", gettext("From"), "day"),
        Column("last_day", gettext("To"), "day"),
        Column("came", gettext("Joined and returned")),
        Column("needed", gettext("Required")),
        Column("needed_per_day", gettext("Required a day")),
    ]
    rows = list(_rows(reading))
    if reading.scope.is_shared:
        del columns[2]
        rows = [(*row[:2], *row[3:]) for row in rows]
    return Table(tuple(columns), rows)


def _rows(reading: Reading) -> Iterator[tuple[Cell, ...]]:
    """Weeks that were, then weeks to come; today belongs to those to come."""
    for days in _weeks(_before(reading)):
        yield days[0][0], days[-1][0], sum(n for _, n in days), None, None
    kept = reading.forecast
    for days in _weeks(list(kept.forecast.needed) if kept else []):
        total = sum(n for _, n in days)
        yield days[0][0], days[-1][0], None, round(total), round(Fraction(round(total), len(days)))


def _weeks(days: list[tuple[date, int]]) -> Iterator[list[tuple[date, int]]]:
    week: list[tuple[date, int]] = []
    for day in days:
        week.append(day)
        if briefing.ends_span(day[0], "week"):
            yield week
            week = []
    if week:
        yield week
