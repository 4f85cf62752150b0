"""Growth in more detail than the bridge: by group, by month of joining, by what is due, in recurring money.

Values that every face draws. Days are in the campaign's zone; money is minor units, with its currency beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Moves:
    """What moved a number of persons: opening + joined + returned + moved_in - left - moved_out = closing."""

    opening: int
    joined: int = 0
    returned: int = 0
    moved_in: int = 0
    """Covered before, too, but in another group."""
    left: int = 0
    moved_out: int = 0

    @property
    def closing(self) -> int:
        return self.opening + self.joined + self.returned + self.moved_in - self.left - self.moved_out


@dataclass(frozen=True, slots=True)
class GroupBridge:
    """One plan's, country's, article's or placement's own bridge over the days that were asked for."""

    key: str
    """Empty where it is not known."""
    moves: Moves


@dataclass(frozen=True, slots=True)
class GroupDay:
    """One day of the bridge of those persons whom the filters name."""

    day: date
    moves: Moves


@dataclass(frozen=True, slots=True)
class Joins:
    """One whole day of coming."""

    day: date
    joined: int
    returned: int


@dataclass(frozen=True, slots=True)
class Cohort:
    """Those who joined in one month: how many of them were covered at each monthly return of their joining."""

    month: date
    """Its first day."""
    kept: tuple[int, ...]
    """After 0, 1, 2 ... months; `kept[0]` is how many joined. As far as the whole month has come."""


@dataclass(frozen=True, slots=True)
class Due:
    """Subscriptions whose paid term ends on one day, with nothing following it yet."""

    day: date
    length: str
    """Months as a number, or days with a `d`."""
    is_first: bool
    standing: str
    """fine | failing | leaving"""
    count: int


@dataclass(frozen=True, slots=True)
class Renewed:
    """Of the terms that ended in the past, how many were followed by another within their grace."""

    length: str
    is_first: bool
    standing: str
    """fine: nobody had cancelled by then; failing: those of the fine that were not paid within a day; leaving"""
    due: int
    kept: int


@dataclass(frozen=True, slots=True)
class Amount:
    """Recurring money a month, exact: minor units of a currency, rounded once when shown."""

    currency: str
    a_month: Fraction


@dataclass(frozen=True, slots=True)
class Week:
    """Renewals due in the week that begins on that day, at most until the campaign's last day."""

    first: date
    fine: int
    failing: int
    leaving: int


@dataclass(frozen=True, slots=True)
class AtRisk:
    """Who may be lost, now."""

    in_grace: int
    """Persons covered by grace alone: their payment failed or is late."""
    in_grace_pay: tuple[Amount, ...]
    """What they would pay."""
    leaving: int
    """Subscriptions that are set to end by the deadline."""
    leaving_pay: tuple[Amount, ...]
    weeks: tuple[Week, ...]
    """From today until the deadline."""


@dataclass(frozen=True, slots=True)
class RenewalRow:
    """One subscription behind such a number; the person's id, and nothing that says who it is."""

    person: str
    membership: str
    plan: str
    since: datetime
    """When the membership began."""
    due_at: datetime
    until_at: datetime
    """The end of the grace after it, as far as it is known."""
    length: str
    standing: str
    currency: str
    amount_minor: int
    """For each `length`."""


@dataclass(frozen=True, slots=True)
class Raised:
    """Money that came in during one month, minor units of one currency; below 0 where more went back (RULES 4)."""

    first: date
    """The month's first day."""
    currency: str
    membership_minor: int
    donation_minor: int
    offline_minor: int
    """Receipts outside Stripe, whatever they were for."""

    @property
    def total_minor(self) -> int:
        return self.membership_minor + self.donation_minor + self.offline_minor


@dataclass(frozen=True, slots=True)
class Revenue:
    """Recurring revenue at the close of a day or a month: opening and all moves are the closing, exactly."""

    first: date
    """The day, or the month's first."""
    currency: str
    opening: Fraction
    """Minor units a month."""
    moves: Mapping[str, Fraction]
    """By move (core/recurring.py), signed as they are added."""
    closing: Fraction
