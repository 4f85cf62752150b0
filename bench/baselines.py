"""The forecast beside the methods of the field, on the same 48 past forecasts with the same scores.

The others are of Nixtla's statsforecast, which the product does not need and does not carry: it is installed by
hand where this is to be measured again. Each sees the days so far and the last day, and draws a thousand paths.
"""

import importlib
import importlib.util
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import backtest
from bench.backtest import Score, Told, by_draws, score_of
from bench.figure import Figure, MissingError
from tracker.core.forecast.inputs import Inputs

PATHS = 1000
FIRST = date(2008, 11, 1)
"""Before it the series has one lone day."""
HIGHEST = 14.0
"""Of a day's logarithm (1.2 million gifts): what explodes shall not do so beyond all numbers."""
METHODS = ("AutoETS", "AutoTheta", "MSTL", "SeasonalNaive")
SCALES = ("logs", "counts")
"""Each method is given both, and judged by the better: none shall lose by how it was asked."""

Array = NDArray[np.float64]


def figures(folder: Path) -> list[Figure]:
    """Ours, with its bar, then each other by the scale that suits it better.

    MissingError without the library or the data.
    """
    _require()
    cases = list(backtest.origins())
    with ProcessPoolExecutor() as pool:
        told = list(pool.map(_told, [(method, scale, *case) for method, scale, case in _all(cases)], chunksize=4))
    found = _rows("ours", score_of([backtest.ours(*case) for case in cases]), bar=0.125)
    for n, method in enumerate(METHODS):
        scores = [
            (scale, score_of(told[start : start + len(cases)]))
            for start, scale in ((len(cases) * (n * len(SCALES) + m), scale) for m, scale in enumerate(SCALES))
        ]
        scale, best = min(scores, key=lambda one: one[1].crps)
        found += _rows(f"{method} of {scale}", best)
    return found


def _all(cases: list[tuple[Inputs, int]]) -> Iterator[tuple[str, str, tuple[Inputs, int]]]:
    return ((method, scale, case) for method in METHODS for scale in SCALES for case in cases)


def _rows(name: str, score: Score, bar: float | None = None) -> list[Figure]:
    held = {"at_least": 75.0, "note": "an honest one holds 80"} if bar else {}
    return [
        Figure(f"{name}: CRPS", score.crps * 100, "% of total", at_most=bar and bar * 100),
        Figure(f"{name}: 80 % band holds", score.held * 100, "%", **held),  # type: ignore[arg-type]  # as made above
        Figure(f"{name}: MAPE", score.mape * 100, "%"),
        Figure(f"{name}: Brier of the goal", score.brier, ""),
    ]


def _require() -> None:
    if importlib.util.find_spec("statsforecast") is None:
        raise MissingError(
            "statsforecast is not here, which the others are made with: `.venv/bin/python -m pip install "
            "statsforecast` (2.1; the product does not need it, and `make clean env-dev` is without it again)"
        )
    if not backtest.FILE.exists():
        raise MissingError(f"{backtest.FILE} is not here: name its folder in TRACKER_BACKTEST_DATA")


def _told(asked: tuple[str, str, Inputs, int]) -> Told:
    method, scale, inputs, came = asked
    days = _days(inputs)
    ahead = (inputs.ends_on - inputs.on).days + 1
    paths = _paths(method, np.log1p(days) if scale == "logs" else days, ahead)
    if scale == "logs":
        paths = np.expm1(np.minimum(paths, HIGHEST))
    return by_draws(inputs, came, np.maximum(paths, 0.0).sum(axis=1))


def _days(inputs: Inputs) -> Array:
    """One figure a day; the holes of 2010 in a straight line."""
    known = [(day.toordinal(), count) for day, count in inputs.joins if day >= FIRST]
    days = np.arange(FIRST.toordinal(), inputs.on.toordinal())
    return np.asarray(np.interp(days, [day for day, _ in known], [count for _, count in known]))


def _paths(method: str, days: Array, ahead: int) -> Array:
    """(paths, ahead): as the library simulates its own model."""
    models: Any = importlib.import_module("statsforecast.models")
    making: dict[str, Callable[[], Any]] = {
        "AutoETS": partial(models.AutoETS, season_length=7),
        "AutoTheta": partial(models.AutoTheta, season_length=7),
        "MSTL": partial(models.MSTL, season_length=[7, 365]),
        "SeasonalNaive": partial(models.SeasonalNaive, season_length=365),
    }
    fitted = making[method]().fit(days)
    if method != "MSTL":
        return np.asarray(fitted.simulate(h=ahead, n_paths=PATHS, seed=1))
    trend = fitted.trend_forecaster  # of the series without its seasons; these come again as they were last
    seasons = fitted.predict(h=ahead)["mean"] - trend.predict(h=ahead)["mean"]
    return np.asarray(trend.simulate(h=ahead, n_paths=PATHS, seed=1)) + seasons
