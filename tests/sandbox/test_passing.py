"""The views of the days before the demo was started fit its pledges and its articles."""

from collections import Counter
from datetime import UTC, date, datetime

from tracker.sandbox.articles import ARTICLES, LEAD_TITLE
from tracker.sandbox.passing import BANNERS, Pledged, Seen, before

NOW = int(datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp())
TODAY = date(2026, 11, 25)
OUT = {article.path(TODAY): article.published_on(TODAY) for article in ARTICLES}


def told(pledged: Pledged | None = None, days: int = 90, now: int = NOW) -> list[Seen]:
    return before(pledged or Counter(), now=now, timezone="Europe/Kyiv", days=days)


def test_every_pledge_was_clicked_and_every_click_seen() -> None:
    path = next(article.path(TODAY) for article in ARTICLES if article.title == LEAD_TITLE)
    pledged = Counter({(date(2026, 11, 20), path, "slim-bar"): 7})
    counts = {
        seen.kind: seen.count
        for seen in told(pledged)
        if seen.placement == "slim-bar" and (seen.day, seen.article) == (date(2026, 11, 20), path)
    }
    assert 7 <= counts["click"] <= 16
    assert counts["view"] > 40 * counts["click"]


def test_where_nobody_pledged_nobody_clicked_but_some_read() -> None:
    assert {seen.kind for seen in told()} == {"view", "close"}


def test_the_days_before_today_and_no_other_are_told() -> None:
    days = {seen.day for seen in told(days=10)}
    assert days == {date(2026, 11, 15 + n) for n in range(10)}
    late = int(datetime(2026, 11, 25, 22, 30, tzinfo=UTC).timestamp())  # the 26th in Kyiv
    assert max(seen.day for seen in told(days=2, now=late)) == TODAY


def test_no_article_is_seen_before_it_was_out_and_each_only_in_banners() -> None:
    for seen in told():
        assert OUT[seen.article] <= seen.day
        assert seen.placement in BANNERS
        assert seen.count > 0


def test_the_same_arguments_tell_the_same() -> None:
    assert told() == told()


def test_a_campaigns_first_day_is_seen_by_more_than_the_day_before() -> None:
    views: Counter[date] = Counter()
    for seen in told():
        views[seen.day] += seen.count
    assert views[date(2026, 11, 24)] > 1.5 * views[date(2026, 11, 23)]
