"""The same 48 past forecasts for every method: a publisher's ten years of donations, and how each is scored.

The series may not be carried along (it has no licence of its own): it is read from `FOLDER`, and what needs it
says so where it is absent.
"""

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from tracker.core.forecast.inputs import Inputs
from tracker.core.forecast.score import brier, coverage, crps, crps_of_quantiles
from tracker.core.forecast.simulate import simulate

FOLDER = Path(os.environ.get("TRACKER_BACKTEST_DATA") or Path(__file__).parents[2] / "shared" / "data")
FILE = FOLDER / "wmf-donationdata-vs-day.csv"
ORIGINS = ((10, 1), (10, 15), (11, 1), (11, 15), (11, 25), (12, 1), (12, 10), (12, 20))
YEARS = range(2012, 2018)
SHARES = {"p2_5": 0.025, "p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9, "p97_5": 0.975}


@dataclass(frozen=True, slots=True)
class Told:
    """One forecast of a total beside what came, in the total's unit."""

    crps: float
    band: tuple[float, float]
    """The 80 % band."""
    middle: float
    chance: float
    """Of the goal, 0 to 1."""
    came: float
    goal: float


@dataclass(frozen=True, slots=True)
class Score:
    """Of many: all but `brier` are shares, 0 to 1 and more; less is better, but for `held`."""

    crps: float
    """By the total."""
    held: float
    """How often the 80 % band held what came."""
    brier: float
    mape: float
    """How far the middle was from what came, either way."""


def score_of(rows: Sequence[Told]) -> Score:
    """The mean over the rows; a total of none counts as one."""
    held = coverage([one.band for one in rows], [one.came for one in rows])
    reached = [one.came >= one.goal for one in rows]
    return Score(
        fmean(one.crps / max(one.came, 1) for one in rows),
        held,
        brier([one.chance for one in rows], reached),
        fmean(abs(one.middle - one.came) / max(one.came, 1) for one in rows),
    )


def ours(inputs: Inputs, came: float, draws: int = 4000) -> Told:
    """The product's forecast, scored by the seven quantiles it shows."""
    found = simulate(inputs, draws=draws, seed=1)
    quantiles = [(share, float(getattr(found, name))) for name, share in SHARES.items()]
    score = crps_of_quantiles(quantiles, came)
    return Told(score, (found.p10, found.p90), found.p50, found.chance, came, inputs.goal)


def by_draws(inputs: Inputs, came: float, rest: "NDArray[np.float64]") -> Told:
    """Any method that draws what is still to come, (draws,)."""
    draws = inputs.count + np.maximum(rest, 0)
    low, middle, high = (float(one) for one in np.quantile(draws, (0.1, 0.5, 0.9)))
    chance = float((draws >= inputs.goal).mean())
    return Told(crps(draws.tolist(), came), (low, high), middle, chance, came, inputs.goal)


@cache
def donations() -> dict[date, int]:
    """Gifts a day, 2007-12-31 to 2018-11-14; 2010 lacks 23 days."""
    with FILE.open(newline="") as file:
        return {date.fromisoformat(row["date"]): int(row["donations"]) for row in csv.DictReader(file)}


def origins() -> Iterator[tuple[Inputs, int]]:
    """48 of them, October to December 2012 to 2017: the year's donations; the goal is 10 % over last year's."""
    days = donations()
    total = {year: sum(n for day, n in days.items() if day.year == year) for year in range(2011, 2018)}
    for year in YEARS:
        for month, day in ORIGINS:
            on = date(year, month, day)
            known = tuple((day, count) for day, count in days.items() if day < on)
            inputs = Inputs(
                on=on,
                ends_on=date(year, 12, 31),
                starts_on=date(year, 1, 1),
                count=sum(count for day, count in known if day.year == year),
                goal=int(1.1 * total[year - 1]),
                joins=known,
                metric="new_members",
            )
            yield inputs, total[year]
