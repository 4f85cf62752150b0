"""Notices to staff: what is wanted of itself, each once through the outbox, and what each of them says.

Monday 08:00 in the campaign's zone, the digest of the week that is over; a milestone when the count first reaches
it; "behind the path" at most once a week. By mail to those of the staff who signed up, and to the campaign's chat.
On the first working day of a month, by mail to finance, how the books of the month before stand.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.orm import Session

from tracker import access, chart_pictures, chat
from tracker.core import milestones, weeks
from tracker.core.calendar import day_start, first_working_day, local_day
from tracker.core.campaign import Campaign
from tracker.core.pace import Standing
from tracker.core.weeks import Week
from tracker.flow import Line
from tracker.languages import PAGE_LANGUAGES
from tracker.ledger import landmarks, reminders
from tracker.ledger import letters as outbox
from tracker.ledger import notices as kept
from tracker.ledger.letters import CHAT, Claimed, Effect
from tracker.mail import Picture
from tracker.projections import articles, digest_words, forecasting, growth_figure, queries
from tracker.projections import digest as weekly_digest
from tracker.projections.digest_words import Notice
from tracker.projections.finance import overview, reminder_words
from tracker.projections.finance.cut import cut
from tracker.projections.locales import page_locales

DIGEST, MILESTONE, BEHIND, TRIAL = "digest", "milestone", "behind", "chat test"
KINDS = (DIGEST, MILESTONE, BEHIND, TRIAL)
AREA = "audience"
"""Whose role may no more enter it is sent nothing."""
BEHIND_EVERY = timedelta(days=7)
BEHIND_HOUR = time(8)
"""Nobody is told at night; the day's end is looked at in the morning after."""
_BEHIND_MARK = "behind"
MONTH_OVER = "month over"
BOOKS = "/books"
"""Whose notices a reminder is, where others have their campaign; no slug has a slash."""
REMINDED_FOR = timedelta(days=7)
"""So long after its day a reminder still leaves, when nothing ran; the outbox remembers it for longer."""


def note(session: Session, now: datetime) -> None:
    """Note every notice that is wanted now; commits."""
    if not queries.is_whole():
        return
    for campaign in queries.campaigns():
        if campaign.is_off or now < campaign.starts_at:
            continue
        _note_digest(session, campaign, now)
        if now < campaign.ends_at:
            _note_milestones(session, campaign, now)
            _note_behind(session, campaign, now)
        session.commit()


def remind(session: Session, zone: ZoneInfo, now: datetime) -> None:
    """Note the reminder that a month of the books is over, where its day has come; commits."""
    month, known = month_to_tell(now, zone), queries.campaigns()
    if month is None or not known or queries.ledger_loading() is not None:
        return
    for one in reminders.reminded(session):
        if one.role in access.ALLOWED["finance"]:
            locale = one.locale or page_locales(known[-1])[0]
            who = f"{BOOKS}:{one.staff_id}"
            outbox.put(session, Effect(MONTH_OVER, who, month, known[-1].slug, locale, one.address), now)
    for campaign in known:
        room = kept.chat(session, campaign.slug)
        if room is not None and not campaign.is_off and campaign.starts_at <= now < campaign.ends_at:
            _say_in_chat(session, campaign, MONTH_OVER, month, room.locale, now)
    session.commit()


def month_to_tell(now: datetime, zone: ZoneInfo) -> str | None:
    """The month whose end is told now: from 08:00 on the first working day after it, for a week."""
    today = local_day(now, zone)
    first = first_working_day(today)
    at = datetime.combine(first, BEHIND_HOUR, zone)
    return f"{first.replace(day=1) - timedelta(days=1):%Y-%m}" if at <= now < at + REMINDED_FOR else None


def is_reminded(session: Session, staff_id: int) -> bool:
    """Whether one of the staff gets the reminder."""
    return any(one.staff_id == staff_id for one in reminders.reminded(session))


def choose_reminder(session: Session, staff_id: int, locale: str | None) -> None:
    """Be reminded in a language, or not (None); the caller commits."""
    reminders.choose(session, staff_id, locale)


