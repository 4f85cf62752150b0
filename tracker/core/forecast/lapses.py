"""Who leaves before the deadline: from the renewal calendar by kind of renewal, and of those still to join.

Counts, never persons: a million members cost what a thousand do. The rate of a kind is drawn from a beta
distribution with its history's weight, its lapses from a binomial one.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from tracker.core.forecast.inputs import Due, Inputs, Standing

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = tuple[int, bool, Standing]

# Kept of a kind without history, worth WORTH renewals: those who pay by the year go most at their first renewal.
YEARLY = {True: 0.70, False: 0.85}
MONTHLY = {True: 0.88, False: 0.96}
FAILING = 0.50
WORTH = 20.0
MOST = 1000.0
"""Renewals of the past that count: next year's rate is not last year's, however many there were of them."""


DRIVER: dict[Standing, str] = {"leaving": "cancellations", "failing": "failing", "fine": "renewals"}
"""Standing -> what it is called among the drivers of a forecast."""


@dataclass(frozen=True, slots=True)
class Lapses:
    """Lapses a day, (days, draws), and until the deadline by what moves them, (draws) each."""

    daily: "NDArray[np.float64]"
    totals: "dict[str, NDArray[np.float64]]"


class Rates:
    """Kept shares by kind, each drawn once for all draws, so that all members of a kind share its luck."""

    def __init__(self, inputs: Inputs, draws: int, generator: np.random.Generator) -> None:
        self._history: dict[Kind, list[int]] = defaultdict(lambda: [0, 0])
        for past in inputs.renewed:
            seen = self._history[past.months, past.is_first, past.standing]
            seen[0] += past.due
            seen[1] += past.kept
        self._factor = inputs.lapses_factor
        self._draws = draws
        self._generator = generator
        self._drawn: dict[Kind, NDArray[np.float64]] = {}

    def lapsing(self, kind: Kind) -> "NDArray[np.float64]":
        """The share that lapses, one a draw. A scheduled cancellation is known: it lapses."""
        if kind[2] == "leaving":
            return np.ones(self._draws)
        if kind not in self._drawn:
            due, kept = self._history[kind]
            weight = min(1.0, MOST / due) if due else 0.0
            usual = _usual(kind)
            lost = WORTH * (1 - usual) + weight * (due - kept)
            stayed = WORTH * usual + weight * kept
            self._drawn[kind] = self._generator.beta(lost, stayed, self._draws)
        return np.asarray(np.minimum(1.0, self._drawn[kind] * self._factor))


def _usual(kind: Kind) -> float:
    months, is_first, standing = kind
    if standing == "failing":
        return FAILING
    # Between a month and a year by the logarithm of the term's length: twelve terms a year or one.
    share = min(1.0, float(np.log(months) / np.log(12)))
    return MONTHLY[is_first] + share * (YEARLY[is_first] - MONTHLY[is_first])


def of_members(inputs: Inputs, ahead: int, draws: int, rates: Rates, generator: np.random.Generator) -> Lapses:
    """Lapses of those who are members now, for each of `ahead` days from `inputs.on`."""
    totals = {name: np.zeros(draws) for name in DRIVER.values()}
    calendars, courses = [np.zeros((1, ahead))], [np.zeros((1, draws))]
    for kind, calendar in _calendars(inputs.due, inputs.on, ahead).items():
        persons = int(calendar[0].sum())
        course = _course(kind, len(calendar), rates)
        expected = np.einsum("t,tn->n", calendar.sum(axis=1), course)
        came = generator.binomial(persons, np.clip(expected / max(persons, 1), 0.0, 1.0))
        totals[DRIVER[kind[2]]] += came
        calendars.append(calendar)
        courses.append(course * (came / np.maximum(expected, 1e-9)))
    # Not by BLAS: its threads cost more than so small a product takes.
    return Lapses(np.einsum("td,tn->dn", np.concatenate(calendars), np.concatenate(courses)), totals)


def of_newcomers(
    inputs: Inputs, joined: "NDArray[np.float64]", rates: Rates, noise: "NDArray[np.float64]"
) -> "NDArray[np.float64]":
    """Lapses a day (days, draws) of those who join a day; `noise`: one standard normal a draw for their chance."""
    ahead = len(joined)
    lapsed = np.zeros_like(joined)
    for months, share in ((1, inputs.monthly_share), (12, 1.0 - inputs.monthly_share)):
        steps = _again(inputs.on, months, ahead)
        if not steps or not share:
            continue
        course = _course((months, True, "fine"), len(steps), rates)
        for step, lapsing in zip(steps, course, strict=True):
            lapsed[step:] += share * lapsing * joined[: ahead - step]
    total, most = lapsed.sum(axis=0), joined.sum(axis=0)
    chance = np.sqrt(np.maximum(total * (1 - total / np.maximum(most, 1e-9)), 0.0))
    came = np.clip(total + noise * chance, 0.0, most)
    return np.asarray(lapsed * (came / np.maximum(total, 1e-9)))


def _course(kind: Kind, terms: int, rates: Rates) -> "NDArray[np.float64]":
    """Of a person who comes due so many times, the share that lapses at each: (terms, draws)."""
    months, _, _ = kind
    at_first = rates.lapsing(kind)
    found = [at_first]
    left = 1.0 - at_first
    for _ in range(terms - 1):
        later = rates.lapsing((months, False, "fine"))
        found.append(left * later)
        left = left * (1.0 - later)
    return np.array(found)


def _calendars(due: Sequence[Due], on: date, ahead: int) -> "dict[Kind, NDArray[np.float64]]":
    """By kind: persons who come due for the 1st, 2nd... time on each day, were all to stay: (times, days).

    What was due before today and is still open counts as today's.
    """
    buckets: dict[Kind, dict[tuple[int, int], int]] = defaultdict(lambda: defaultdict(int))
    for one in due:
        for time, day in enumerate(_dues(one, on, ahead)):
            buckets[one.months, one.is_first, one.standing][time, day] += one.persons
    calendars = {}
    for kind, persons in buckets.items():
        calendar = np.zeros((1 + max(time for time, _ in persons), ahead))
        for place, count in persons.items():
            calendar[place] = count
        calendars[kind] = calendar
    return calendars


def _dues(one: Due, on: date, ahead: int) -> list[int]:
    """Days from today on which they come due until the deadline; those who leave come due once."""
    day = max(0, (one.on - on).days)
    if day >= ahead:
        return []
    again = [] if one.standing == "leaving" else _again(max(one.on, on), one.months, ahead - day)
    return [day, *(day + offset for offset in again)]


@lru_cache(maxsize=4096)
def _again(first_on: date, months: int, within: int) -> tuple[int, ...]:
    """Days until one, two... terms later, on the same day of the month or its last, within so many days."""
    found: list[int] = []
    while True:
        month = first_on.month - 1 + months * (len(found) + 1)
        year = first_on.year + month // 12
        last = monthrange(year, month % 12 + 1)[1]
        offset = (date(year, month % 12 + 1, min(first_on.day, last)) - first_on).days
        if offset >= within:
            return tuple(found)
        found.append(offset)
