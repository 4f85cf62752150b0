"""The words of the dashboard's top: the number, the goal, the deadline, the pace, the chance; and "what if"."""

from collections.abc import Mapping
from typing import Any

from tracker.core.campaign import Campaign, State
from tracker.core.pace import Standing
from tracker.core.progress import Progress
from tracker.projections import forecasting
from tracker.projections.forecasting import Kept, WhatIf
from tracker.web import words
from tracker.web.panels import needed, outlook
from tracker.web.reading import Reading
from tracker.web.words import gettext, ngettext

JOINS, LAPSES, SHIFT = (50, 200), (50, 150), (-28, 28)
"""What can be tried: percent of what is expected, and days."""


def words_of(reading: Reading) -> dict[str, Any]:
    """Ready words: the page's first paint and the script's updates are the same text."""
    campaign, progress, standing = reading.campaign, reading.progress, reading.standing
    share = min(max(standing.percent, 0), 100) if standing else 0
    mark = standing.on_path * 100 // campaign.goal if standing else 0
    kept = reading.forecast
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
        "is_ahead": bool(standing and standing.ahead >= 0),
        "chance": words.chance(kept.forecast.chance) if kept and standing else "",
        "range": _range(kept) if kept and standing else "",
        "needed": needed.sentence(reading) if kept and standing else "",
        "forecast_as_of": _made(campaign, kept) if kept else "",
    }


def what_if(reading: Reading, args: Mapping[str, str]) -> dict[str, Any] | None:
    """The forecast with what the sliders say, beside the one that stands; None where there is none to change."""
    kept = reading.forecast
    if kept is None or kept.forecast.on > kept.forecast.ends_on:
        return None
    asked = _asked(args)
    found = forecasting.what_if(kept, asked)
    daily = max(found.needed_per_day, 0)
    told = {
        "chance": words.chance(found.chance),
        "range": outlook.sentence(found),
        "needed": ngettext("%(n)s a day has to join.", "%(n)s a day have to join.", daily, n=words.number(daily)),
        "change": _change(round(found.p50) - round(kept.forecast.p50)),
    }
    planned = forecasting.to_come(kept.inputs.drives, kept.forecast.on)
    return {
        **told,
        "asked": asked,
        "drives": [(number, drive.name or words.day(drive.first_on)) for number, drive in enumerate(planned)],
    }


def _change(members: int) -> str:
    if not members:
        return gettext("No change against the forecast.")
    return gettext("%(n)s members against the forecast.", n=words.signed(members))


def _asked(args: Mapping[str, str]) -> WhatIf:
    """What the sliders say; nonsense and what is out of range is brought back into it."""
    drive = args.get("drive", "")
    return WhatIf(
        joins=_whole(args, "joins", JOINS, 100) / 100,
        lapses=_whole(args, "lapses", LAPSES, 100) / 100,
        drive=int(drive) if drive.isdecimal() and len(drive) < 4 else None,
        shift=_whole(args, "shift", SHIFT, 0),
    )


def _whole(args: Mapping[str, str], name: str, limits: tuple[int, int], default: int) -> int:
    told = args.get(name, "")
    if not told.removeprefix("-").isdecimal() or len(told) > 5:
        return default
    return min(max(int(told), limits[0]), limits[1])


def _range(kept: Kept) -> str:
    return gettext(
        "%(p10)s to %(p90)s in 8 of 10 cases",
        p10=words.number(round(kept.forecast.p10)),
        p90=words.number(round(kept.forecast.p90)),
    )


def _made(campaign: Campaign, kept: Kept) -> str:
    return gettext("forecast of %(moment)s", moment=words.moment(kept.made_at, campaign.zone))


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


def _pace(campaign: Campaign, state: State, standing: Standing) -> str:
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
