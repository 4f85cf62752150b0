"""Days and months as a wall clock in a zone shows them, right where clocks change (RULES 1 and 5)."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which `day` begins in `zone`, UTC; where midnight is skipped, the first instant after."""
    local = datetime.combine(day, time(), zone)
    return local.astimezone(UTC)


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """The calendar day in `zone` that holds the instant `at`."""
    return at.astimezone(zone).date()


def add_months(at: datetime, months: int, zone: tzinfo) -> datetime:
    """The instant so many calendar months later at the same wall-clock time in `zone`, UTC.

    31 January and one month is the last day of February; a time that a clock change skips moves forward by the
    skipped hour, of a repeated one the first counts (RULES 1).
    """
    local = at.astimezone(zone)
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    day = min(local.day, monthrange(year, month + 1)[1])
    # fold=0 reads a skipped time with the offset before the change, which is that time moved forward.
    return local.replace(year=year, month=month + 1, day=day, fold=0).astimezone(UTC)


def first_working_day(month_day: date) -> date:
    """The first Monday to Friday of the month that holds a day; no country's holidays are known here."""
    first = month_day.replace(day=1)
    return first + timedelta(days=(7 - first.weekday()) % 7 if first.weekday() > 4 else 0)
