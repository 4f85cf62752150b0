"""The audience team's page: the number first, then how it grows, who came and went, and from where."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import clock
from tracker.core.campaign import Campaign, Metric, State, local_day
from tracker.core.progress import Day, Progress
from tracker.projections import queries
from tracker.web import briefing, charts, plotly_files, words
from tracker.web.guard import allow
from tracker.web.sheets import csv_answer
from tracker.web.words import gettext, ngettext

blueprint = Blueprint("dashboard", __name__, url_prefix="/dashboard")
SHOWN_SOURCES = 10


@dataclass(frozen=True, slots=True)
class _View:
    """One campaign's facts at one instant, fetched once for the page and its parts."""

    campaign: Campaign
    progress: Progress
    now: datetime

    @property
    def days(self) -> list[Day]:
        campaign = self.campaign
        today = local_day(self.now, campaign.zone)
        if today < campaign.starts_on:
            return []
        return queries.daily(campaign, campaign.starts_on, min(today, campaign.ends_on), self.now)


@blueprint.app_template_filter("goal_text")
def goal_text(campaign: Campaign) -> str:
    """The goal in the campaign's own unit."""
    return words.counted(campaign, campaign.goal)


@blueprint.app_template_filter("source_name")
def source_name(key: str) -> str:
    """An article by its path, for the host is always the publisher's own; words for what came without one."""
    parts = urlsplit(key)
    return (parts.path if parts.netloc else key) or gettext("(none)")


@blueprint.get("")
@allow("audience")
def newest() -> ResponseReturnValue:
    """The campaign that started last; a hint where there is none."""
    known = queries.campaigns()
    if known:
        return redirect(url_for("dashboard.page", slug=known[0].slug))
    return render_template("dashboard/none.html")


@blueprint.get("/<slug>")
@allow("audience")
def page(slug: str) -> ResponseReturnValue:
    """The whole page; while the first sync runs it says how far it is, and no number."""
    view = _view(slug)
    loading = queries.loading()
    if loading is not None:
        return render_template("dashboard/loading.html", campaign=view.campaign, loading=loading)
    days = view.days
    by = _by()
    return render_template(
        "dashboard/page.html",
        campaign=view.campaign,
        campaigns=queries.campaigns(),
        progress=view.progress,
        standing=briefing.standing(view.campaign, view.progress, view.now),
        told=_told(view, days),
        days=days,
        path=dict(briefing.goal_path(view.campaign, view.progress.opening)) if _has_path(view) else {},
        spans=briefing.spans(days, by),
        by=by,
        sources=_sources(view),
        machine_views=queries.machine_views(view.campaign, *_whole(view)),
        shown_sources=SHOWN_SOURCES,
        plotly=plotly_files.links(),
        live=_live(view),
    )


@blueprint.get("/<slug>/live.json")
@allow("audience")
def live(slug: str) -> ResponseReturnValue:
    """The words of the page's top, for the script that keeps them true."""
    view = _view(slug)
    loading = queries.loading()
    if loading is not None:
        return jsonify(
            loading=True, value=loading.done, done=words.number(loading.done), total=_total(loading.total)
        )
    return jsonify(_live(view))


@blueprint.get("/<slug>/growth.json")
@allow("audience")
def growth(slug: str) -> Response:
    view = _view(slug)
    days = view.days
    path = briefing.goal_path(view.campaign, view.progress.opening) if _has_path(view) else []
    closings = [(day.day, day.closing) for day in days]
    if closings and view.progress.count is not None and _has_path(view) and view.now < view.campaign.ends_at:
        closings[-1] = (closings[-1][0], view.progress.count)  # today is not over: the number shown above
    goal = gettext("goal %(goal)s", goal=words.number(view.campaign.goal))
    return charts.json(charts.growth(closings, path, unit_goal=goal))


@blueprint.get("/<slug>/movements.json")
@allow("audience")
def movements(slug: str) -> Response:
    by = _by()
    spans = briefing.spans(_view(slug).days, by)
    return charts.json(charts.movements([(s.first, s.last, s.joined, s.returned, s.left) for s in spans]))


@blueprint.get("/<slug>/growth.csv")
@allow("audience")
def growth_csv(slug: str) -> Response:
    """A row a day: members at its end, and where the path stands."""
    view = _view(slug)
    path = dict(briefing.goal_path(view.campaign, view.progress.opening)) if _has_path(view) else {}
    rows = ([d.day, d.closing, round(path[d.day]) if d.day in path else None, d.inferred] for d in view.days)
    return csv_answer(f"{slug}-growth.csv", ["day", "members", "path", "inferred"], rows)


@blueprint.get("/<slug>/movements.csv")
@allow("audience")
def movements_csv(slug: str) -> Response:
    """The bridge a week or a day, with the same numbers as the chart."""
    header = ["first_day", "last_day", "opening", "joined", "returned", "left", "closing", "inferred"]
    return csv_answer(f"{slug}-movements.csv", header, _span_rows(briefing.spans(_view(slug).days, _by())))


@blueprint.get("/<slug>/sources.csv")
@allow("audience")
def sources_csv(slug: str) -> Response:
    """Every article, placement or embed version (`?by=`) since the campaign's first day."""
    by = request.args.get("by", "article")
    if by not in {"article", "placement", "embed"}:
        abort(400, gettext("There are no sources by “%(by)s”: write by=article, placement or embed.", by=by))
    view = _view(slug)
    rows = ([s.key, s.views, s.clicks, s.pledges, s.joined, s.retained] for s in _by_source(view, by))
    return csv_answer(f"{slug}-{by}s.csv", [by, "views", "clicks", "pledges", "joined", "retained"], rows)


