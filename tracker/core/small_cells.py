"""Small cells: counts of fewer than five persons are kept back from pages that strangers may read.

A kept-back number must not come back by arithmetic from what stays in sight, so others are kept back with it: of a
line that would give it away the next smallest. A number is safe while another table of whole numbers, equal in all
that is shown, has another number in its place. That is asked exactly: cells are arcs between their row and their
column, and a cell can be another number where its arc lies on a circle that raises and lowers kept-back cells in
turn (D. Gusfield, A graph theoretic approach to statistical data security, SIAM J. Comput. 17, 1988). Readers know
that a zero is never kept back, so nothing kept back may be lowered to zero on that circle.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SMALLEST = 5
"""Persons; a count from 1 to 4 is kept back. Zero is nobody's."""

Place = tuple[int, int]
"""(row, column); the row of totals is the last, the column of totals, too."""


@dataclass(frozen=True, slots=True)
class Table:
    """Counts that may be shown: None is kept back, and also a total that was never told."""

    rows: tuple[tuple[int | None, ...], ...]
    row_totals: tuple[int | None, ...]
    column_totals: tuple[int | None, ...]
    total: int | None

    @property
    def has_hidden(self) -> bool:
        """Whether any count inside the table is kept back, so that a note must say why."""
        return any(value is None for row in self.rows for value in row)


def is_small(count: int) -> bool:
    """Whether so few persons stand behind it that it is kept back."""
    return 0 < count < SMALLEST


def column(counts: Sequence[int], *, has_total: bool = True) -> tuple[int | None, ...]:
    """A list of counts of persons whose sum is known to whoever reads it (or not), with small ones kept back."""
    shown = hide([[count] for count in counts], row_totals=False, column_totals=has_total)
    return tuple(row[0] for row in shown.rows)


def hide(counts: Sequence[Sequence[int]], *, row_totals: bool = True, column_totals: bool = True) -> Table:
    """Keep back what is small, and what would give it away.

    `counts` are persons, none below zero, all rows of one length (ValueError otherwise). `row_totals` and
    `column_totals` say which sums a reader can see, here or elsewhere; those that nobody sees come back as None.
    """
    if any(len(row) != len(counts[0]) for row in counts) or any(value < 0 for row in counts for value in row):
        raise ValueError("a table of persons has rows of one length and no number below zero")
    grid = _Grid(counts, row_totals, column_totals)
    while exposed := grid.exposed():
        for place in exposed:
            if not grid.is_safe(place):  # what was kept back for another may have saved this one, too
                grid.keep_back(grid.next_smallest(place))
    return grid.table()


class _Grid:
    """The counts with their totals, and which of them are out of sight."""

    def __init__(self, counts: Sequence[Sequence[int]], row_totals: bool, column_totals: bool) -> None:
        self.height, self.width = len(counts), len(counts[0]) if counts else 0
        rows = [[*row, sum(row)] for row in counts]
        sums = [sum(row[place] for row in rows) for place in range(self.width + 1)]
        self.values = {(i, j): value for i, row in enumerate([*rows, sums]) for j, value in enumerate(row)}
        self.hidden: set[Place] = set()
        self.arcs: dict[int, list[tuple[int, Place]]] = {}
        is_told = {"row": row_totals, "column": column_totals, "all": row_totals or column_totals, "": True}
        self.untold = {place for place in self.values if not is_told[self._sum_of(place)]}
        for place, value in self.values.items():
            if place in self.untold or is_small(value):
                self.keep_back(place)

    def keep_back(self, place: Place) -> None:
        """Take one number out of sight."""
        self.hidden.add(place)
        for start, end in self._arcs(place):
            self.arcs.setdefault(start, []).append((end, place))

    def exposed(self) -> list[Place]:
        """The numbers kept back that can be worked out all the same."""
        return [place for place in sorted(self.hidden - self.untold) if not self.is_safe(place)]

    def is_safe(self, place: Place) -> bool:
        """Whether another number could stand here, with everything in sight as it is."""
        return any(self._leads(end, start, place) for start, end in self._arcs(place))

    def next_smallest(self, place: Place) -> Place:
        """The number to keep back with this one: of the line that has fewer kept back, the smallest but zero."""
        row = [(place[0], j) for j in range(self.width + 1)]
        across = [(i, place[1]) for i in range(self.height + 1)]
        lines = sorted((row, across), key=lambda line: sum(one in self.hidden for one in line))
        for line in (*lines, list(self.values)):
            shown = [one for one in line if one not in self.hidden and self.values[one]]
            if shown:
                return min(shown, key=lambda one: (bool(self._sum_of(one)), self.values[one], one))
        raise AssertionError("where every number but zero is kept back, each of them is safe")

    def table(self) -> Table:
        """What is left in sight."""
        found = [
            tuple(None if (i, j) in self.hidden else self.values[i, j] for j in range(self.width + 1))
            for i in range(self.height + 1)
        ]
        *rows, sums = found
        return Table(tuple(row[:-1] for row in rows), tuple(row[-1] for row in rows), sums[:-1], sums[-1])

    def _sum_of(self, place: Place) -> str:
        """What the number is the sum of: a row, a column, all; empty for a count."""
        i, j = place
        if i == self.height:
            return "all" if j == self.width else "column"
        return "row" if j == self.width else ""

    def _arcs(self, place: Place) -> Iterator[tuple[int, int]]:
        """The arcs of raising the number by one and, from two on, of lowering it; rows are 0, 1, columns -1, -2.

        A line says counts = total: in it a total goes the other way, and so does its arc.
        """
        row, across = place[0], -1 - place[1]
        up, down = (
            ((across, row), (row, across))
            if self._sum_of(place) in {"row", "column"}
            else (
                (row, across),
                (across, row),
            )
        )
        yield up
        if self.values[place] > 1:
            yield down

    def _leads(self, start: int, end: int, without: Place) -> bool:
        """Whether arcs of other numbers lead from one line to the other."""
        seen, waiting = {start}, deque([start])
        while waiting:
            here = waiting.popleft()
            if here == end:
                return True
            for there, place in self.arcs.get(here, ()):
                if there not in seen and place != without:
                    seen.add(there)
                    waiting.append(there)
        return False
