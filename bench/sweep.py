"""`tracker sync --full` over 25,000 members beside the running product: how long, and how fast it asks."""

import json
import os
from pathlib import Path

from bench.figure import Figure
from bench.processes import Finished, finished, require_proc
from bench.prove import run
from bench.prove.run import TRACKER, Run

MEMBERS = 25_000
A_SECOND = 25
"""What Stripe lets a test key ask for."""
MOST = "a sweep's own are at most 25; what messages name is fetched at once, beside it"
LOAD_SECONDS = 1800.0
TARGET_SECONDS = 900.0
LONGEST_SECONDS = 1800.0
UNDER_WAY_SECONDS = 60
"""What changed so shortly before the sweep may not have been fetched when the sweep came to it."""


def figures(folder: Path, members: int = MEMBERS) -> list[Figure]:
    """Requests are counted by the test server, over all processes of the product: renewals go on meanwhile."""
    require_proc()
    with run.started(folder, members, LOAD_SECONDS) as found:
        env = {**os.environ, **found.environment}
        began = int(found.stripe("GET", "/_test/clock")["now"])
        found.stripe("POST", "/_test/requests")
        command = [TRACKER, "sync", "--full", "--json"]
        swept = finished(command, folder / "sync", env, seconds=LONGEST_SECONDS)
        asked = found.stripe("GET", "/_test/requests")
        objects = found.scalar("SELECT count(*) FROM stripe_object")
        meanwhile = _changed(found, began - UNDER_WAY_SECONDS)
    requests, most = asked["requests"], asked["most_in_a_second"]
    return [
        Figure("sweep: wall", swept.seconds, "s", at_most=TARGET_SECONDS, note=f"{objects:,} objects stored"),
        Figure("sweep: requests", requests, "", note="of all processes, as the test server counted them"),
        Figure("sweep: requests, mean", requests / swept.seconds, "/s", at_most=A_SECOND),
        Figure("sweep: requests, most in any second", most, "", note=MOST),
        Figure("sweep: peak of the command", swept.peak_mib, "MiB", note="resident"),
        _wrong(swept, meanwhile),
    ]


def _changed(found: Run, since: int) -> set[str]:
    """The objects that events of that second (unix) or later tell of."""
    events = found.listed("/v1/events", **{"created[gte]": str(since)})
    return {event["data"]["object"]["id"] for event in events}


def _wrong(swept: Finished, meanwhile: set[str]) -> Figure:
    """What the sweep found lost, drifting or in need of repair, but for what changed while it read."""
    told = json.loads(swept.answer)
    repaired = set(told["repaired"])
    wrong = [*told["lost"], *told["drift"], *(repaired - meanwhile)]
    note = " ".join([f"{len(repaired & meanwhile)} more changed while it read", *wrong[:3]])
    return Figure("sweep: lost, drifting or repaired", len(wrong), "", at_most=0, note=note)
