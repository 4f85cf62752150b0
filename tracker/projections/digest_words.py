"""What the digest and the alerts say, in the language of whoever reads them: sentences first, then one table."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode, urlsplit

from babel import Locale, dates, numbers

from tracker.core import money
from tracker.core.campaign import Campaign, Metric
from tracker.core.milestones import BEHIND_PERCENT, Milestone
from tracker.core.pace import Standing
from tracker.projections.digest import Brought, Digest, Flow
from tracker.projections.letter_words import Door
from tracker.projections.locales import page_catalogue
from tracker.projections.prices import price
from tracker.projections.wording import DATES

MINUS = "\u2212"


@dataclass(frozen=True, slots=True)
class Table:
    """The same numbers as the sentences; the first cell of each row names it."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def lines(self) -> list[str]:
        """Each row as a line of text, every number with its name."""
        rows = [(row[0], zip(self.head[1:], row[1:], strict=True)) for row in self.rows]
        return [f"{first}: {', '.join(f'{value} ({name})' for name, value in rest)}" for first, rest in rows]


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice to staff, ready to draw as plain text, as HTML and for a chat."""

    subject: str
    kicker: str
    """The campaign's name."""
    sentences: tuple[str, ...]
    """The first is the news."""
    table: Table | None = None
    lists: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(sentence, its lines), below the table."""
    after: tuple[str, ...] = ()
    door: Door | None = None
    foot: str = ""
    """Why it came."""
    stop: Door | None = None
    figure: dict[str, Any] | None = None
    """The chart that a letter may show, as plotly.js draws it; the first sentence says what it shows."""

    @property
    def plain(self) -> str:
        """The notice as text, its links on lines of their own."""
        rows = self.table.lines if self.table else []
        parts = [self.kicker, *self.sentences, "\n".join(rows), *self._listed, *self.after]
        doors = [f"{door.name}:\n{door.address}" for door in (self.door, self.stop) if door]
        return "\n\n".join(filter(None, [*parts, *doors[:1], self.foot, *doors[1:]])) + "\n"

    @property
    def chat(self) -> str:
        """The notice for a chat, in which nothing of ours calls anybody or draws a link but the last line."""
        told = "\n".join(filter(None, [self.kicker, *self.sentences, *self._listed, *self.after]))
        link = f"\n{self.door.name}: {self.door.address}" if self.door else ""
        return told.replace("<", "‹").replace(">", "›").replace("@", "@\u2060") + link

    @property
    def _listed(self) -> list[str]:
        return ["\n".join([head, *(f"- {line}" for line in lines)]) for head, lines in self.lists]


def weekly(digest: Digest, site: str, locale: str, titles: dict[str, str] | None = None) -> Notice:
    """The digest of a week; `titles`: an article's title by its key, where one is known."""
    t, campaign, pace = page_catalogue(locale), digest.campaign, digest.pace
    count, goal = counted(campaign, pace.count, locale), counted(campaign, pace.goal, locale)
    span = interval(digest.flow.first, digest.flow.last, locale)
    sentences = [_standing(campaign, pace, locale), _moved(digest.flow, digest.before, locale)]
    if digest.asked is not None:
        sentences.append(_grown(digest.flow.net, digest.asked, locale))
    if digest.chance is not None:
        chance = t.gettext("The chance of reaching the goal in time is %(percent)s%%.")
        sentences.append(chance % {"percent": digest.chance.percent})
    weeks = [digest.flow, *([digest.before] if digest.before else [])]
    return Notice(
        subject=t.gettext("%(count)s of %(goal)s: the week of %(week)s")
        % {"count": count, "goal": goal, "week": span},
        kicker=f"{campaign.name} · {span}",
        sentences=tuple(sentences),
        table=_bridge(weeks, locale),
        lists=_brought(digest.articles, titles or {}, locale),
        after=(*_at_risk(digest, locale), _heard(digest, locale)),
        door=Door(t.gettext("Look at this week on the dashboard"), link(site, campaign, digest.flow, locale)),
    )


