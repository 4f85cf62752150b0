"""What anybody may rely on in a forecast, whatever the newsroom: plain numbers that agree with each other."""

import subprocess
import sys
from dataclasses import fields, replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.worlds import KINDS, world
from tracker.core.forecast.answer import Forecast
from tracker.core.forecast.inputs import Drive, Due, Inputs, Miss, Renewed, fingerprint
from tracker.core.forecast.phases import earlier
from tracker.core.forecast.score import brier, coverage, crps, crps_of_quantiles, pinball, reliability
from tracker.core.forecast.simulate import simulate

ON, ENDS = date(2025, 11, 10), date(2025, 12, 31)
WORLD = world("steady", 1)
DUE = tuple(
    Due(ON + timedelta(days=n), months, is_first, standing, 6)
    for n in range(30)
    for months, is_first in ((1, True), (1, False), (12, True))
    for standing in ("fine", "failing", "leaving")
)


def inputs(**changed: object) -> Inputs:
    given = Inputs(
        on=ON, ends_on=ENDS, starts_on=date(2025, 1, 1), count=3000, goal=3400, joins=WORLD.before(ON), due=DUE
    )
    return replace(given, **changed)


def told(given: Inputs, seed: int = 1) -> Forecast:
    return simulate(given, draws=1000, seed=seed)


def agrees_with_itself(given: Inputs, forecast: Forecast) -> None:
    last = forecast.fan[-1]
    names = [field.name for field in fields(last)][1:]
    for day in forecast.fan:
        band = [getattr(day, name) for name in names]
        assert band == sorted(band)
        assert all(type(value) is int and value >= 0 for value in band)
    assert [getattr(last, name) for name in names] == [getattr(forecast, name) for name in names]
    assert [day.on for day in forecast.fan] == [day for day, _ in forecast.needed]
    assert (forecast.fan[0].on, last.on) == (given.on, given.ends_on)
    assert 0 < forecast.chance < 1
    assert sum(persons for _, persons in forecast.drivers) == forecast.p50 - given.count
    assert all(joins >= 0 for _, joins in forecast.needed)


counts = st.one_of(st.just(0), st.integers(0, 3), st.integers(0, 40), st.integers(0, 50_000))


