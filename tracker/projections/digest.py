"""A week of a campaign as a value, for the digest: the number, its pace, who came and went, from where, at risk.

Everything stands at the end of the week, or at the deadline where that came first: the bridge adds up, and a
letter that is sent late says what one sent in time would have said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tracker.core.campaign import Campaign, Metric, local_day
from tracker.core.pace import Course, Standing, course, stands_at
from tracker.core.progress import Day
from tracker.core.weeks import Week
from tracker.projections import queries, renewals

MOST_ARTICLES = 3
AHEAD_DAYS = 7
"""So far the digest looks forward for what may be lost."""


@dataclass(frozen=True, slots=True)
class Chance:
    """What the forecast says of the goal."""

    percent: int
    """0 to 100, whole."""


@dataclass(frozen=True, slots=True)
class Flow:
    """The bridge of some days in a row, in members: opening + joined + returned - left = closing."""

    first: date
    last: date
    opening: int
    joined: int
    returned: int
    left: int
    closing: int

    @property
    def net(self) -> int:
        return self.closing - self.opening


@dataclass(frozen=True, slots=True)
class Brought:
    """An article and how many joined by it in the week."""

    key: str
    joined: int


@dataclass(frozen=True, slots=True)
class Risk:
    """Members who may be lost."""

    in_grace: int
    """Persons covered by grace alone: a payment failed."""
    due: int
    """Paid terms that end within AHEAD_DAYS, one a subscription."""
    leaving: int
    """Of `due`: those that are set to end with it."""


@dataclass(frozen=True, slots=True)
class Digest:
    """One week of one campaign."""

    campaign: Campaign
    week: Week
    as_of: datetime | None
    """Up to when Stripe was checked; None before it ever was."""
    at: datetime
    """What the figures stand at."""
    pace: Standing
    flow: Flow
    before: Flow | None
    """The week before; None where the campaign had not begun."""
    asked: int | None
    """What the path grows by in the week; None where the goal is not counted in members."""
    articles: tuple[Brought, ...]
    risk: Risk
    chance: Chance | None
    closings: tuple[tuple[date, int], ...]
    """Members at the end of each day of the campaign up to the week's end."""
    path: tuple[tuple[date, float], ...]


def covers(campaign: Campaign, week: Week) -> bool:
    """Whether a week holds a day of the campaign."""
    return campaign.starts_on <= week.last and week.first <= campaign.ends_on


def digest(campaign: Campaign, week: Week, chance: Chance | None = None) -> Digest | None:
    """The week; None while there is no true number, or where it holds no day of the campaign."""
    if not queries.is_whole() or not covers(campaign, week):
        return None
    at = min(week.ends_at(campaign.zone), campaign.ends_at)
    last = min(week.last, campaign.ends_on)
    days = queries.daily(campaign, campaign.starts_on, last, at - timedelta(microseconds=1))
    flow = _flow(days, week)
    if flow is None:
        return None
    along = course_of(campaign)
    ends = dict(along.points)
    start = ends.get(flow.first - timedelta(days=1), float(along.opening))
    is_counted = campaign.metric is Metric.ACTIVE_MEMBERS
    return Digest(
        campaign=campaign,
        week=week,
        as_of=queries.as_of(),
        at=at,
        pace=pace(campaign, at, along),
        flow=flow,
        before=_flow(days, week.before),
        asked=round(ends[last] - start) if is_counted else None,
        articles=_articles(campaign, flow, at),
        risk=_risk(campaign, at),
        chance=chance,
        closings=tuple((day.day, day.closing) for day in days) if is_counted else (),
        path=along.points,
    )


def course_of(campaign: Campaign) -> Course:
    """The campaign's path, from the members of its first instant."""
    is_counted = campaign.metric is Metric.ACTIVE_MEMBERS
    return course(campaign, queries.count_at(campaign, campaign.starts_at) if is_counted else 0)


def pace(campaign: Campaign, at: datetime, along: Course) -> Standing:
    """The count just before `at` beside the path; at most at the deadline."""
    at = min(at, campaign.ends_at)
    return Standing(
        count=queries.count_at(campaign, at),
        goal=campaign.goal,
        on_path=stands_at(along, campaign, at),
        days_left=max((campaign.ends_on - local_day(at - timedelta(microseconds=1), campaign.zone)).days, 0),
    )


def _flow(days: Sequence[Day], week: Week) -> Flow | None:
    """The days of a week that are the campaign's, as one."""
    found = [day for day in days if week.first <= day.day <= week.last]
    if not found:
        return None
    return Flow(
        first=found[0].day,
        last=found[-1].day,
        opening=found[0].opening,
        joined=sum(day.joined for day in found),
        returned=sum(day.returned for day in found),
        left=sum(day.left for day in found),
        closing=found[-1].closing,
    )


def _articles(campaign: Campaign, flow: Flow, at: datetime) -> tuple[Brought, ...]:
    """The articles that brought most, the most first; none that brought nobody."""
    found = queries.sources(campaign, flow.first, flow.last, "article", at)
    return tuple(Brought(one.key, one.joined) for one in found if one.key and one.joined)[:MOST_ARTICLES]


def _risk(campaign: Campaign, at: datetime) -> Risk:
    """As the dashboard's panel reads it, of the week that begins at `at`."""
    last = local_day(at, campaign.zone) + timedelta(days=AHEAD_DAYS - 1)
    due = renewals.due(campaign, at, last)
    return Risk(
        in_grace=renewals.in_grace(campaign, at),
        due=sum(one.count for one in due),
        leaving=sum(one.count for one in due if one.standing == "leaving"),
    )
