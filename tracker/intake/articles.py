"""Looks at the pages of articles that bring views or pledges: politely, a bounded while, each again when due.

Only hosts of the campaigns are asked, through the door of `pages.py`. Of a failure the next look is an hour later,
then a day, then a week; what was read is read once more a week after publication, for corrections. A site's
robots.txt is asked first, once a run, and its Retry-After is waited for.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from tracker.config import Settings
from tracker.core.article_card import ArticleCard
from tracker.core.calendar import day_start, local_day
from tracker.core.campaign import Campaign
from tracker.intake import article_tags, pages, robots
from tracker.ledger import articles, landmarks
from tracker.ledger.articles import GATHERED, GATHERED_ALL, Due

ONE_LOOKS = 7_340_009
"""Advisory lock: one process looks at a time, so that a host is not asked twice in a second."""
AGAIN_AFTER = (timedelta(hours=1), timedelta(days=1), timedelta(days=7))
CORRECTIONS_AFTER = timedelta(days=7)
PAUSE_SECONDS = 1.0
"""Between two requests to one host; a redirect counts as one."""
SLOW_SECONDS = 5.0
"""A host that takes so long is left in peace until the next run."""
RUN_SECONDS = 20.0
MOST_AT_ONCE = 200
OVERLAP = timedelta(hours=1)
ALL_AFTER = timedelta(hours=1)
"""So often all addresses are gone through, for hosts that were added meanwhile."""
_ALL_CLOSED = "user-agent: *\ndisallow: /"
"""RFC 9309, 2.3.1.4: a robots.txt that cannot be had forbids everything for now."""
_PAGES = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class Looked:
    """What a run came to."""

    known: int
    gone: int
    unreadable: int
    waiting: int
    """Due, and left for the next run."""


@dataclass(frozen=True, slots=True)
class Walk:
    """How a run goes about it; tests hand in their own."""

    settings: Settings
    campaigns: Sequence[Campaign]
    clock: Callable[[], datetime]
    seconds: float = RUN_SECONDS
    resolver: pages.Resolve = pages.resolve
    sleep: Callable[[float], None] = time.sleep

    @property
    def hosts(self) -> frozenset[str]:
        return frozenset(host.lower() for campaign in self.campaigns for host in campaign.allowed_hosts)

    @property
    def door(self) -> pages.Door:
        """The campaigns' hosts; this machine's own articles only in a demonstration."""
        agent = f"{robots.AGENT} (+{self.settings.site})"
        return pages.Door(self.hosts, agent, self.settings.port if self.settings.demo else 0)


def run(session: Session, walk: Walk, *, again: bool = False) -> Looked:
    """Note what is new, then look at what is due; with `again` also at all that could not be read. Commits."""
    gather(session, walk)
    if again:
        articles.again(session, walk.clock())
        session.commit()
    return look(session, walk)


def gather(session: Session, walk: Walk) -> None:
    """Note the addresses that brought views or pledges since the last time; commits."""
    now = walk.clock()
    since, all_at = landmarks.at(session, GATHERED), landmarks.at(session, GATHERED_ALL)
    if since is None or all_at is None or now - all_at >= ALL_AFTER:
        found = articles.unknown(session, None, None)
        landmarks.put(session, GATHERED_ALL, now)
    else:  # a batch of views may be written a day late, and a campaign's day is not ours
        found = articles.unknown(session, since - OVERLAP, since.date() - timedelta(days=3))
    articles.know(session, [key for key in found if _is_ours(key, walk.hosts)], now)
    landmarks.put(session, GATHERED, now)
    session.commit()


def look(session: Session, walk: Walk) -> Looked:
    """Look at what is due until the time is over; commits after each, and holds nothing while a page loads."""
    ends = time.monotonic() + walk.seconds
    manners, states = _Manners(), dict.fromkeys(("known", "gone", "unreadable"), 0)
    while True:
        one = manners.next_of(articles.due(session, walk.clock(), MOST_AT_ONCE))
        session.rollback()
        began = time.monotonic() if one is None else max(time.monotonic(), manners.free_at(one))
        if one is None or began >= ends:
            return Looked(**states, waiting=articles.waiting(session, walk.clock()))
        walk.sleep(max(0.0, began - time.monotonic()))
        asked = manners.robots(one.key, walk)
        state, requests, is_to_rest = _look_at(session, one, walk, is_welcome=manners.is_welcome(one.key))
        states[state] += 1
        manners.note(one, began, requests + asked, is_to_rest=is_to_rest)


@dataclass(slots=True)
class _Manners:
    """When each host may be asked again in this run, and what its robots.txt says."""

    _free_at: dict[str, float] = field(default_factory=dict)
    _resting: set[str] = field(default_factory=set)
    _robots: dict[str, str] = field(default_factory=dict)

    def robots(self, key: str, walk: Walk) -> int:
        """Read the site's robots.txt, once a run; answers how many requests it took."""
        origin = _origin(key)
        if origin in self._robots:
            return 0
        try:
            answer = pages.fetch(f"{origin}/robots.txt", walk.door, walk.resolver)
        except pages.UnfetchedError:
            self._robots[origin] = _ALL_CLOSED
            return 1
        told = answer.body.decode("utf-8", "replace") if answer.status == 200 else ""
        self._robots[origin] = _ALL_CLOSED if answer.status >= 500 else told
        return 1 + len(answer.hops)

    def is_welcome(self, key: str) -> bool:
        """Whether the site lets us fetch this page."""
        return robots.allows(self._robots[_origin(key)], urlsplit(key).path or "/")

    def free_at(self, one: Due) -> float:
        return self._free_at.get(_host(one.key), 0.0)

    def next_of(self, due: Sequence[Due]) -> Due | None:
        """The first of those whose host is free soonest; None where there is none for this run."""
        return min((one for one in due if _host(one.key) not in self._resting), key=self.free_at, default=None)

    def note(self, one: Due, began: float, requests: int, *, is_to_rest: bool) -> None:
        ended = time.monotonic()
        self._free_at[_host(one.key)] = ended + requests * PAUSE_SECONDS
        if is_to_rest or ended - began > SLOW_SECONDS:
            self._resting.add(_host(one.key))


