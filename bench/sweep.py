"""`tracker sync --full` over 25,000 members beside the running product: how long, and how fast it asks."""

import json
import os
from pathlib import Path

from bench.figure import Figure
from bench.processes import Finished, finished, require_proc
from bench.prove import run
from bench.prove.run import TRACKER
from tracker.intake.stripe.pace import A_SECOND

MEMBERS = 25_000
LOAD_SECONDS = 1800.0
TARGET_SECONDS = 900.0
LONGEST_SECONDS = 1800.0


def figures(folder: Path, members: int = MEMBERS) -> list[Figure]:
    """Requests are counted by the test server, over all processes of the product.

    RuntimeError where the sweep finds that something was lost or differs: nothing happened that could.
    """
    require_proc()
    with run.started(folder, members, LOAD_SECONDS) as found:
        env = {**os.environ, **found.environment}
        found.stripe("POST", "/_test/requests")
        command = [TRACKER, "sync", "--full", "--json"]
        swept = finished(command, folder / "sync", env, seconds=LONGEST_SECONDS)
        asked = found.stripe("GET", "/_test/requests")
        objects = found.scalar("SELECT count(*) FROM stripe_object")
    _hold(swept)
    return [
        Figure("sweep: wall", swept.seconds, "s", at_most=TARGET_SECONDS, note=f"{objects:,} objects stored"),
        Figure("sweep: requests", asked["requests"], "", note="all processes, as the test server counted them"),
        Figure("sweep: requests, mean", asked["requests"] / swept.seconds, "/s", at_most=A_SECOND),
        Figure("sweep: requests, most in any second", asked["most_in_a_second"], "", at_most=A_SECOND),
        Figure("sweep: peak of the command", swept.peak_mib, "MiB", note="resident"),
    ]


def _hold(swept: Finished) -> None:
    told = json.loads(swept.answer)
    wrong = {name: told[name] for name in ("lost", "drift", "repaired") if told[name]}
    if wrong:
        raise RuntimeError(f"a sweep over an account that stood still found {str(wrong)[:500]}")
