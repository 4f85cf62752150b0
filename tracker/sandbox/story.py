"""The demo's story: the lives of a young membership, invented but believable, the same for the same arguments.

Nothing here asks for the time or talks to anyone: `world()` is a pure function of its arguments. `seed.py`
turns what it returns into the objects of the test server. Instants are unix seconds, amounts minor units.
"""

import random
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from tracker.sandbox import periods
from tracker.sandbox.people import email, person
from tracker.sandbox.seasons import Days, Sources, days_of, instants

_HOUR, _DAY = 3_600, 86_400
_RETRY_DAYS = (3, 5, 7)
_PLANS = {"price_monthly": ("month", 500), "price_yearly": ("year", 5_000)}
_MONTHLY_SHARE = 0.40

# The fate of a renewal: paid at once, or on which retry, or on none. Yearly cards have had a year to expire.
_FIRST_ATTEMPT_FAILS = {"price_monthly": 0.15, "price_yearly": 0.17}
_RECOVERS_BY_RETRY = (0.28, 0.56, 0.81)  # cumulative; the rest ends
_DECLINING_WEEK = (
    1.7  # in the story's last seven days a bank declines more: what the running demo shows being healed
)
_GIVES_UP_WHILE_DUE = 0.06  # of those who will not recover: cancel themselves, the invoice is voided
_CARD_WILL_FAIL = 0.03  # of those in good standing: what the running demo will meet at their next renewal

# The chance to decide against the next period: the longer a reader stays, the smaller.
_LEAVES_MONTHLY = (0.085, 0.066, 0.053, 0.044, 0.037, 0.032, 0.028, 0.025, 0.022, 0.020, 0.018, 0.016)
_LEAVES_YEARLY = (0.18, 0.11, 0.08)
_LEAVES_AT_ONCE = 0.07  # of those who decide: end it now instead of at the period's end

_REFUND_IN_FULL = {"price_monthly": (0.012, 0.0022), "price_yearly": (0.014, 0.016)}  # first bill, a renewal
_REFUND_IN_PART = 0.0011
_STAYS_AFTER_REFUND = 0.06

_ABANDONED_SHARE, _ABANDONED_DAYS = 0.15, 45


@dataclass(frozen=True, slots=True)
class Bill:
    """One invoice and its fate."""

    period_start: int
    period_end: int
    amount: int
    failed_at: tuple[int, ...]  # instants of failed attempts
    paid_at: int | None
    closed_at: int | None
    closed_as: str | None  # "void" | "uncollectible"
    refunded_at: int | None
    refunded: int  # minor units, 0 if none


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
    plan: str  # "price_monthly" | "price_yearly"
    started_at: int
    bills: tuple[Bill, ...]
    canceled_at: int | None
    cancel_at_period_end: bool
    ended_at: int | None
    status: str  # active | past_due | canceled
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


@dataclass(slots=True)
class _Course:
    """What one subscription has come to while its life is told."""

    now: int
    plan: str
    bills: list[Bill]
    canceled_at: int | None = None
    cancel_at_period_end: bool = False
    ended_at: int | None = None
    status: str = "active"
    renewals_fail: bool = False


def _renewal(rng: random.Random, course: _Course, start: int, end: int) -> Bill:
    """The bill of a period after the first; ends the course where collecting it does."""
    bill = Bill(start, end, _PLANS[course.plan][1], (), None, None, None, None, 0)
    due = start + _HOUR + rng.randrange(20, 900)  # Stripe finalises a draft after about an hour
    if due > course.now:
        return bill
    declining = _DECLINING_WEEK if due > course.now - 7 * _DAY else 1.0
    if rng.random() >= _FIRST_ATTEMPT_FAILS[course.plan] * declining:
        return replace(bill, paid_at=due)
    fate = rng.random()
    recovering = next((i for i, reached in enumerate(_RECOVERS_BY_RETRY) if fate < reached), None)
    attempts = [due, *(due + days * _DAY for days in _RETRY_DAYS)]
    paid_at = attempts[recovering + 1] if recovering is not None else None
    failed = attempts[: recovering + 1] if recovering is not None else attempts
    course.renewals_fail = recovering is None
    gone_at = attempts[-1]
    gives_up = recovering is None and rng.random() < _GIVES_UP_WHILE_DUE
    if gives_up:
        gone_at = due + rng.randrange(2 * _HOUR, _RETRY_DAYS[-1] * _DAY)
        failed = [at for at in attempts if at < gone_at]
    bill = replace(bill, failed_at=tuple(at for at in failed if at <= course.now))
    if paid_at is not None and paid_at <= course.now:
        return replace(bill, paid_at=paid_at)
    if paid_at is None and gone_at <= course.now:
        course.status, course.canceled_at, course.ended_at = "canceled", gone_at, gone_at
        return replace(bill, closed_at=gone_at, closed_as="void" if gives_up else "uncollectible")
    course.status = "past_due"
    return bill


