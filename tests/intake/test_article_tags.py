"""What is read of an article's page: which tag is trusted first, JSON-LD in every shape, and no hostile one."""

import json
import time
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tracker.core.article_card import LONGEST_TITLE, ArticleCard
from tracker.intake import article_tags, json_ld

URL = "https://news.example/2026/snow"
KYIV, TODAY = ZoneInfo("Europe/Kyiv"), date(2026, 11, 25)
MUCH = 2 * 1024 * 1024


def read(html: str) -> ArticleCard:
    return article_tags.read(html.encode(), "text/html; charset=utf-8", URL, KYIV, TODAY)


def meta(**told: str) -> str:
    return "".join(
        f'<meta property="{name.replace("_", ":", 1)}" content="{value}">' for name, value in told.items()
    )


def data(*told: Any) -> str:
    """As a page has it: no tag within a script's text may end it."""
    texts = [json.dumps(one).replace("</", "<\\/") for one in told]
    return "".join(f'<script type="application/ld+json">{one}</script>' for one in texts)


def story(**more: Any) -> dict[str, Any]:
    return {"@context": "https://schema.org", "@type": "NewsArticle", "headline": "Snow", **more}


def test_open_graph_is_trusted_before_json_ld_and_both_before_the_page_s_own_title() -> None:
    own, linked = "<title>Own</title>", data(story(headline="Linked", articleSection="City"))
    assert read(own).title == "Own"
    assert read(own + linked).title == "Linked"
    found = read(own + linked + meta(og_title="Graph", article_section="Science"))
    assert (found.title, found.section) == ("Graph", "Science")


def test_authors_come_from_json_ld_then_from_open_graph_then_from_the_meta_tag() -> None:
    own = '<meta name="author" content="Meta One"><meta name="author" content="Meta Two">'
    graph = meta(article_author="Graph Name") + meta(article_author="https://social.example/graph")
    assert read(own).authors == ("Meta One", "Meta Two")
    assert read(own + graph).authors == ("Graph Name",)
    assert read(own + graph + data(story(author=[{"name": "Nadia Orel"}, "Petro Lan"]))).authors == (
        "Nadia Orel",
        "Petro Lan",
    )


@pytest.mark.parametrize(
    "name",
    ["https://social.example/x", "//x.example", "www.x.example", "@handle", "nadia@news.example", " ", "<b></b>"],
)
def test_an_address_or_a_handle_is_no_author(name: str) -> None:
    assert read(meta(article_author=name) + data(story(author=name))).authors == ()


def test_an_agency_with_a_stroke_is_an_author() -> None:
    assert read(meta(article_author="AFP/Reuters")).authors == ("AFP/Reuters",)


@pytest.mark.parametrize("kind", ["Article", "ReportageNewsArticle", "BlogPosting", ["Thing", "NewsArticle"]])
def test_articles_are_known_by_every_name_that_they_have(kind: Any) -> None:
    assert read(data({"@type": kind, "headline": "Snow"})).title == "Snow"
    assert read(data({"@type": "http://schema.org/NewsArticle", "headline": "Snow"})).title == "Snow"


@pytest.mark.parametrize("kind", ["WebSite", "Person", "ArticleX", None, 7, {"@type": "Article"}])
def test_what_is_no_article_tells_nothing_of_one(kind: Any) -> None:
    assert read(data({"@type": kind, "headline": "Snow"})) == ArticleCard()


@pytest.mark.parametrize(
    "told",
    [
        [story(author="Nadia Orel")],
        [[{"@type": "WebSite"}, story(author=[{"@type": "Person", "name": "Nadia Orel"}])]],
        [
            {
                "@graph": [
                    story(author={"@id": "#nadia"}),
                    {"@type": "Person", "@id": "#nadia", "name": "Nadia Orel"},
                ]
            }
        ],
        [{"@type": "WebPage", "mainEntity": story(author={"name": ["Nadia Orel", "N. O."]})}],
        [{"@type": "BreadcrumbList"}, story(author={"name": {"@value": "Nadia Orel", "@language": "en"}})],
        [story(author=[{"name": ""}, None, 7, {"@id": "#nobody"}, {"name": "Nadia Orel"}])],
    ],
    ids=["plain", "a list", "a graph with a pointer", "within a page", "with a language", "among nonsense"],
)
def test_the_article_is_found_wherever_it_stands(told: list[Any]) -> None:
    found = read(data(*told))
    assert (found.title, found.authors) == ("Snow", ("Nadia Orel",))