def _note_digest(session: Session, campaign: Campaign, now: datetime) -> None:
    """Whoever signed up after the digest was due waits for the next."""
    week = weeks.due(now, campaign.zone)
    if week is not None and weekly_digest.covers(campaign, week):
        _put(session, campaign, DIGEST, week.name, now, since=week.due_at(campaign.zone))


def _note_milestones(session: Session, campaign: Campaign, now: datetime) -> None:
    noted = kept.passed(session, campaign.slug)
    count = queries.count_at(campaign, queries.live_instant(now))
    fresh, told = milestones.news(campaign, count, noted)
    for one in fresh:
        is_first = kept.note(session, campaign.slug, one.name, now)
        if one is told and is_first:
            _put(session, campaign, MILESTONE, one.name, now)


def _note_behind(session: Session, campaign: Campaign, now: datetime) -> None:
    """Looked at once a day, in the morning: the ends of days do not change within one."""
    today = local_day(now, campaign.zone)
    if now.astimezone(campaign.zone).time() < BEHIND_HOUR:
        return
    mark = f"{_BEHIND_MARK}:{campaign.slug}"
    seen = landmarks.value(session, mark)
    if seen.get("looked_on") == f"{today}":
        return
    told_at = landmarks.at(session, mark)
    if _is_behind(campaign, now) and (told_at is None or now - told_at >= BEHIND_EVERY):
        _put(session, campaign, BEHIND, f"{today}", now)
        told_at = now
    landmarks.put(session, mark, told_at, {"looked_on": f"{today}"})


def _is_behind(campaign: Campaign, now: datetime) -> bool:
    today = local_day(now, campaign.zone)
    days = [today - timedelta(days=number) for number in range(milestones.BEHIND_DAYS, 0, -1)]
    if days[0] < campaign.starts_on or queries.live_instant(now) < day_start(today, campaign.zone):
        return False
    ends = dict(weekly_digest.course_of(campaign).points)
    following = [(day, day_start(day + timedelta(days=1), campaign.zone)) for day in days]
    return milestones.is_behind([(queries.count_at(campaign, at), ends[day]) for day, at in following])


def _put(
    session: Session, campaign: Campaign, kind: str, transition: str, now: datetime, since: datetime | None = None
) -> None:
    """One letter for each who is to be told, and one message for the chat."""
    for wish in kept.wishes(session, campaign.slug):
        if wish.role in access.ALLOWED[AREA] and (since is None or wish.since_at <= since):
            who = f"{campaign.slug}:{wish.staff_id}"
            outbox.put(session, Effect(kind, who, transition, campaign.slug, wish.locale, wish.address), now)
    room = kept.chat(session, campaign.slug)
    if room is not None and (since is None or room.since_at <= since):
        _say_in_chat(session, campaign, kind, transition, room.locale, now)


def _say_in_chat(
    session: Session, campaign: Campaign, kind: str, transition: str, locale: str, now: datetime
) -> None:
    """Note a message for the campaign's chat; the caller commits."""
    outbox.put(session, Effect(kind, f"{campaign.slug}:chat", transition, campaign.slug, locale, "", CHAT), now)


def try_chat(session: Session, campaign: Campaign, locale: str, now: datetime) -> None:
    """Note a test of the campaign's chat, at most one a minute; the caller commits."""
    _say_in_chat(session, campaign, TRIAL, f"{now:%Y%m%dT%H%M}", locale, now)


def send_latest(session: Session, campaign: Campaign, staff: access.Staff, locale: str, now: datetime) -> None:
    """Note the digest of the last whole week for one of the staff, at most once a minute; the caller commits."""
    week = weeks.last_whole(now, campaign.zone)
    asked = f"{week.name} {now:%Y%m%dT%H%M}"
    outbox.put(
        session, Effect(DIGEST, f"{campaign.slug}:{staff.user_id}", asked, campaign.slug, locale, staff.name), now
    )


