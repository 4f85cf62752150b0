"""The membership campaigns of the demo's story: on other days from year to year, as campaigns move.

| drive | 2024 | 2025 | 2026 | 2027 |
|---|---|---|---|---|
| spring | 18 March - 7 April | 1 - 21 April | 16 March - 5 April | 6 - 26 April |
| birthday week | 10 - 16 June | 9 - 15 June | 8 - 14 June | 7 - 13 June |
| back from the holidays | 9 - 22 Sept | 22 Sept - 5 Oct | 14 - 27 Sept | 20 Sept - 3 Oct |
| year end | 26 Nov - 31 Dec | 2 - 31 Dec | 24 Nov - 31 Dec | 30 Nov - 31 Dec |

The birthday is 10 June, in a week from Monday on. The year's end is asked for from the Tuesday before Thanksgiving
in even years, from the Tuesday after it, Giving Tuesday, in odd ones; letters go to all readers on the first
day, on Giving Tuesday, on 16 and 28 December.

    python -m tracker.sandbox.drives 2024 2026    # as a campaign file declares them
"""

import sys
from dataclasses import dataclass
from datetime import date, timedelta

MONDAY, TUESDAY, THURSDAY = 0, 1, 3


@dataclass(frozen=True, slots=True)
class Drive:
    """One campaign of one year, in days of the publisher's zone; `last_on` is inside it."""

    name: str
    first_on: date
    last_on: date
    lift: float
    """Multiples of a quiet day that any of its days brings besides."""
    letters: tuple[date, ...]
    """Days of a letter to all readers."""
    letter: float
    """More on such a day; half of it on the next."""
    closing: float
    """More on its last two days."""

    def weight(self, day: date) -> float:
        """Multiples of a quiet day that the drive brings on `day`; 0.0 outside it."""
        if not self.first_on <= day <= self.last_on:
            return 0.0
        fresh = 1.0 * (day in self.letters) + 0.5 * (day - timedelta(days=1) in self.letters)
        closing = self.closing if (self.last_on - day).days < 2 else 0.0
        return self.lift + self.letter * fresh + closing


def drives(year: int) -> tuple[Drive, ...]:
    """The year's drives, by their first day."""
    is_even = year % 2 == 0
    thanksgiving = _nth(year, 11, THURSDAY, 4)
    spring = _nth(year, 3, MONDAY, 3) if is_even else _nth(year, 4, TUESDAY, 1)
    birthday = date(year, 6, 10)
    autumn = _nth(year, 9, MONDAY, 2) if is_even else _from(date(year, 9, 20), MONDAY)
    year_end = thanksgiving + timedelta(days=-2 if is_even else 5)
    letters = (year_end, thanksgiving + timedelta(days=5), date(year, 12, 16), date(year, 12, 28))
    return (
        _lasting("spring", spring, 21, 1.0, 2.2, 1.8),
        _lasting("birthday week", birthday - timedelta(days=birthday.weekday()), 7, 1.3, 1.8, 1.2),
        _lasting("back from the holidays", autumn, 14, 1.1, 1.7, 1.4),
        Drive("year end", year_end, date(year, 12, 31), 3.2, letters, 5.0, 8.0),
    )


def as_toml(first_year: int, last_year: int) -> str:
    """The drives of these years, both inside, as `[[drives]]` of a campaign file: name, first_on, last_on."""
    told = [drive for year in range(first_year, last_year + 1) for drive in drives(year)]
    return "".join(
        f'\n[[drives]]\nname = "{drive.name}"\nfirst_on = {drive.first_on}\nlast_on = {drive.last_on}\n'
        for drive in told
    )


def _lasting(name: str, first_on: date, days: int, lift: float, letter: float, closing: float) -> Drive:
    return Drive(name, first_on, first_on + timedelta(days=days - 1), lift, (first_on,), letter, closing)


def _from(day: date, weekday: int) -> date:
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    return _from(date(year, month, 1), weekday) + timedelta(weeks=nth - 1)


if __name__ == "__main__":
    sys.stdout.write(as_toml(int(sys.argv[1]), int(sys.argv[2])))
