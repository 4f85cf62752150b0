"""Views, clicks and closes: counted once, by article and placement, bounded, and nothing of a reader kept."""

import time
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.core.campaign import Campaign
from tracker.intake import beacons
from tracker.intake.beacons import Batch, Beacon, Book
from tracker.ledger import attention
from tracker.local.life import wait_until
from tracker.projections import queries

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
TODAY = date(2026, 11, 24)
STORY = "https://news.example/2026/the-river"
CAMPAIGN = Campaign(
    "year-end",
    "25,000 members",
    25_000,
    date(2026, 1, 1),
    date(2026, 12, 31),
    "Europe/Kyiv",
    ("prod_member",),
    allowed_hosts=("news.example",),
)
TELLING = {"kind": "view", "campaign": "year-end", "article": STORY, "placement": "article-top", "embed": "v1"}
CHROME = (
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"
)
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.1 Mobile/15E148 Safari/604.1"
)


def view(article: str = STORY, kind: str = "view", placement: str = "article-top") -> Beacon:
    return Beacon("year-end", kind, article, placement, "v1")


def body(**changes: str) -> bytes:
    return urlencode(TELLING | changes).encode()


class Kept:
    """A book over the real database, which can be away."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.is_away = self.is_answer_lost = False
        self.book = Book(self._write, pause=60)
        self.seen: list[Batch] = []

    def _write(self, batch: Batch) -> bool:
        self.seen.append(batch)
        if self.is_away:
            return False
        beacons.store(self.session, batch, NOON)
        return not self.is_answer_lost

    def count(self, beacon: Beacon, number: int = 1, is_bot: bool = False) -> None:
        for _ in range(number):
            self.book.count(beacon, CAMPAIGN, NOON, is_bot=is_bot)


@pytest.fixture
def kept(session: Session) -> Kept:
    return Kept(session)


def rows(session: Session) -> dict[tuple[str, str, str, bool], int]:
    found = session.execute(text("SELECT kind, article, placement, is_bot, count FROM attention"))
    return {(one[0], one[1], one[2], one[3]): one[4] for one in found}


def test_a_beacon_says_what_happened_where_and_nothing_else() -> None:
    told = beacons.read(body(article=STORY + "?utm_source=mail#top"))
    assert told == Beacon("year-end", "view", STORY, "article-top", "v1")
    assert beacons.read(b"kind=close&campaign=year-end") == Beacon("year-end", "close", "", "", "")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"{}",
        b"kind=view",
        body(kind="like"),
        body(campaign="../year-end"),
        body(campaign="x" * 65),
        body() + b"&kind=click",
        body() + b"&" + b"&".join(b"f%d=1" % number for number in range(9)),
        "kind=view&campaign=кампанія".encode(),
        b"\xff\xfe",
    ],
)
def test_what_is_no_beacon_is_not_counted(sent: bytes) -> None:
    assert beacons.read(sent) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [("article", "javascript:alert(1)"), ("placement", "<b>top</b>"), ("embed", "v1' OR 1=1")],
)
def test_an_odd_place_is_counted_as_no_place(field: str, value: str) -> None:
    told = beacons.read(body(**{field: value}))
    assert told is not None and getattr(told, field) == ""


def test_known_bots_and_pages_fetched_ahead_are_set_apart() -> None:
    machines = [
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", ""),
        ("curl/8.5.0", ""),
        ("", ""),
        (CHROME, "prefetch;prerender"),
    ]
    assert [beacons.is_machine(*one) for one in machines] == [True] * 4
    assert [beacons.is_machine(agent, "") for agent in (CHROME, SAFARI)] == [False, False]


def test_what_readers_saw_is_told_by_article_and_placement_and_bots_beside(kept: Kept) -> None:
    kept.count(view(), 40)
    kept.count(view(kind="click"), 3)
    kept.count(view(placement="sticky"), 10)
    kept.count(view(), 7, is_bot=True)
    assert kept.book.write()
    found = queries.sources(CAMPAIGN, TODAY, TODAY, "article", NOON)
    assert [(one.key, one.views, one.clicks) for one in found] == [(STORY, 50, 3)]
    by_place = queries.sources(CAMPAIGN, TODAY, TODAY, "placement", NOON)
    assert {one.key: (one.views, one.clicks) for one in by_place} == {"article-top": (40, 3), "sticky": (10, 0)}
    assert rows(kept.session)["view", STORY, "article-top", True] == 7
    before = TODAY - timedelta(days=1)
    assert queries.sources(CAMPAIGN, before, before, "article", NOON) == []


def test_the_day_is_cut_in_the_campaigns_zone(kept: Kept) -> None:
    kept.book.count(view(), CAMPAIGN, datetime(2026, 11, 24, 22, 30, tzinfo=UTC), is_bot=False)
    assert kept.book.write()
    assert kept.session.scalar(text("SELECT day FROM attention")) == date(2026, 11, 25)


def test_a_batch_that_is_tried_again_is_counted_once(kept: Kept) -> None:
    kept.count(view(), 5)
    kept.is_answer_lost = True
    assert not kept.book.write()
    kept.count(view(), 2)
    kept.is_answer_lost = False
    assert not kept.book.write(), "what came meanwhile is in the next batch"
    assert kept.book.write()
    assert [one.id for one in kept.seen[:2]] == [kept.seen[0].id] * 2
    assert rows(kept.session) == {("view", STORY, "article-top", False): 7}


def test_while_the_database_is_away_nothing_is_lost(kept: Kept) -> None:
    kept.is_away = True
    for _ in range(3):
        kept.count(view(), 4)
        assert not kept.book.write()
    kept.is_away = False
    while not kept.book.write():
        pass
    assert rows(kept.session) == {("view", STORY, "article-top", False): 12}


def test_other_peoples_hosts_are_counted_together(kept: Kept) -> None:
    for host in ("copycat.example", "news.example.evil.example", "sub.news.example"):
        kept.count(view(f"https://{host}/the-river"))
    kept.count(view(""))
    assert kept.book.write()
    other = attention.OTHER
    assert rows(kept.session) == {("view", other, other, False): 3, ("view", "", "article-top", False): 1}


def test_ten_thousand_invented_articles_leave_a_thousand_rows_and_every_view(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.count(view(), 100)
    assert kept.book.write()
    began = time.monotonic()
    for start in range(0, 10_000, 2_500):
        for number in range(start, start + 2_500):
            kept.count(view(f"https://news.example/invented/{number}"))
        assert kept.book.write()
    assert time.monotonic() - began < 30, "a flood is no work"
    found = rows(kept.session)
    assert len(found) == attention.MOST_PAIRS + 1 and sum(found.values()) == 10_100
    kept.count(view(), 5)
    assert kept.book.write()
    assert rows(kept.session)["view", STORY, "article-top", False] == 105


def test_a_flood_between_two_writings_is_held_in_a_bounded_memory(kept: Kept) -> None:
    for number in range(beacons.MOST_KEYS + 500):
        kept.count(view(f"https://news.example/invented/{number}"))
    assert kept.book.write()
    assert len(kept.seen[0].counted) == beacons.MOST_KEYS + 1
    assert sum(one.count for one in kept.seen[0].counted) == beacons.MOST_KEYS + 500


def test_the_books_own_thread_writes_and_begins_again() -> None:
    written: list[int] = []

    def write(batch: Batch) -> bool:
        written.append(sum(one.count for one in batch.counted))
        return True

    book = Book(write, pause=0.01)
    book.count(view(), CAMPAIGN, NOON, is_bot=False)
    assert wait_until(lambda: sum(written) == 1, 5)
    book.count(view(), CAMPAIGN, NOON, is_bot=False)
    assert wait_until(lambda: sum(written) == 2, 5)
