"""What falls due: renewals, retries, expiries, payouts. One table names every action."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from tracker.sandbox import billing, checkout, debits, disputes, events, pauses, payouts, refunds
from tracker.sandbox.world import World

log = logging.getLogger("tracker.sandbox")

ACTIONS: dict[str, Callable[[World, str], None]] = {
    "renew": billing.renew,
    "finalize": billing.finalize_due,
    "retry": billing.retry,
    "overdue": billing.overdue,
    "cancel": billing.cancel_due,
    "expire_incomplete": billing.expire_incomplete,
    "expire_session": checkout.expire_due,
    "debit": debits.settle_due,
    "debit_late": debits.fail_late_due,
    "resume_collection": pauses.resume_collection_due,
    "dispute": disputes.dispute_due,
    "refund_pending": refunds.succeed_due,
    "refund_failed": refunds.fail_due,
    "payout": payouts.due,
    "payout_arrives": payouts.arrive_due,
    "forget_events": events.forget_due,
}


def run_until(world: World, instant: float) -> int:
    """Do everything due up to `instant`, each at its own time and in order; returns how many."""
    done = 0
    while _next(world, instant):
        done += 1
    return done


def _next(world: World, instant: float) -> bool:
    sql = "SELECT n, at, action, object FROM due WHERE at <= ? ORDER BY at, n LIMIT 1"
    with world.lock:
        row = world.store.db.execute(sql, (int(instant),)).fetchone()
        if row is None:
            return False
        number, at, action, identifier = row
        try:
            with world.working(), world.at(at):
                world.store.db.execute("DELETE FROM due WHERE n = ?", (number,))
                ACTIONS[action](world, identifier)
        except Exception:
            # Left in place it would be tried for ever and hold up everything after it.
            with world.working():
                world.store.db.execute("DELETE FROM due WHERE n = ?", (number,))
            raise
    return True


class Scheduler:
    """A thread that lets things happen when the clock says so."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox-schedule", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=2)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                # One at a time: a stop or a request never waits for a long list of overdue renewals.
                if _next(self._world, self._world.clock.now()):
                    continue
            except Exception:
                log.exception("a scheduled action failed and was dropped")
            self._stop.wait(0.2)
