"""Will we make it: the chance, the range, what moves them, and what would change it."""

from fractions import Fraction

from tracker.core.forecast.answer import Forecast
from tracker.projections.forecasting import Kept
from tracker.web import charts, words
from tracker.web.panel import Column, Panel, Report, Table
from tracker.web.reading import Reading
from tracker.web.words import gettext


def panel() -> Panel:
    """The forecast."""
    return Panel(
        name="forecast",
        title=lambda: gettext("Will the year close on target"),
        definition=lambda: gettext(
            "Simulated 4,000 times, not extrapolated: joins as in earlier years at the same phase of the "
            "campaign, "
            "grown as this year has grown; lapses from the real renewal calendar; the drives in the calendar. The "
            "range is as wide as such forecasts have been wrong. Made each night and kept."
        ),
        make=_report,
    )


def sentence(forecast: Forecast) -> str:
    """The chance and the range in words."""
    return gettext(
        "The chance of the goal is %(chance)s. Expected at the end: %(p50)s; in 8 of 10 cases between %(p10)s and "
        "%(p90)s.",
        chance=words.chance(forecast.chance),
        p50=words.number(round(forecast.p50)),
        p10=words.number(round(forecast.p10)),
        p90=words.number(round(forecast.p90)),
    )


def basis(kept: Kept) -> str:
    """What it rests on, and when it was made."""
    if kept.forecast.has_history:
        return ""
    return gettext(
        "No history of your own yet: the season of the sector is assumed (December brings about a quarter of a "
        "year), and the range is wide."
    )


def none_yet(reading: Reading) -> str:
    """Why there is no forecast: people outside see those of weeks that are over."""
    if reading.scope.is_shared:
        return gettext("In the weeks that are over no forecast was made yet.")
    return gettext("The first forecast is made as soon as everything is loaded.")


def _report(reading: Reading) -> Report:
    kept = reading.forecast
    if kept is None:
        return Report(none_yet(reading))
    return Report(
        sentence=f"{sentence(kept.forecast)} {basis(kept)}".strip(),
        table=_table(kept.forecast),
        figure=lambda: _figure(reading, kept),
        aside=None if reading.scope.is_shared else _drivers(kept.forecast),
    )


def _table(forecast: Forecast) -> Table:
    columns = (
        Column("share_below", gettext("Cases that end below"), "percent"),
        Column("members", gettext("Members at the end")),
    )
    levels = (
        (Fraction(25, 1000), forecast.p2_5),
        (Fraction(1, 10), forecast.p10),
        (Fraction(1, 4), forecast.p25),
        (Fraction(1, 2), forecast.p50),
        (Fraction(3, 4), forecast.p75),
        (Fraction(9, 10), forecast.p90),
        (Fraction(975, 1000), forecast.p97_5),
    )
    return Table(columns, [(share, round(value)) for share, value in levels])


def _drivers(forecast: Forecast) -> Table:
    columns = (
        Column("driver", gettext("What moves it"), "text"),
        Column("persons", gettext("Persons until the end"), "signed"),
    )
    return Table(columns, [(driver(name), persons) for name, persons in forecast.drivers])


def driver(name: str) -> str:
    """A driver of the forecast (`answer.DRIVERS`) in words."""
    known = {
        "joins": gettext("ordinary joins, at the year’s mean"),
        "season": gettext("the season"),
        "drives": gettext("drives in the calendar"),
        "cancellations": gettext("cancellations that are set"),
        "failing": gettext("failed payments that are not mended"),
        "renewals": gettext("renewals that are not paid"),
        "newcomers": gettext("newcomers who leave before the end"),
    }
    return known.get(name, name)


def _figure(reading: Reading, kept: Kept) -> charts.Figure:
    goal = gettext("goal %(goal)s", goal=words.number(reading.campaign.goal))
    found = kept.forecast
    return charts.final(found.bins, reading.campaign.goal, goal, round(found.p50))
