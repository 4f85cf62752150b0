"""Last year at the same phase of the campaign: drives meet drives (DASHBOARD, "Traps seen")."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tracker.core.annotations import Drive
from tracker.core.phase import YEAR, year_before

DAYS = [date(2026, 11, 1) + timedelta(days=n) for n in range(61)]
LAST_YEAR = Drive("year end", date(2025, 12, 2), date(2025, 12, 31))
THIS_YEAR = Drive("year end", date(2026, 11, 24), date(2026, 12, 31))


def test_without_drives_the_same_weekday_a_year_before() -> None:
    assert year_before(DAYS, []) == [day - YEAR for day in DAYS]


def test_a_drive_that_moved_begins_where_last_years_began() -> None:
    before = dict(zip(DAYS, year_before(DAYS, [LAST_YEAR, THIS_YEAR]), strict=True))
    assert before[date(2026, 11, 24)] == date(2025, 12, 2) and before[DAYS[-1]] == DAYS[-1] - YEAR
    moved = Drive("year end", date(2026, 11, 24), date(2026, 12, 20))
    earlier = Drive("year end", date(2025, 12, 2), date(2025, 12, 22))
    before = dict(zip(DAYS, year_before(DAYS, [earlier, moved]), strict=True))
    assert before[date(2026, 11, 24)] == date(2025, 12, 2) and before[date(2026, 12, 20)] == date(2025, 12, 22)


def test_a_drive_of_another_name_and_season_is_not_its_counterpart() -> None:
    spring = Drive("spring", date(2025, 3, 1), date(2025, 3, 14))
    autumn = Drive("autumn", date(2026, 11, 10), date(2026, 11, 20))
    assert year_before(DAYS, [spring, autumn]) == [day - YEAR for day in DAYS]


@given(st.lists(st.tuples(st.integers(-420, 60), st.integers(0, 40), st.sampled_from(["", "a", "b"])), max_size=8))
def test_time_never_runs_backwards(told: list[tuple[int, int, str]]) -> None:
    drives = [
        Drive(name, DAYS[0] + timedelta(days=start), DAYS[0] + timedelta(days=start + length))
        for start, length, name in told
    ]
    before = year_before(DAYS, drives)
    assert before == sorted(before) and before[0] == DAYS[0] - YEAR and before[-1] == DAYS[-1] - YEAR


def test_no_days_have_no_counterpart() -> None:
    assert year_before([], [THIS_YEAR]) == []
