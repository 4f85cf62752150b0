"""The forecast's own record: promises beside what came, and what would have been promised before any was."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from sqlalchemy import select, update
from staff_house import NOON, House, member, running, year_end

from tracker import flow
from tracker.core.campaign import Metric, day_start
from tracker.core.forecast.inputs import Due
from tracker.db import db
from tracker.ledger.forecasts import HINDCAST, StoredForecast
from tracker.projections import forecast_record, forecasting, renewals_ahead
from tracker.projections.tables import CoveragePiece

API = "/api/v1/campaigns/year-end"
ZONE = year_end().zone


@pytest.fixture(scope="module")
def house(database_url: str) -> Iterator[House]:
    """Three years of joins, more of them each December; nobody promised anything yet."""
    with running(database_url) as found, time_machine.travel(NOON, tick=True):
        found.keep(campaign=year_end())
        days = [NOON - timedelta(days=n) for n in range(1, 1100)]
        found.keep(*[member(f"{day:%Y%m%d}-{n}", day) for day in days for n in range(3 if day.month == 12 else 1)])
        found.is_whole()
        yield found


def foreseen(house: House) -> None:
    with house.app.app_context():
        flow.foresee(house.app.extensions["line"])


def kept(house: House) -> list[StoredForecast]:
    with house.app.app_context():
        return list(db.session().scalars(select(StoredForecast).order_by(StoredForecast.made_on)))


def test_a_new_house_shows_what_it_would_have_been_told_and_marks_that_nobody_was(house: House) -> None:
    foreseen(house)
    made = kept(house)
    tried = [one for one in made if one.reason == HINDCAST]
    assert len(made) == len(tried) + 1 and 11 <= len(tried) <= 13
    days = [one.made_on for one in tried]
    assert {(b - a).days for a, b in pairwise(days)} == {28}
    assert max(days) < made[-1].made_on
    panel = house.client("audience").get(f"{API}/panels/record").get_json()
    assert "1 forecast is kept. None is old enough to be judged yet." in panel["sentence"]
    assert f"{len(tried)} were worked out afterwards" in panel["sentence"]
    marks = {row["made_on"]: row["hindcast"] for row in panel["rows"]}
    assert [day for day, mark in marks.items() if not mark] == [made[-1].made_on.isoformat()]
    with house.app.app_context():
        latest = forecasting.latest(year_end())
    assert latest is not None and latest.reason == "first"
    foreseen(house)
    assert len(kept(house)) == len(made)


def test_of_a_deadline_that_was_another_years_no_chance_of_this_goal_is_told(house: House) -> None:
    foreseen(house)
    rows = house.client("audience").get(f"{API}/panels/record").get_json()["rows"]
    assert {row["chance"] is None for row in rows if row["made_on"] < "2026-01-01"} == {True}
    assert {row["chance"] is None for row in rows if row["made_on"] >= "2026-01-01"} == {False}
    assert all(row["came"] is not None for row in rows if row["made_on"] < "2026-01-01")


def test_what_comes_later_changes_nothing_of_what_was_known(house: House) -> None:
    on = date(2026, 6, 1)

    def known() -> object:
        with house.app.app_context():
            at = day_start(on, ZONE)
            return forecasting.known(year_end(), on, at, renewals_ahead.due_then, ())

    before = known()
    house.keep(*[member(f"later{n}", day_start(on, ZONE) + timedelta(days=n % 20, hours=1)) for n in range(50)])
    house.keep(piece("later", on + timedelta(days=2), on + timedelta(days=30)))
    assert known() == before


def piece(person: str, first: date, last: date, kind: str = "term") -> CoveragePiece:
    starts_at, ends_at = (at(day) for day in (first, last))
    return CoveragePiece(
        campaign="year-end", person_id=person, membership_id=f"sub_{person}", kind=kind, starts_at=starts_at,
        ends_at=ends_at, plan="price_monthly",
    )  # fmt: skip


def at(day: date) -> datetime:
    return day_start(day, ZONE) + timedelta(hours=12)


def test_the_renewal_calendar_of_a_past_day_is_that_of_the_terms_that_ran_on_it(house: House) -> None:
    on = date(2026, 3, 1)
    house.keep(
        piece("yearly", date(2025, 6, 1), date(2026, 6, 1)),
        piece("monthly", date(2026, 1, 20), date(2026, 2, 20)),
        piece("monthly", date(2026, 2, 20), date(2026, 3, 20)),
        piece("over", date(2025, 1, 1), date(2026, 1, 1)),
        piece("late", date(2026, 1, 27), date(2026, 2, 27)),
        piece("late", date(2026, 2, 27), date(2026, 3, 14), "grace"),
        piece("tocome", date(2026, 3, 2), date(2026, 4, 2)),
    )
    with house.app.app_context():
        found = renewals_ahead.due_then(year_end(), day_start(on, ZONE), [])
    whole = {(one.months, one.is_first, one.standing): one.persons for one in found}
    assert whole == {(12, True, "fine"): 1, (1, False, "fine"): 1, (1, True, "failing"): 1}
    assert all(one.on >= on for one in found)
    assert all(isinstance(one, Due) for one in found)


def test_promises_that_are_over_tell_the_next_forecast_their_misses_and_hindcasts_do_not(house: House) -> None:
    foreseen(house)
    with house.app.app_context():
        assert forecasting.gather(year_end(), NOON).misses == ()
        session = db.session()
        on = date(2026, 11, 23)
        made = on - timedelta(days=35)
        session.execute(
            update(StoredForecast).where(StoredForecast.reason == "first").values(made_on=made, reason="night")
        )
        session.commit()
        found = forecasting.gather(year_end(), NOON)
    assert found is not None
    assert [(one.made_on, one.lead) for one in found.misses] == [(made, 28)]
    assert abs(found.misses[0].log_error) < 2


def test_of_what_is_only_added_to_the_record_counts_what_came_and_no_lapses(house: House) -> None:
    foreseen(house)
    made = next(one for one in kept(house) if one.reason == HINDCAST)
    with house.app.app_context():
        adding = replace(year_end(), metric=Metric.NEW_MEMBERS)
        found = [
            one for one in forecast_record.judged(adding, NOON) if one.made_on == made.made_on and one.lead == 28
        ]
        joins = dict(forecast_record.came_a_day(adding, date(2026, 11, 22)))
    days = [made.made_on + timedelta(days=n) for n in range(28)]
    assert [one.came for one in found] == [made.inputs["count"] + sum(joins[day] for day in days)]
