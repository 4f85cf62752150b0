"""Forecasts of days before the first promise, of what was known on them: a record to show from the first day on.

They are marked for what they are wherever they are shown, and count for nothing in the next forecast. Each knows
less than a promise of that day would have: no cancellation that was scheduled, and no drive, for nobody had told
of any by then; what earlier drives brought is in the earlier years as it came.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from tracker.core.campaign import Campaign, day_start
from tracker.core.forecast.inputs import Inputs
from tracker.ledger import forecasts
from tracker.projections import forecast_record, forecasting, queries, renewals_ahead

APART, MOST = timedelta(days=28), 13
"""A year of them, four weeks apart."""
YEAR = timedelta(days=365)
"""As much history each must have before it."""


def look_back(session: Session, campaign: Campaign, now: datetime) -> int:
    """Make them, once, where there is a promise and history before it; how many. The caller commits."""
    promised = forecasts.latest(session, campaign.slug)
    if promised is None or not queries.is_whole() or forecasts.has_hindcasts(session, campaign.slug):
        return 0
    first = forecasts.first_day(session, campaign.slug) or promised.made_on
    joins = forecast_record.came_a_day(campaign, first - timedelta(days=1))
    days = [first - APART * number for number in range(1, MOST + 1)]
    made = 0
    for on in days if joins else []:
        asked = _campaign_of(campaign, on)
        if joins[0][0] <= on - YEAR and asked.ends_on >= on:
            inputs = forecasting.known(asked, on, day_start(on, campaign.zone), renewals_ahead.due_then, ())
            if _has_profile(inputs):
                forecasting.make(session, asked, inputs, now, forecasts.HINDCAST)
                made += 1
    return made


def _has_profile(inputs: Inputs) -> bool:
    """A handful of joins a year has no shape to try."""
    from tracker.core.forecast.joins import outlook

    return outlook(inputs, (inputs.ends_on - inputs.on).days + 1).method == "profile"


def _campaign_of(campaign: Campaign, on: date) -> Campaign:
    """The campaign, or before its start the same days of the year before."""
    if on >= campaign.starts_on:
        return campaign
    return replace(campaign, starts_on=_year_before(campaign.starts_on), ends_on=_year_before(campaign.ends_on))


def _year_before(day: date) -> date:
    """29 February's is the 28th."""
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if is_leap_day else day.day)
