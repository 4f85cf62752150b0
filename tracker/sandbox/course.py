"""The course of one membership in the demo's story: its bills, what becomes of each, and the reader's decisions.

Pure: everything is drawn from the generator that is handed in. Instants are unix seconds, amounts minor units.
"""

import random
from dataclasses import dataclass, field, replace

from tracker.sandbox import periods

_HOUR, _DAY = 3_600, 86_400
_RETRY_DAYS = (3, 5, 7)
PLANS = {"price_monthly": ("month", 500), "price_yearly": ("year", 5_000)}
_MONTHLY_SHARE = 0.22

# The fate of a renewal: paid at once, or on which retry, or on none. Yearly cards have had a year to expire.
_FIRST_ATTEMPT_FAILS = {"price_monthly": 0.15, "price_yearly": 0.17}
_RECOVERS_BY_RETRY = (0.28, 0.56, 0.81)  # cumulative; the rest ends
_DECLINING_WEEK = 1.7  # in the story's last week a bank declines more: the running demo shows it being healed
_GIVES_UP_WHILE_DUE = 0.06  # of those who will not recover: cancel themselves, the invoice is voided
_CARD_WILL_FAIL = 0.03  # of those in good standing: what the running demo will meet at their next renewal

# The chance to decide against the next period: the longer a reader stays, the smaller.
_LEAVES_MONTHLY = (0.085, 0.066, 0.053, 0.044, 0.037, 0.032, 0.028, 0.025, 0.022, 0.020, 0.018, 0.016)
_LEAVES_YEARLY = (0.18, 0.11, 0.08)
_LEAVES_AT_ONCE = 0.07  # of those who decide: end it now instead of at the period's end

# Readers of a monthly plan who take the yearly one, in each month after the first; yearly ones who go back.
_MOVES_UP, _MOVES_DOWN = 0.012, 0.03
_TRIES_FIRST, _TRIAL_DAYS, _LEAVES_TRIAL = 0.02, 14, 0.4

_REFUND_IN_FULL = {"price_monthly": (0.012, 0.0022), "price_yearly": (0.014, 0.016)}  # first bill, a renewal
_REFUND_IN_PART = 0.0011
_STAYS_AFTER_REFUND = 0.06


@dataclass(frozen=True, slots=True)
class Bill:
    """One invoice and its fate."""

    plan: str
    """What it pays for: "price_monthly" | "price_yearly"."""
    period_start: int
    period_end: int
    amount: int
    """Minor units; 0 while the reader tries."""
    failed_at: tuple[int, ...] = ()
    """Instants of failed attempts."""
    paid_at: int | None = None
    closed_at: int | None = None
    closed_as: str | None = None
    """ "void" | "uncollectible" """
    refunded_at: int | None = None
    refunded: int = 0
    unused: int = 0
    """Minor units given back for the rest of the plan before: the bill of a change, paid at once."""


@dataclass(slots=True)
class Course:
    """What one subscription has come to while its life is told."""

    now: int
    plan: str
    anchor: int
    """What the periods of the plan are counted from."""
    bills: list[Bill] = field(default_factory=list)
    trial_ends_at: int | None = None
    canceled_at: int | None = None
    cancel_at_period_end: bool = False
    ended_at: int | None = None
    status: str = "active"
    renewals_fail: bool = False


def _renewal(rng: random.Random, course: Course, start: int, end: int) -> Bill:
    """The bill of a period after the first; ends the course where collecting it does."""
    bill = Bill(course.plan, start, end, PLANS[course.plan][1])
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


def _refund(rng: random.Random, course: Course, bill: Bill) -> Bill:
    """The bill with its refund, if it had one; a refund in full nearly always ends the subscription."""
    if bill.paid_at is None or not bill.amount:
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


