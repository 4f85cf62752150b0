"""Deferred revenue: what was billed becomes revenue by day, as a product says (RULES 7).

A payment is parted among the lines that it paid for; each part, a `Piece`, is folded from what came and went on
which day. Amounts are minor units of the settlement currency, days are in the deployment's zone. The order in
which movements are handed in changes nothing.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

EXCHANGE, CONTRIBUTION = "exchange", "contribution"
_PERCENT = re.compile(r"([0-9]{1,3}(?:[.,][0-9]{1,6})?)\s*%?")


@dataclass(frozen=True, slots=True)
class Line:
    """What a payment paid for: one line of an invoice, or one item of a session."""

    product: str
    """Empty where it is not known."""
    weight: int
    """Its amount on the invoice, in any one currency; below 0 where it gives unused time back."""
    first_on: date
    """The first day that counts."""
    days: int
    """From the first local day to the one before the period's end; 0: it buys no time, and counts at receipt."""
    exchange: Fraction
    """The share of it that is earned by day, 0 to 1; the rest is earned at receipt."""


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that came or went on one day."""

    on: date
    """The day it was booked; of what was booked late, the first day of its booked month."""
    amount_minor: int
    """Gross, with tax; below 0 where it went back."""
    is_billing: bool
    """A charge; all else is money that went back, or came again."""


@dataclass(frozen=True, slots=True)
class Payment:
    """One charge in one currency, with all that became of it."""

    lines: tuple[Line, ...]
    movements: tuple[Movement, ...]
    ended_on: date | None = None
    """The day on which its subscription ended; what is still undelivered then is earned on it."""
    tax_minor: int = 0
    total_minor: int = 0
    """Of the invoice, in its own currency: the proportion of tax within what was paid."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One line's part of a payment, without tax."""

    line: Line
    ended_on: date | None
    billed: tuple[tuple[date, int], ...]
    """By day; of the line's sign."""
    gone: tuple[tuple[date, int], ...]
    """What went back, by day; of the other sign where it came again."""


@dataclass(frozen=True, slots=True)
class Row:
    """One product's month in one currency: opening + billed - recognised - refunded = closing."""

    opening_minor: int = 0
    billed_minor: int = 0
    recognised_minor: int = 0
    refunded_minor: int = 0
    closing_minor: int = 0

    @property
    def is_closed(self) -> bool:
        moved = self.billed_minor - self.recognised_minor - self.refunded_minor
        return self.opening_minor + moved == self.closing_minor

    def __add__(self, other: "Row") -> "Row":
        return Row(
            self.opening_minor + other.opening_minor,
            self.billed_minor + other.billed_minor,
            self.recognised_minor + other.recognised_minor,
            self.refunded_minor + other.refunded_minor,
            self.closing_minor + other.closing_minor,
        )

    def times(self, count: int) -> "Row":
        """So many alike."""
        return Row(
            self.opening_minor * count,
            self.billed_minor * count,
            self.recognised_minor * count,
            self.refunded_minor * count,
            self.closing_minor * count,
        )

    def opened_at(self, frozen_minor: int) -> "Row":
        """The same month after a closed one: its closing opens this one, what was learned since is caught up here.

        What was booked is in the months it was booked in, so only what is recognised can have changed.
        """
        late = frozen_minor - self.opening_minor
        recognised = self.recognised_minor + late
        return Row(frozen_minor, self.billed_minor, recognised, self.refunded_minor, self.closing_minor)


def exchange_of(said: str | None) -> Fraction | None:
    """What a product's `metadata.revenue` says: the share earned by day, 0 to 1; None where it is no such word.

    `exchange` is all of it, `contribution` nothing, `30`, `30%` or `12.5 %` so much of exchange. `0.3` may mean 30
    or 0.3 per cent, and is no word; `0.3%` is.
    """
    word = (said or "").strip().lower()
    if word in (EXCHANGE, CONTRIBUTION):
        return Fraction(word == EXCHANGE)
    found = _PERCENT.fullmatch(word)
    if found is None:
        return None
    percent = Fraction(found[1].replace(",", "."))
    is_doubtful = 0 < percent < 1 and not word.endswith("%")  # a part of 1, or of 100?
    return None if is_doubtful or percent > 100 else percent / 100


def allot(amount: int, weights: Sequence[int]) -> list[int]:
    """Whole units by weight that add up to `amount`: the largest remainders first, the earlier of equal ones.

    Weights may be below 0, their sum may not be 0. Minus the amount gives minus the parts.
    """
    total, sign = sum(weights), -1 if amount < 0 else 1
    quotas = [divmod(abs(amount) * weight * (1 if total > 0 else -1), abs(total)) for weight in weights]
    parts = [whole for whole, _ in quotas]
    ranked = sorted(range(len(weights)), key=lambda place: (-quotas[place][1], place))
    for place in ranked[: abs(amount) - sum(parts)]:
        parts[place] += 1
    return [sign * part for part in parts]


