"""Looking at articles' pages: which ones, when, how politely; on real sockets and the real database."""

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from publisher import Publisher, moved, page, serving
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.line.conftest import year_end
from tracker import config
from tracker.intake import articles, pledges
from tracker.intake.articles import Looked
from tracker.intake.pledges import Intention
from tracker.ledger import attention, campaigns
from tracker.projections import articles as seen

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def story(title: str, more: str = "") -> bytes:
    return page(f'<!doctype html><html lang="uk"><meta property="og:title" content="{title}">{more}'.encode())


@dataclass
class Desk:
    """A publisher, readers who come from its articles, and our looking."""

    session: Session
    publisher: Publisher
    now: datetime = NOON
    hosts: tuple[str, ...] = ("news.example", "also.example")
    paused: list[float] = field(default_factory=list)

    def reads(self, path: str, host: str = "news.example", at: datetime | None = None) -> str:
        """Somebody pledges from an article; answers its address."""
        url = self.publisher.url(path, host) if path.startswith("/") else path
        intention = Intention("year-end", "price_yearly", None, None, None, article=url)
        pledges.record(self.session, intention, at or self.now)
        self.session.commit()
        return url

    def look(self, *, seconds: float = 60.0, again: bool = False) -> Looked:
        settings = config.load(demo=True, port=self.publisher.port, timezone="Europe/Kyiv")
        campaign = replace(year_end(), allowed_hosts=self.hosts)
        walk = articles.Walk(
            settings, (campaign,), lambda: self.now, seconds, self.publisher.resolve, self.paused.append
        )
        return articles.run(self.session, walk, again=again)

    def stored(self, url: str) -> Any:
        asked = "SELECT title, state, tries, due_at FROM article WHERE key = :key"
        return self.session.execute(text(asked), {"key": url}).one_or_none()

    @property
    def asked(self) -> list[str]:
        """The pages that were asked for; robots.txt comes before the first of each site."""
        return [path for told in self.publisher.heard if (path := told.split(" ")[1]) != "/robots.txt"]


@pytest.fixture
def desk(session: Session) -> Iterator[Desk]:
    with serving() as publisher:
        publisher.addresses["also.example"] = ["127.0.0.1"]
        yield Desk(session, publisher)


def test_an_article_that_brought_a_pledge_is_read_once_and_known(desk: Desk) -> None:
    desk.publisher.paths["/snow"] = story("Snow", '<meta name="author" content="Nadia Orel">')
    url = desk.reads("/snow")
    assert desk.look() == Looked(known=1, gone=0, unreadable=0, waiting=0)
    card = seen.cards([url, "elsewhere"])[url]
    assert (card.title, card.authors, card.language) == ("Snow", ("Nadia Orel",), "uk")
    assert desk.look() == Looked(0, 0, 0, 0) and desk.asked == ["/snow"]


def test_an_article_that_was_only_seen_is_read_too(desk: Desk) -> None:
    campaigns.put(desk.session, year_end())
    desk.publisher.paths["/seen"] = story("Seen")
    url = desk.publisher.url("/seen")
    desk.look()
    view = attention.Attention("year-end", date(2026, 11, 20), "view", url, "article-top", "v1", False, 3)
    attention.add(desk.session, "one", [view], desk.now)
    desk.session.commit()
    assert desk.look().known == 1 and seen.cards([url])[url].title == "Seen"


def test_only_hosts_of_the_campaigns_are_asked(desk: Desk) -> None:
    for url in ("http://evil.example/x", "http://169.254.169.254/latest", "", "(other)"):
        desk.reads(url)
    assert desk.look() == Looked(0, 0, 0, 0)
    assert desk.publisher.names == [] and desk.session.scalar(text("SELECT count(*) FROM article")) == 0


def test_a_host_that_is_added_later_is_looked_at_within_the_hour(desk: Desk) -> None:
    desk.publisher.paths["/snow"] = story("Snow")
    desk.hosts = ("also.example",)
    desk.reads("/snow", at=NOON - 90 * DAY)
    assert desk.look().known == 0
    desk.hosts, desk.now = ("news.example",), NOON + HOUR
    assert desk.look().known == 1


def test_we_say_who_we_are_and_nothing_of_a_reader(desk: Desk) -> None:
    desk.publisher.paths["/snow"] = story("Snow")
    desk.reads("/snow")
    desk.look()
    for asked in desk.publisher.heard:
        assert f"User-Agent: tracker-articles (+http://127.0.0.1:{desk.publisher.port})\r\n" in asked
        assert not re.search("cookie|authorization|referer|forwarded|plg_", asked, re.IGNORECASE)


def test_a_failure_is_tried_again_after_an_hour_a_day_and_a_week_and_then_no_more(desk: Desk) -> None:
    desk.publisher.paths["/away"] = page(b"later", status="503 Service Unavailable")
    url, now = desk.reads("/away"), NOON
    for tries, pause in enumerate((HOUR, DAY, 7 * DAY, None), 1):
        assert desk.look().unreadable == 1
        assert desk.stored(url) == ("", "unreadable", tries, now + pause if pause else None)
        desk.now = now + (pause or DAY) - timedelta(seconds=1)
        assert desk.look() == Looked(0, 0, 0, 0), "not a second earlier"
        now = desk.now = now + (pause or 400 * DAY)
    assert desk.look() == Looked(0, 0, 0, 0) and len(desk.asked) == 4
    desk.publisher.paths["/away"] = story("Here again")
    assert desk.look(again=True).known == 1 and desk.stored(url)[:3] == ("Here again", "known", 0)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (page(b"", status="404 Not Found"), "gone"),
        (page(b"", status="410 Gone"), "gone"),
        (moved("/"), "gone"),
        (page(b"", status="403 Forbidden"), "unreadable"),
        (page(b"%PDF", kind="application/pdf"), "unreadable"),
        (page(b"<p>no title"), "unreadable"),
        (moved("http://login.example/"), "unreadable"),
        (b"nonsense\r\n\r\n", "unreadable"),
    ],
)
def test_what_a_page_could_not_tell_is_known_by_its_kind(desk: Desk, answer: bytes, state: str) -> None:
    desk.publisher.paths |= {"/": story("The News"), "/x": answer}
    url = desk.reads("/x")
    desk.look()
    assert desk.stored(url)[:3] == ("", state, 1) and seen.cards([url]) == {}