def _decide(rng: random.Random, course: Course, bill: Bill) -> None:
    """Let the reader decide, somewhere in a paid period, whether it shall be the last one."""
    chances = _LEAVES_MONTHLY if course.plan == "price_monthly" else _LEAVES_YEARLY
    chance = chances[min(len(course.bills) - 1, len(chances) - 1)]
    if rng.random() >= (chance if bill.amount else _LEAVES_TRIAL):
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


def _moves_up(rng: random.Random, course: Course, bill: Bill) -> Bill | None:
    """The bill of a yearly plan taken in the middle of a paid month, less what is left of the month."""
    if course.plan != "price_monthly" or len(course.bills) < 2 or bill.refunded or rng.random() >= _MOVES_UP:
        return None
    earliest = max(bill.paid_at or 0, bill.refunded_at or 0) + _HOUR
    at = earliest + int(rng.random() * (bill.period_end - earliest - _HOUR))
    if at > course.now - 10:
        return None
    interval, price = PLANS["price_yearly"]
    whole, left = bill.period_end - bill.period_start, bill.period_end - at
    unused = (2 * bill.amount * left + whole) // (2 * whole)  # to the second, rounded half up, as Stripe does
    ends_at = periods.after(at, interval, 1, 1)
    return Bill("price_yearly", at, ends_at, price - unused, paid_at=at + rng.randrange(2, 9), unused=unused)


def _first(rng: random.Random, course: Course, end: int) -> Bill:
    """The bill of the first period; of a trial, which costs nothing, where the reader tries first."""
    start = course.anchor
    paid_at = min(start + rng.randrange(2, 9), course.now)
    if rng.random() >= _TRIES_FIRST:
        return Bill(course.plan, start, end, PLANS[course.plan][1], paid_at=paid_at)
    course.anchor = course.trial_ends_at = start + _TRIAL_DAYS * _DAY
    if course.trial_ends_at > course.now:
        course.status = "trialing"
    return Bill(course.plan, start, course.anchor, 0, paid_at=start)


def _goes_on(course: Course) -> bool:
    return course.ended_at is None and course.canceled_at is None and course.bills[-1].paid_at is not None


def draw_plan(rng: random.Random) -> str:
    """The plan that a reader takes."""
    return "price_monthly" if rng.random() < _MONTHLY_SHARE else "price_yearly"


def tell(rng: random.Random, plan: str, started_at: int, now: int) -> Course:
    """One subscription's bills from its start to its end or to `now`."""
    course = Course(now, plan, started_at)
    start, steps = started_at, 0
    while start <= now and course.ended_at is None:
        steps += 1
        end = periods.after(course.anchor, PLANS[course.plan][0], 1, steps)
        bill = _refund(
            rng, course, _renewal(rng, course, start, end) if course.bills else _first(rng, course, end)
        )
        course.bills.append(bill)
        if course.ended_at is None and bill.paid_at is not None:
            _decide(rng, course, bill)
        start = bill.period_end
        if start == course.anchor:  # the trial's end: the periods are counted from here
            steps = 0
        if _goes_on(course) and (taken := _moves_up(rng, course, bill)) is not None:
            course.bills.append(taken)
            course.plan, course.anchor, steps, start = taken.plan, taken.period_start, 1, taken.period_end
            _decide(rng, course, taken)
        elif _goes_on(course) and start <= now and course.plan == "price_yearly" and rng.random() < _MOVES_DOWN:
            course.plan, course.anchor, steps = "price_monthly", start, 0
    if course.status == "active" and rng.random() < _CARD_WILL_FAIL:
        course.renewals_fail = True
    return course


def is_covered(life: Course, at: int) -> bool:
    """Whether the reader is a member just before `at`, the story's present (RULES 1-4: terms, grace, cuts)."""
    if life.ended_at is not None and life.ended_at < at:
        return False
    last = life.bills[-1]
    if last.paid_at is not None:
        return last.refunded < last.amount and last.paid_at < at
    # Being collected: covered by grace, if the money of the period before has not gone back.
    before = life.bills[-2]
    return before.refunded < before.amount
