"""Plans and countries: the same bridge by group, with those who moved from one to another."""

from collections.abc import Callable, Sequence
from fractions import Fraction

from tracker.core.growth import GroupBridge
from tracker.web import charts, words
from tracker.web.panel import Cell, Column, Panel, Report, Table
from tracker.web.reading import Reading
from tracker.web.words import gettext

_CHARTED = 10


def panels() -> list[Panel]:
    """One for each way of grouping."""
    return [
        _panel("plans", "plan", lambda: gettext("Plans"), lambda: gettext("Plan")),
        _panel("countries", "country", lambda: gettext("Countries"), lambda: gettext("Country")),
    ]


def _panel(name: str, dimension: str, title: Callable[[], str], one: Callable[[], str]) -> Panel:
    return Panel(
        name=name,
        title=title,
        definition=lambda: gettext(
            "A person’s plan and country are those of the covering membership that began first; the country "
            "is the "
            "billing address’s, else the card’s. Opening + joined + returned + moved in − left − moved out = "
            "closing."
        ),
        make=lambda reading: _report(reading, dimension, one()),
        rows="covered",
    )


def _report(reading: Reading, dimension: str, one: str) -> Report:
    if not reading.scope.has_begun:
        return Report(gettext("None of these days has come."))
    found = reading.bridge(dimension)
    if not found:
        return Report(gettext("There are no members yet."))
    named = [(reading.named(dimension, group.key), group) for group in found]
    members = [(name, reading.told(group.moves.closing)) for name, group in named]
    return Report(
        sentence=_sentence(members),
        table=_members(dimension, one, members) if reading.scope.is_shared else _table(dimension, one, named),
        figure=lambda: charts.ranking(members[:_CHARTED], gettext("members")),
    )


def _sentence(members: Sequence[tuple[str, int]]) -> str:
    total = sum(count for _, count in members)
    name, largest = members[0]
    if not total:
        return gettext("There are no members at the end of these days.")
    told = gettext(
        "%(share)s of the members are in “%(name)s” (%(n)s).",
        share=words.part(Fraction(largest, total)),
        name=name,
        n=words.number(largest),
    )
    return told[:1].upper() + told[1:]


def _members(dimension: str, one: str, members: Sequence[tuple[str, int]]) -> Table:
    """For people outside: of a group's moves one could be taken from the next week's."""
    columns = (Column(dimension, one, "text"), Column("closing", gettext("Members"), is_persons=True))
    return Table(columns, members, (gettext("All"), sum(count for _, count in members)))


def _table(dimension: str, one: str, named: Sequence[tuple[str, GroupBridge]]) -> Table:
    columns = (
        Column(dimension, one, "text"),
        Column("opening", gettext("Opening"), is_persons=True),
        Column("joined", gettext("Joined"), "signed", is_persons=True),
        Column("returned", gettext("Returned"), "signed", is_persons=True),
        Column("moved_in", gettext("Moved in"), "signed", is_persons=True),
        Column("left", gettext("Left"), is_persons=True),
        Column("moved_out", gettext("Moved out"), is_persons=True),
        Column("closing", gettext("Closing"), is_persons=True),
    )
    rows: list[tuple[Cell, ...]] = [(name, *_cells(group)) for name, group in named]
    total = [sum(cells) for cells in zip(*(_cells(group) for _, group in named), strict=True)]
    return Table(columns, rows, (gettext("All"), *total))


def _cells(group: GroupBridge) -> tuple[int, ...]:
    moves = group.moves
    return (
        moves.opening,
        moves.joined,
        moves.returned,
        moves.moved_in,
        moves.left,
        moves.moved_out,
        moves.closing,
    )