def _view(slug: str) -> _View:
    now = clock.now()
    campaign = queries.campaign(slug)
    if campaign is None:
        known = ", ".join(known.slug for known in queries.campaigns()) or gettext("none yet")
        abort(404, gettext("There is no campaign “%(slug)s”. There are: %(known)s.", slug=slug, known=known))
    return _View(campaign, queries.live_progress(campaign, now), now)


def _by() -> str:
    by = request.args.get("by", "week")
    if by not in {"week", "day"}:
        abort(400, gettext("There is no view by “%(by)s”: write by=week or by=day.", by=by))
    return by


def _has_path(view: _View) -> bool:
    """Daily rows are members: only a goal counted in members can be drawn on one scale with them."""
    return view.campaign.metric is Metric.ACTIVE_MEMBERS


def _sources(view: _View) -> dict[str, Sequence[Any]]:
    return {by: _by_source(view, by) for by in ("article", "placement")}


def _by_source(view: _View, by: str) -> Sequence[Any]:
    return queries.sources(view.campaign, *_whole(view), by, view.now)


def _whole(view: _View) -> tuple[date, date]:
    """The campaign's first day, and the last that has begun."""
    first, today = view.campaign.starts_on, local_day(view.now, view.campaign.zone)
    return first, max(first, min(today, view.campaign.ends_on))


def _span_rows(spans: Iterable[briefing.Span]) -> Iterator[list[object]]:
    for s in spans:
        yield [s.first, s.last, s.opening, s.joined, s.returned, s.left, s.closing, s.inferred]


def _total(total: int | None) -> str | None:
    return None if total is None else words.number(total)


def _live(view: _View) -> dict[str, Any]:
    """Ready words: the page's first paint and the script's updates are the same text."""
    campaign, progress = view.campaign, view.progress
    standing = briefing.standing(campaign, progress, view.now)
    share = min(max(standing.percent, 0), 100) if standing else 0
    mark = standing.on_path * 100 // campaign.goal if standing else 0
    return {
        "loading": False,
        "state": progress.state.value,
        "count": words.counted(campaign, standing.count) if standing else "",
        "percent": gettext("%(percent)s%% of the goal", percent=standing.percent) if standing else "",
        "pace": _pace(campaign, progress.state, standing) if standing else "",
        "deadline": _deadline(standing.days_left) if standing else "",
        "as_of": _fresh(campaign, progress),
        "share": share,
        "mark": min(max(mark, 0), 100),
    }


def _fresh(campaign: Campaign, progress: Progress) -> str:
    if progress.as_of is None:
        return gettext("not checked with Stripe yet")
    return gettext("as of %(moment)s", moment=words.moment(progress.as_of, campaign.zone))


def _deadline(days_left: int) -> str:
    if days_left < 0:
        return gettext("it has ended")
    if days_left == 0:
        return gettext("today is the last day")
    return ngettext("%(num)d day left", "%(num)d days left", days_left)


def _pace(campaign: Campaign, state: State, standing: briefing.Standing) -> str:
    over = standing.count - campaign.goal
    if state is State.ENDED:
        if over >= 0:
            return gettext("The goal was reached, and passed by %(n)s.", n=words.counted(campaign, over))
        return gettext("It ended %(n)s short of the goal.", n=words.counted(campaign, -over))
    if state is State.REACHED:
        return gettext("The goal is reached: %(n)s above it.", n=words.counted(campaign, over))
    if state is State.OFF:
        return gettext("The campaign is switched off: readers see no number.")
    ahead = words.counted(campaign, abs(standing.ahead))
    if standing.ahead >= 0:
        return gettext("%(n)s ahead of the goal’s path.", n=ahead)
    return gettext("%(n)s behind the goal’s path.", n=ahead)


def _told(view: _View, days: Sequence[Day]) -> dict[str, str]:
    """The sentence above each chart."""
    lately = briefing.lately(view.campaign, days, view.now)
    if lately is None:
        waiting = gettext("The campaign’s first day is not over: there is nothing to compare yet.")
        return {"growth": waiting, "movements": waiting}
    span = ngettext("yesterday", "in the last %(num)d days", lately.days)
    moved = gettext(
        "%(joined)s joined %(span)s, %(returned)s came back and %(left)s left.",
        joined=words.number(lately.joined),
        span=span,
        returned=words.number(lately.returned),
        left=words.number(lately.left),
    )
    return {"growth": _grown(lately, span), "movements": moved}


def _grown(lately: briefing.Lately, span: str) -> str:
    net = words.signed(lately.net)
    if lately.ahead is None:
        return gettext("Members %(span)s: %(net)s.", span=span, net=net)
    gap = words.number(abs(lately.ahead))
    if lately.ahead == 0:
        return gettext("Members %(span)s: %(net)s, just what the path asks for.", span=span, net=net)
    if lately.ahead > 0:
        return gettext(
            "Members %(span)s: %(net)s, %(gap)s more than the path asks for.", span=span, net=net, gap=gap
        )
    return gettext("Members %(span)s: %(net)s, %(gap)s fewer than the path asks for.", span=span, net=net, gap=gap)
