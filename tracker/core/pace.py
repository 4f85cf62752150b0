"""The goal's path through the year: growth follows the calendar, never a straight line (DASHBOARD)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tracker.core.campaign import Campaign, Metric, percent
from tracker.core.forecast.season import SEASON, days_from, share_of


def path(
    opening: int, goal: int, starts_on: date, ends_on: date, season: Sequence[float] = SEASON
) -> list[tuple[date, float]]:
    """Where the count should stand at the end of each day to end on `goal` along the season's curve.

    Shape: one (day, persons) for every day from `starts_on` to `ends_on`, both included; the last is the goal.
    """
    days = days_from(starts_on, ends_on)
    weights = [share_of(day, season) for day in days]
    total = sum(weights)
    points, so_far = [], 0.0
    for day, weight in zip(days, weights, strict=True):
        so_far += weight
        points.append((day, opening + (goal - opening) * so_far / total))
    return points


@dataclass(frozen=True, slots=True)
class Course:
    """A campaign's path: where the count should stand at the end of each of its days."""

    opening: int
    points: tuple[tuple[date, float], ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """The number beside the goal and the path, at one instant."""

    count: int
    goal: int
    on_path: int
    """Where the path stands at this instant, rounded."""
    days_left: int
    """Whole days after this one up to the last; 0 on it, below 0 afterwards."""

    @property
    def ahead(self) -> int:
        return self.count - self.on_path

    @property
    def percent(self) -> int:
        return percent(self.count, self.goal)


def course(campaign: Campaign, opening: int) -> Course:
    """From the first day's members, or from nothing for the other metrics."""
    start = opening if campaign.metric is Metric.ACTIVE_MEMBERS else 0
    return Course(start, tuple(path(start, campaign.goal, campaign.starts_on, campaign.ends_on)))


def stands_at(along: Course, campaign: Campaign, at: datetime) -> int:
    """The path at an instant, rounded: within a day it rises evenly from the end of the day before."""
    if at <= campaign.starts_at:
        return along.opening
    if at >= campaign.ends_at:
        return campaign.goal
    local, ends = at.astimezone(campaign.zone), dict(along.points)
    before = ends.get(local.date() - timedelta(days=1), float(along.opening))
    share = (local.hour * 60 + local.minute) / (24 * 60)
    return round(before + (ends[local.date()] - before) * share)