def pieces(payment: Payment) -> list[Piece]:
    """A payment's lines, each with its part of all that came and went; they add up to it without tax, every day.

    Parts are those of the sums up to a day, less those up to the day before: what goes back in many steps goes
    back whole. Where lines come to nothing together, those above 0 alone tell the proportions.
    """
    lines = [line for line in payment.lines if line.weight]
    if sum(line.weight for line in lines) <= 0:
        lines = [line for line in lines if line.weight > 0]
    if not lines:
        return []
    billed = _parted([one for one in payment.movements if one.is_billing], 1, lines, payment)
    gone = _parted([one for one in payment.movements if not one.is_billing], -1, lines, payment)
    return [
        Piece(line, payment.ended_on, tuple(billed[place]), tuple(gone[place])) for place, line in enumerate(lines)
    ]


def _parted(
    movements: Iterable[Movement], sign: int, lines: Sequence[Line], payment: Payment
) -> list[list[tuple[date, int]]]:
    """For each line, what each day moved."""
    by_day: dict[date, int] = defaultdict(int)
    for one in movements:
        by_day[one.on] += sign * one.amount_minor
    found: list[list[tuple[date, int]]] = [[] for _ in lines]
    gross, was = 0, [0] * len(lines)
    for day, amount in sorted(by_day.items()):
        gross += amount
        parts = allot(without_tax(gross, payment.tax_minor, payment.total_minor), [one.weight for one in lines])
        for place, part in enumerate(parts):
            if part != was[place]:
                found[place].append((day, part - was[place]))
        was = parts
    return found


def without_tax(gross_minor: int, tax_minor: int, total_minor: int) -> int:
    """What of an amount is not the reader's tax, by the invoice's proportion; rounded half to even."""
    if not tax_minor or not total_minor:
        return gross_minor
    return gross_minor - round(Fraction(tax_minor * gross_minor, total_minor))


def undelivered(piece: Piece, on: date) -> int:
    """What of a piece is still deferred at the end of that day.

    Money that comes again takes the latest that went back off: afterwards it is as if that had never gone. What
    went back on a day goes before that day is delivered.
    """
    billed = [(day, amount) for day, amount in piece.billed if day <= on]
    if not billed or not piece.line.days or not piece.line.exchange:
        return 0
    sign = 1 if piece.line.weight > 0 else -1
    spread, start, total, earned_by_day = 0, 0, 0, 0
    came = [(day, False, sign * amount) for day, amount in billed]
    went = [(max(day, billed[0][0]), True, amount) for day, amount in _still_gone(piece, on, sign)]
    for day, is_gone, amount in sorted(came + went):
        place = _delivered_before(piece, day)
        if is_gone:
            spread, start = max(0, _left(piece, spread, start, place) - amount), place
        elif not total:
            total, earned_by_day = amount, round(amount * piece.line.exchange)
            spread, start = earned_by_day, 0
        else:
            total, was = total + amount, earned_by_day
            earned_by_day = round(total * piece.line.exchange)
            more = _left(piece, earned_by_day - was, 0, place)
            spread, start = _left(piece, spread, start, place) + more, place
    return sign * _left(piece, spread, start, _delivered_through(piece, on))


def _still_gone(piece: Piece, on: date, sign: int) -> list[tuple[date, int]]:
    """What went back until then and did not come again, by the day that it went."""
    kept: list[tuple[date, int]] = []
    ahead = 0  # what came again before it went: booked in another order than it happened
    for day, moved in piece.gone:
        if day > on:
            break
        amount = sign * moved + ahead
        while amount < 0 and kept:
            last, gone = kept.pop()
            amount += gone
            if amount > 0:
                kept.append((last, amount))
                amount = 0
        ahead = min(0, amount)
        if amount > 0:
            kept.append((day, amount))
    return kept


def _left(piece: Piece, amount: int, start: int, place: int) -> int:
    """What is left of an amount spread from day `start` on when `place` days are delivered: whole units a day,
    the remainder on the last."""
    days = piece.line.days
    return 0 if place >= days else amount - amount // (days - start) * (place - start)


def _delivered_before(piece: Piece, day: date) -> int:
    if piece.ended_on is not None and day > piece.ended_on:
        return piece.line.days
    return min(max((day - piece.line.first_on).days, 0), piece.line.days)


def _delivered_through(piece: Piece, day: date) -> int:
    if piece.ended_on is not None and day >= piece.ended_on:
        return piece.line.days
    return min(max((day - piece.line.first_on).days + 1, 0), piece.line.days)


def row(piece: Piece, before: date, last: date) -> Row:
    """What a piece adds to the month that begins after the day `before` and ends with `last`."""
    opening, closing = undelivered(piece, before), undelivered(piece, last)
    billed = sum(amount for day, amount in piece.billed if before < day <= last)
    refunded = sum(amount for day, amount in piece.gone if before < day <= last)
    return Row(opening, billed, opening + billed - refunded - closing, refunded, closing)


def joined(
    computed: Mapping[tuple[str, str], Row], frozen: Mapping[tuple[str, str], int]
) -> dict[tuple[str, str], Row]:
    """The month as the closed one before it opens it; also what was open then and is nothing now."""
    keys = computed.keys() | frozen.keys()
    return {key: computed.get(key, Row()).opened_at(frozen.get(key, 0)) for key in sorted(keys)}