def _refund(rng: random.Random, course: _Course, bill: Bill) -> Bill:
    """The bill with its refund, if it had one; a refund in full nearly always ends the subscription."""
    if bill.paid_at is None:
        return bill
    chance = _REFUND_IN_FULL[course.plan][1 if len(course.bills) else 0]
    draw = rng.random()
    if draw >= chance + _REFUND_IN_PART:
        return bill
    at = bill.paid_at + 1_800 + int(min(rng.expovariate(1 / (2.5 * _DAY)), 13 * _DAY))
    if at > course.now:
        return bill
    if draw >= chance:
        return replace(bill, refunded_at=at, refunded=bill.amount * rng.choice((2, 3, 4, 5)) // 10)
    if rng.random() >= _STAYS_AFTER_REFUND:
        course.status, course.canceled_at, course.ended_at = "canceled", at, at
    return replace(bill, refunded_at=at, refunded=bill.amount)


def _decide(rng: random.Random, course: _Course, bill: Bill) -> None:
    """Let the reader decide, somewhere in a paid period, whether it shall be the last one."""
    chances = _LEAVES_MONTHLY if course.plan == "price_monthly" else _LEAVES_YEARLY
    if rng.random() >= chances[min(len(course.bills) - 1, len(chances) - 1)]:
        return
    paid_at = bill.paid_at or bill.period_start
    # Many decide in the first days or when the next bill comes near, few in between.
    share = rng.betavariate(0.5, 0.35)
    at = max(paid_at, bill.refunded_at or 0) + 600
    at += int(share * max(0, bill.period_end - at - 600))
    at_once = rng.random() < _LEAVES_AT_ONCE
    if at > course.now or at >= bill.period_end:
        return
    course.canceled_at, course.cancel_at_period_end = at, not at_once
    ended_at = at if at_once else bill.period_end
    if ended_at <= course.now:
        course.ended_at, course.status = ended_at, "canceled"


def _course(rng: random.Random, plan: str, started_at: int, now: int) -> _Course:
    """Tell one subscription's bills from its start to its end or to `now`."""
    course = _Course(now, plan, [])
    interval, amount = _PLANS[plan]
    start, number = started_at, 0
    while start <= now and course.ended_at is None:
        number += 1
        end = periods.after(started_at, interval, 1, number)
        if number == 1:
            paid_at = started_at + rng.randrange(2, 9)
            bill = Bill(start, end, amount, (), min(paid_at, now), None, None, None, 0)
        else:
            bill = _renewal(rng, course, start, end)
        bill = _refund(rng, course, bill)
        course.bills.append(bill)
        if course.ended_at is None and bill.paid_at is not None:
            _decide(rng, course, bill)
        start = end
    if course.status == "active" and rng.random() < _CARD_WILL_FAIL:
        course.renewals_fail = True
    return course


def is_covered(life: "Life | _Course", at: int) -> bool:
    """Whether the reader is a member just before `at`, the story's present (RULES 1-4: terms, grace, cuts)."""
    if life.ended_at is not None and life.ended_at < at:
        return False
    last = life.bills[-1]
    if last.paid_at is not None:
        return last.refunded < last.amount and last.paid_at < at
    # Being collected: covered by grace, if the money of the period before has not gone back.
    before = life.bills[-2]
    return before.refunded < before.amount


def _draw(rng: random.Random, days: Days, now: int, members: int) -> list[tuple[int, int, _Course]]:
    """(instant of joining, day index, course) by instant: as many lives as it takes to cover `members`."""
    drawn: list[tuple[int, int, _Course]] = []
    covered = 0
    while covered < members:
        wanted = 100 + members - covered
        for position, started_at in instants(rng, days, since=days.midnights[0], until=now - 9, count=wanted):
            plan = "price_monthly" if rng.random() < _MONTHLY_SHARE else "price_yearly"
            course = _course(rng, plan, started_at, now)
            drawn.append((started_at, position, course))
            covered += is_covered(course, now)
            if covered == members:
                break
    return sorted(drawn, key=lambda life: life[:2])


def _life(rng: random.Random, number: int, started_at: int, course: _Course, source: tuple[str, str]) -> Life:
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
    told: list[tuple[int, int, _Course | None]] = [*drawn, *pledged]
    lives: list[Life] = []
    abandoned: list[Abandoned] = []
    for number, (at, day, course) in enumerate(sorted(told, key=lambda one: one[0]), start=1):
        source = sources.source(rng, day)
        if course is not None:
            lives.append(_life(rng, number, at, course, source))
            continue
        plan = "price_monthly" if rng.random() < _MONTHLY_SHARE else "price_yearly"
        abandoned.append(Abandoned(number, plan, *source, at, expired=at + _DAY <= now))
    return World("eur", dict(_PLANS), lives, abandoned)
