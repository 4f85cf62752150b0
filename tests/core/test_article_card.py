"""What articles brought, by author and by section: whole for each author, and no joiner lost."""

from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from tracker.core.article_card import (
    LONGEST_NAME,
    MOST_AUTHORS,
    NO_AUTHOR,
    NO_SECTION,
    ArticleCard,
    authors_of,
    by_author,
    by_section,
    line_of,
)
from tracker.core.progress import Source

SNOW, SHIP, TRAM = "https://news.example/snow", "https://news.example/ship", "https://news.example/tram"
CARDS = {
    SNOW: ArticleCard("Snow", "City", ("Nadia Orel", "Petro Lan")),
    SHIP: ArticleCard("Ship", "Portrait", ("petro lan",)),
}
FIGURES = [one.name for one in fields(Source) if one.name != "key"]
COUNTS = st.integers(0, 10**6)
SOURCES = st.builds(Source, st.text(max_size=3), COUNTS, COUNTS, COUNTS, COUNTS, st.one_of(st.none(), COUNTS))
CARD = st.builds(ArticleCard, section=st.sampled_from(["", "City", "city", "Science"]))


def source(key: str, joined: int, retained: int | None = None) -> Source:
    return Source(key, views=10 * joined, clicks=2 * joined, pledges=joined, joined=joined, retained=retained)


def test_an_article_by_two_counts_whole_for_each_of_them() -> None:
    found = {one.key: one.joined for one in by_author([source(SNOW, 5), source(SHIP, 3)], CARDS)}
    assert found == {"Petro Lan": 8, "Nadia Orel": 5}, "however the name is written"


def test_what_nobody_told_has_a_group_and_what_is_no_article_stays_as_it_is() -> None:
    rows = [source(TRAM, 4), source("", 2), source("(other)", 1)]
    assert [one.key for one in by_author(rows, CARDS)] == [NO_AUTHOR, "", "(other)"]
    assert [one.key for one in by_section(rows, CARDS)] == [NO_SECTION, "", "(other)"]


def test_retained_is_not_known_until_one_of_the_group_s_articles_knows() -> None:
    rows = [source(SNOW, 5), source(SHIP, 3, retained=2)]
    assert {one.key: one.retained for one in by_author(rows, CARDS)} == {"Petro Lan": 2, "Nadia Orel": None}


@given(st.lists(SOURCES, max_size=12, unique_by=lambda one: one.key), st.lists(CARD, min_size=12, max_size=12))
def test_sections_add_up_to_all_articles(rows: list[Source], cards: list[ArticleCard]) -> None:
    known = {one.key: card for one, card in zip(rows, cards, strict=False)}
    found = by_section(rows, known)
    for name in FIGURES:
        assert sum(getattr(one, name) or 0 for one in found) == sum(getattr(one, name) or 0 for one in rows)
    assert [one.joined for one in found] == sorted((one.joined for one in found), reverse=True)


def test_a_text_becomes_one_short_line_without_what_cannot_be_seen() -> None:
    assert line_of("  Snow\n falls\u202e \x00on\u200b us ", 40) == "Snow falls on us"
    assert line_of("می\u200cخواهم", 40) == "می\u200cخواهم", "a joiner within a word stays"
    assert line_of("x" * 50, 10) == "x" * 9 + "…"


def test_names_stand_once_and_are_not_without_end() -> None:
    assert authors_of(["Nadia  Orel", "NADIA OREL", "", "Petro Lan"]) == ("Nadia Orel", "Petro Lan")
    found = authors_of(f"{number} " + "x" * 200 for number in range(100))
    assert len(found) == MOST_AUTHORS and all(len(name) == LONGEST_NAME for name in found)
