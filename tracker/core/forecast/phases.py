"""The same phase of an earlier year: weekdays stay weekdays, and days that a rule dates stay themselves."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

EPOCH = 719_163  # the ordinal of 1 January 1970, where numpy's days begin
THANKSGIVING_TO_AFTER_GIVING_TUESDAY = (-5, 1)


def earlier(days: "NDArray[np.int64]", years: int) -> "NDArray[np.int64]":
    """For each day, the day of the same phase so many years before; days as ordinals (`date.toordinal`).

    The weekday nearest to the same date; Giving Tuesday (the Tuesday after the United States' fourth Thursday of
    November) and the days from Thanksgiving around it by their distance from it; 24 December to 1 January by date.
    """
    same_date = _ordinal(_year(days) - years, *_month_and_day(days))
    nearest = same_date + (days - same_date + 3) % 7 - 3
    offset = days - giving_tuesday(_year(days))
    first, last = THANKSGIVING_TO_AFTER_GIVING_TUESDAY
    near = np.where((offset >= first) & (offset <= last), giving_tuesday(_year(days) - years) + offset, nearest)
    month, day = _month_and_day(days)
    turn_of_year = ((month == 12) & (day >= 24)) | ((month == 1) & (day == 1))
    return np.where(turn_of_year, same_date, near)


def giving_tuesday(years: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """The ordinal of the Tuesday after the fourth Thursday of November, for each year."""
    first = _ordinal(years, np.full_like(years, 11), np.ones_like(years))
    to_thursday = (4 - first % 7) % 7  # an ordinal modulo 7 is 0 on Sundays, 4 on Thursdays
    return first + to_thursday + 21 + 5


def _year(days: "NDArray[np.int64]") -> "NDArray[np.int64]":
    return (days - EPOCH).astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


def _month_and_day(days: "NDArray[np.int64]") -> "tuple[NDArray[np.int64], NDArray[np.int64]]":
    whole = (days - EPOCH).astype("datetime64[D]")
    months = whole.astype("datetime64[M]")
    return months.astype(np.int64) % 12 + 1, (whole - months).astype(np.int64) + 1


def _ordinal(
    years: "NDArray[np.int64]", months: "NDArray[np.int64]", day: "NDArray[np.int64]"
) -> "NDArray[np.int64]":
    """29 February of a year without one is 1 March."""
    first = ((years - 1970) * 12 + months - 1).astype("datetime64[M]").astype("datetime64[D]")
    return first.astype(np.int64) + EPOCH + day - 1
