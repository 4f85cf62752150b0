"""Pieces of coverage, and a person's unbroken stretches made of them.

A person is covered just before t where start < t <= end, so stretches that touch are one (RULES 4).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import pairwise

FAR = datetime.max.replace(tzinfo=UTC)
"""The end of what has not ended."""


class Kind(StrEnum):
    """Why somebody is covered."""

    TERM = "term"
    GRACE = "grace"
    FREE = "free"
    """A period that cost nothing: complimentary, never counted."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, start < t <= end."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Worth:
    """What a subscription's term brings again and again: `amount_minor` for each `length` (RULES 4)."""

    currency: str
    amount_minor: int
    """After discounts and credit, without tax."""
    length: str
    """Months as a number (`12`), or days for a term that is no whole months (`7d`)."""
    until_at: datetime | None = None
    """From here on a change of plan took its place, though the time that it bought goes on."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """The end of a subscription's paid term at which it renews or not; each end once."""

    due_at: datetime
    until_at: datetime
    """So long it covers the person: where nothing followed, the end of the grace as far as it is known."""
    length: str
    """As `Worth.length`."""
    is_first: bool
    standing: str
    """fine | failing (its payment is late) | leaving (it is set to end by then)"""
    is_kept: bool
    """A next term followed within its grace."""
    was_late: bool
    """Not paid within a day of the end: it came into collection, whatever became of it."""
    is_open: bool
    """Nothing has followed yet, and the subscription runs."""
    currency: str
    amount_minor: int
    """What the ending term brought, as `Worth.amount_minor`."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One membership's coverage of one kind over one stretch."""

    membership: str
    """The subscription, the Checkout session of a one-off purchase, or `offline:` and the reference."""
    kind: Kind
    starts_at: datetime
    ends_at: datetime
    plan: str | None
    pledge: str | None
    inferred: bool = False
    worth: Worth | None = None
    """Of a subscription's terms, and of the grace after one."""
    renewal: Renewal | None = None
    """Of the piece that reaches the end of a paid term of a subscription."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A person's unbroken coverage by all memberships together."""

    starts_at: datetime
    ends_at: datetime
    is_first: bool
    """The person's first ever: joined; later ones: returned."""
    membership: str
    """The covering membership that began first, ties by id (RULES 4)."""
    plan: str | None
    pledge: str | None
    inferred: bool


def stretches(found: Iterable[Piece]) -> list[Stretch]:
    """The person's coverage as one: touching or overlapping pieces of any membership are one stretch."""
    counted = sorted(
        (piece for piece in found if piece.kind is not Kind.FREE),
        key=lambda piece: (piece.starts_at, piece.membership, piece.ends_at, piece.plan or ""),
    )
    merged: list[list[Piece]] = []
    reach: list[datetime] = []
    for piece in counted:
        if merged and piece.starts_at <= reach[-1]:
            merged[-1].append(piece)
            reach[-1] = max(reach[-1], piece.ends_at)
        else:
            merged.append([piece])
            reach.append(piece.ends_at)
    return [
        Stretch(
            starts_at=group[0].starts_at,
            ends_at=end,
            is_first=number == 0,
            membership=group[0].membership,
            plan=group[0].plan,
            pledge=group[0].pledge,
            inferred=any(piece.inferred for piece in group),
        )
        for number, (group, end) in enumerate(zip(merged, reach, strict=True))
    ]


def until(start: datetime, end: datetime, ended: datetime | None) -> list[Span]:
    """The span from `start` to `end`, or to `ended` where that is earlier; none where nothing is left."""
    last = end if ended is None else min(end, ended)
    return [Span(start, last)] if start < last else []


def without(spans: Sequence[Span], cuts: Sequence[Span]) -> list[Span]:
    """What is left of `spans` outside all `cuts`."""
    left = list(spans)
    for cut in cuts:
        left = [
            Span(start, end)
            for span in left
            for start, end in pairwise(sorted({span.starts_at, *_inside(span, cut), span.ends_at}))
            if end <= cut.starts_at or start >= cut.ends_at
        ]
    return left


def _inside(span: Span, cut: Span) -> list[datetime]:
    return [at for at in (cut.starts_at, cut.ends_at) if span.starts_at < at < span.ends_at]
