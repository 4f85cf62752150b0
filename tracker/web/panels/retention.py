"""Who stays: by month of joining, who is still a member so many months later."""

from fractions import Fraction

from tracker.core import small_cells
from tracker.core.growth import Cohort
from tracker.projections import renewals
from tracker.web import charts, words
from tracker.web.panel import Cell, Column, Panel, Report, Table
from tracker.web.reading import Reading
from tracker.web.words import gettext

AFTER = (1, 2, 3, 6, 9, 12, 18, 24, 36)
"""Months after joining that stand in the table."""
_SPOKEN, _LINES = 3, 6


def panel() -> Panel:
    """Retention by month of joining."""
    return Panel(
        name="retention",
        title=lambda: gettext("Who stays, by month of joining"),
        definition=lambda: gettext(
            "Of those whose first membership ever began in a month, the share covered at the same day and time so "
            "many months later; empty until the whole month has come so far. Not filtered."
        ),
        make=_report,
    )


def _report(reading: Reading) -> Report:
    found = renewals.cohorts(reading.campaign, reading.scope.now)
    if reading.scope.is_shared:
        found = [_in_fives(reading, one) for one in found]
    if not found:
        return Report(gettext("Nobody has joined yet."))
    return Report(
        sentence=_sentence(found),
        table=_table(found),
        figure=lambda: charts.retention(
            [(words.month(f"{one.month:%Y-%m}"), _shares(one)) for one in _spread(found)]
        ),
    )


def _in_fives(reading: Reading, one: Cohort) -> Cohort:
    """Shares of few persons who left, or stayed, would tell how many these are."""
    if small_cells.is_small(one.kept[0]):
        return one  # kept back as a whole
    joined = reading.told(one.kept[0])
    return Cohort(one.month, (joined, *(min(5 * round(count / 5), joined) for count in one.kept[1:])))


def _sentence(found: list[Cohort]) -> str:
    """The last month that has come three months on, beside a year before where there is one."""
    ripe = [one for one in found if len(one.kept) > _SPOKEN]
    if not ripe:
        return gettext("No month is old enough yet to say who stayed for three months.")
    last = ripe[-1]
    told = gettext(
        "Of those who joined in %(month)s, %(share)s were members three months later.",
        month=words.month(f"{last.month:%Y-%m}"),
        share=words.percent(_share(last, _SPOKEN)),
    )
    before = next((one for one in ripe if one.month == last.month.replace(year=last.month.year - 1)), None)
    if before is None:
        return told
    earlier = gettext("A year before it was %(share)s.", share=words.percent(_share(before, _SPOKEN)))
    return f"{told} {earlier}"


def _spread(found: list[Cohort]) -> list[Cohort]:
    """A few months far apart, the last with something to show among them: neighbours lie upon each other."""
    ripe = [one for one in found if len(one.kept) > 1]
    step = max(1, -(-len(ripe) // _LINES))
    return ripe[::-1][::step][::-1]


def _table(found: list[Cohort]) -> Table:
    longest = max(len(one.kept) for one in found)
    months = [after for after in AFTER if after < longest]
    columns = (
        Column("joined_in", gettext("Joined in"), "month"),
        Column("joined", gettext("Joined"), is_persons=True),
        *(Column(f"after_{n}", gettext("After %(n)s", n=n), "percent", is_persons=True) for n in months),
    )
    rows: list[tuple[Cell, ...]] = []
    for one in reversed(found):
        shares = [_share(one, after) if after < len(one.kept) else None for after in months]
        rows.append((one.month, one.kept[0], *shares))
    return Table(columns, rows)


def _share(one: Cohort, after: int) -> Fraction:
    return Fraction(one.kept[after], one.kept[0])


def _shares(one: Cohort) -> list[Fraction]:
    return [Fraction(kept, one.kept[0]) for kept in one.kept]
