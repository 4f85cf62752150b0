"""The forecast's own record: what it said, beside what came."""

from datetime import date
from fractions import Fraction

from tracker.projections.forecast_record import Judged
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
            "cases, not in all. Those worked out afterwards are of days before the first one, from what was "
            "known on them, and are marked: nobody was promised them."
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
    shown = _ends(reading, judged)
    rows = [(one.made_on, one.p10, one.p50, one.p90) for one in shown]
    promised = next((one.made_on for one in shown if not one.is_hindcast), date.max)
    count = reading.progress.count
    unit = "" if count is None else words.number(count)
    return charts.record(rows, count, unit_came=unit, promised_from=promised)


def _sentence(judged: list[Judged]) -> str:
    promised = [one for one in judged if not one.is_hindcast]
    tried = [one for one in judged if one.is_hindcast]
    found = [_of_promises(promised)] if promised else []
    return " ".join([*found, _of_hindcasts(tried)] if tried else found)


def _of_hindcasts(judged: list[Judged]) -> str:
    """They speak for the method, and are never added to what was promised."""
    made = len({one.made_on for one in judged})
    told = ngettext(
        "%(num)d was worked out afterwards, from what was known on its day.",
        "%(num)d were worked out afterwards, each from what was known on its day.",
        made,
    )
    over = [one for one in judged if one.is_held is not None]
    held = sum(1 for one in over if one.is_held)
    if not over:
        return told
    of_them = gettext(
        "Their %(range)s range held in %(held)s of %(all)s cases (%(share)s).",
        range=words.percent(Fraction(80, 100)),
        held=words.number(held),
        all=words.number(len(over)),
        share=words.percent(Fraction(held, len(over))),
    )
    return f"{told} {of_them}"


def _of_promises(judged: list[Judged]) -> str:
    over = [one for one in judged if one.is_held is not None]
    made = len({one.made_on for one in judged})
    kept = ngettext("%(num)d forecast is kept.", "%(num)d forecasts are kept.", made)
    if not over:
        none = gettext("None is old enough to be judged yet.")
        return f"{kept} {none}"
    held = sum(1 for one in over if one.is_held)
    told = gettext(
        "The %(range)s range held in %(held)s of %(all)s cases that are over (%(share)s).",
        range=words.percent(Fraction(80, 100)),
        held=words.number(held),
        all=words.number(len(over)),
        share=words.percent(Fraction(held, len(over))),
    )
    return f"{kept} {told}"


def _ends(reading: Reading, judged: list[Judged]) -> list[Judged]:
    """One a day, in the order of time, without those of a deadline that was another year's."""
    last = reading.campaign.ends_on
    return list({one.made_on: one for one in judged if not one.is_hindcast or one.ends_on == last}.values())


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
        Column("hindcast", gettext("Worked out afterwards"), "flag"),
    )
    rows = [
        (
            one.made_on,
            None if one.chance is None else Fraction(one.chance).limit_denominator(10_000),
            one.lead,
            round(one.low),
            round(one.expected),
            round(one.high),
            one.came,
            one.is_held,
            one.is_hindcast,
        )
        for one in reversed(judged)
    ]
    return Table(columns, rows)
