"""How long Stripe waits for its 2xx while a worker fetches what messages name, or while Stripe itself hangs."""

import os
import signal
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import messages
from bench.figure import Figure, percentile
from bench.prove import run
from bench.prove.run import Run

MEMBERS = 400
RATE = 50
SECONDS = 20
HANGING_SECONDS = 5
LANES = 8
TARGET_MS = 100.0


def figures(folder: Path) -> list[Figure]:
    """p50 and p99 over web, worker and beat as `tracker run` starts them; every message names an object of its own
    turn, so that the worker has as much to do as there are messages."""
    with run.started(folder, MEMBERS) as found:
        objects = [row[0] for row in found.rows("SELECT id FROM stripe_object WHERE kind = 'subscription'")]
        working = _steady(found, objects, "working", SECONDS)
        fetched = found.scalar("SELECT count(*) FROM stripe_object WHERE kind = 'subscription' AND done >= wanted")
        stripe = found.pids["stripe"]
        os.kill(stripe, signal.SIGSTOP)  # a call to Stripe within the request would now wait for its time-out
        try:
            hanging = _steady(found, objects, "hanging", HANGING_SECONDS)
        finally:
            os.kill(stripe, signal.SIGCONT)
    note = f"{RATE} a second for {SECONDS} s, a worker fetching; {fetched} of {len(objects)} objects were settled"
    return [
        Figure("acknowledgement beside a worker, p50", percentile(working, 0.5), "ms", note=note),
        Figure("acknowledgement beside a worker, p99", percentile(working, 0.99), "ms", at_most=TARGET_MS),
        Figure("acknowledgement while Stripe hangs, p99", percentile(hanging, 0.99), "ms", at_most=TARGET_MS),
    ]


def _steady(found: Run, objects: Sequence[str], name: str, seconds: int) -> list[float]:
    """Milliseconds from the moment each message was due to its answer, at a steady rate from all lanes."""
    secret = found.environment["STRIPE_WEBHOOK_SECRETS"]
    began = time.monotonic() + 0.5

    def lane(first: int) -> list[float]:
        waits = []
        with messages.Wire(found.port) as wire:
            for number in range(first, RATE * seconds, LANES):
                due = began + number / RATE
                message = messages.body(f"evt_{name}_{number}", objects[number % len(objects)])
                time.sleep(max(0.0, due - time.monotonic()))
                wire.post(message, secret)
                waits.append((time.monotonic() - due) * 1000)
        return waits

    with ThreadPoolExecutor(LANES) as lanes:
        return [wait for waits in lanes.map(lane, range(LANES)) for wait in waits]
