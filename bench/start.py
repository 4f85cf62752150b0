"""What a start costs: CPU seconds to import the application, and to make the web process of it."""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from bench import house
from bench.figure import Figure

TIMES = 3
MEASURE = """
import json, resource
{work}
spent = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps(spent.ru_utime + spent.ru_stime))
"""


def figures(folder: Path) -> list[Figure]:
    """Medians, the interpreter's own start in them."""
    nowhere = house.environment(folder, "postgresql://nobody@127.0.0.1:9/none", "redis://127.0.0.1:9/0", 8000)
    imported = [_cpu("import tracker.app", nowhere) for _ in range(TIMES)]
    made = [_cpu("from tracker.app import create_wsgi; create_wsgi()", nowhere) for _ in range(TIMES)]
    return [
        Figure("import of tracker.app", statistics.median(imported), "CPU s"),
        Figure("start of a web process", statistics.median(made), "CPU s", note="up to its first request"),
    ]


def _cpu(work: str, env: dict[str, str]) -> float:
    command = [sys.executable, "-c", MEASURE.format(work=work)]
    done = subprocess.run(command, env={**os.environ, **env}, cwd=house.ROOT, capture_output=True, check=True)
    return float(json.loads(done.stdout.splitlines()[-1]))