def milestone(campaign: Campaign, passed: Milestone, pace: Standing, site: str, locale: str) -> Notice:
    """A milestone that was reached."""
    t = page_catalogue(locale)
    told = {"percent": passed.percent, "goal": counted(campaign, passed.goal, locale)}
    if passed.percent < 100:
        news = t.gettext("%(percent)s%% of the goal of %(goal)s is reached.")
    elif passed.goal == campaign.goal:
        news = t.gettext("The goal of %(goal)s is reached.")
    else:
        news = t.gettext("The further goal of %(goal)s is reached.")
    return _alert(campaign, news % told, _standing(campaign, pace, locale), site, locale)


def behind(campaign: Campaign, pace: Standing, site: str, locale: str) -> Notice:
    """The count has been behind the path for days."""
    t = page_catalogue(locale)
    news = t.gettext("For three days the count has been more than %(percent)s%% behind the goal’s path.")
    short = t.gettext("More than %(percent)s%% behind the path for three days")
    told = {"percent": BEHIND_PERCENT}
    notice = _alert(campaign, news % told, _standing(campaign, pace, locale), site, locale)
    return replace(notice, subject=short % told)


def trial(campaign: Campaign, site: str, locale: str) -> Notice:
    """What is said when staff try a chat's address."""
    t = page_catalogue(locale)
    news = t.gettext("This is a test: the weekly digest and the alerts of this campaign will come here.")
    return _alert(campaign, news, "", site, locale)


def addressed(notice: Notice, stop: str, locale: str) -> Notice:
    """The notice as it goes to one of the staff by mail, with the way to have no more of them."""
    t = page_catalogue(locale)
    asked = t.gettext("You get this because you asked for notices of this campaign on the dashboard.")
    return replace(notice, foot=notice.foot or asked, stop=Door(t.gettext("Send me no more of them"), stop))


def link(site: str, campaign: Campaign, flow: Flow | None, locale: str) -> str:
    """The dashboard's address, showing the days of `flow`."""
    days = {"by": "day", "from": f"{flow.first}", "to": f"{flow.last}"} if flow else {}
    return f"{site}/dashboard/{campaign.slug}?{urlencode({**days, 'lang': locale})}"


def number(value: int, locale: str) -> str:
    """18412 is "18,412" in English; a minus sign, not a hyphen."""
    shown: str = numbers.format_decimal(value, locale=locale).replace("-", MINUS)
    return shown


def counted(campaign: Campaign, value: int, locale: str) -> str:
    """The campaign's figure in its own unit: persons, or money for amount_raised."""
    if campaign.metric is not Metric.AMOUNT_RAISED:
        return number(value, locale)
    exact = Decimal(money.decimal_text(value, campaign.currency))
    return price(exact, campaign.currency, locale, money.digits(campaign.currency)).replace("-", MINUS)


def interval(first: date, last: date, locale: str) -> str:
    """Days in a row in words: 16–22 Nov 2026."""
    shown: str = dates.format_interval(first, last, "yMMMd", locale=Locale.parse(DATES.get(locale, locale)))
    return shown


def _alert(campaign: Campaign, news: str, standing: str, site: str, locale: str) -> Notice:
    t = page_catalogue(locale)
    door = Door(t.gettext("Open the dashboard"), link(site, campaign, None, locale))
    told = tuple(filter(None, (news, standing)))
    return Notice(subject=news.rstrip("."), kicker=campaign.name, sentences=told, door=door)


def _standing(campaign: Campaign, pace: Standing, locale: str) -> str:
    """The number, the goal, the pace and the days that are left."""
    t = page_catalogue(locale)
    told = {
        Metric.ACTIVE_MEMBERS: t.gettext("%(count)s members, %(percent)s%% of the goal of %(goal)s"),
        Metric.NEW_MEMBERS: t.gettext("%(count)s new members, %(percent)s%% of the goal of %(goal)s"),
        Metric.AMOUNT_RAISED: t.gettext("%(count)s raised, %(percent)s%% of the goal of %(goal)s"),
    }[campaign.metric]
    gap = counted(campaign, abs(pace.ahead), locale)
    course = t.gettext("%(n)s ahead of its path") if pace.ahead >= 0 else t.gettext("%(n)s behind its path")
    if not pace.days_left:
        left = t.gettext("and the campaign is over")
    else:
        left = t.ngettext("with %(n)s day left", "with %(n)s days left", pace.days_left)
    values = {"count": counted(campaign, pace.count, locale), "percent": number(pace.percent, locale)}
    values["goal"] = counted(campaign, pace.goal, locale)
    days = left % {"n": number(pace.days_left, locale)} if pace.days_left else left
    return t.gettext("%(number)s: %(course)s, %(days)s.") % {
        "number": told % values,
        "course": course % {"n": gap},
        "days": days,
    }


