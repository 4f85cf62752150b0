"""A site's robots.txt and Retry-After are honoured: read as RFC 9309 says, on real sockets."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from publisher import page, serving
from sqlalchemy.orm import Session
from test_articles import DAY, HOUR, Desk, story

from tracker.intake import robots

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
OURS = (
    "User-agent: other\nDisallow: /\n\n"
    "User-agent: Tracker-Articles # us\nDisallow: /private\nAllow: /private/open\n"
)


@pytest.fixture
def desk(session: Session) -> Iterator[Desk]:
    with serving() as publisher:
        yield Desk(session, publisher)


@pytest.mark.parametrize(
    ("text", "path", "is_allowed"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow: /\nUser-agent: tracker-articles\nDisallow:", "/a", True),
        (OURS, "/private/x", False),
        (OURS, "/private/open/x", True),
        (OURS, "/news", True),
        ("User-agent: a\nUser-agent: *\nDisallow: /x", "/x", False),
        ("user-agent:*\ndisallow:/*.pdf$", "/a.pdf", False),
        ("user-agent:*\ndisallow:/*.pdf$", "/a.pdf.html", True),
        ("user-agent:*\ndisallow:/a*b*c", "/a-b-c-d", False),
        ("user-agent:*\ndisallow:/a$", "/ab", True),
        ("user-agent:*\nallow:/a\ndisallow:/a", "/a", True),
        ("Disallow: /", "/a", True),
        ("\x00\ufeffgarbage : : :\n::", "/a", True),
        ("user-agent:*\ndisallow:/" + "*a" * 3000 + "$", "/" + "a" * 2000 + "b", True),
    ],
)
def test_the_longest_rule_of_our_group_decides(text: str, path: str, is_allowed: bool) -> None:
    assert robots.allows(text, path) is is_allowed


@pytest.mark.parametrize(
    ("told", "wait"),
    [
        ("120", timedelta(minutes=2)),
        ("Fri, 20 Nov 2026 15:00:00 GMT", timedelta(hours=3)),
        ("Fri, 20 Nov 2020 15:00:00 GMT", timedelta(0)),
        ("9" * 400, timedelta(days=7)),
        ("soon", None),
        ("", None),
    ],
)
def test_how_long_to_wait_is_told_in_seconds_or_as_a_date(told: str, wait: timedelta | None) -> None:
    assert robots.wait(told, NOW) == wait


def test_a_page_that_the_site_closes_to_us_is_not_asked_for_and_looked_at_again_later(desk: Desk) -> None:
    closed = b"User-agent: *\nDisallow: /members"
    desk.publisher.paths |= {"/robots.txt": page(closed, kind="text/plain"), "/open": story("Open")}
    inside, outside = desk.reads("/members/a"), desk.reads("/open")
    desk.look()
    assert desk.asked == ["/open"] and desk.stored(outside).state == "known"
    assert desk.stored(inside).state == "unreadable" and desk.stored(inside).due_at == desk.now + HOUR
    desk.publisher.paths |= {"/robots.txt": page(b"", kind="text/plain"), "/members/a": story("Inside")}
    desk.now += HOUR
    desk.look()
    assert desk.stored(inside).title == "Inside"


def test_robots_are_asked_for_once_a_run_before_any_page(desk: Desk) -> None:
    for n in range(3):
        desk.publisher.paths[f"/{n}"] = story(f"Story {n}")
        desk.reads(f"/{n}")
    desk.look()
    asked = [told.split(" ")[1] for told in desk.publisher.heard]
    assert asked[0] == "/robots.txt" and asked.count("/robots.txt") == 1 and len(asked) == 4


def test_a_site_that_cannot_say_what_it_allows_is_left_alone_for_now(desk: Desk) -> None:
    desk.publisher.paths |= {"/robots.txt": page(b"", status="500 Oops"), "/a": story("A")}
    url = desk.reads("/a")
    desk.look()
    assert desk.asked == [] and desk.stored(url).state == "unreadable"


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_a_site_that_asks_for_a_rest_has_it_for_all_its_pages(desk: Desk, status: str) -> None:
    busy = page(b"", "Retry-After: 10800", status=status)
    desk.publisher.paths |= {"/a": busy, "/b": busy}
    urls = [desk.reads(path) for path in ("/a", "/b")]
    desk.look()
    assert len(desk.asked) == 1, "not one more of that site in this run"
    assert {desk.stored(url).due_at for url in urls} == {desk.now + 3 * HOUR}
    desk.now += 2 * HOUR
    desk.look()
    assert len(desk.asked) == 1
    desk.publisher.paths |= {"/a": story("A"), "/b": story("B")}
    desk.now += DAY
    desk.look()
    assert {desk.stored(url).state for url in urls} == {"known"}
