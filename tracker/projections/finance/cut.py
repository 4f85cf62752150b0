"""Which month is cut out of the books, in whose calendar, as seen when."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tracker.core.calendar import day_start, local_day

_MONTH = re.compile(r"[1-9][0-9]{3}-(0[1-9]|1[0-2])")
"""Years from 1000 on: the calendar has none before the year 1, and every month has one before it."""


class UnknownMonthError(Exception):
    """There is no such month to export; the text says what was found and what to ask for."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One month in the deployment's zone (RULES 7), looked at now."""

    month: str
    """YYYY-MM"""
    zone: ZoneInfo
    now: datetime

    @property
    def first_on(self) -> date:
        return date.fromisoformat(f"{self.month}-01")

    @property
    def last_on(self) -> date:
        """The month's last day, whole."""
        return (self.first_on + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    @property
    def since(self) -> datetime:
        """The month's first instant: 00:00 in the zone, whatever the clocks did."""
        return day_start(self.first_on, self.zone)

    @property
    def until(self) -> datetime:
        """The first instant after the month."""
        return day_start(self.last_on + timedelta(days=1), self.zone)

    @property
    def is_running(self) -> bool:
        return local_day(self.now, self.zone) <= self.last_on

    @property
    def before(self) -> str:
        """The month before, as YYYY-MM."""
        return f"{self.first_on - timedelta(days=1):%Y-%m}"


def cut(month: str, zone: ZoneInfo, now: datetime) -> Cut:
    """The month asked for; UnknownMonthError for one that is malformed or still to come."""
    if not _MONTH.fullmatch(month):
        raise UnknownMonthError(f"{month!r} is no month; write it as YYYY-MM, such as 2026-03")
    running = f"{now.astimezone(zone):%Y-%m}"
    if month > running:
        raise UnknownMonthError(f"{month} has not begun; the running month is {running}")
    return Cut(month, zone, now)
