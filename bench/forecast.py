"""What a forecast costs: CPU seconds to import it, CPU milliseconds to simulate one."""

import json
import os
import statistics
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

from bench import house
from bench.figure import Figure, percentile

TIMES = 5
RUNS = 30
MEASURE = """
import json, resource
def spent():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
before = spent()
import tracker.core.forecast.simulate
print(json.dumps(spent() - before))
"""


def figures(folder: Path) -> list[Figure]:
    """The import from compiled files, as after a first start; 4,000 draws over 60 days, with five years known."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPYCACHEPREFIX"] = str(folder)
    imported = [_import(env) for _ in range(TIMES + 1)][1:]
    thousand, million = (_simulated(members) for members in (1_000, 1_000_000))
    return [
        Figure("forecast: import", statistics.median(imported), "CPU s", at_most=0.15, note="beyond Python's own"),
        Figure(
            "forecast: 4,000 draws, 60 days", percentile(thousand, 0.5), "CPU ms", at_most=50, note="1,000 members"
        ),
        Figure(
            "forecast: of a million members", percentile(million, 0.5), "CPU ms", at_most=50, note="the same draws"
        ),
    ]


def _import(env: dict[str, str]) -> float:
    command = [sys.executable, "-c", MEASURE]
    done = subprocess.run(command, env=env, cwd=house.ROOT, capture_output=True, check=True)
    return float(json.loads(done.stdout))


def _simulated(members: int) -> list[float]:
    """CPU milliseconds of each of `RUNS`, the first ones not counted."""
    from tracker.core.forecast.inputs import Drive, Due, Inputs
    from tracker.core.forecast.simulate import simulate

    on = date(2026, 11, 2)
    days = [on - timedelta(days=n) for n in range(5 * 365, 0, -1)]
    a_day = members // 500
    due = tuple(
        Due(on + timedelta(days=n), months, is_first, standing, members // (365 if months == 12 else 30) // 8)
        for n in range(60)
        for months in (1, 12)
        for is_first in (True, False)
        for standing in ("fine", "failing", "leaving")
        if months == 12 or n < 30
    )
    inputs = Inputs(
        on=on,
        ends_on=on + timedelta(days=59),
        starts_on=date(2026, 1, 1),
        count=members,
        goal=members * 11 // 10,
        joins=tuple((day, a_day * (1 + (day.month == 12)) + day.toordinal() % 7) for day in days),
        drives=tuple(Drive(date(year, 11, 20), date(year, 12, 2), "autumn") for year in range(2022, 2027)),
        due=due,
    )
    spent = []
    for seed in range(RUNS + 3):
        start = time.process_time()
        simulate(inputs, seed=seed)
        spent.append((time.process_time() - start) * 1000)
    return spent[3:]
