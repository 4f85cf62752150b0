"""Recurring revenue by day and what moved it (RULES 4), exact: minor units kept apart by currency and length.

The value of `n` minor units a length is n divided by its months: a Fraction, rounded once when shown.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from tracker.core.calendar import local_day
from tracker.core.coverage import Kind, Piece
from tracker.core.terms import months_in

MOVES = ("new", "returned", "up", "down", "lost", "into_collection", "collected")
"""Opening and all of these, signed as they are, are the closing; `lost` and `into_collection` are below 0.

A term's end without a next one is `into_collection` while the grace lasts. Paid after all it is `collected`; given
up, `into_collection` is taken back, and the same amount is `lost`.
"""

Amounts = Mapping[str, int]
"""Minor units by length."""


@dataclass(frozen=True, slots=True)
class Worthy:
    """What a membership brings at the close of each day from `first` until before `end`."""

    membership: str
    currency: str
    length: str
    amount_minor: int
    is_collected: bool
    """In grace: it would bring that, if it were paid."""
    first: date
    end: date


def value(amounts: Amounts) -> Fraction:
    """Minor units a month."""
    return sum((Fraction(n) / months_in(length) for length, n in amounts.items()), Fraction(0))


def movements(found: Iterable[Piece], zone: ZoneInfo) -> Counter[tuple[str, str, date]]:
    """(move, "EUR/12", day) -> minor units, of one person: the changes between the closes of days in `zone`."""
    every = [worthy for piece in found if (worthy := _worthy(piece, zone))]
    moved: Counter[tuple[str, str, date]] = Counter()
    for currency in sorted({one.currency for one in every}):
        own = [one for one in every if one.currency == currency]
        before = _Close((), has_been=False)
        for day in sorted({day for one in own for day in (one.first, one.end)}):
            after = _Close(
                tuple(one for one in own if one.first <= day < one.end), before.has_been or before.is_any
            )
            for move, length, amount in _moves(before, after):
                moved[move, f"{currency}/{length}", day] += amount
            before = after
    return Counter({key: amount for key, amount in moved.items() if amount})


def _worthy(piece: Piece, zone: ZoneInfo) -> Worthy | None:
    worth = piece.worth
    if worth is None or piece.kind is Kind.FREE:
        return None
    end: datetime = piece.ends_at if worth.until_at is None else min(piece.ends_at, worth.until_at)
    first, last = local_day(piece.starts_at, zone), local_day(end, zone)
    if first >= last:
        return None
    is_collected = piece.kind is Kind.GRACE
    return Worthy(piece.membership, worth.currency, worth.length, worth.amount_minor, is_collected, first, last)


@dataclass(frozen=True, slots=True)
class _Close:
    """What stands at the close of a day."""

    standing: tuple[Worthy, ...]
    has_been: bool
    """There was something before."""

    @property
    def is_any(self) -> bool:
        return bool(self.standing)

    def brings(self) -> list[tuple[str, str, int, bool]]:
        """What stands, whatever the days are."""
        return sorted((one.membership, one.length, one.amount_minor, one.is_collected) for one in self.standing)

    def amounts(self) -> Counter[str]:
        return _sum(self.standing)

    def collected(self) -> dict[str, Counter[str]]:
        """By membership what is being collected."""
        names = {one.membership for one in self.standing if one.is_collected}
        return {
            name: _sum(one for one in self.standing if one.membership == name and one.is_collected)
            for name in names
        }

    def paying(self) -> set[str]:
        return {one.membership for one in self.standing if not one.is_collected}


def _sum(standing: Iterable[Worthy]) -> Counter[str]:
    amounts: Counter[str] = Counter()
    for one in standing:
        amounts[one.length] += one.amount_minor
    return amounts


def _moves(before: _Close, after: _Close) -> Iterable[tuple[str, str, int]]:
    """(move, length, minor units). What is collected counts as standing, and is taken off by a move of its own."""
    if before.brings() == after.brings():  # an ordinary renewal
        return
    was, becomes = before.amounts(), after.amounts()
    move = _move(before, after, value(becomes) - value(was))
    for length in sorted(was.keys() | becomes.keys()):
        yield move, length, becomes[length] - was[length]
    earlier, later = before.collected(), after.collected()
    for name in sorted(earlier.keys() | later.keys()):
        held, holds = earlier.get(name, Counter[str]()), later.get(name, Counter[str]())
        is_paid = name in after.paying() and value(holds) < value(held)
        for length in sorted(held.keys() | holds.keys()):
            yield "collected" if is_paid else "into_collection", length, held[length] - holds[length]


def _move(before: _Close, after: _Close, change: Fraction) -> str:
    if not before.is_any:
        return "returned" if before.has_been else "new"
    if not after.is_any:
        return "lost"
    return "up" if change > 0 else "down"
