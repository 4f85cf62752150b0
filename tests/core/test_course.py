"""Where the goal's path stands at an instant: one answer for the dashboard, the digest and the alerts."""

from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from tracker.core.calendar import day_start
from tracker.core.campaign import Campaign, Metric
from tracker.core.pace import course, stands_at

KYIV = ZoneInfo("Europe/Kyiv")


def campaign(metric: Metric) -> Campaign:
    return Campaign(
        "year", "Year", 25_000, date(2026, 1, 1), date(2026, 12, 31), KYIV.key, ("prod_member",), metric=metric
    )


@pytest.mark.parametrize(
    ("metric", "opening"), [(Metric.ACTIVE_MEMBERS, 15_000), (Metric.NEW_MEMBERS, 0), (Metric.AMOUNT_RAISED, 0)]
)
def test_the_path_leads_from_the_first_instant_to_the_goal_and_never_back(metric: Metric, opening: int) -> None:
    one = campaign(metric)
    along = course(one, 15_000)
    hours = [one.starts_at + timedelta(hours=n) for n in range(0, 365 * 24 + 48, 5)]
    found = [stands_at(along, one, at) for at in hours]
    assert found[0] == opening and found[-1] == 25_000
    assert all(earlier <= later for earlier, later in pairwise(found))


@pytest.mark.parametrize("metric", [Metric.NEW_MEMBERS, Metric.AMOUNT_RAISED])
def test_on_the_first_day_what_is_counted_from_nothing_is_asked_for_little(metric: Metric) -> None:
    one = campaign(metric)
    assert stands_at(course(one, 15_000), one, one.starts_at + timedelta(hours=3)) < 200


def test_at_the_end_of_a_day_it_stands_where_the_day_s_point_does() -> None:
    one = campaign(Metric.ACTIVE_MEMBERS)
    along = course(one, 15_000)
    for day, ends in along.points[:-1:30]:
        midnight = day_start(day + timedelta(days=1), KYIV)
        assert stands_at(along, one, midnight) == round(ends)
