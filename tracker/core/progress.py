"""The campaign's number with its neighbours and its bridge, as values that every face draws (RULES 4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from tracker.core.campaign import State


@dataclass(frozen=True, slots=True)
class Progress:
    """The count at one instant; all in persons but pledges and objects; money in minor units."""

    campaign: str
    metric: str
    goal: int
    count: int | None
    """None while nothing true can be said: before the first sync is whole."""
    at: datetime
    """The count is of the persons covered just before this instant."""
    as_of: datetime | None
    """The last instant up to which Stripe was checked and everything stored was processed."""
    state: State
    opening: int = 0
    joined: int = 0
    returned: int = 0
    left: int = 0
    """opening + joined + returned - left = closing, since the campaign's first day."""
    pending: int = 0
    pledges_open: int = 0
    complimentary: int = 0
    in_grace: int = 0
    offline: int = 0
    """Counted through offline memberships alone; for amount_raised, the count's receipts outside Stripe."""
    unsettled: int = 0
    possible_duplicates: int = 0
    other_currencies: Mapping[str, int] = field(default_factory=dict)
    """For amount_raised: what came in in other currencies, minor units by ISO code; never added (RULES 4)."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the bridge: opening + joined + returned - left = closing, always to zero."""

    day: date
    opening: int
    joined: int
    returned: int
    left: int
    closing: int
    inferred: bool
    """Some of the day's movements rest on what only a sweep noticed, or lie before we were connected."""


@dataclass(frozen=True, slots=True)
class GroupedDay(Day):
    """One day of a group's bridge: opening + joined + returned + moved_in - left - moved_out = closing."""

    moved_in: int = 0
    """Covered before, too, but in another group."""
    moved_out: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """What one article, placement or source brought."""

    key: str
    views: int
    clicks: int
    pledges: int
    joined: int
    retained: int | None
    """Still covered 90 days after joining; None before that day."""


@dataclass(frozen=True, slots=True)
class Loading:
    """How far the first sync of an account has come."""

    phase: str
    """memberships | invoices | people | ledger"""
    done: int
    total: int | None
    """None while Stripe has not told how many there are."""
