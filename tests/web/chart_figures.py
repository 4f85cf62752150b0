"""Invented years for the charts' tests and for the page that shows them all."""

import math
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

from tracker.web import charts

FIRST, GOAL = date(2026, 1, 1), 12_000
_COUNTED = 328
TITLE = "How the river came back to the city, and what it took to let it stay there for good"


def years_worth() -> tuple[list[tuple[date, int]], list[tuple[date, float]], list[tuple[date, float]], list[Any]]:
    """(closings, path, last year, fan): 328 days counted of a year whose December brings a quarter."""
    days = [FIRST + timedelta(days=n) for n in range(365)]
    path = [(day, 8_000 + 4_000 * _season(n)) for n, day in enumerate(days)]
    closings = [(day, round(value - 260 * math.sin(n / 50) - 40)) for n, (day, value) in enumerate(path)][
        :_COUNTED
    ]
    before = [(day, 6_500 + 3_000 * _season(n) + 90 * math.sin(n / 31)) for n, day in enumerate(days)]
    shift = closings[-1][1] - path[_COUNTED - 1][1]
    fan = []
    for n, (day, value) in enumerate(path[_COUNTED:], 1):
        width = 28 * math.sqrt(n)
        fan.append((day, *[value + shift + width * z for z in (-2, -1.28, -0.67, 0, 0.67, 1.28, 2)]))
    return closings, path, before, fan


def _season(n: int) -> float:
    return (n + 1) / 365 * 0.75 + (0.25 * (n - 333) / 31 if n > 333 else 0)


def figure(name: str, title: str = TITLE) -> charts.Figure:
    """The chart of that name over the invented years."""
    return _MAKERS[name](title)


def _weeks(count: int, first: date = FIRST) -> list[tuple[date, date]]:
    return [(first + timedelta(days=7 * n), first + timedelta(days=7 * n + 6)) for n in range(count)]


def _months(count: int) -> list[tuple[date, date]]:
    begun = [date(2025 + n // 12, n % 12 + 1, 1) for n in range(count + 1)]
    return [(one, after - timedelta(days=1)) for one, after in pairwise(begun)]


def _growth(title: str) -> charts.Figure:
    closings, path, before, fan = years_worth()
    notes = [
        charts.Note(date(2026, 5, 4), date(2026, 7, 12), title, "drive"),
        charts.Note(date(2026, 9, 9), date(2026, 9, 9), "The water story", "note"),
    ]
    return charts.growth(closings, path, unit_goal="goal 12,000", before=before, fan=fan, notes=notes)


def _movements(_: str) -> charts.Figure:
    rows = [(a, b, 60 + n % 17 * 3, 8 + n % 5, 30 + n % 11 * 2) for n, (a, b) in enumerate(_weeks(47))]
    return charts.movements(rows, moved_in=[n % 7 for n in range(47)], moved_out=[n % 5 for n in range(47)])


def _needed(_: str) -> charts.Figure:
    days = [date(2026, 11, 1) + timedelta(days=n) for n in range(61)]
    came = [(day, 9 + (n * 7) % 13 - (6 if n == 9 else 0)) for n, day in enumerate(days[:23])]
    asked = [(day, 8 + (22 if day.month == 12 else 0)) for day in days]
    return charts.needed(came, asked, [(day, value * 1.35) for day, value in asked[23:]])


def _at_risk(_: str) -> charts.Figure:
    weeks = _weeks(6, date(2026, 11, 23))
    return charts.at_risk([(a, b, 120 - 9 * n, 24 - 3 * n, 11 + n) for n, (a, b) in enumerate(weeks)])


def _ranking(title: str) -> charts.Figure:
    names = [
        title,
        "Night train to Lviv",
        "Ми лишилися тут: рік з людьми, які не поїхали",
        "/2026/bakery",
        "(none)",
    ]
    return charts.ranking([(name, 1_412 // (n + 1)) for n, name in enumerate(names)], "joined")


def _retention(_: str) -> charts.Figure:
    cohorts = []
    for year, months, loss in ((2022, 59, 28), (2023, 47, 30), (2024, 35, 24), (2025, 23, 21), (2026, 11, 18)):
        cohorts.append((str(year), [1 - Fraction(loss * n, 1_000 + 20 * n) for n in range(months)]))
    return charts.retention(cohorts)


def _recurring(_: str) -> charts.Figure:
    months = _months(23)
    totals = [(a, b, 4_200_000 + 61_733 * n + 90_000 * (n % 3)) for n, (a, b) in enumerate(months)]
    return charts.recurring(
        totals, [(240_000 + 9_000 * (n % 5), 31_000, 12_050, 150_000) for n in range(23)], "EUR"
    )


def _raised(title: str) -> charts.Figure:
    rows = [
        (a, b, [2_400_050 + n % 6 * 300_000, 400_000, 90_000 - 8_000 * n]) for n, (a, b) in enumerate(_months(12))
    ]
    return charts.raised(rows, ["monthly", "yearly", title], "EUR")


def _record(_: str) -> charts.Figure:
    days = [date(2026, 6, 1) + timedelta(days=7 * n) for n in range(25)]
    rows = [(day, 10_900 - 900 + 30 * n, 11_600 + 12 * n, 12_900 - 25 * n) for n, day in enumerate(days)]
    return charts.record(rows, 11_870, unit_came="11,870 came", promised_from=days[8])


def _final(_: str) -> charts.Figure:
    bins = [
        (low, low + 99, round(620 * math.exp(-(((low - 11_900) / 420) ** 2))))
        for low in range(11_000, 13_000, 100)
    ]
    return charts.final(bins, GOAL, "goal 12,000", 11_900)


_MAKERS: dict[str, Callable[[str], charts.Figure]] = {
    "growth": _growth,
    "movements": _movements,
    "needed": _needed,
    "at_risk": _at_risk,
    "ranking": _ranking,
    "retention": _retention,
    "recurring": _recurring,
    "raised": _raised,
    "record": _record,
    "final": _final,
}
NAMES = tuple(_MAKERS)
