"""What one person adds to each daily figure of a campaign; a figure is the sum over all persons.

A part is (measure, key, day) -> n; days are in the campaign's zone. It follows from the facts alone, whatever the
time is now: who reads it leaves out the days that have not come.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tracker.core.calendar import add_months, local_day
from tracker.core.coverage import Piece, Stretch
from tracker.core.origins import NOWHERE, Origin
from tracker.core.recurring import movements
from tracker.core.segments import Edge, Segment

DIMENSIONS = ("plan", "country", "article", "placement")
"""What a bridge may be grouped by: `joined:plan`, `moved_in:country` ..., with the group as key."""
SOURCES = ("article", "placement", "embed")
"""Of these alone it is kept who is `retained:`, and of `embed` who `joined:`."""
RETAINED_AFTER = timedelta(days=90)
LONGEST_RETENTION = 240
"""Months."""
NEWCOMERS = "newcomers"
"""Net coverage of those whose first ever began on or after the campaign's first day, for `new_members`."""
REVENUE = "revenue:"
"""Before a move of core/recurring.py."""

Part = Counter[tuple[str, str, date]]


@dataclass(frozen=True, slots=True)
class Known:
    """What is worked out of one person for one campaign."""

    zone: ZoneInfo
    starts_on: date
    """The campaign's first day."""
    pieces: Sequence[Piece]
    stretches: Sequence[Stretch]
    segments: Sequence[Segment]
    origins: Mapping[str, Origin]
    """By membership, of all in `segments`."""


def tallies(known: Known) -> Part:
    """All that the person adds; zeros left out."""
    part: Part = Counter()
    _count_movements(part, known)
    _count_groups(part, known)
    _count_retention(part, known)
    _count_renewals(part, known)
    for (move, key, day), amount in movements(known.pieces, known.zone).items():
        part[f"{REVENUE}{move}", key, day] += amount
    return Counter({key: n for key, n in part.items() if n})


def group(segment: Segment, origins: Mapping[str, Origin], dimension: str) -> str:
    """The segment's group in that dimension, empty where it is not known."""
    if dimension == "plan":
        return segment.plan
    return str(getattr(origins.get(segment.membership, NOWHERE), dimension))


def _count_movements(part: Part, known: Known) -> None:
    is_newcomer = bool(known.stretches) and local_day(known.stretches[0].starts_at, known.zone) >= known.starts_on
    for stretch in known.stretches:
        begins, ends = local_day(stretch.starts_at, known.zone), local_day(stretch.ends_at, known.zone)
        part["joined" if stretch.is_first else "returned", "", begins] += 1
        part["left", "", ends] += 1
        if is_newcomer:
            part[NEWCOMERS, "", begins] += 1
            part[NEWCOMERS, "", ends] -= 1
        if stretch.inferred:
            part["inferred", "", begins] += 1
            part["inferred", "", ends] += 1


def _count_groups(part: Part, known: Known) -> None:
    before: Segment | None = None
    for one in known.segments:
        begins, ends = local_day(one.starts_at, known.zone), local_day(one.ends_at, known.zone)
        for dimension in DIMENSIONS:
            key = group(one, known.origins, dimension)
            if one.begins is not Edge.MOVED:
                part[f"{one.begins}:{dimension}", key, begins] += 1
            elif before is not None and (was := group(before, known.origins, dimension)) != key:
                part[f"moved_out:{dimension}", was, begins] += 1
                part[f"moved_in:{dimension}", key, begins] += 1
            if one.ends is Edge.LEFT:
                part[f"left:{dimension}", key, ends] += 1
        before = one
    if known.segments:
        first = known.segments[0]
        joined_on = local_day(first.starts_at, known.zone)
        part["joined:embed", group(first, known.origins, "embed"), joined_on] += 1
        if is_covered(known.stretches, first.starts_at + RETAINED_AFTER):
            for source in SOURCES:
                part[f"retained:{source}", group(first, known.origins, source), joined_on] += 1


def is_covered(stretches: Sequence[Stretch], at: datetime) -> bool:
    """Whether the person is covered just before `at`."""
    return any(one.starts_at < at <= one.ends_at for one in stretches)


def _count_retention(part: Part, known: Known) -> None:
    """By month of joining: who is covered so many months later, at the monthly return of that instant."""
    if not known.stretches:
        return
    first_at, last_at = known.stretches[0].starts_at, known.stretches[-1].ends_at
    cohort = local_day(first_at, known.zone).replace(day=1)
    part["retention", "0", cohort] += 1
    for months in range(1, LONGEST_RETENTION + 1):
        at = add_months(first_at, months, known.zone)
        if at > last_at:
            return
        if is_covered(known.stretches, at):
            part["retention", str(months), cohort] += 1


def _count_renewals(part: Part, known: Known) -> None:
    """`ended` and `kept` by length, turn and standing; the late ones apart once more as failing; `due` if open."""
    for piece in known.pieces:
        one = piece.renewal
        if one is None:
            continue
        day = local_day(one.due_at, known.zone)
        turn = f"{one.length}/{'first' if one.is_first else 'later'}"
        if one.is_open:
            part["due", f"{turn}/{one.standing}", day] += 1
        standings = ["leaving" if one.standing == "leaving" else "fine"]
        if one.was_late and one.standing != "leaving":
            standings.append("failing")
        for standing in standings:
            part["ended", f"{turn}/{standing}", day] += 1
            if one.is_kept:
                part["kept", f"{turn}/{standing}", day] += 1