def _weekly(line: Line, letter: Claimed, campaign: Campaign) -> Notice | None:
    week, locale = week_of(letter.effect.transition), letter.effect.locale
    found = weekly_digest.digest(campaign, week, _chance(campaign)) if week else None
    if found is None:
        return None
    cards = articles.cards(source.key for source in found.articles)
    titles = {key: card.title for key, card in cards.items() if card.title}
    notice = digest_words.weekly(found, line.settings.site, locale, titles)
    return replace(notice, figure=growth_figure.growth(found, locale))


def _chance(campaign: Campaign) -> weekly_digest.Chance | None:
    """What the forecast says that stands; it promises neither 0 nor 100."""
    kept = forecasting.latest(campaign)
    return None if kept is None else weekly_digest.Chance(min(max(round(kept.forecast.chance * 100), 1), 99))


def _milestone(line: Line, letter: Claimed, campaign: Campaign) -> Notice | None:
    passed = milestones.read(letter.effect.transition)
    if passed is None:
        return None
    pace = _pace(campaign, line.clock())
    return digest_words.milestone(campaign, passed, pace, line.settings.site, letter.effect.locale)


def _behind(line: Line, letter: Claimed, campaign: Campaign) -> Notice | None:
    return digest_words.behind(campaign, _pace(campaign, line.clock()), line.settings.site, letter.effect.locale)


def _trial(line: Line, letter: Claimed, campaign: Campaign) -> Notice | None:
    return digest_words.trial(campaign, line.settings.site, letter.effect.locale)


def _month_over(line: Line, letter: Claimed, campaign: Campaign) -> Notice | None:
    """Nothing where the month was closed meanwhile, or no money has ever moved."""
    zone, effect, site = line.settings.zone, letter.effect, line.settings.site
    one = overview.month(cut(effect.transition, zone, line.clock()))
    if one.state in (overview.CLOSED, overview.CARRIED) or not overview.has_moved(effect.transition):
        return None
    name = campaign.publisher.name or campaign.name
    tell = reminder_words.said if effect.channel == CHAT else reminder_words.month_over
    return tell(one, name, site, effect.locale)


def _pace(campaign: Campaign, now: datetime) -> Standing:
    return weekly_digest.pace(campaign, queries.live_instant(now), weekly_digest.course_of(campaign))


WRITERS: dict[str, Callable[[Line, Claimed, Campaign], Notice | None]] = {
    DIGEST: _weekly,
    MILESTONE: _milestone,
    BEHIND: _behind,
    TRIAL: _trial,
    MONTH_OVER: _month_over,
}
"""Every kind of notice, and who writes it."""


def picture(line: Line, notice: Notice) -> Picture | None:
    """The notice's chart with the sentence it shows; None where it has none, or no Chromium draws it."""
    if notice.figure is None:
        return None
    width, height = growth_figure.WIDTH, growth_figure.HEIGHT
    drawn = chart_pictures.drawn(notice.figure, width, height, line.settings.chromium)
    return Picture("growth", drawn, notice.sentences[0], width, height) if drawn else None


def door(line: Line) -> chat.Door:
    """How chats are asked."""
    return chat.Door(f"tracker (+{line.settings.site})")


def stop_link(line: Line, letter: Claimed) -> str:
    """Where whoever got this letter ends the notices of its campaign, without a sign-in."""
    slug, _, staff_id = letter.effect.object_id.rpartition(":")
    token = _signer(line.settings.secret_key).dumps([slug, int(staff_id)])
    return f"{line.settings.site}/notices/stop/{token}?lang={letter.effect.locale}"


def stopped(token: str, key: str) -> tuple[str, int] | None:
    """(campaign, staff id) of a link of ours; None for what we never signed."""
    try:
        slug, staff_id = _signer(key).loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    return str(slug), int(staff_id)


def locale_of(wanted: str) -> str:
    """One of our languages, the first for any other word."""
    return wanted if wanted in PAGE_LANGUAGES else PAGE_LANGUAGES[0]


def week_of(transition: str) -> Week | None:
    """The week that a digest in the outbox is of."""
    return weeks.read(transition.partition(" ")[0])


def _signer(key: str) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt="notices")
