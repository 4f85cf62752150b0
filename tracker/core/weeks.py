"""Weeks of the calendar, Monday to Sunday, as ISO 8601 names them, and when a week's digest leaves."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tracker.core.calendar import day_start, local_day

DIGEST_AT = time(8)
DIGEST_LATEST = timedelta(days=1)
"""So late a digest still leaves, when nothing ran on Monday morning."""


@dataclass(frozen=True, slots=True)
class Week:
    """One week, by its Monday."""

    first: date

    @property
    def last(self) -> date:
        return self.first + timedelta(days=6)

    @property
    def name(self) -> str:
        """2026-W47; the year is ISO's, which at New Year may be another than the calendar's."""
        return f"{self.first:%G-W%V}"

    @property
    def before(self) -> "Week":
        return Week(self.first - timedelta(days=7))

    def ends_at(self, zone: ZoneInfo) -> datetime:
        """The instant after its Sunday, UTC."""
        return day_start(self.last + timedelta(days=1), zone)

    def due_at(self, zone: ZoneInfo) -> datetime:
        """08:00 on the Monday after it by the wall clock in `zone`, UTC; whatever clocks did in that night."""
        monday = self.last + timedelta(days=1)
        return datetime.combine(monday, DIGEST_AT, zone).astimezone(UTC)


def week_of(day: date) -> Week:
    """The week that holds a day."""
    return Week(day - timedelta(days=day.weekday()))


def read(name: str) -> Week | None:
    """The week of a name such as 2026-W47; None for any other text."""
    try:
        return Week(date.fromisocalendar(int(name[:4]), int(name[6:8]), 1)) if name[4:6] == "-W" else None
    except ValueError:
        return None


def due(now: datetime, zone: ZoneInfo) -> Week | None:
    """The week whose digest leaves now; None where it is too early or too late for one."""
    week = last_whole(now, zone)
    at = week.due_at(zone)
    return week if at <= now < at + DIGEST_LATEST else None


def last_whole(now: datetime, zone: ZoneInfo) -> Week:
    """The last week that is over."""
    return week_of(local_day(now, zone)).before
