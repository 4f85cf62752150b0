"""Tying payouts to their entries: Stripe says payout by payout what is in it, and nowhere else."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from tracker.intake.stripe import answers, shapes
from tracker.intake.stripe.gateway import Gateway, Raw, StripeRefusedError
from tracker.intake.stripe.refresh import store
from tracker.ledger import objects, payouts

BATCH = 32
THREADS = 4
A_MINUTE = 96
"""So many are asked for in a minute's sweep; after an update with years of them the rest follows."""
Clock = Callable[[], datetime]


def tie(session: Session, gateway: Gateway, zone: ZoneInfo, clock: Clock, *, most: int | None = None) -> int:
    """Ask for the entries of every payout that does not add up yet (`most`: of so many) and link them.

    Each is committed by itself, so that a stop at any point loses nothing. Answers how many were asked for.
    """
    asked = 0
    payouts.pass_tied(session)
    while most is None or asked < most:
        batch = payouts.due(session, BATCH if most is None else min(BATCH, most - asked))
        number = objects.next_number(session)
        session.commit()
        if not batch:
            return asked
        with ThreadPoolExecutor(THREADS) as pool:
            found = pool.map(lambda one: _listed(gateway, one.id), batch)
            for payout, rows in zip(batch, found, strict=True):
                _link(session, gateway, zone, clock(), number, payout, rows)
        asked += len(batch)
    return asked


def _listed(gateway: Gateway, payout: str) -> list[Raw] | None:
    """The balance transactions in it; None where Stripe will not say of this one."""
    try:
        query = {"payout": payout, "expand": ["data.source"]}
        return [row for page in gateway.pages("/v1/balance_transactions", query) for row in page]
    except StripeRefusedError:
        return None


def _link(
    session: Session,
    gateway: Gateway,
    zone: ZoneInfo,
    now: datetime,
    number: int,
    payout: payouts.Due,
    rows: Sequence[Raw] | None,
) -> None:
    """One that Stripe refuses stays as it is: finance is told that it does not add up."""
    if rows is None:
        payouts.note_asked(session, payout)
        session.commit()
        return
    new = payouts.unknown(session, [row["id"] for row in rows])
    readings = []
    for row in rows:
        if row["id"] in new:
            try:
                readings.append(answers.read("balance_transaction", row, is_live=gateway.is_live))
            except shapes.UnreadableError:
                objects.want(session, [("balance_transaction", row["id"])])
    store(session, number, readings, zone, now)
    payouts.link(session, payout, [row["id"] for row in rows])
    session.commit()
