"""What a look at the dashboard is about: the campaign, the days, the filters. It lives in the address, whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from flask import abort

from tracker.core.campaign import Campaign, day_start, local_day
from tracker.web.words import gettext

BY = ("day", "week", "month")
FILTERS = ("plan", "country", "article", "placement")
RANGES = {"7d": 7, "30d": 30, "90d": 90, "365d": 365}
"""Days up to and with today; `campaign`: from its first day; `all`: as far back as two campaigns reach."""
LONGEST = timedelta(days=3653)
LONGEST_FILTER = 500
ALL_YEARS = 3


@dataclass(frozen=True, slots=True)
class Scope:
    """One look: days from `first` to `last`, both included, none after today."""

    campaign: Campaign
    now: datetime
    first: date
    last: date
    by: str = "week"
    span: str = "campaign"
    """A key of RANGES, `campaign`, `all`, or `days` where the days themselves are in the address."""
    only: Mapping[str, str] = field(default_factory=dict)
    """Filters: one of FILTERS -> the one value that is looked at."""
    compares: bool = False
    """Whether last year stands beside it, at the same phase of the campaign."""
    is_shared: bool = False
    """Seen by people outside: cells of few persons are hidden, no row of persons is given."""
    number_at: datetime | None = None
    """When the number on top is read, where that is not `now`."""

    @property
    def today(self) -> date:
        return local_day(self.now, self.campaign.zone)

    @property
    def has_begun(self) -> bool:
        """False before the campaign's first day: there is no day to look at."""
        return self.first <= self.last

    def args(self, **changes: str | None) -> dict[str, Any]:
        """The address's arguments that bring this look back; `changes` put, or with None taken away."""
        told = dict(self.only)
        if self.span == "days":
            told |= {"from": self.first.isoformat(), "to": self.last.isoformat()}
        elif self.span != "campaign":
            told["range"] = self.span
        if self.by != default_by(self.first, self.last):
            told["by"] = self.by
        if self.compares:
            told["compare"] = "year"
        wanted: dict[str, str | None] = {**told, **changes}
        return {name: value for name, value in wanted.items() if value is not None}

    def fixed(self) -> "Scope":
        """The same look with its days written out: true tomorrow, too."""
        return replace(self, span="days")


def default_by(first: date, last: date) -> str:
    """Days for a month, weeks for a year and a bit, months beyond."""
    length = (last - first).days
    return "day" if length < 35 else "week" if length < 400 else "month"


def of_outsiders(campaign: Campaign, now: datetime) -> Scope:
    """The one look that people outside have: the campaign by week, up to the end of the last week that is over.

    All but the number on top, which every banner tells, stands still from Monday to Sunday: of two looks that
    differ by a day, one taken from the other would tell of that day's few persons.
    """
    today = local_day(now, campaign.zone)
    monday = today - timedelta(days=today.weekday())
    last = min(monday - timedelta(days=1), campaign.ends_on)
    closed_at = day_start(monday, campaign.zone)
    return Scope(campaign, closed_at, campaign.starts_on, last, "week", is_shared=True, number_at=now)


def read(campaign: Campaign, args: Mapping[str, str], now: datetime) -> Scope:
    """The look that an address asks for; 400 in words for what cannot be looked at."""
    first, last, span = _days(campaign, args, now)
    by = args.get("by") or default_by(first, last)
    if by not in BY:
        abort(400, gettext("There is no view by “%(by)s”: write by=day, week or month.", by=by))
    compare = args.get("compare", "")
    if compare not in {"", "year"}:
        abort(
            400,
            gettext("There is nothing to compare with by “%(with)s”: write compare=year.", **{"with": compare}),
        )
    only = {name: args[name] for name in FILTERS if args.get(name)}
    for name, value in only.items():
        if len(value) > LONGEST_FILTER or not value.isprintable():
            abort(400, gettext("The filter %(name)s is not one of ours: choose it on the page.", name=name))
    return Scope(campaign, now, first, last, by, span, only, bool(compare))


def _days(campaign: Campaign, args: Mapping[str, str], now: datetime) -> tuple[date, date, str]:
    today = local_day(now, campaign.zone)
    end = min(today, campaign.ends_on)
    if "from" in args or "to" in args:
        first, last = _day(args, "from") or campaign.starts_on, min(_day(args, "to") or end, today)
        if last < first:
            abort(
                400,
                gettext(
                    "%(first)s comes after %(last)s: write the earlier day first; days to come are not counted.",
                    first=first,
                    last=last,
                ),
            )
        if last - first > LONGEST:
            abort(
                400,
                gettext(
                    "%(first)s to %(last)s is more than ten years: look at less at once.", first=first, last=last
                ),
            )
        return first, last, "days"
    span = args.get("range") or "campaign"
    if span == "campaign":
        return campaign.starts_on, end, span
    if span == "all":
        return date(campaign.starts_on.year - ALL_YEARS + 1, 1, 1), today, span
    if span not in RANGES:
        known = ", ".join([*RANGES, "campaign", "all"])
        abort(
            400,
            gettext(
                "There is no range “%(range)s”: write one of %(known)s, or from= and to=.", range=span, known=known
            ),
        )
    return today - timedelta(days=RANGES[span] - 1), today, span


def _day(args: Mapping[str, str], name: str) -> date | None:
    told = args.get(name)
    if not told:
        return None
    try:
        return date.fromisoformat(told)
    except ValueError:
        abort(400, gettext("%(name)s=%(told)s is not a day: write it like 2026-11-25.", name=name, told=told))
