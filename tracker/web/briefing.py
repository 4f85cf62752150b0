"""What the audience team wants to know first, as values: where we stand, how lately went, week by week."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tracker.core.campaign import Campaign, Metric, local_day
from tracker.core.pace import Standing, course, stands_at
from tracker.core.progress import Day, GroupedDay, Progress

LATELY_DAYS = 7


@dataclass(frozen=True, slots=True)
class Lately:
    """The last whole days, at most seven, against what the path asks of the same days."""

    days: int
    joined: int
    returned: int
    left: int
    net: int
    asked: int | None
    """What the path grows by in these days, rounded; None where the goal is not counted in members."""

    @property
    def ahead(self) -> int | None:
        return None if self.asked is None else self.net - self.asked


@dataclass(frozen=True, slots=True)
class Span:
    """Days in a row with their bridge: opening + joined + returned + moved_in - left - moved_out = closing."""

    first: date
    last: date
    opening: int
    joined: int
    returned: int
    left: int
    closing: int
    inferred: bool
    moved_in: int = 0
    moved_out: int = 0


def standing(campaign: Campaign, progress: Progress, now: datetime) -> Standing | None:
    """Where the campaign stands; None while there is no count."""
    if progress.count is None:
        return None
    today = local_day(now, campaign.zone)
    return Standing(
        count=progress.count,
        goal=campaign.goal,
        on_path=stands_at(course(campaign, progress.opening), campaign, progress.at),
        days_left=(campaign.ends_on - today).days,
    )


def lately(campaign: Campaign, days: Sequence[Day], now: datetime) -> Lately | None:
    """The last whole days of the campaign; None before its first day is over."""
    today = local_day(now, campaign.zone)
    whole = [day for day in days if day.day < today and day.day <= campaign.ends_on][-LATELY_DAYS:]
    if not whole:
        return None
    asked = None
    if campaign.metric is Metric.ACTIVE_MEMBERS:
        ends = dict(course(campaign, days[0].opening).points)
        before = ends.get(whole[0].day - timedelta(days=1), float(days[0].opening))
        asked = round(ends[whole[-1].day] - before)
    return Lately(
        days=len(whole),
        joined=sum(day.joined for day in whole),
        returned=sum(day.returned for day in whole),
        left=sum(day.left for day in whole),
        net=whole[-1].closing - whole[0].opening,
        asked=asked,
    )


def spans(days: Sequence[Day], by: str) -> list[Span]:
    """The bridge by `month`, `week` (Monday to Sunday) or `day`, in the order of time; cut at both ends."""
    found: list[Span] = []
    for day in days:
        if found and not ends_span(found[-1].last, by):
            found[-1] = _longer(found[-1], day)
        else:
            found.append(_span(day))
    return found


def ends_span(day: date, by: str) -> bool:
    """Whether a span of `by` ends with this day."""
    if by == "day":
        return True
    return day.weekday() == 6 if by == "week" else (day + timedelta(days=1)).day == 1


def _span(day: Day) -> Span:
    return Span(
        first=day.day,
        last=day.day,
        opening=day.opening,
        joined=day.joined,
        returned=day.returned,
        left=day.left,
        closing=day.closing,
        inferred=day.inferred,
        moved_in=_in_and_out(day)[0],
        moved_out=_in_and_out(day)[1],
    )


def _in_and_out(day: Day) -> tuple[int, int]:
    return (day.moved_in, day.moved_out) if isinstance(day, GroupedDay) else (0, 0)


def _longer(span: Span, day: Day) -> Span:
    return Span(
        first=span.first,
        last=day.day,
        opening=span.opening,
        joined=span.joined + day.joined,
        returned=span.returned + day.returned,
        left=span.left + day.left,
        closing=day.closing,
        inferred=span.inferred or day.inferred,
        moved_in=span.moved_in + _in_and_out(day)[0],
        moved_out=span.moved_out + _in_and_out(day)[1],
    )
