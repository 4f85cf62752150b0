"""Reading Stripe's balance so that it can be compared to the cent, whatever is booked meanwhile.

A balance says its sums, not which balance transactions are in it, and both clocks differ. So the top of their list
is read before and after it: where that is the same, the balance holds just those up to there.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from tracker.core.calendar import local_day
from tracker.intake.stripe import shapes, trouble
from tracker.intake.stripe.gateway import (
    PAGE,
    Gateway,
    Raw,
    StripeOddAnswerError,
    StripeRefusedError,
    StripeUnreachableError,
)
from tracker.intake.stripe.trouble import Trouble
from tracker.ledger import balances, landmarks

PATH = "/v1/balance"
TRIES = 3
Clock = Callable[[], datetime]


def follow(session: Session, gateway: Gateway, zone: ZoneInfo, clock: Clock) -> bool:
    """Read the balance where none of this month was read yet: within the first minute of each month.

    Answers whether it was read; commits.
    """
    last = balances.last_at(session)
    if last is not None and _month(last, zone) == _month(clock(), zone):
        return False
    return keep(session, gateway, clock)


def keep(session: Session, gateway: Gateway, clock: Clock) -> bool:
    """Read the balance and keep it; False where money moved all the while, or Stripe would not tell. Commits.

    What stands in the way is noted for finance and stops nothing else: the next sweep tries again.
    """
    problem = None
    try:
        reading = _read(gateway, clock)
    except StripeOddAnswerError as error:
        reading, problem = None, trouble.worded(Trouble.ODD_ANSWER, error)
    except StripeUnreachableError as error:
        reading, problem = None, trouble.worded(Trouble.UNREACHABLE, error)
    except StripeRefusedError as error:
        reading, problem = None, trouble.worded(Trouble.REFUSED, error)
    if reading is not None:
        balances.keep(session, reading)
    landmarks.put(session, landmarks.BALANCE, clock(), {"problem": problem})
    session.commit()
    return reading is not None


def _month(at: datetime, zone: ZoneInfo) -> str:
    return f"{local_day(at, zone):%Y-%m}"


def _read(gateway: Gateway, clock: Clock) -> balances.Reading | None:
    before = _top(gateway)
    for _ in range(TRIES):
        at = clock()
        raw = gateway.get(PATH)
        after = _top(gateway)
        if before is not None and before == after:
            return balances.Reading(at, shapes.instant(before[0]), before[1], _amounts(gateway, raw))
        before = after
    return None


def _top(gateway: Gateway) -> tuple[int | None, tuple[str, ...]] | None:
    """The newest second of the list and its ids; None where it holds more of them than a page does."""
    page, has_more = gateway.page("/v1/balance_transactions", {})
    try:
        second, ids = balances.newest(page)
    except (KeyError, ValueError) as error:
        raise StripeOddAnswerError(f"a balance transaction without its time: {error}") from error
    return None if has_more and len(ids) >= PAGE else (second, ids)


def _amounts(gateway: Gateway, raw: Raw | None) -> tuple[balances.Amounts, ...]:
    """By currency. `instant_available` is part of the two, `connect_reserved` left them by bookings of its own."""
    if raw is None or raw.get("object") != "balance":
        raise StripeOddAnswerError(f"asked for {PATH}, it is none")
    if raw.get("livemode") is not gateway.is_live:
        raise StripeOddAnswerError(f"{PATH} is of another mode than our key")
    funds = raw.get("refund_and_dispute_prefunding") or {}
    cards = raw.get("issuing") or {}
    try:
        available, pending = _sums([raw["available"]]), _sums([raw["pending"]])
        apart = _sums([funds.get("available") or (), funds.get("pending") or (), cards.get("available") or ()])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise StripeOddAnswerError(f"{PATH} cannot be read: {type(error).__name__} at {error}") from error
    currencies = sorted(available.keys() | pending.keys() | apart.keys())
    return tuple(balances.Amounts(one, available[one], pending[one], apart[one]) for one in currencies)


def _sums(lists: Iterable[Iterable[Any]]) -> Counter[str]:
    found = Counter[str]()
    for rows in lists:
        for row in rows:
            if type(row["amount"]) is not int:
                raise ValueError(f"amount {row['amount']!r}")
            found[row["currency"].upper()] += row["amount"]
    return found
