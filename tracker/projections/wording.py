"""What the banner says, in the reader's language, ready to show; nothing here knows HTML or JSON."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from decimal import ROUND_FLOOR, Decimal

from babel.dates import format_skeleton
from babel.numbers import format_decimal, format_percent

from tracker.core.campaign import Campaign, Metric, State, local_day, percent
from tracker.core.money import digits
from tracker.projections.locales import catalogue
from tracker.projections.prices import price

# English dates as most of the world writes them: 23 November, 14:05.
DATES = {"en": "en_GB"}
NO_DEADLINE = frozenset({State.ENDED, State.OFF, State.UNKNOWN})
_PLACE = re.compile(r"\{(goal|deadline|count)\}")
_NUMBER = re.compile(r"\d|\{(?:goal|count|deadline)\}")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the campaign stands at one instant, as the banner is to tell it."""

    count: int | None
    """None with the states off and unknown: then no text holds a number."""
    at: datetime
    as_of: datetime | None
    state: State
    joined: int = 0
    """Persons who joined in the seven days before `at`: told in place of a share that is still small."""


@dataclass(frozen=True, slots=True)
class Words:
    """Texts ready to show; empty where the state has nothing to say."""

    headline: str
    appeal: str
    """What is asked for, or in its place what is to be said now: reached, over the goal, ended."""
    button: str
    sentence: str = ""
    """"18,412 of 25,000 members"; holds `number` word for word, so that a face can set it large."""
    number: str = ""
    percent: str = ""
    """Empty where no share is said; then no bar is drawn."""
    days: str = ""
    updated: str = ""

    @property
    def before(self) -> str:
        """The sentence's words before its number."""
        return self.sentence.partition(self.number)[0] if self.number else ""

    @property
    def after(self) -> str:
        """The sentence's words after its number."""
        return self.sentence.partition(self.number)[2] if self.number else ""


@dataclass(frozen=True, slots=True)
class Controls:
    """What the buttons that close a banner say."""

    later: str
    member: str
    close: str


def words(campaign: Campaign, standing: Standing, locale: str) -> Words:
    """The banner's texts for a locale that the campaign speaks."""
    copy = campaign.copy.get(locale, {})
    if standing.count is None:
        return _without_number(copy, locale)
    goal, week = campaign.goal_for(standing.count), _week(campaign, standing)
    places = {
        "goal": amount(campaign, goal, locale),
        "deadline": _day(campaign, locale),
        "count": amount(campaign, standing.count, locale),
    }
    written = {name: _PLACE.sub(lambda found: places[found[1]], text) for name, text in copy.items()}
    t = catalogue(locale)
    return Words(
        headline=written.get("headline") or campaign.name,
        appeal=_appeal(campaign, standing, written, locale),
        button=written.get("button") or t.gettext("Become a member"),
        sentence=_joined(week, locale) if week else _sentence(campaign, standing.count, locale),
        number=format_decimal(week, locale=locale) if week else places["count"],
        percent="" if _is_low(campaign, standing) else _percent(standing.count, goal, locale),
        days=_days(campaign, standing, locale),
        updated=_updated(campaign, standing, locale),
    )


def controls(locale: str) -> Controls:
    """The words of the buttons that close a banner."""
    t = catalogue(locale)
    return Controls(t.gettext("Not now"), t.gettext("I am already a member"), t.gettext("Close"))


def _is_low(campaign: Campaign, standing: Standing) -> bool:
    """Whether staff would rather draw no bar yet."""
    share = percent(standing.count or 0, campaign.goal)
    return standing.state is State.RUNNING and share < campaign.bar_from


def _week(campaign: Campaign, standing: Standing) -> int:
    """How many joined this week, where that is told in place of the count; 0 where the count is told."""
    return standing.joined if _is_low(campaign, standing) and campaign.metric is not Metric.AMOUNT_RAISED else 0


def _joined(week: int, locale: str) -> str:
    text = catalogue(locale).ngettext("%(count)s joined this week", "%(count)s joined this week", week)
    return text % {"count": format_decimal(week, locale=locale)}


def amount(campaign: Campaign, value: int, locale: str) -> str:
    """A count of persons, or minor units as whole money, with the locale's own digits and separators."""
    if campaign.metric is not Metric.AMOUNT_RAISED:
        return format_decimal(value, locale=locale)
    whole = Decimal(value).scaleb(-digits(campaign.currency)).to_integral_value(ROUND_FLOOR)
    return price(whole, campaign.currency, locale, 0)


