"""A person's coverage cut where its membership or plan changes; and when it was by grace, gift or staff alone.

The covering membership at an instant is the one that began first, ties by id (RULES 4). Its plan is that of its
latest term: after a change of plan in the middle of a paid term, the new one.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from tracker.core.coverage import Kind, Piece
from tracker.core.purchases import OFFLINE


class Edge(StrEnum):
    """What happens where a segment begins or ends."""

    JOINED = "joined"
    RETURNED = "returned"
    MOVED = "moved"
    """The person stays covered, by another membership or plan."""
    LEFT = "left"


class Standing(StrEnum):
    """Beside the count: covered in one way alone (RULES 4)."""

    GRACE = "grace"
    FREE = "free"
    """Complimentary: not counted."""
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a person's unbroken coverage with one covering membership and one plan: start < t <= end."""

    starts_at: datetime
    ends_at: datetime
    begins: Edge
    """joined | returned | moved"""
    ends: Edge
    """left | moved"""
    membership: str
    plan: str
    """Empty where it is not known."""
    inferred: bool
    """As its stretch."""


@dataclass(frozen=True, slots=True)
class Stood:
    """A person stood so for a while: start < t <= end."""

    standing: Standing
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class _Phase:
    """A while in which the same pieces cover."""

    starts_at: datetime
    ends_at: datetime
    pieces: tuple[Piece, ...]


def segments(found: Iterable[Piece]) -> list[Segment]:
    """Unbroken coverage as segments, by start; the first ever begins with joined, after a gap with returned."""
    counted = [piece for piece in found if piece.kind is not Kind.FREE]
    began: dict[str, datetime] = {}
    for piece in counted:
        began[piece.membership] = min(piece.starts_at, began.get(piece.membership, piece.starts_at))
    cut: list[Segment] = []
    for group in _groups(_phases(counted)):
        inferred = any(piece.inferred for phase in group for piece in phase.pieces)
        first = len(cut)
        for phase in group:
            membership, plan = _covering(phase.pieces, began)
            if len(cut) > first and (cut[-1].membership, cut[-1].plan) == (membership, plan):
                cut[-1] = replace(cut[-1], ends_at=phase.ends_at)
                continue
            begins = Edge.MOVED if len(cut) > first else Edge.RETURNED if cut else Edge.JOINED
            span = phase.starts_at, phase.ends_at
            cut.append(Segment(*span, begins, Edge.MOVED, membership, plan, inferred))
        cut[-1] = replace(cut[-1], ends=Edge.LEFT)
    return cut


def stood(found: Iterable[Piece]) -> list[Stood]:
    """When the person was covered by grace alone, for nothing alone, or through staff alone."""
    every = list(found)
    if all(piece.kind is Kind.TERM and not _is_offline(piece) for piece in every):
        return []
    phases = list(_phases(every))
    return [span for standing, holds in HOLDS.items() for span in _spans(phases, standing, holds)]


def _is_offline(piece: Piece) -> bool:
    return piece.membership.startswith(OFFLINE)


def _is_grace(pieces: tuple[Piece, ...]) -> bool:
    kinds = {piece.kind for piece in pieces}
    return Kind.GRACE in kinds and Kind.TERM not in kinds


def _is_free(pieces: tuple[Piece, ...]) -> bool:
    return all(piece.kind is Kind.FREE for piece in pieces)


def _is_through_staff(pieces: tuple[Piece, ...]) -> bool:
    return not _is_free(pieces) and all(_is_offline(piece) for piece in pieces if piece.kind is not Kind.FREE)


HOLDS: dict[Standing, Callable[[tuple[Piece, ...]], bool]] = {
    Standing.GRACE: _is_grace,
    Standing.FREE: _is_free,
    Standing.OFFLINE: _is_through_staff,
}


def _spans(
    phases: Iterable[_Phase], standing: Standing, holds: Callable[[tuple[Piece, ...]], bool]
) -> list[Stood]:
    spans: list[Stood] = []
    for phase in phases:
        if not holds(phase.pieces):
            continue
        if spans and spans[-1].ends_at == phase.starts_at:
            spans[-1] = replace(spans[-1], ends_at=phase.ends_at)
        else:
            spans.append(Stood(standing, phase.starts_at, phase.ends_at))
    return spans


def _phases(pieces: Iterable[Piece]) -> Iterator[_Phase]:
    """By time; whiles that nothing covers are left out."""
    waiting = sorted(pieces, key=lambda piece: piece.starts_at)
    edges = sorted({at for piece in waiting for at in (piece.starts_at, piece.ends_at)})
    active: list[Piece] = []
    place = 0
    for start, end in pairwise(edges):
        active = [piece for piece in active if piece.ends_at > start]
        while place < len(waiting) and waiting[place].starts_at == start:
            active.append(waiting[place])
            place += 1
        if active:
            yield _Phase(start, end, tuple(active))


def _groups(phases: Iterable[_Phase]) -> Iterator[list[_Phase]]:
    """Phases that touch are one unbroken coverage."""
    group: list[_Phase] = []
    for phase in phases:
        if group and group[-1].ends_at != phase.starts_at:
            yield group
            group = []
        group.append(phase)
    if group:
        yield group


def _covering(pieces: tuple[Piece, ...], began: dict[str, datetime]) -> tuple[str, str]:
    """The covering membership and its plan."""
    membership = min((began[piece.membership], piece.membership) for piece in pieces)[1]
    own = [piece for piece in pieces if piece.membership == membership]
    latest = max(piece.starts_at for piece in own)
    return membership, min((one.ends_at, one.plan or "") for one in own if one.starts_at == latest)[1]
