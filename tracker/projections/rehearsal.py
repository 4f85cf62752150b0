"""The banner in every state before it happens: invented figures, drawn by the real code."""

from dataclasses import replace
from datetime import datetime, timedelta

from tracker.core.campaign import Campaign, State, local_day
from tracker.core.progress import Progress
from tracker.projections import banner
from tracker.projections.banner import Surface
from tracker.projections.locales import best_locale, locales

LIVE = "live"
"""The state that is: nothing is invented."""
STATES = (LIVE, "running", "low", "reached", "over", "stretch", "ended", "stale", "unknown", "off")
RUNNING_DAYS = 12
"""An invented running campaign has at least so many days left."""
STALE = timedelta(hours=26)
LOW_BELOW = 10
"""Percent below which a campaign that names none draws no bar, in the state `low` alone."""
_SHARES = {"low": 4, "reached": 100, "over": 104, "stretch": 109, "ended": 93}
"""Percent of the goal that an invented count has; 74 in the states not named."""
_RUNNING = 74


def invent(campaign: Campaign, state: str, live: Progress, now: datetime) -> tuple[Campaign, Progress]:
    """The campaign and its progress as they are to be shown in `state`, one of STATES; `live` is the truth.

    KeyError for a state there is not.
    """
    if state not in STATES:
        raise KeyError(state)
    if state == LIVE:
        return campaign, live
    today = local_day(now, campaign.zone)
    ends_on = max(campaign.ends_on, today + timedelta(days=RUNNING_DAYS))
    starts_on = min(campaign.starts_on, today - timedelta(days=1))
    told = replace(campaign, starts_on=starts_on, ends_on=ends_on, is_off=state == "off")
    if state == "ended":
        told = replace(told, ends_on=today - timedelta(days=1), starts_on=today - timedelta(days=60))
    if state == "low":
        told = replace(told, bar_from=campaign.bar_from or LOW_BELOW)
    if state == "stretch" and not campaign.stretch_goals:
        told = replace(told, stretch_goals=(max(campaign.goal * 6 // 5, campaign.goal + 1),))
    count = None if state in ("unknown", "off") else campaign.goal * _SHARES.get(state, _RUNNING) // 100
    as_of = None if count is None else now - STALE if state == "stale" else now
    shown = State.UNKNOWN if state == "unknown" else told.state(count, now)
    return told, Progress(campaign.slug, campaign.metric, campaign.goal, count, now, as_of, shown, joined=612)


def surface(
    campaign: Campaign, state: str, live: Progress, tag: str, now: datetime, site: str, kind: str = "json"
) -> Surface | None:
    """The banner's data (or `kind`) in `state`, for a language tag; None for a malformed tag."""
    locale = best_locale(tag, locales(campaign))
    if locale is None:
        return None
    told, progress = invent(campaign, state, live, now)
    before = None if progress.count is None else max(progress.count - 50, 0)
    drawn = banner.render(told, progress, locale, now, site, banner.Lately(before, progress.joined))
    return next((one for one in drawn if one.path.endswith("." + kind) and one.valid_from <= now), None)
