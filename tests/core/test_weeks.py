"""Monday is Monday, and eight is eight by the wall, whatever clocks and years do."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from tracker.core import weeks
from tracker.core.weeks import Week, week_of

KYIV = ZoneInfo("Europe/Kyiv")


@pytest.mark.parametrize(
    ("zone", "monday", "utc"),
    [
        ("Europe/Kyiv", date(2026, 3, 30), "2026-03-30T05:00"),  # clocks went forward the day before
        ("Europe/Kyiv", date(2026, 3, 23), "2026-03-23T06:00"),
        ("Europe/Kyiv", date(2026, 10, 26), "2026-10-26T06:00"),  # and back
        ("America/New_York", date(2026, 11, 2), "2026-11-02T13:00"),
        ("Asia/Kolkata", date(2026, 11, 2), "2026-11-02T02:30"),
        ("Pacific/Kiritimati", date(2026, 11, 2), "2026-11-01T18:00"),
        ("Asia/Amman", date(2022, 10, 31), "2022-10-31T05:00"),  # stayed on summer time for ever
    ],
)
def test_a_digest_leaves_at_eight_by_the_wall(zone: str, monday: date, utc: str) -> None:
    week, at = week_of(monday).before, datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert week.due_at(ZoneInfo(zone)) == at
    assert weeks.due(at - timedelta(seconds=1), ZoneInfo(zone)) is None
    assert weeks.due(at, ZoneInfo(zone)) == week
    assert weeks.due(at + timedelta(hours=23, minutes=59), ZoneInfo(zone)) == week
    assert weeks.due(at + timedelta(days=1), ZoneInfo(zone)) is None


@pytest.mark.parametrize("zone", ["Europe/Kyiv", "America/Santiago", "Australia/Lord_Howe", "Africa/Casablanca"])
def test_every_week_of_years_is_due_once(zone: str) -> None:
    at, found = datetime(2024, 1, 1, tzinfo=UTC), []
    while at < datetime(2027, 1, 1, tzinfo=UTC):
        week = weeks.due(at, ZoneInfo(zone))
        if week and (not found or found[-1] != week):
            found.append(week)
        at += timedelta(minutes=30)
    assert all(later.before == week for week, later in pairwise(found))
    assert len(found) in {156, 157}


def test_a_week_has_the_name_of_iso_8601_at_new_year_too() -> None:
    assert week_of(date(2027, 1, 3)).name == "2026-W53" and week_of(date(2027, 1, 4)).name == "2027-W01"
    assert weeks.read("2026-W53") == Week(date(2026, 12, 28))


@pytest.mark.parametrize("name", ["", "2026-W60", "2026-11-23", "W47", "xxxx-W01"])
def test_other_names_are_no_weeks(name: str) -> None:
    assert weeks.read(name) is None


def test_the_week_of_a_clock_change_ends_when_its_sunday_does() -> None:
    week = week_of(date(2026, 10, 25))
    assert week.ends_at(KYIV) == datetime(2026, 10, 25, 22, tzinfo=UTC)