@settings(max_examples=60, deadline=None)
@given(
    days=st.integers(0, 1200),
    a_day=counts,
    lead=st.integers(1, 420),
    count=st.integers(0, 10**6),
    goal=st.integers(0, 10**6),
    holes=st.sets(st.integers(1, 1200), max_size=60),
    metric=st.sampled_from(["active_members", "new_members", "amount_raised"]),
    lift=st.one_of(st.none(), st.floats(0, 20)),
    seed=st.integers(0, 99),
)
def test_any_newsroom_gets_an_answer_whose_numbers_agree(
    days: int,
    a_day: int,
    lead: int,
    count: int,
    goal: int,
    holes: set[int],
    metric: str,
    lift: float | None,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    joins = [(ON - timedelta(days=n), int(rng.poisson(a_day))) for n in range(days, 0, -1) if n not in holes]
    drives = tuple(
        Drive(ON + timedelta(days=n), ON + timedelta(days=n + 9), "", lift) for n in (-700, -340, -4, 30)
    )
    ends = ON + timedelta(days=lead - 1)
    asked = inputs(ends_on=ends, joins=joins, count=count, goal=goal, metric=metric, drives=drives)
    agrees_with_itself(asked, simulate(asked, draws=200, seed=seed))


@pytest.mark.parametrize("kind", KINDS)
def test_more_joins_never_lower_the_count_and_a_higher_goal_never_raises_the_chance(kind: str) -> None:
    one = world(kind, 3)
    asked = inputs(joins=one.before(ON), drives=one.drives)
    by_factor = [told(replace(asked, joins_factor=factor)).p50 for factor in (0, 0.3, 0.9, 1, 1.01, 1.2, 3, 20)]
    assert by_factor == sorted(by_factor)
    assert by_factor[0] < by_factor[-1]
    goals = np.linspace(told(asked).p2_5 * 0.7, told(asked).p97_5 * 1.5, 20).astype(int).tolist()
    by_goal = [told(replace(asked, goal=goal)).chance for goal in goals]
    assert by_goal == sorted(by_goal, reverse=True)
    assert by_goal[0] > 0.9 > 0.1 > by_goal[-1]


def test_equal_inputs_and_seed_give_the_equal_forecast_and_another_seed_another() -> None:
    assert told(inputs()) == told(inputs())
    assert told(inputs()).fan != told(inputs(), seed=2).fan
    assert abs(told(inputs()).p50 - told(inputs(), seed=2).p50) < 60


def test_the_hash_is_that_of_the_inputs_alone_and_of_every_one_of_them() -> None:
    others = {
        "on": date(2025, 11, 11), "ends_on": date(2025, 12, 30), "starts_on": date(2025, 1, 2),
        "count": 1, "goal": 1,
        "joins": WORLD.before(ON)[:-1], "metric": "new_members", "drives": (Drive(ON, ENDS),), "due": DUE[:-1],
        "renewed": (Renewed(1, True, "fine", 10, 9),), "misses": (Miss(date(2024, 11, 1), 30, 0.1),),
        "monthly_share": 0.4, "season": (1.0,) * 12, "joins_factor": 1.1, "lapses_factor": 0.9,
    }  # fmt: skip
    assert set(others) == {field.name for field in fields(Inputs)}
    hashes = {fingerprint(inputs(**{name: value})) for name, value in others.items()} | {fingerprint(inputs())}
    assert len(hashes) == len(others) + 1
    assert told(inputs(), seed=5).inputs_hash == fingerprint(inputs(joins=list(WORLD.before(ON))))


def test_scheduled_cancellations_are_known_to_the_person_and_no_factor_moves_them() -> None:
    leaving = (Due(ON + timedelta(days=3), 12, False, "leaving", 250),)
    for factor in (0.0, 1.0, 2.0):
        drivers = dict(told(inputs(due=leaving, lapses_factor=factor, monthly_share=0.0)).drivers)
        assert drivers["cancellations"] == -250
        assert drivers["renewals"] == drivers["newcomers"] == 0


def test_lapses_follow_the_history_of_their_kind_and_not_the_sectors() -> None:
    due = (Due(ON + timedelta(days=3), 12, True, "fine", 1000),)
    loyal = told(inputs(due=due, renewed=(Renewed(12, True, "fine", 2000, 1900),), monthly_share=0.0))
    fickle = told(inputs(due=due, renewed=(Renewed(12, True, "fine", 2000, 800),), monthly_share=0.0))
    assert loyal.expected_lapses == pytest.approx(50, abs=12)
    assert fickle.expected_lapses == pytest.approx(600, abs=30)


def test_monthly_members_come_due_every_month_until_the_deadline() -> None:
    due = (Due(ON, 1, False, "fine", 10_000),)
    kept = (Renewed(1, False, "fine", 100_000, 90_000),)
    forecast = told(inputs(due=due, renewed=kept, joins=(), count=0, goal=0))
    assert forecast.expected_lapses == pytest.approx(10_000 * (1 - 0.9**2), rel=0.1)  # 10 November and December


def test_a_million_members_are_counted_like_a_thousand() -> None:
    due = tuple(Due(ON + timedelta(days=n), 12, False, "fine", 30_000) for n in range(40))
    forecast = told(inputs(count=1_200_000, due=due, renewed=(Renewed(12, False, "fine", 500_000, 400_000),)))
    assert forecast.expected_lapses == pytest.approx(240_000, rel=0.05)


def test_after_the_deadline_the_count_is_the_forecast() -> None:
    over = told(inputs(on=date(2026, 1, 1), joins=()))
    assert (over.p2_5, over.p50, over.p97_5, over.chance, over.fan) == (3000, 3000, 3000, 0.0, ())
    assert told(inputs(on=date(2026, 1, 1), joins=(), goal=3000)).chance == 1.0


def test_without_a_year_of_its_own_the_season_curve_speaks_widely_and_says_so() -> None:
    short, none = told(inputs(joins=WORLD.before(ON)[-40:])), told(inputs(joins=()))
    assert (short.method, short.has_history, told(inputs()).method) == ("season curve", False, "profile")
    widths = [one.p90 - one.p10 for one in (told(inputs()), short)]
    assert widths[1] > widths[0]
    assert none.p10 < none.p50 < none.p90
    rising = [day.p50 for day in told(inputs(joins=WORLD.before(ON)[-40:], metric="new_members")).fan]
    november, december = (rising[19] - rising[0]) / 19, (rising[-1] - rising[20]) / 31
    assert december > 1.8 * november  # never a straight line


def test_a_drive_that_moves_takes_its_joins_with_it_when_it_is_told() -> None:
    days = [ON - timedelta(days=n) for n in range(900, 0, -1)]
    past = tuple(Drive(date(year, 9, 10), date(year, 9, 24), "autumn") for year in (2023, 2024))
    joins = [(day, 60 if any(one.first_on <= day <= one.last_on for one in past) else 10) for day in days]
    told_of = told(
        inputs(joins=joins, drives=(*past, Drive(date(2025, 12, 1), date(2025, 12, 15), "autumn")), due=())
    )
    untold = told(inputs(joins=joins, drives=past, due=()))
    assert dict(told_of.drivers)["drives"] == pytest.approx(50 * 15, rel=0.15)
    assert told_of.expected_joins - untold.expected_joins == pytest.approx(50 * 15, rel=0.2)


def test_a_first_drive_counts_for_twice_the_ordinary_and_a_declared_lift_for_itself() -> None:
    joins = [(ON - timedelta(days=n), 10) for n in range(900, 0, -1)]
    for known in (joins, joins[-60:]):
        plain, first, declared = (
            told(inputs(joins=known, drives=drives, due=(), metric="new_members")).expected_joins
            for drives in ((), (Drive(ON, ENDS),), (Drive(ON, ENDS, "", 5.0),))
        )
        assert (first / plain, declared / plain) == (pytest.approx(2, rel=0.05), pytest.approx(5, rel=0.05))


def test_a_burst_of_last_year_that_no_other_year_repeats_is_not_expected_again() -> None:
    days = [ON - timedelta(days=n) for n in range(1200, 0, -1)]
    plain = [(day, 20) for day in days]
    burst = [(day, 2000 if day in (date(2024, 12, 5), date(2024, 12, 6)) else 20) for day in days]
    expected, after_burst = told(inputs(joins=plain, due=())), told(inputs(joins=burst, due=()))
    assert after_burst.expected_joins < 1.35 * expected.expected_joins


def test_our_own_kept_misses_widen_the_range() -> None:
    bad = tuple(Miss(ON - timedelta(days=365 * years), 52, 0.9) for years in range(1, 5))
    narrow, wide = told(inputs()), told(inputs(misses=bad))
    assert wide.p90 - wide.p10 > 1.3 * (narrow.p90 - narrow.p10)


def test_what_is_needed_makes_up_the_goal_and_the_lapses_along_the_calendar() -> None:
    forecast = told(inputs())
    needed = [joins for _, joins in forecast.needed]
    assert sum(needed) == pytest.approx(400 + forecast.expected_lapses, abs=1)
    assert forecast.needed_per_day == -(-sum(needed[:7]) // 7)
    assert {joins for _, joins in told(inputs(goal=100)).needed} == {0}
    enough = told(inputs(joins_factor=1.0, goal=forecast.p50))
    assert enough.expected_on is not None
    assert 0.4 < enough.chance < 0.6
    assert told(inputs(goal=10**6)).expected_on is None


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"count": -1}, "below zero"),
        ({"monthly_share": 1.5}, "monthly_share is 1.5"),
        ({"joins_factor": float("nan")}, "joins_factor is nan"),
        ({"season": (0.1,) * 11}, "twelve shares"),
        ({"ends_on": date(2024, 1, 1)}, "before it starts"),
        ({"joins": ((ON, 3),)}, "is not over"),
        ({"joins": ((date(2025, 1, 1), 3), (date(2025, 1, 1), 4))}, "twice"),
        ({"joins": ((date(2025, 1, 1), -3),)}, "fewer than none"),
        ({"drives": (Drive(ENDS, ON, "late"),)}, "'late' ends on"),
        ({"renewed": (Renewed(1, True, "fine", 1, 2),)}, "2 stayed of 1"),
        ({"metric": "views"}, "metric is 'views'"),
    ],
)
def test_what_cannot_be_true_is_refused_in_clear_words(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        told(inputs(**wrong))


def test_days_that_a_rule_dates_meet_themselves_in_earlier_years() -> None:
    days = [date(2025, 12, 2), date(2025, 12, 31), date(2025, 6, 11), date(2024, 2, 29)]
    found = earlier(np.array([day.toordinal() for day in days]), 1)
    assert [date.fromordinal(int(day)) for day in found] == [
        date(2024, 12, 3), date(2024, 12, 31), date(2024, 6, 12), date(2023, 3, 2),
    ]  # fmt: skip


def test_scores_are_those_of_the_books() -> None:
    assert crps([3.0], 5.0) == 2.0  # of one draw, the absolute error
    normal = np.random.default_rng(1).standard_normal(20_000)
    assert crps(normal.tolist(), 0.0) == pytest.approx(0.2337, abs=0.005)  # sqrt(2/pi) - 1/sqrt(pi)
    shares = [(n + 0.5) / 100 for n in range(100)]
    assert crps_of_quantiles([(one, float(np.quantile(normal, one))) for one in shares], 0.0) == pytest.approx(
        crps(normal.tolist(), 0.0), abs=0.002
    )
    assert (pinball(10, 0.9, 20), pinball(10, 0.9, 0)) == pytest.approx((9.0, 1.0))
    assert coverage([(0, 2), (0, 2)], [2, 3]) == 0.5
    assert brier([1.0, 0.5], [True, False]) == 0.125
    assert reliability([0.1, 0.2, 0.9], [False, True, True], (0.5,)) == [
        (pytest.approx(0.15), 0.5, 2),
        (0.9, 1.0, 1),
    ]


def test_nothing_draws_numpy_into_the_start_of_the_product() -> None:
    code = "import sys, tracker.app, tracker.core.forecast.inputs, tracker.core.forecast.answer; "
    code += "sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
