"""What a forecast is made from: counts a day, renewals due, drives in the calendar. Plain numbers and days."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from tracker.core.forecast.season import SEASON

Standing = Literal["fine", "failing", "leaving"]
Metric = Literal["active_members", "new_members", "amount_raised"]


@dataclass(frozen=True, slots=True)
class Drive:
    """A membership campaign in the calendar, past or planned; both days belong to it."""

    first_on: date
    last_on: date
    name: str = ""
    lift: float | None = None
    """Multiple of the ordinary joins on its days; None: measured from earlier drives."""

    @property
    def days(self) -> int:
        return (self.last_on - self.first_on).days + 1


@dataclass(frozen=True, slots=True)
class Due:
    """Memberships that end on a day unless they are renewed, as the renewal calendar knows it."""

    on: date
    months: int
    is_first: bool
    standing: Standing
    """`fine`; `failing`: the payment was refused; `leaving`: a scheduled cancellation, known and not guessed."""
    persons: int


@dataclass(frozen=True, slots=True)
class Renewed:
    """What became of renewals of one kind: of `due`, `kept` stayed."""

    months: int
    is_first: bool
    standing: Standing
    due: int
    kept: int


@dataclass(frozen=True, slots=True)
class Miss:
    """A past forecast of ours against what came: the joins of `lead` days from the day it was made on."""

    made_on: date
    lead: int
    log_error: float
    """Natural logarithm of actual by forecast median."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that a forecast rests on; equal inputs, draws and seed give the equal forecast."""

    on: date
    """The first day that is not over."""
    ends_on: date
    """The deadline, the whole day."""
    starts_on: date
    count: int
    """The metric at the end of the day before `on`."""
    goal: int
    joins: Sequence[tuple[date, int]]
    """Joined and returned a day up to the day before `on`; of `amount_raised` whole major units a day."""
    metric: Metric = "active_members"
    drives: tuple[Drive, ...] = ()
    due: tuple[Due, ...] = ()
    renewed: tuple[Renewed, ...] = ()
    misses: tuple[Miss, ...] = ()
    monthly_share: float = 0.5
    """Of new joins, how many pay by the month (0 to 1) and can leave soon; the rest pay by the year."""
    season: Sequence[float] = SEASON
    """A year's joins by month, January first: any unit, they are shared out."""
    joins_factor: float = 1.0
    lapses_factor: float = 1.0


def check(inputs: Inputs) -> None:
    """Raise ValueError where the inputs cannot be true, saying what was found and what is wanted."""
    for problem in (_counts(inputs), _days(inputs), _drives(inputs), _kinds(inputs)):
        if problem:
            raise ValueError(problem)


def fingerprint(inputs: Inputs) -> str:
    """SHA-256, hexadecimal, of the inputs in one canonical form: sorted names, ISO days, shortest decimals."""
    form = _plain(inputs) | {"joins": [(day.toordinal(), count) for day, count in inputs.joins]}
    text = json.dumps(form, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(one: Any) -> Any:
    return one.isoformat() if isinstance(one, date) else {name: getattr(one, name) for name in one.__slots__}


def _counts(inputs: Inputs) -> str | None:
    if inputs.metric not in ("active_members", "new_members", "amount_raised"):
        return f"metric is {inputs.metric!r}: it is active_members, new_members or amount_raised"
    if inputs.count < 0 or inputs.goal < 0:
        return f"count {inputs.count} and goal {inputs.goal}: neither can be below zero"
    if not 0 <= inputs.monthly_share <= 1:
        return f"monthly_share is {inputs.monthly_share}: a share from 0 to 1 is wanted"
    for name, factor in (("joins_factor", inputs.joins_factor), ("lapses_factor", inputs.lapses_factor)):
        if not 0 <= factor <= 1000:
            return f"{name} is {factor}: a multiple from 0 to 1000 is wanted"
    if len(inputs.season) != 12 or not all(0 <= share < 1e9 for share in inputs.season) or not sum(inputs.season):
        return "season: twelve shares are wanted, none below zero and not all zero"
    return None


def _days(inputs: Inputs) -> str | None:
    if inputs.ends_on < inputs.starts_on:
        return f"the campaign ends on {inputs.ends_on}, before it starts on {inputs.starts_on}"
    days = [day for day, _ in inputs.joins]
    if len(set(days)) < len(days):
        return "joins: a day stands there twice; give each day once"
    if days and max(days) >= inputs.on:
        return f"joins: {max(days)} is not over on {inputs.on}; give the days before it"
    if inputs.metric != "amount_raised" and any(count < 0 for _, count in inputs.joins):
        return "joins: a day has fewer than none"
    return None


def _drives(inputs: Inputs) -> str | None:
    for drive in inputs.drives:
        if drive.last_on < drive.first_on:
            return f"drive {drive.name!r} ends on {drive.last_on}, before it starts on {drive.first_on}"
        if drive.lift is not None and not 0 <= drive.lift <= 1000:
            return f"drive {drive.name!r} has lift {drive.lift}: a multiple from 0 to 1000 is wanted"
    return None


def _kinds(inputs: Inputs) -> str | None:
    kinds: tuple[Due | Renewed, ...] = (*inputs.due, *inputs.renewed)
    for one in kinds:
        if one.standing not in ("fine", "failing", "leaving") or one.months < 1:
            return f"renewals: {one} needs a standing of fine, failing or leaving, and a month or more"
    if any(due.persons < 0 for due in inputs.due):
        return "renewals due: fewer than no persons"
    for past in inputs.renewed:
        if not 0 <= past.kept <= past.due:
            return f"renewals of the past: {past.kept} stayed of {past.due}"
    for miss in inputs.misses:
        if miss.lead < 1 or not abs(miss.log_error) < 50:
            return f"past forecasts: {miss} needs a lead of a day or more and a finite error"
        if (inputs.on - miss.made_on).days < miss.lead:
            return f"past forecasts: {miss} is not over on {inputs.on}; give those that are"
    return None