def _moved(flow: Flow, before: Flow | None, locale: str) -> str:
    t = page_catalogue(locale)
    names = ("joined", "returned", "left")
    told = t.gettext("%(joined)s joined last week, %(returned)s came back and %(left)s left.")
    told %= {name: number(getattr(flow, name), locale) for name in names}
    if before is None:
        return told
    earlier = t.gettext("In the week before it was %(joined)s, %(returned)s and %(left)s.")
    return f"{told} {earlier % {name: number(getattr(before, name), locale) for name in names}}"


def _grown(net: int, asked: int, locale: str) -> str:
    t, gap = page_catalogue(locale), net - asked
    told = t.gettext("Members: %(net)s, just what the path asks for.")
    if gap > 0:
        told = t.gettext("Members: %(net)s, %(gap)s more than the path asks for.")
    elif gap < 0:
        told = t.gettext("Members: %(net)s, %(gap)s fewer than the path asks for.")
    return told % {"net": _signed(net, locale), "gap": number(abs(gap), locale)}


def _bridge(weeks: list[Flow], locale: str) -> Table:
    """A column a week, so that it fits a phone in every language."""
    t = page_catalogue(locale)
    rows = [
        (t.gettext("Joined"), [flow.joined for flow in weeks]),
        (t.gettext("Returned"), [flow.returned for flow in weeks]),
        (t.gettext("Left"), [flow.left for flow in weeks]),
        (t.gettext("Members at its end"), [flow.closing for flow in weeks]),
    ]
    head = (t.gettext("Week"), *(_short(flow, locale) for flow in weeks))
    return Table(head, tuple((name, *(number(value, locale) for value in values)) for name, values in rows))


def _brought(
    articles: tuple[Brought, ...], titles: dict[str, str], locale: str
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    t = page_catalogue(locale)
    if not articles:
        return ()
    lines = tuple(
        t.ngettext("%(article)s: %(n)s member", "%(article)s: %(n)s members", one.joined)
        % {"article": titles.get(one.key) or urlsplit(one.key).path or one.key, "n": number(one.joined, locale)}
        for one in articles
    )
    return ((t.gettext("Most members came by these articles:"), lines),)


def _at_risk(digest: Digest, locale: str) -> list[str]:
    """Nothing where nobody is at risk."""
    t, risk, told = page_catalogue(locale), digest.risk, []
    if risk.in_grace:
        grace = t.ngettext(
            "At risk: the payment of %(n)s member failed, and grace runs.",
            "At risk: the payments of %(n)s members failed, and grace runs.",
            risk.in_grace,
        )
        told.append(grace % {"n": number(risk.in_grace, locale)})
    if risk.due:
        due = t.ngettext(
            "%(n)s renewal is due within seven days;", "%(n)s renewals are due within seven days;", risk.due
        )
        leaving = t.gettext("%(n)s of them are set to end.") % {"n": number(risk.leaving, locale)}
        told.append(f"{due % {'n': number(risk.due, locale)}} {leaving}")
    return told


def _heard(digest: Digest, locale: str) -> str:
    t = page_catalogue(locale)
    if digest.as_of is None:
        return t.gettext("Stripe has not been checked yet.")
    spoken, zone = Locale.parse(DATES.get(locale, locale)), digest.campaign.zone
    clock = dates.format_time(digest.as_of, "HH:mm", tzinfo=zone, locale=spoken)
    day = dates.format_date(digest.as_of.astimezone(zone), "long", locale=spoken)
    moment = f"{clock}, {day}"
    if digest.as_of < digest.at:
        late = t.gettext("Stripe was last checked at %(moment)s: what happened later is not in these figures.")
        return late % {"moment": moment}
    return t.gettext("Checked with Stripe at %(moment)s.") % {"moment": moment}


def _signed(value: int, locale: str) -> str:
    return f"+{number(value, locale)}" if value > 0 else number(value, locale)


def _short(flow: Flow, locale: str) -> str:
    spoken = Locale.parse(DATES.get(locale, locale))
    shown: str = dates.format_interval(flow.first, flow.last, "MMMd", locale=spoken)
    return shown
