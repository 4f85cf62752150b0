"""`python -m bench [NAME ...] [--json]`: measure on this machine, now; exit 1 where a target is missed.

Everything listens on loopback, is bounded in time, and ends with the benchmark; files stand in a temporary folder.
Without a name, all that is done within two minutes; the long ones are measured when they are named.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import (
    acknowledge,
    banner,
    baselines,
    dashboard,
    dashboard_page,
    embed,
    finance,
    forecast,
    house,
    paint,
    pictures,
    rebuild,
    start,
    sweep,
    webhooks,
)
from bench.figure import Figure, tell


def _web(folder: Path, names: list[str]) -> list[Figure]:
    """Both benchmarks of the web process, over one start of it."""
    with house.web(folder) as running:
        found = embed.figures(folder, running) if "embed" in names else []
        return found + (webhooks.figures(running) if "webhooks" in names else [])


ALONE: dict[str, tuple[str, Callable[[Path], list[Figure]]]] = {
    "acknowledge": ("the acknowledgement beside a worker", acknowledge.figures),
    "banner": ("the way from a payment to the banner", banner.figures),
    "dashboard": ("the dashboard's page in a browser", dashboard_page.figures),
    "readership": ("the dashboard's page over 100,000 members", dashboard.figures),
    "baselines": ("other methods beside the forecast, which takes half an hour", baselines.figures),
    "finance": ("a month of a million bookings, which takes some minutes to write", finance.figures),
    "forecast": ("the forecast of a count at its deadline", forecast.figures),
    "pictures": ("the banner's pictures beside its texts", pictures.figures),
    "paint": ("the number in an article on a slow phone", paint.figures),
    "rebuild": ("a rebuild from a million stored objects, which takes five minutes and more", rebuild.figures),
    "sweep": ("a full sweep of 25,000 members, which takes eight minutes and more", sweep.figures),
}
"""Name -> what is measured and by what, in an empty folder. Another benchmark is another line here."""
NAMES = ("start", "embed", "webhooks", *ALONE)
LONG = ("baselines", "finance", "rebuild", "sweep")


def _measure(names: list[str], say: Callable[[str], None]) -> list[Figure]:
    if "embed" in names:
        embed.require()
    found: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="tracker-bench-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        if "start" in names:
            say("the start")
            found += start.figures(folder)
        if {"embed", "webhooks"} & set(names):
            say("the web process")
            found += _web(folder, names)
        for name in (one for one in ALONE if one in names):
            what, figures = ALONE[name]
            say(what)
            part = folder / name
            part.mkdir()
            found += figures(part)
    return found


def main() -> int:
    """0: every target met; 1: one missed; 2: something is missing here, or wrong use."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"{', '.join(NAMES)}; default: all but {', '.join(LONG)}"
    )
    parser.add_argument("--json", action="store_true", dest="as_json", help="answer as JSON")
    wish = parser.parse_args()
    unknown = set(wish.names) - set(NAMES)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there is: {', '.join(NAMES)}")
    load = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before"
    say = lambda what: print(f"measuring {what}", file=sys.stderr)  # noqa: E731
    names = wish.names or [name for name in NAMES if name not in LONG]
    return tell(lambda: _measure(names, say), load, wish.as_json)


if __name__ == "__main__":
    sys.exit(main())
