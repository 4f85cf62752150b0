"""What a benchmark answers, and how figures are shown."""

import json
import math
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from tracker.local.server import LocalServerError


class MissingError(Exception):
    """Something that a benchmark needs is not here; the text says what to install or to do."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure; without a target it is told for what it is."""

    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""

    @property
    def is_met(self) -> bool:
        """True, too, where there is nothing to meet."""
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )

    @property
    def target(self) -> str:
        if self.at_least is not None:
            return f">= {self.at_least:g}"
        return f"<= {self.at_most:g}" if self.at_most is not None else ""


def table(figures: Sequence[Figure]) -> str:
    """The figures as lines of one width a column."""
    rows = [("name", "figure", "unit", "target", "ok", "")]
    for one in figures:
        verdict = "" if not one.target else "yes" if one.is_met else "NO"
        rows.append((one.name, shown(one.value), one.unit, one.target, verdict, one.note))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join("  ".join([*map(str.ljust, row, widths), row[5]]).rstrip() for row in rows)


def shown(value: float) -> str:
    """Three figures, thousands parted."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def tell(measure: Callable[[], list[Figure]], machine: str, as_json: bool) -> int:
    """Measure and show: 0 where every target is met, 1 where one is missed, 2 where something is missing here."""
    print(machine, file=sys.stderr)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that all we started ends with us
    try:
        found = measure()
    except (MissingError, LocalServerError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    if as_json:
        rows = [asdict(one) | {"ok": one.is_met} for one in found]
        print(json.dumps({"machine": machine, "figures": rows}, indent=1))
    else:
        print(table(found))
    return 0 if all(one.is_met for one in found) else 1
