"""Deferred revenue once more, day by day with a cell for each day of a period: slow, and another way than ours."""

from collections import Counter
from datetime import date, timedelta

from tracker.core.deferred import Payment, Piece, pieces


def tells(payment: Payment, first: date, last: date) -> Counter[tuple[tuple[str, str], date]]:
    """((product, figure), day) -> minor units: what each day billed, refunded, recognised, and left deferred."""
    found: Counter[tuple[tuple[str, str], date]] = Counter()
    for piece in pieces(payment):
        product, was = piece.line.product, 0
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            billed = sum(amount for on, amount in piece.billed if on == day)
            refunded = sum(amount for on, amount in piece.gone if on == day)
            deferred = sum(_cells(piece, day))
            found[(product, "billed"), day] += billed
            found[(product, "refunded"), day] += refunded
            found[(product, "recognised"), day] += was + billed - refunded - deferred
            found[(product, "deferred"), day] += deferred
            was = deferred
    return found


def _cells(piece: Piece, until: date) -> list[int]:
    """What each day of the period still has to earn when the day `until` is over, told from the beginning."""
    sign = 1 if piece.line.weight > 0 else -1
    billed = [(on, sign * amount) for on, amount in piece.billed if on <= until]
    if not billed or not piece.line.days:
        return [0]
    began, total = billed[0][0], sum(amount for _, amount in billed)
    assert len(billed) == 1, "a charge is booked once"
    went = _standing([(on, sign * amount) for on, amount in piece.gone if on <= until])
    cells = _even(round(total * piece.line.exchange), piece.line.days)
    day, done = min([began, piece.line.first_on, *(on for on, _ in went), piece.ended_on or began]), 0
    while day <= until:
        for on, amount in went:
            if max(on, began) == day:
                left = max(0, sum(cells[done:]) - amount)
                cells[done:] = _even(left, len(cells) - done) if done < len(cells) else []
        if day == piece.ended_on:
            done = len(cells)
        elif done < len(cells) and day >= piece.line.first_on:
            done += 1
        day += timedelta(days=1)
    return [sign * cell for cell in cells[done:]]


def _even(amount: int, days: int) -> list[int]:
    return [amount // days] * (days - 1) + [amount - amount // days * (days - 1)]


def _standing(moves: list[tuple[date, int]]) -> list[tuple[date, int]]:
    """Unit by unit: what comes again is the unit that went last."""
    units: list[date] = []
    owed = 0
    for on, amount in sorted(moves):
        if amount > 0:
            paid = min(owed, amount)
            owed -= paid
            units += [on] * (amount - paid)
        else:
            back = min(len(units), -amount)
            del units[len(units) - back :]
            owed += -amount - back
    return sorted(Counter(units).items())
