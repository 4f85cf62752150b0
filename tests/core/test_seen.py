"""What growth is believed: that of many years more than that of one, that of all months more than that of one."""

import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.core.forecast.growth import FLOOR, Level, with_record
from tracker.core.forecast.history import History
from tracker.core.forecast.inputs import Inputs, Miss
from tracker.core.forecast.seen import MOST, growth
from tracker.core.forecast.simulate import simulate

YEAR = 364
"""52 weeks, so that a day's like of the year before is of the same weekday."""
ON = date(2025, 12, 1)


def seen(joins: np.ndarray, ahead: int = 30) -> tuple[float, float]:
    """(what lasts, what the year outside the window shows beyond it) at the end of so many days."""
    history = History(700_000, joins, joins, joins)
    last_year = np.concatenate((np.full(YEAR, np.nan), joins))[: len(joins) + ahead]
    told = growth(history, last_year, np.array([len(joins)]), ahead, 0.05)
    return float(told.lasting[0]), float(told.beyond[0, 0])


def years(*levels: float) -> np.ndarray:
    """So many joins a day, each year another level, a season of its own shape in each year alike."""
    season = 1 + 0.5 * np.sin(2 * np.pi * np.arange(YEAR) / YEAR)
    return np.concatenate([level * season for level in levels])


def test_growth_that_came_every_year_lasts_and_that_of_one_year_only_in_part() -> None:
    steady, once = seen(years(20, 28, 39, 55, 77))[0], seen(years(77 / 1.4, 77 / 1.4, 77 / 1.4, 77 / 1.4, 77))[0]
    assert 0.6 * math.log(1.4) < steady <= math.log(1.4)
    assert once < 0.3 * math.log(1.4)


def test_growth_of_one_loud_month_is_believed_less_than_the_same_of_every_month() -> None:
    before = years(50, 50)
    of_all, of_one = before.copy(), before.copy()
    of_all[-YEAR:] *= 1.3
    loud = slice(-120, -92)
    of_one[loud] += 0.3 * before[-YEAR:].sum() / 28
    assert of_one.sum() == pytest.approx(of_all.sum())
    believed = [sum(seen(joins)) for joins in (of_all, of_one)]
    assert believed[1] < 0.8 * believed[0]


@settings(max_examples=80, deadline=None)
@given(
    joins=st.lists(st.integers(0, 500), min_size=2 * YEAR, max_size=2 * YEAR),
    more=st.integers(0, 3 * YEAR),
    ahead=st.integers(1, 300),
)
def test_whatever_the_days_were_what_is_believed_is_finite_and_within_what_a_publisher_grows(
    joins: list[int], more: int, ahead: int
) -> None:
    days = np.resize(np.array(joins, float), 2 * YEAR + more)
    lasting, beyond = seen(days, ahead)
    assert abs(lasting) <= MOST and abs(lasting + beyond) <= MOST


@settings(max_examples=40, deadline=None)
@given(factor=st.floats(1.05, 2.5), level=st.floats(30, 300))
def test_growth_and_shrinking_are_believed_alike(factor: float, level: float) -> None:
    up, down = years(level, level * factor, level * factor**2), years(level * factor**2, level * factor, level)
    assert sum(seen(up)) == pytest.approx(-sum(seen(down)), abs=0.05)
    assert sum(seen(years(level, level, level))) == pytest.approx(0, abs=0.01)


LEVEL = Level(0.1, 0.3, 6.0)


@settings(max_examples=100, deadline=None)
@given(
    ago=st.lists(st.integers(30, 1500), max_size=40),
    error=st.floats(-3, 3),
    lead=st.integers(15, 60),
)
def test_a_record_moves_the_width_towards_its_own_misses_and_never_the_middle(
    ago: list[int], error: float, lead: int
) -> None:
    misses = [Miss(ON - timedelta(days=n), 30, error) for n in ago]
    found = with_record(LEVEL, misses, ON, lead)
    assert found.centre == LEVEL.centre
    assert min(LEVEL.spread, max(FLOOR, abs(error))) - 1e-9 <= found.spread <= max(LEVEL.spread, abs(error)) + 1e-9
    assert LEVEL.freedom <= found.freedom <= LEVEL.freedom + len({round(n / 365) for n in ago}) + 1e-9


def test_misses_of_a_year_count_one_and_those_of_another_season_nothing() -> None:
    one, many = ([Miss(ON - timedelta(days=365 + n), 30, 0.9) for n in range(number)] for number in (1, 14))
    assert with_record(LEVEL, one, ON, 31).freedom == with_record(LEVEL, many, ON, 31).freedom == 7.0
    spring = [Miss(ON - timedelta(days=180 + n), 30, 0.9) for n in range(14)]
    assert with_record(LEVEL, spring, ON, 31).spread == pytest.approx(LEVEL.spread, abs=1e-6)


def test_a_forecast_tells_the_joins_by_each_lead_at_which_it_will_be_judged() -> None:
    joins = tuple((ON - timedelta(days=n), 20) for n in range(1, 800))
    asked = Inputs(ON, ON + timedelta(days=39), date(2025, 1, 1), 3000, 4000, joins)
    told = simulate(asked, draws=500, seed=1)
    assert [lead for lead, _ in told.joins_after] == [7, 28, 40]
    counts = [count for _, count in told.joins_after]
    assert counts == sorted(counts) and counts[-1] == told.expected_joins
