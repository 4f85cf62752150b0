"""What the faces may ask; answers are frozen dataclasses, drawn elsewhere as HTML, CSV or JSON.

Every function needs an application context. Instants are aware UTC; days are in the campaign's zone.
"""

from datetime import date, datetime

from tracker.core.campaign import Campaign
from tracker.core.progress import Day, Loading, Progress, Source


def campaigns() -> list[Campaign]:
    """All campaigns, the latest start first."""
    raise LookupError


def campaign(slug: str) -> Campaign | None:
    """The campaign of that slug, or None."""
    raise LookupError


def progress(campaign: Campaign, at: datetime, now: datetime) -> Progress:
    """The count just before `at` with its neighbours and the bridge since the first day."""
    raise LookupError


def live_progress(campaign: Campaign, now: datetime) -> Progress:
    """The count that every face shows now: at `now`, or standing still at `as_of` when we stopped hearing."""
    raise LookupError


def daily(campaign: Campaign, first: date, last: date, now: datetime) -> list[Day]:
    """A row for each day from `first` to `last`, both included, at most until today."""
    raise LookupError


def sources(campaign: Campaign, first: date, last: date, by: str, now: datetime) -> list[Source]:
    """A row an article or placement (`by`), most joined first."""
    raise LookupError


def loading() -> Loading | None:
    """The first sync's progress, or None when everything is loaded."""
    raise LookupError
