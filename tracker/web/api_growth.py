"""The dashboard for machines: the forecast, and every panel's table with the numbers that its chart and CSV
have."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Response, abort
from pydantic import BaseModel, ConfigDict, Field

from tracker.projections import forecasting, queries
from tracker.web import dashboard, panels
from tracker.web.api import blueprint, campaign_of
from tracker.web.api_words import answered, asked, described
from tracker.web.guard import allow
from tracker.web.panel import json_rows
from tracker.web.words import gettext


@dataclass(frozen=True, slots=True)
class ForecastAnswer:
    """The forecast that stands; every figure null before the first is made."""

    as_of: datetime | None
    """When it was made."""
    deadline: date
    """The campaign's last day, whole."""
    p10: int | None
    """In one of ten cases the campaign ends below this; in its own unit, minor units for amount_raised."""
    p50: int | None
    p90: int | None
    chance_of_goal: float | None
    """0 to 1."""
    needed_per_day: int | None
    """How many have to join or return a day from now, on the calendar's curve."""
    method: str
    """profile: from the own history; season curve: without one; none: not made yet."""
    seed: int | None
    inputs_hash: str | None
    """SHA-256 of what it was made of: the same inputs and seed give the same forecast."""


class Look(BaseModel):
    """What is looked at; the dashboard's own address has the same words."""

    model_config = ConfigDict(populate_by_name=True)

    first: str | None = Field(None, alias="from", description="YYYY-MM-DD, in the campaign's zone")
    last: str | None = Field(None, alias="to", description="YYYY-MM-DD, included")
    range: str | None = Field(None, description="7d, 30d, 90d, 365d, campaign or all")
    by: str | None = Field(None, description="day, week or month")
    compare: str | None = Field(None, description="year: last year beside it, at the same phase of the campaign")
    plan: str | None = None
    country: str | None = None
    article: str | None = None
    placement: str | None = None


@dataclass(frozen=True, slots=True)
class PanelAnswer:
    """One panel: what it says, and its table."""

    name: str
    title: str
    sentence: str
    definition: str
    as_of: datetime | None
    rows: list[dict[str, Any]]


@blueprint.get("/campaigns/<slug>/forecast")
@allow("audience")
@described("The chance of the goal and the range at the deadline", ForecastAnswer)
def forecast(slug: str) -> Response:
    """The one made last."""
    campaign = campaign_of(slug)
    kept = forecasting.latest(campaign)
    if kept is None:
        nothing = dict.fromkeys(("p10", "p50", "p90", "chance_of_goal", "needed_per_day", "seed", "inputs_hash"))
        return answered(ForecastAnswer(as_of=None, deadline=campaign.ends_on, method="none", **nothing))
    found = kept.forecast
    return answered(
        ForecastAnswer(
            as_of=kept.made_at,
            deadline=found.ends_on,
            p10=round(found.p10),
            p50=round(found.p50),
            p90=round(found.p90),
            chance_of_goal=found.chance,
            needed_per_day=found.needed_per_day,
            method=found.method,
            seed=found.seed,
            inputs_hash=found.inputs_hash,
        )
    )


@blueprint.get("/campaigns/<slug>/panels/<name>")
@allow("audience")
@described("A panel of the dashboard: its sentence and its table", PanelAnswer, Look)
def panel(slug: str, name: str) -> Response:
    """The same numbers as on the page and in its CSV."""
    asked(Look)
    campaign, found = campaign_of(slug), panels.named(name)
    if found is None:
        known = ", ".join(one.name for one in panels.every())
        abort(404, gettext("There is no panel “%(name)s”. There are: %(known)s.", name=name, known=known))
    reading = dashboard.reading_of(campaign)
    report = found.make(reading)
    return answered(
        PanelAnswer(
            name=name,
            title=found.title(),
            sentence=report.sentence,
            definition=found.definition(),
            as_of=queries.as_of(),
            rows=json_rows(report.table) if report.table else [],
        )
    )
