"""A campaign: a goal, a metric, a first and a last day in a time zone, and the products that make a member."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from tracker.core.annotations import Drive
from tracker.core.calendar import day_start, local_day
from tracker.core.gifts import Gifts

__all__ = ["Campaign", "Metric", "Plan", "Publisher", "State", "day_start", "local_day", "percent"]


class Metric(StrEnum):
    """What the goal is counted in (RULES 4)."""

    ACTIVE_MEMBERS = "active_members"
    NEW_MEMBERS = "new_members"
    AMOUNT_RAISED = "amount_raised"


class State(StrEnum):
    """What every surface says of the campaign now; `unknown` goes with no number at all."""

    RUNNING = "running"
    REACHED = "reached"
    ENDED = "ended"
    OFF = "off"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Plan:
    """One offer on the join page."""

    price: str
    """The Stripe price id; amount, currency and interval are read from Stripe, never from a form."""
    name: Mapping[str, str]
    """The plan's name by locale."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Whom the reader joins."""

    name: str = ""
    logo: str = ""
    accent: str = "#8a1f11"
    """The campaign's one colour, #rrggbb."""
    contact: str = ""
    terms_url: str = ""
    privacy_url: str = ""


@dataclass(frozen=True, slots=True)
class Campaign:
    """Frozen as staff wrote it; days are cut in `timezone` (RULES 5)."""

    slug: str
    name: str
    goal: int
    """Persons, or minor units of `currency` for amount_raised; above 0."""
    starts_on: date
    ends_on: date
    """The last day, whole."""
    timezone: str
    products: tuple[str, ...]
    metric: Metric = Metric.ACTIVE_MEMBERS
    currency: str = "EUR"
    donation_products: tuple[str, ...] = ()
    grace_days: int = 30
    allowed_hosts: tuple[str, ...] = ()
    is_off: bool = False
    """The kill switch: every surface falls silent."""
    quiet_paths: tuple[str, ...] = ()
    """Beginnings of article paths on which the script shows no banner: `/obituaries/`."""
    quiet_sections: tuple[str, ...] = ()
    """Sections (`article:section`) in which the script shows no banner."""
    stretch_goals: tuple[int, ...] = ()
    """Higher goals, rising, each taken up when the one before is reached."""
    bar_from: int = 0
    """Percent of the goal below which the banner draws no bar and tells of the week's joiners instead."""
    publisher: Publisher = Publisher()
    plans: tuple[Plan, ...] = ()
    gifts: Gifts = field(default_factory=Gifts)
    copy: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Texts by locale: headline, appeal, button, reached, ended."""
    drives: tuple[Drive, ...] = ()
    """Drives that the file tells; staff add others on the calendar (ledger/annotations.py)."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def starts_at(self) -> datetime:
        return day_start(self.starts_on, self.zone)

    @property
    def ends_at(self) -> datetime:
        """The deadline: 00:00 after the last day, as an instant (RULES 5)."""
        return day_start(self.ends_on + timedelta(days=1), self.zone)

    def goal_for(self, count: int | None) -> int:
        """The goal that the banner measures `count` by: the first one not yet reached, else the last."""
        goals = (self.goal, *self.stretch_goals)
        return next((goal for goal in goals if count is None or count < goal), goals[-1])

    def state(self, count: int | None, at: datetime) -> State:
        """RULES 4: reached means count >= goal now, not latched; ended wins over it."""
        if self.is_off:
            return State.OFF
        if count is None:
            return State.UNKNOWN
        if at >= self.ends_at:
            return State.ENDED
        return State.REACHED if count >= self.goal else State.RUNNING


def percent(count: int, goal: int) -> int:
    """Whole percent of the goal, rounded down (RULES 4); may pass 100, or fall below 0."""
    return count * 100 // goal
