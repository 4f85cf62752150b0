"""A forecast in plain numbers: what is needed a day, when the goal is reached, and what moves the count."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from tracker.core.forecast.answer import DRIVERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUANTILES = (0.025, 0.10, 0.25, 0.50, 0.75, 0.90, 0.975)
Band = tuple[int, int, int, int, int, int, int]


def bands(count: "NDArray[np.float64]") -> list[Band]:
    """The seven quantiles of each row of draws: the draw that so many do not exceed."""
    ordered = np.sort(count, axis=1)
    places = [min(count.shape[1] - 1, int(share * count.shape[1])) for share in QUANTILES]
    a, b, c, d, e, f, g = (ordered[:, place].astype(int).tolist() for place in places)
    return list(zip(a, b, c, d, e, f, g, strict=True))


def chance(final: "NDArray[np.float64]", goal: int) -> float:
    """The share of draws at the goal or above; of none or all of them, no more than so many draws can say."""
    least = 1 / (2 * len(final))
    return min(max(float((final >= goal).mean()), least), 1 - least)


def bins(final: "NDArray[np.float64]", goal: int, about: int = 28) -> tuple[tuple[int, int, int], ...]:
    """Some `about` bins of one width over all but the outermost draws; those are in the first and the last."""
    low, high = (int(edge) for edge in np.quantile(final, (0.005, 0.995)))
    width = max(1, -(-(high - low) // about))
    first = goal - width * -(-(goal - low) // width)
    edges = first + width * np.arange(max(2, (high - first) // width + 2))
    places = np.clip((final.astype(int) - first) // width, 0, len(edges) - 2)
    counts = np.bincount(places, minlength=len(edges) - 1).tolist()
    return tuple((int(edge), int(edge) + width - 1, counts[n]) for n, edge in enumerate(edges[:-1].tolist()))


def reached_on(count: "NDArray[np.float64]", goal: int, days: list[date]) -> date | None:
    """The first day by which half of the draws have stood at the goal, if only for that day."""
    first = np.where((count >= goal).any(axis=0), (count >= goal).argmax(axis=0), len(days))
    middle = int(np.sort(first)[(len(first) - 1) // 2])
    return days[middle] if middle < len(days) else None


def needed(missing: float, curve: "NDArray[np.float64]", days: list[date]) -> tuple[tuple[date, int], ...]:
    """`missing` joins along the curve, whole ones a day; they sum to what is missing, none where nothing is."""
    so_far = np.cumsum(curve if curve.sum() > 0 else np.ones(len(days)))
    whole = np.rint(max(0.0, np.ceil(missing)) * so_far / so_far[-1]).astype(int)
    return tuple(zip(days, np.diff(whole, prepend=0).tolist(), strict=True))


def drivers(moved: int, parts: Mapping[str, float]) -> tuple[tuple[str, int], ...]:
    """The parts in whole persons; the ordinary joins take up the rest, so that together they are what moved."""
    whole = {name: round(parts.get(name, 0.0)) for name in DRIVERS if name != "joins"}
    whole["joins"] = moved - sum(whole.values())
    return tuple((name, whole[name]) for name in DRIVERS)
