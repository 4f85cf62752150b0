"""The JSON API: the same answers as the pages, by bearer token, described by /api/v1/openapi.json."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal, Self

from flask import Blueprint, Response, abort, current_app
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from tracker import clock
from tracker.core.campaign import Campaign, local_day
from tracker.core.progress import Day, Progress, Source
from tracker.intake.health import StripeHealth, stripe_health
from tracker.projections import queries
from tracker.web.api_words import answered, asked, described, openapi
from tracker.web.guard import allow, public
from tracker.web.words import gettext

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
LONGEST = timedelta(days=3653)
"""Ten years, both ends included."""
_YEARS = range(2000, 2101)


def _within(day: date) -> date:
    if day.year not in _YEARS:
        raise ValueError(f"write a day between {_YEARS.start} and {_YEARS[-1]}")
    return day


def _written_day(value: object) -> object:
    if not (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
        raise ValueError("write a day as YYYY-MM-DD, such as 2026-11-23")
    return value


def _written_instant(value: object) -> object:
    """In a query string a bare + arrives as a space: 12:00:00 02:00 was meant as 12:00:00+02:00."""
    whole = re.sub(r" (\d\d:?\d\d)$", r"+\1", value) if isinstance(value, str) else ""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|z|[+-]\d\d:?\d\d)", whole):
        raise ValueError("write an instant with its zone, such as 2026-11-23T12:00:00Z")
    return whole


DayAsked = Annotated[date, BeforeValidator(_written_day), AfterValidator(_within)]
InstantAsked = Annotated[AwareDatetime, BeforeValidator(_written_instant), AfterValidator(_within)]


class Instant(BaseModel):
    """At which instant; now where none is given."""

    at: InstantAsked | None = Field(None, description="ISO 8601 with its zone, such as 2026-11-23T12:00:00Z")


class Days(BaseModel):
    """From which day to which, both included; by default the whole campaign until today."""

    model_config = ConfigDict(populate_by_name=True)

    first: DayAsked | None = Field(None, alias="from", description="YYYY-MM-DD, in the campaign's zone")
    last: DayAsked | None = Field(None, alias="to", description="YYYY-MM-DD, included; at most ten years")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first and self.last:
            _check(self.first, self.last)
        return self


class Sources(Days):
    """The same days, by article, placement or embed version."""

    by: Literal["article", "placement", "embed"] = "article"


@dataclass(frozen=True, slots=True)
class DailyAnswer:
    """A row a day, in the order of time."""

    days: list[Day]


@dataclass(frozen=True, slots=True)
class SourcesAnswer:
    """A row an article, placement or embed version, most joined first."""

    sources: list[Source]


@blueprint.get("/campaigns/<slug>/progress")
@allow("audience")
@described("The count with its neighbours and its bridge since the campaign's first day", Progress, Instant)
def progress(slug: str) -> Response:
    """Now, or as of an instant that has come."""
    now, at = clock.now(), asked(Instant).at
    if at is not None and at > now:
        abort(400, gettext("at: %(at)s has not come yet; nothing here is guessed ahead.", at=at.isoformat()))
    campaign = campaign_of(slug)
    return answered(queries.live_progress(campaign, now) if at is None else queries.progress(campaign, at))


@blueprint.get("/campaigns/<slug>/daily")
@allow("audience")
@described("Day by day: opening + joined + returned - left = closing", DailyAnswer, Days)
def daily(slug: str) -> Response:
    """Both ends included, at most until today."""
    now, days, campaign = clock.now(), asked(Days), campaign_of(slug)
    first, last = _between(days, campaign, now)
    return answered(DailyAnswer(queries.daily(campaign, first, last, now)))


@blueprint.get("/campaigns/<slug>/sources")
@allow("audience")
@described("What each article, placement or embed version brought", SourcesAnswer, Sources)
def sources(slug: str) -> Response:
    """Both ends included."""
    now, days, campaign = clock.now(), asked(Sources), campaign_of(slug)
    first, last = _between(days, campaign, now)
    return answered(SourcesAnswer(list(queries.sources(campaign, first, last, days.by, now))))


@blueprint.get("/health/stripe")
@allow("health")
@described("How well we hear Stripe", StripeHealth)
def stripe() -> Response:
    """The same facts as the page /health/stripe."""
    return answered(stripe_health(clock.now()))


@blueprint.get("/openapi.json")
@public
def description() -> dict[str, Any]:
    """This API in OpenAPI 3.1; it holds no data, so everybody may read it."""
    return openapi(current_app)


def campaign_of(slug: str) -> Campaign:
    found = queries.campaign(slug)
    if found is None:
        known = ", ".join(campaign.slug for campaign in queries.campaigns()) or gettext("none yet")
        abort(404, gettext("There is no campaign “%(slug)s”. There are: %(known)s.", slug=slug, known=known))
    return found


def _between(days: Days, campaign: Campaign, now: datetime) -> tuple[date, date]:
    """The days asked for, completed by the campaign's own."""
    first = days.first or campaign.starts_on
    last = days.last or max(first, min(local_day(now, campaign.zone), campaign.ends_on))
    try:
        _check(first, last)
    except ValueError as error:
        abort(400, str(error))
    return first, last


def _check(first: date, last: date) -> None:
    if last < first:
        raise ValueError(f"from {first} comes after to {last}: write the earlier day first")
    if last - first >= LONGEST:
        raise ValueError(f"{first} to {last} is more than ten years: ask for less at once")
