"""Which milestones a count has passed, and when a campaign is behind its path for long enough to be told."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tracker.core.campaign import Campaign

STEP_PERCENT = 10
BEHIND_PERCENT = 5
BEHIND_DAYS = 3


@dataclass(frozen=True, slots=True)
class Milestone:
    """A figure that is told once when the count first reaches it."""

    goal: int
    """The campaign's goal or a stretch goal, in the metric's unit."""
    percent: int
    """Of that goal: 10, 20 ... 100; 100 alone for a stretch goal."""

    @property
    def name(self) -> str:
        """What it is kept by: another goal has milestones of its own."""
        return f"{self.percent}:{self.goal}"

    def is_reached(self, count: int) -> bool:
        return count * 100 >= self.goal * self.percent


def read(name: str) -> Milestone | None:
    """The milestone of a name; None for any other text."""
    percent, _, goal = name.partition(":")
    return Milestone(int(goal), int(percent)) if percent.isdecimal() and goal.isdecimal() else None


def milestones(campaign: Campaign) -> list[Milestone]:
    """All of a campaign, rising."""
    steps = [Milestone(campaign.goal, percent) for percent in range(STEP_PERCENT, 101, STEP_PERCENT)]
    return steps + [Milestone(goal, 100) for goal in campaign.stretch_goals]


def first_look(campaign: Campaign) -> str:
    """The mark that this goal was looked at before: what was passed by then is no news."""
    return f"0:{campaign.goal}"


def news(campaign: Campaign, count: int, noted: Collection[str]) -> tuple[list[Milestone], Milestone | None]:
    """(the milestones to note now, the one of them to tell).

    At the first look nothing is told; of several passed at once, as by an import, only the highest is.
    """
    fresh = [one for one in milestones(campaign) if one.is_reached(count) and one.name not in noted]
    if first_look(campaign) not in noted:
        return [Milestone(campaign.goal, 0), *fresh], None
    return fresh, fresh[-1] if fresh else None


def is_behind(ends: Sequence[tuple[int, float]]) -> bool:
    """Whether each of the last days ended below the path by more than 5 %, and by a whole one at least.

    `ends`: (count, path) at the end of each of the last BEHIND_DAYS days, in the metric's unit.
    """
    return len(ends) >= BEHIND_DAYS and all(
        path - count >= 1 and (path - count) * 100 > path * BEHIND_PERCENT for count, path in ends[-BEHIND_DAYS:]
    )
