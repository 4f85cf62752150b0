"""`python -m bench.prove [NAME ...] [--seed N] [--json]`: long proofs on real processes; exit 1 where one fails.

Everything listens on loopback, is bounded in count and time, and ends with the proof.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.figure import Figure, tell
from bench.prove import kills, malformed, schedules, storm

PROOFS: dict[str, Callable[[Path, int], list[Figure]]] = {
    "malformed": malformed.figures,
    "kills": kills.figures,
    "storm": storm.figures,
    "schedules": schedules.figures,
}
"""Name -> what proves it: from an empty folder and a seed to its figures. Another proof is another line here."""
SEED = 25_000


def main() -> int:
    """0: every target met; 1: one missed; 2: something is missing here, or wrong use."""
    parser = argparse.ArgumentParser(prog="python -m bench.prove", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(PROOFS)}; default: all")
    parser.add_argument("--seed", type=int, default=SEED, help="the same seed, the same run")
    parser.add_argument("--json", action="store_true", dest="as_json", help="answer as JSON")
    wish = parser.parse_args()
    unknown = set(wish.names) - set(PROOFS)
    if unknown:
        parser.error(f"there is no proof {', '.join(sorted(unknown))}; there is: {', '.join(PROOFS)}")
    load = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before, seed {wish.seed}"
    names = wish.names or list(PROOFS)
    return tell(lambda: [one for name in names for one in _prove(name, wish.seed)], load, wish.as_json)


def _prove(name: str, seed: int) -> list[Figure]:
    print(f"proving {name}", file=sys.stderr)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"tracker-prove-{name}-", ignore_cleanup_errors=True) as scratch:
        found = PROOFS[name](Path(scratch), seed)
    print(f"  {time.monotonic() - began:.0f} s", file=sys.stderr)
    return found


if __name__ == "__main__":
    sys.exit(main())
