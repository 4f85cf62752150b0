"""The forecast's own record: what it said, beside what came."""

from fractions import Fraction

from tracker.projections.forecasting import Judged
from tracker.web import charts, words
from tracker.web.panel import Column, Panel, Report, Table
from tracker.web.reading import Reading
from tracker.web.words import gettext, ngettext


def panel() -> Panel:
    """The record of past forecasts."""
    return Panel(
        name="record",
        title=lambda: gettext("How right the forecasts were"),
        definition=lambda: gettext(
            "Each day’s first forecast is kept with its inputs and its seed, and judged 7, 28 and 84 days "
            "later and at the deadline: a range of 80 percent that is honest holds what came in about 8 of 10 "
            "cases, not in all."
        ),
        make=_report,
    )


def _report(reading: Reading) -> Report:
    judged = reading.judged
    if not judged:
        return Report(gettext("No forecast is old enough to be judged yet."))
    return Report(
        sentence=_sentence(judged),
        table=_table(judged),
        figure=lambda: _figure(reading, judged),
    )


def _figure(reading: Reading, judged: list[Judged]) -> charts.Figure:
    """What each day said of the deadline, beside the number that stands now."""
    rows = [(one.made_on, one.p10, one.p50, one.p90) for one in _ends(judged)]
    count = reading.progress.count
    return charts.record(rows, count, unit_came="" if count is None else words.number(count))


def _sentence(judged: list[Judged]) -> str:
    over = [one for one in judged if one.is_held is not None]
    made = len({one.made_on for one in judged})
    kept = ngettext("%(num)d forecast is kept.", "%(num)d forecasts are kept.", made)
    if not over:
        none = gettext("None is old enough to be judged yet.")
        return f"{kept} {none}"
    held = sum(1 for one in over if one.is_held)
    told = gettext(
        "The 80 %% range held in %(held)s of %(all)s cases that are over (%(share)s).",
        held=words.number(held),
        all=words.number(len(over)),
        share=words.percent(Fraction(held, len(over))),
    )
    return f"{kept} {told}"


def _ends(judged: list[Judged]) -> list[Judged]:
    """One a day, in the order of time."""
    return list({one.made_on: one for one in judged}.values())


def _table(judged: list[Judged]) -> Table:
    columns = (
        Column("made_on", gettext("Made on"), "day"),
        Column("chance", gettext("Chance of the goal"), "percent"),
        Column("lead_days", gettext("Judged after days")),
        Column("p10", gettext("1 in 10 below")),
        Column("p50", gettext("Expected")),
        Column("p90", gettext("1 in 10 above")),
        Column("came", gettext("Came")),
        Column("held", gettext("Held"), "flag"),
    )
    rows = [
        (
            one.made_on,
            Fraction(one.chance).limit_denominator(10_000),
            one.lead,
            round(one.low),
            round(one.expected),
            round(one.high),
            one.came,
            one.is_held,
        )
        for one in reversed(judged)
    ]
    return Table(columns, rows)