def _without_number(copy: Mapping[str, str], locale: str) -> Words:
    """The sentence and the button alone: a staff text with any number in it gives way to ours."""
    t = catalogue(locale)

    def silent(name: str, otherwise: str) -> str:
        text = copy.get(name, "")
        return otherwise if not text or _NUMBER.search(text) else text

    return Words(
        headline=silent("headline", t.gettext("Journalism carried by its readers")),
        appeal=silent("appeal", t.gettext("Join the readers who make this work possible.")),
        button=silent("button", t.gettext("Become a member")),
    )


def _percent(count: int, goal: int, locale: str) -> str:
    """Rounded down (RULES 4); not said while it would show a zero where there is none."""
    whole = percent(count, goal)
    return format_percent(Decimal(whole) / 100, locale=locale) if whole or not count else ""


def _sentence(campaign: Campaign, count: int, locale: str) -> str:
    t, goal = catalogue(locale), campaign.goal_for(count)
    shown = {"count": amount(campaign, count, locale), "goal": amount(campaign, goal, locale)}
    if count > goal:
        shown["more"] = amount(campaign, count - goal, locale)
    match campaign.metric, count > goal:
        case Metric.AMOUNT_RAISED, False:
            text = t.gettext("%(count)s of %(goal)s")
        case Metric.AMOUNT_RAISED, True:
            text = t.gettext("%(count)s, %(more)s more than the goal")
        case Metric.NEW_MEMBERS, False:
            text = t.ngettext("%(count)s of %(goal)s new member", "%(count)s of %(goal)s new members", goal)
        case Metric.NEW_MEMBERS, True:
            text = t.ngettext(
                "%(count)s new member, %(more)s over the goal",
                "%(count)s new members, %(more)s over the goal",
                count,
            )
        case _, False:
            text = t.ngettext("%(count)s of %(goal)s member", "%(count)s of %(goal)s members", goal)
        case _:
            text = t.ngettext(
                "%(count)s member, %(more)s over the goal", "%(count)s members, %(more)s over the goal", count
            )
    return text % shown


def _appeal(campaign: Campaign, standing: Standing, written: Mapping[str, str], locale: str) -> str:
    t = catalogue(locale)
    if standing.state is State.ENDED:
        return written.get("ended") or t.gettext("The campaign has ended. Thank you to everyone who joined.")
    if standing.state is State.REACHED:
        goal = campaign.goal_for(standing.count)
        if standing.count is not None and standing.count < goal:
            places = {"first": amount(campaign, _passed(campaign, standing.count), locale)}
            places["next"] = amount(campaign, goal, locale)
            return t.gettext("The goal of %(first)s is reached. Next: %(next)s.") % places
        over = standing.count is not None and standing.count > goal
        thanks = (
            t.gettext("The goal is passed. Thank you.") if over else t.gettext("The goal is reached. Thank you.")
        )
        return written.get("reached") or thanks
    return written.get("appeal", "")


def _passed(campaign: Campaign, count: int) -> int:
    """The highest goal that `count` has reached."""
    return max(goal for goal in (campaign.goal, *campaign.stretch_goals) if goal <= count)


def _days(campaign: Campaign, standing: Standing, locale: str) -> str:
    """Whole days after today until the last one, cut in the campaign's zone; the reader's clock has no say."""
    if standing.state in NO_DEADLINE:
        return ""
    t = catalogue(locale)
    left = (campaign.ends_on - local_day(standing.at, campaign.zone)).days
    if left < 1:
        return t.gettext("Last day")
    return t.ngettext("%(days)s day left", "%(days)s days left", left) % {
        "days": format_decimal(left, locale=locale)
    }


def _updated(campaign: Campaign, standing: Standing, locale: str) -> str:
    if standing.as_of is None:
        return ""
    local, dates = standing.as_of.astimezone(campaign.zone), DATES.get(locale, locale)
    shown = {
        "time": format_skeleton("Hm", local, tzinfo=campaign.zone, locale=dates),
        "day": format_skeleton("MMMMd", local, tzinfo=campaign.zone, locale=dates),
    }
    return catalogue(locale).gettext("as of %(time)s, %(day)s") % shown


def _day(campaign: Campaign, locale: str) -> str:
    last = datetime.combine(campaign.ends_on, time(12), campaign.zone)
    return format_skeleton("MMMMd", last, tzinfo=campaign.zone, locale=DATES.get(locale, locale))
