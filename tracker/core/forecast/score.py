"""How good past forecasts were: proper scores, for the backtest and for the kept record."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise


def crps(draws: Sequence[float], came: float) -> float:
    """Continuous ranked probability score, in the unit of the draws, less is better: E|X - y| - E|X - X'| / 2.

    Gneiting and Raftery, JASA 102 (2007), equation 21, over sorted draws in one pass.
    """
    ordered = sorted(draws)
    n = len(ordered)
    missed = sum(abs(one - came) for one in ordered) / n
    apart = sum((2 * place + 1 - n) * one for place, one in enumerate(ordered)) / (n * n)
    return missed - apart


def pinball(quantile: float, share: float, came: float) -> float:
    """The loss of one quantile forecast, in its unit: `share` (0 to 1) of what comes should not exceed it."""
    return (came - quantile) * share if came >= quantile else (quantile - came) * (1 - share)


def crps_of_quantiles(quantiles: Sequence[tuple[float, float]], came: float) -> float:
    """CRPS from (share, quantile) alone, as the kept record has them: twice the pinball loss, over all shares.

    Each quantile stands for the shares nearest to it, and the shares beyond the outermost are theirs.
    """
    ordered = sorted(quantiles)
    shares = [share for share, _ in ordered]
    edges = [0.0, *((a + b) / 2 for a, b in pairwise(shares)), 1.0]
    widths = [b - a for a, b in pairwise(edges)]
    return 2 * sum(
        width * pinball(quantile, share, came) for width, (share, quantile) in zip(widths, ordered, strict=True)
    )


def coverage(bands: Sequence[tuple[float, float]], came: Sequence[float]) -> float:
    """The share (0 to 1) of what came that stood within its band, its ends included; of nothing, 0."""
    held = [low <= one <= high for (low, high), one in zip(bands, came, strict=True)]
    return sum(held) / len(held) if held else 0.0


def brier(chances: Sequence[float], came: Sequence[bool]) -> float:
    """Mean squared difference of the chance told (0 to 1) from what came; 0 is perfect, 0.25 a coin's.

    Brier, Monthly Weather Review 78 (1950).
    """
    squares = [(chance - one) ** 2 for chance, one in zip(chances, came, strict=True)]
    return sum(squares) / len(squares) if squares else 0.0


def reliability(
    chances: Sequence[float], came: Sequence[bool], edges: Sequence[float]
) -> list[tuple[float, float, int]]:
    """By bin of the chances told, parted at `edges`: mean chance, share that came, number; no empty bins."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(len(edges) + 1)]
    for chance, one in zip(chances, came, strict=True):
        bins[bisect_left(edges, chance)].append((chance, one))
    return [
        (sum(chance for chance, _ in group) / len(group), sum(one for _, one in group) / len(group), len(group))
        for group in bins
        if group
    ]
