"""A renewal day: 25,000 messages about 5,000 objects at once, through the processes that `tracker run` starts."""

import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import messages
from bench.figure import Figure, percentile
from bench.prove import run
from bench.prove.run import Run
from tracker.local.life import wait_until

MEMBERS = 2_600
OBJECTS = 5_000
MESSAGES_EACH = 5
WINDOW = 100
"""The messages about one object come among those of so many others: within seconds, not one after the other."""
LANES = 8
LONGEST_SECONDS = 600.0
MOST_FETCHES = 1.5
KEEPS_UP_SECONDS = 120.0


def figures(folder: Path, seed: int) -> list[Figure]:
    """Send as quickly as they are taken, wait until nothing is marked; count what was fetched meanwhile."""
    with run.started(folder, MEMBERS) as found:
        told = _messages(found, random.Random(seed))
        assert wait_until(lambda: _open(found) == 0, 60.0), "the account is not at rest"
        before, asked = found.count(), _asked(found)
        began = time.monotonic()
        waits = _send(found, told)
        taken = time.monotonic() - began
        is_done = wait_until(lambda: _open(found) == 0, LONGEST_SECONDS)
        done = time.monotonic() - began
        fetched = _asked(found) - asked
        stored = found.scalar("SELECT count(*) FROM message WHERE id LIKE 'evt_storm_%'")
        note = f"{LANES} connections, seed {seed}, waits p99 {percentile(waits, 0.99) * 1000:.0f} ms"
        return [
            Figure("storm: messages", len(told) / taken, "messages/s", note=note),
            Figure("storm: messages not stored", len(told) - stored, "messages", at_most=0),
            Figure("storm: objects fetched", fetched / done, "objects/s"),
            Figure(
                "storm: fetches",
                fetched,
                "fetches",
                at_most=OBJECTS * MOST_FETCHES,
                note=f"{len(told):,} messages about {OBJECTS:,} objects",
            ),
            Figure(
                "storm: nothing marked after the last message",
                done - taken if is_done else LONGEST_SECONDS,
                "s",
                at_most=KEEPS_UP_SECONDS,
            ),
            Figure("storm: the count moved by", abs((found.count() or -1) - (before or 0)), "persons", at_most=0),
        ]


def _messages(found: Run, dice: random.Random) -> list[bytes]:
    """Bodies in the order of their sending."""
    sql = (
        "SELECT id, kind FROM stripe_object WHERE kind IN ('subscription', 'invoice') ORDER BY kind DESC, id LIMIT"
    )
    objects = found.rows(f"{sql} {OBJECTS}")
    assert len(objects) == OBJECTS, f"the account has only {len(objects)} objects"
    dice.shuffle(objects)
    places = [
        (place + dice.random() * WINDOW, object_id, kind)
        for place, (object_id, kind) in enumerate(objects)
        for _ in range(MESSAGES_EACH)
    ]
    return [
        messages.body(f"evt_storm_{number}", object_id, kind)
        for number, (_, object_id, kind) in enumerate(sorted(places))
    ]


def _send(found: Run, told: Sequence[bytes]) -> list[float]:
    """Over several connections, in their order; seconds that each waited for its answer."""
    secret = found.environment["STRIPE_WEBHOOK_SECRETS"]

    def lane(first: int) -> list[float]:
        waits = []
        with messages.Wire(found.port) as wire:
            for body in told[first::LANES]:
                began = time.monotonic()
                wire.post(body, secret)
                waits.append(time.monotonic() - began)
        return waits

    with ThreadPoolExecutor(LANES) as lanes:
        return [wait for waits in lanes.map(lane, range(LANES)) for wait in waits]


def _open(found: Run) -> int:
    marked = "(SELECT count(*) FROM stripe_object WHERE done < wanted)"
    return found.scalar(f"SELECT {marked} + (SELECT count(*) FROM stale_person)")


def _asked(found: Run) -> int:
    """How many single objects were asked for so far, as the test server counted."""
    by_path: dict[str, int] = found.stripe("GET", "/_test/requests")["by_path"]
    return sum(number for path, number in by_path.items() if path.startswith("GET ") and path.endswith(">"))