def _look_at(session: Session, one: Due, walk: Walk, *, is_welcome: bool) -> tuple[str, int, bool]:
    """(what the look came to, how many requests it took, whether the site asked for a rest)."""
    now = walk.clock()
    after = now + AGAIN_AFTER[one.tries] if one.tries < len(AGAIN_AFTER) else None
    articles.begin(session, one, now, after)
    session.commit()
    found = _read(one.key, walk, local_day(now, walk.settings.zone)) if is_welcome else _Found("unreadable", 0)
    if found.card is None:
        articles.fail(session, one.key, found.state)
    else:
        articles.keep(session, one.key, found.card, _corrections_at(one, found.card, now, walk.settings.zone))
    rest = robots.wait(found.retry_after, now)
    if rest:
        articles.rest(session, _origin(one.key), now + rest)
    session.commit()
    return found.state, found.requests, bool(rest)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a request came to."""

    state: str
    requests: int
    card: ArticleCard | None = None
    """Of a page that could be read."""
    retry_after: str = ""


def _read(key: str, walk: Walk, today: date) -> _Found:
    try:
        answer = pages.fetch(key, walk.door, walk.resolver)
    except pages.UnfetchedError:
        return _Found("unreadable", 1)
    requests = 1 + len(answer.hops)
    if answer.status in (404, 410) or _is_sent_home(key, answer.url):
        return _Found("gone", requests)
    if answer.status in (429, 503):
        return _Found("unreadable", requests, None, answer.retry_after)
    if answer.status != 200 or answer.content_type.partition(";")[0].strip().lower() not in _PAGES:
        return _Found("unreadable", requests)
    card = article_tags.read(answer.body, answer.content_type, answer.url, walk.settings.zone, today)
    return _Found("known", requests, card) if card.title else _Found("unreadable", requests)


def _is_sent_home(asked: str, came: str) -> bool:
    """An article that is no more is often sent on to the front page, whose title is not its own."""
    return urlsplit(came).path in ("", "/") and urlsplit(asked).path not in ("", "/")


def _corrections_at(one: Due, card: ArticleCard, now: datetime, zone: ZoneInfo) -> datetime | None:
    """A week after publication, or after we found it; None where that is over."""
    published_at = day_start(card.published_on, zone) if card.published_on else one.found_at
    at = published_at + CORRECTIONS_AFTER
    return at if at > now else None


def _is_ours(key: str, hosts: frozenset[str]) -> bool:
    """Whether the address is at a host of the campaigns; "" and what is counted together are at none."""
    try:
        parts = urlsplit(key)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    return parts.scheme in pages.PORTS and (host in hosts or f"{host}:{port}" in hosts)


def _origin(key: str) -> str:
    parts = urlsplit(key)
    return f"{parts.scheme}://{parts.netloc}"


def _host(key: str) -> str:
    return urlsplit(key).netloc