def test_of_several_articles_the_page_s_own_is_read() -> None:
    other = story(headline="Another", url="https://news.example/2026/other")
    for own in (
        {"url": URL},
        {"mainEntityOfPage": {"@id": f"{URL}/"}},
        {"mainEntityOfPage": "http://m.example/2026/snow"},
    ):
        assert read(data(other, story(**own))).title == "Snow"
    assert read(data({"@type": "Article"}, other)).title == "Another", "the first that says anything"


def test_markup_entities_and_the_site_s_name_are_taken_off() -> None:
    assert (
        read(data(story(headline="Fish &amp; <em>chips</em><script>alert(1)</script> &lt; 5"))).title
        == "Fish & chips < 5"
    )
    assert read(meta(og_title="Snow | The News", og_site_name="The News")).title == "Snow"
    assert read(meta(og_title="The News", og_site_name="The News")).title == "The News"
    assert read(meta(og_title="Who makes the news", og_site_name="The News")).title == "Who makes the news"


def test_a_day_is_one_in_our_zone_and_is_believed_only_where_it_can_be() -> None:
    for told, day in {
        "2026-11-20T23:30:00+00:00": date(2026, 11, 21),
        "2026-11-20T23:30:00Z": date(2026, 11, 21),
        "2026-11-20T23:30:00": date(2026, 11, 20),
        "2026-11-20": date(2026, 11, 20),
        "2026-12-24": None,
        "0001-01-01T00:00:00+14:00": None,
        "20 November": None,
    }.items():
        assert read(meta(article_published_time=told)).published_on == day, told
        assert read(data(story(datePublished=told))).published_on == day, told
    both = meta(article_published_time="soon") + data(story(datePublished="2026-11-20"))
    assert read(both).published_on == date(2026, 11, 20)


def test_the_language_is_the_page_s_own() -> None:
    assert read('<html lang="pt-BR"><title>Neve</title>').language == "pt-BR"
    assert read('<html lang="&quot;><b>"><title>Neve</title>').language == ""


def test_a_picture_s_title_is_not_the_page_s() -> None:
    assert read("<body><svg><title>Logo</title></svg><title>Snow</title>").title == "Snow"


@pytest.mark.parametrize(
    "html",
    [
        '<script type="application/ld+json">{"@type": "NewsArticle", </script>',
        '<script type="application/ld+json">' + "[" * 100_000 + "</script>",
        '<script type="application/ld+json">' + '{"@graph":' * 30_000 + "</script>",
        '<script type="application/ld+json">{"@type": "NewsArticle", "headline": ' + "9" * 5_000 + "}</script>",
        '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "\\ud800"}</script>',
        data({"@graph": [{"@graph": [[]] * 5_000}] * 30}),
        data([{"@type": "Person", "@id": str(n), "name": "x"} for n in range(5_000)]),
        data({"@type": "NewsArticle", "headline": "x" * MUCH}),
        data(*[{}] * 20_000),
        '<script type="application/ld+json">',
        "<meta content=x property=og:title" + " " * 100_000,
    ],
    ids="broken deep nested number surrogate wide persons large many open unclosed".split(),
)
def test_no_page_makes_us_fail_or_read_for_long(html: str) -> None:
    began = time.process_time()
    found = read("<title>Snow</title>" + meta(article_author="Nadia Orel") + html)
    assert (found.title, found.authors) == ("Snow", ("Nadia Orel",))
    assert time.process_time() - began < 5


def test_texts_without_end_are_cut() -> None:
    assert len(read(meta(og_title="x" * MUCH)).title) == LONGEST_TITLE
    assert len(read(data(story(author=[f"Author {n}" for n in range(5_000)]))).authors) == 10


def test_line_breaks_within_a_text_do_not_spoil_the_rest() -> None:
    assert read(
        '<script type="application/ld+json">{"@type":"Article","headline":"Snow\nfalls"}</script>'
    ).title == ("Snow falls")


def test_a_pointer_that_points_to_itself_is_no_author() -> None:
    assert json_ld.authors(json_ld.article([json.dumps(story(author={"@id": URL}, **{"@id": URL}))], URL)) == []
