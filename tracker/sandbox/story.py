"""The demo's story: the lives of a young membership, invented but believable, the same for the same arguments.

Nothing here asks for the time or talks to anyone: `world()` is a pure function of its arguments. `seed.py`
turns what it returns into the objects of the test server. Instants are unix seconds, amounts minor units.
"""

import random
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from tracker.sandbox.course import PLANS, Bill, Course, draw_plan, is_covered, tell
from tracker.sandbox.people import email, person
from tracker.sandbox.seasons import Days, Sources, days_of, instants

_DAY = 86_400
_ABANDONED_SHARE, _ABANDONED_DAYS = 0.15, 45


@dataclass(frozen=True, slots=True)
class Life:
    """One reader's subscription, from the pledge to its end or to the story's present."""

    number: int
    email: str
    name: str
    country: str
    card_brand: str
    card_country: str
    renewals_fail: bool  # the card attaches, every later charge of it fails
    plan: str  # "price_monthly" | "price_yearly": the present one
    started_at: int
    anchor: int  # what the present plan's periods are counted from
    trial_ends_at: int | None
    bills: tuple[Bill, ...]
    canceled_at: int | None
    cancel_at_period_end: bool
    ended_at: int | None
    status: str  # trialing | active | past_due | canceled
    article: str  # path at the publisher's site, "" where none
    placement: str
    pledged_at: int


@dataclass(frozen=True, slots=True)
class Abandoned:
    """A pledge whose Checkout was left."""

    number: int
    plan: str
    article: str
    placement: str
    pledged_at: int
    expired: bool


@dataclass(frozen=True, slots=True)
class World:
    """The whole story up to its present."""

    currency: str
    plans: dict[str, tuple[str, int]]  # price id -> (interval "month" | "year", amount)
    lives: list[Life]
    abandoned: list[Abandoned]


def _draw(rng: random.Random, days: Days, now: int, members: int) -> list[tuple[int, int, Course]]:
    """(instant of joining, day index, course) by instant: as many lives as it takes to cover `members`."""
    drawn: list[tuple[int, int, Course]] = []
    covered = 0
    while covered < members:
        wanted = 100 + members - covered
        for position, started_at in instants(rng, days, since=days.midnights[0], until=now - 9, count=wanted):
            course = tell(rng, draw_plan(rng), started_at, now)
            drawn.append((started_at, position, course))
            covered += is_covered(course, now)
            if covered == members:
                break
    return sorted(drawn, key=lambda life: life[:2])


def _life(rng: random.Random, number: int, started_at: int, course: Course, source: tuple[str, str]) -> Life:
    who = person(rng)
    return Life(
        number=number,
        email=email(rng, number),
        name=who.name,
        country=who.country,
        card_brand=who.card_brand,
        card_country=who.card_country,
        renewals_fail=course.renewals_fail,
        plan=course.plan,
        started_at=started_at,
        anchor=course.anchor,
        trial_ends_at=course.trial_ends_at,
        bills=tuple(course.bills),
        canceled_at=course.canceled_at,
        cancel_at_period_end=course.cancel_at_period_end,
        ended_at=course.ended_at,
        status=course.status,
        article=source[0],
        placement=source[1],
        pledged_at=started_at - 45 - int(rng.expovariate(1 / 110)),
    )


def world(*, now: int, year: int, timezone: str, members: int, seed: int = 25000) -> World:
    """The story up to `now`, ending with exactly `members` persons covered just before it.

    `year` is the campaign's, `timezone` the publisher's zone (an IANA name; ZoneInfoNotFoundError otherwise).
    Lives and abandoned pledges share one sequence of numbers, in the order of time.
    """
    if members < 1:
        raise ValueError(f"members is {members}: a story needs at least one; give a number from 1 up")
    rng = random.Random(f"{seed} {now} {year} {timezone} {members}")
    days = days_of(now, year, ZoneInfo(timezone))
    sources = Sources(days)
    drawn = _draw(rng, days, now, members)
    since = now - _ABANDONED_DAYS * _DAY
    left = round(_ABANDONED_SHARE * sum(started_at >= since for started_at, _, _ in drawn))
    pledged = [(at, day, None) for day, at in instants(rng, days, since=since, until=now, count=left)]
    told: list[tuple[int, int, Course | None]] = [*drawn, *pledged]
    lives: list[Life] = []
    abandoned: list[Abandoned] = []
    for number, (at, day, course) in enumerate(sorted(told, key=lambda one: one[0]), start=1):
        source = sources.source(rng, day)
        if course is not None:
            lives.append(_life(rng, number, at, course, source))
            continue
        abandoned.append(Abandoned(number, draw_plan(rng), *source, at, expired=at + _DAY <= now))
    return World("eur", dict(PLANS), lives, abandoned)
