"""The days that are known, without holes, spikes that nothing repeats, and what the drives added."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from tracker.core.forecast.inputs import Drive
from tracker.core.forecast.phases import earlier

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONGEST_GAP = 31
"""Days without a figure that their neighbours may stand in for; what is before a longer gap is not used."""
BURST = 4.0
"""Days of so many times their surroundings are a burst; one of a week or more is a campaign and no burst."""
AROUND = 28


@dataclass(frozen=True, slots=True)
class History:
    """One figure a day from `first` (an ordinal), the last of the day before the forecast."""

    first: int
    joins: "NDArray[np.float64]"
    """As they came."""
    calm: "NDArray[np.float64]"
    """Without what a burst that no other year repeats brought."""
    ordinary: "NDArray[np.float64]"
    """`calm`, with the days of drives as days without one would have been."""

    @property
    def days(self) -> int:
        return len(self.joins)


def read(joins: Sequence[tuple[date, int]], on: date, drives: Sequence[Drive]) -> History:
    """The history up to the day before `on`; days in any order, holes of up to 31 days filled from around them."""
    known = {day.toordinal(): max(0, count) for day, count in joins}
    if not known or on.toordinal() - max(known) > LONGEST_GAP + 1:
        nothing = np.zeros(0)
        return History(on.toordinal(), nothing, nothing, nothing)
    days = np.array(sorted(known))
    gaps = np.flatnonzero(np.diff(days) > LONGEST_GAP + 1)
    first = int(days[gaps[-1] + 1] if gaps.size else days[0])
    counts = np.full(on.toordinal() - first, np.nan)
    kept = days[days >= first]
    counts[kept - first] = [known[int(day)] for day in kept]
    counts = _filled(counts, ~np.isnan(counts))
    in_drive = np.zeros(len(counts), bool)
    for drive in drives:
        in_drive[span(drive, first, len(counts))] = True
    ordinary = _filled(counts, ~in_drive)
    without_bursts = _without_bursts(ordinary, first)
    calm = np.where(in_drive, counts, without_bursts)
    return History(first, counts, calm, without_bursts)


def span(drive: Drive, first: int, days: int) -> slice:
    """Where a drive stands among so many days from the ordinal `first`; empty where it stands outside."""
    start = min(max(drive.first_on.toordinal() - first, 0), days)
    return slice(start, max(start, min(drive.last_on.toordinal() + 1 - first, days)))


def moving_mean(values: "NDArray[np.float64]", mask: "NDArray[np.bool_]", around: int) -> "NDArray[np.float64]":
    """Mean of the masked values up to `around` days before and after each day; NaN where there is none."""
    sums = np.concatenate(([0.0], np.cumsum(np.where(mask, values, 0.0))))
    counts = np.concatenate(([0], np.cumsum(mask)))
    day = np.arange(len(values))
    low, high = np.maximum(day - around, 0), np.minimum(day + around + 1, len(values))
    with np.errstate(invalid="ignore"):
        return np.asarray(
            (sums[high] - sums[low]) / np.where(counts[high] > counts[low], counts[high] - counts[low], np.nan)
        )


def _filled(values: "NDArray[np.float64]", mask: "NDArray[np.bool_]") -> "NDArray[np.float64]":
    """The values, those outside the mask by the mean of the masked ones around them, from ever farther off."""
    found = np.where(mask, values, np.nan)
    for around in (7, AROUND, 6 * AROUND, len(values)):
        if not np.isnan(found).any():
            break
        found = np.where(np.isnan(found), moving_mean(values, mask, around), found)
    return np.nan_to_num(found)


def _without_bursts(values: "NDArray[np.float64]", first: int) -> "NDArray[np.float64]":
    """Winsorised: a burst that another year repeats stays; where no other year is known, half of it (in logs)."""
    surroundings = _surroundings(values)
    limit = BURST * surroundings + 10.0
    above = values / (surroundings + 2.5)
    days = np.arange(len(values))
    before = earlier(days + first, 1) - first
    has_before = before >= 3
    near = np.max(np.stack([np.roll(above, shift) for shift in range(-3, 4)]), axis=0)
    repeated = np.zeros(len(values))
    repeated[has_before] = near[before[has_before]]
    np.maximum.at(repeated, before[has_before], near[has_before])
    has_other = has_before.copy()
    has_other[before[has_before]] = True
    is_burst = (values > limit) & (repeated < above / 2)
    return np.where(is_burst, np.where(has_other, limit, np.sqrt(limit * np.maximum(values, 1e-9))), values)


def _surroundings(values: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """The higher of the medians of the two weeks before a day and of the two after it."""
    width = 14
    if len(values) < 2 * width:
        return np.full(len(values), float(np.median(values)) if len(values) else 0.0)
    medians = np.median(np.lib.stride_tricks.sliding_window_view(values, width), axis=1)
    day = np.arange(len(values))
    before = np.where(day >= width, medians[np.clip(day - width, 0, len(medians) - 1)], 0.0)
    after = np.where(day + width < len(values), medians[np.clip(day + 1, 0, len(medians) - 1)], 0.0)
    return np.asarray(np.maximum(before, after))