def test_what_was_known_stays_when_the_page_goes(desk: Desk) -> None:
    desk.publisher.paths["/snow"] = story("Snow")
    url = desk.reads("/snow")
    desk.look()
    del desk.publisher.paths["/snow"]
    desk.now = NOON + 8 * DAY
    assert desk.look().gone == 1
    assert desk.stored(url)[:2] == ("Snow", "gone") and seen.cards([url])[url].title == "Snow"


def test_corrections_of_the_first_week_are_read_and_then_no_more(desk: Desk) -> None:
    published = '<meta property="article:published_time" content="2026-11-18T09:00:00+02:00">'
    desk.publisher.paths["/snow"] = story("Snwo", published)
    desk.publisher.paths["/old"] = story("Old", published.replace("11-18", "03-01"))
    url, old = desk.reads("/snow"), desk.reads("/old")
    assert desk.look().known == 2 and desk.stored(old).due_at is None
    assert desk.stored(url).due_at == datetime(2026, 11, 24, 22, 0, tzinfo=UTC), (
        "a week after that day began in Kyiv"
    )
    desk.publisher.paths["/snow"] = story("Snow", published)
    desk.now = NOON + 5 * DAY
    assert desk.look().known == 1
    assert desk.stored(url) == ("Snow", "known", 0, None)


def test_a_host_is_asked_once_a_second_and_redirects_count(desk: Desk) -> None:
    desk.publisher.paths |= {f"/{n}": story(f"Story {n}") for n in range(3)}
    desk.publisher.paths["/0"] = moved("/2")
    for n in range(3):
        desk.reads(f"/{n}")
    desk.look()
    assert desk.asked == ["/0", "/2", "/1", "/2"]
    assert [round(one) for one in desk.paused] == [0, 3, 1], "robots.txt, the page and where it led; then one"


def test_two_hosts_do_not_wait_for_each_other(desk: Desk) -> None:
    desk.publisher.paths["/snow"] = story("Snow")
    desk.reads("/snow")
    desk.reads("/snow", host="also.example")
    assert desk.look().known == 2 and max(desk.paused) < 0.01


def test_a_run_ends_in_its_time_and_the_rest_waits(desk: Desk) -> None:
    desk.publisher.paths |= {f"/{n}": story(f"Story {n}") for n in range(4)}
    for n in range(4):
        desk.reads(f"/{n}")
    assert desk.look(seconds=0.9) == Looked(known=1, gone=0, unreadable=0, waiting=3)
    desk.now += timedelta(minutes=1)
    assert desk.look().known == 3


def test_a_slow_host_does_not_hold_up_the_others(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def drip(line: socket.socket, _: str) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\n")
        line.settimeout(0.4)
        line.recv(1)

    monkeypatch.setattr(articles, "SLOW_SECONDS", 0.2)
    desk.publisher.paths |= {f"/{n}": drip for n in range(3)} | {"/snow": story("Snow")}
    for n in range(3):
        desk.reads(f"/{n}")
    desk.now -= timedelta(seconds=1)  # found earlier, so it comes after the slow ones
    fine = desk.reads("/snow", host="also.example")
    desk.now += timedelta(seconds=1)
    found = desk.look()
    assert (found.known, found.unreadable, found.waiting) == (1, 1, 2)
    assert desk.stored(fine).state == "known"


def test_a_look_that_ends_us_is_not_begun_again_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.publisher.paths["/snow"] = story("Snow")
    url = desk.reads("/snow")

    def killed(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(articles.article_tags, "read", killed)
        desk.look()
    desk.session.rollback()
    assert desk.stored(url) == ("", "waiting", 1, NOON + HOUR)
    assert desk.look() == Looked(0, 0, 0, 0)
    desk.now = NOON + HOUR
    assert desk.look().known == 1


def test_new_articles_come_before_those_that_are_read_again(desk: Desk) -> None:
    desk.publisher.paths |= {"/old": story("Old"), "/new": story("New")}
    desk.reads("/old")
    desk.look()
    desk.now = NOON + 8 * DAY
    desk.reads("/new")
    desk.look()
    assert desk.asked == ["/old", "/new", "/old"]


def test_a_run_goes_through_what_is_new_and_not_through_all_pledges(desk: Desk) -> None:
    desk.look()
    desk.now = NOON + timedelta(minutes=1)
    desk.reads("/imported", at=NOON - 30 * DAY)
    desk.reads("/new")
    desk.look()
    assert desk.asked == ["/new"]
    desk.now = NOON + HOUR + timedelta(minutes=1)
    desk.look()
    assert desk.asked[:2] == ["/new", "/imported"], "all of them once an hour"


def test_pledges_brought_from_elsewhere_are_gone_through_at_once(desk: Desk) -> None:
    desk.look()
    long_ago = int((NOON - 400 * DAY).timestamp())
    row = {"id": "plg_" + "x" * 24, "created": long_ago, "article": desk.publisher.url("/imported")}
    pledges.import_pledges(desk.session, "year-end", [row], NOON)
    desk.session.commit()
    desk.now = NOON + timedelta(minutes=1)
    desk.look()
    assert desk.asked == ["/imported"]
