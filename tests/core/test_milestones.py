"""Milestones are told once and in order, and a lag only when it lasts."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.web.staff_house import year_end
from tracker.core import milestones
from tracker.core.milestones import Milestone, is_behind, news

GOALS = year_end(goal=1_000, stretch_goals=(1_500, 2_000))


def told(counts: list[int]) -> list[str]:
    """The names of the milestones that are told while the count goes through `counts`."""
    noted: set[str] = set()
    found = []
    for count in counts:
        fresh, one = news(GOALS, count, noted)
        noted |= {each.name for each in fresh}
        found += [one.name] if one else []
    return found


def test_what_was_passed_at_the_first_look_is_no_news() -> None:
    assert told([630]) == []
    assert told([630, 701]) == ["70:1000"]


def test_each_tenth_the_goal_and_each_further_goal_is_told() -> None:
    assert told([0, 99, 100, 999, 1_000, 1_400, 1_500, 2_000]) == [
        "10:1000",
        "90:1000",
        "100:1000",
        "100:1500",
        "100:2000",
    ]


def test_of_several_passed_at_once_the_highest_alone_is_told_and_the_others_never() -> None:
    assert told([50, 520, 480, 530, 610]) == ["50:1000", "60:1000"]


@given(some.lists(some.integers(-50, 2_500), max_size=40))
def test_however_the_count_moves_nothing_is_told_twice(counts: list[int]) -> None:
    names = told(counts)
    assert len(names) == len(set(names))
    highest = max(counts[1:], default=0)
    assert all((one := milestones.read(name)) and one.is_reached(highest) for name in names)


def test_another_goal_has_milestones_of_its_own_and_begins_without_news() -> None:
    noted = {one.name for one in news(GOALS, 630, set())[0]}
    fresh, one = news(year_end(goal=700), 630, noted)
    assert one is None and Milestone(700, 90).name in {each.name for each in fresh}


@pytest.mark.parametrize("name", ["", "behind", "x:1", "10:", ":", "-10:5"])
def test_other_names_are_no_milestones(name: str) -> None:
    assert milestones.read(name) is None


def test_behind_means_more_than_five_percent_on_each_of_three_days() -> None:
    assert is_behind([(94, 100.0), (94, 100.0), (90, 100.0)])
    assert not is_behind([(95, 100.0), (94, 100.0), (90, 100.0)])
    assert not is_behind([(94, 100.0), (96, 100.0), (90, 100.0)])
    assert not is_behind([(90, 100.0), (90, 100.0)])


def test_less_than_one_person_is_no_lag() -> None:
    assert not is_behind([(0, 0.4), (0, 0.6), (0, 0.9)])
