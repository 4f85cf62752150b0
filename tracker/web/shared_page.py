"""What stands behind a shared link: the dashboard's panels to read, without the staff's ways and small counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask import render_template

from tracker import clock
from tracker.core import small_cells
from tracker.core.calendar import local_day
from tracker.core.campaign import Campaign
from tracker.core.progress import Source
from tracker.projections import calendar_notes, queries
from tracker.web import dashboard
from tracker.web.briefing import Span


@dataclass(frozen=True, slots=True)
class SharedSource:
    """What one article or placement brought, as strangers may see it; None is kept back."""

    key: str
    views: int
    """Views and clicks are of nobody: they are not counted by person."""
    clicks: int
    joined: int | None
    has_views: bool
    """False where pledges came by ways that nobody counts views of: no zero then."""


@dataclass(frozen=True, slots=True)
class SharedSpan:
    """A week's bridge as strangers may see it."""

    first: date
    opening: int
    """How many are members is on every banner: it is of nobody."""
    moved: tuple[int, int, int] | None
    """(joined, returned, left); None is kept back."""
    closing: int
    inferred: bool


def render_shared(campaign: Campaign, view_args: Mapping[str, str]) -> str:
    """The page behind a shared link; `view_args` is the query of its address."""
    loading = queries.loading()
    if loading is not None:
        return render_template("shared/loading.html", campaign=campaign)
    now = clock.now()
    panels = dashboard.read_only(campaign, now)
    panels["sources"] = {by: kept_back(rows) for by, rows in panels["sources"].items()}
    panels["spans"] = [_weekly(span) for span in panels["spans"]]
    today = local_day(now, campaign.zone)
    notes = calendar_notes.annotations(campaign, campaign.starts_on, _last(campaign, today), shared_only=True)
    return render_template("shared/page.html", notes=notes, **panels)


def kept_back(rows: Sequence[Source]) -> list[SharedSource]:
    """Sources without small counts; that their sum is known elsewhere is taken for granted."""
    joined = small_cells.column([row.joined for row in rows])
    return [
        SharedSource(row.key, row.views, row.clicks, seen, bool(row.views) or not row.pledges)
        for row, seen in zip(rows, joined, strict=True)
    ]


def _weekly(span: Span) -> SharedSpan:
    """One small movement takes all three of its week with it: with two of them the bridge gives the third away.

    No sums over weeks are shown beside them, so that weeks do not give each other away.
    """
    moved = (span.joined, span.returned, span.left)
    is_few = any(small_cells.is_small(count) for count in moved)
    return SharedSpan(span.first, span.opening, None if is_few else moved, span.closing, span.inferred)


def _last(campaign: Campaign, today: date) -> date:
    """Planned drives are news of the house: strangers read of days that have begun."""
    return min(today, campaign.ends_on)
