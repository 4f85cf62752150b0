"""A page that wants to break or hold up its reader: read all the same, and soon."""

import time

import pytest

from tracker.intake import page_source

URL = "https://news.example/2026/story"
MUCH = 2 * 1024 * 1024
GOAL = '<member-goal campaign="year-end">Carried by readers.</member-goal>'


def read(html: str, content_type: str = "text/html") -> page_source.Source:
    return page_source.read(html.encode(), content_type, URL)


@pytest.mark.parametrize(
    ("html", "content_type"),
    [
        (GOAL + "<style>" + "member-goal" * (MUCH // 11) + "</style>", "text/html"),
        (GOAL + "<style>" + "member-goal{" * (MUCH // 12) + "</style>", "text/html"),
        (GOAL + "<meta charset=" + " " * 4_000 + "\x00>", "text/html"),
        (GOAL, "text/html; charset=" + " " * 60_000 + "\x00"),
        (GOAL + "<p>" + "-z9" * (MUCH // 3), "text/html; charset=punycode"),
        (GOAL + "<div>" * (MUCH // 5), "text/html"),
        (GOAL + "<member-goal>" * (MUCH // 13), "text/html"),
    ],
    ids=["names in a style", "rules in a style", "a meta", "a header", "punycode", "nested", "nested elements"],
)
def test_no_page_makes_us_read_for_long(html: str, content_type: str) -> None:
    began = time.process_time()
    assert read(html, content_type).elements[0].campaign == "year-end"
    assert time.process_time() - began < 20, "the parser is given no more than it does in some seconds"


def test_of_a_page_with_too_many_tags_the_beginning_is_read_and_that_is_known() -> None:
    found = read(GOAL + "<i></i>" * page_source.MOST_TAGS + '<iframe src="/e/year-end.en.html"></iframe>')
    assert found.is_cut and found.elements and not found.frames
    assert not read(GOAL).is_cut


@pytest.mark.parametrize("charset", ["idna", "undefined", "punycode", "hex", "no-such", "unicode_escape"])
def test_a_charset_that_is_none_of_the_web_s_is_passed_over(charset: str) -> None:
    assert read(GOAL, f"text/html; charset={charset}").elements[0].text == "Carried by readers."


def test_a_charset_of_the_web_is_read() -> None:
    body = "<member-goal>Читачі</member-goal>".encode("windows-1251")
    assert page_source.read(body, "text/html; charset=Windows-1251", URL).elements[0].text == "Читачі"


def test_a_base_that_is_no_address_is_passed_over() -> None:
    found = read('<base href="http://["><link rel="canonical" href="/a">' + GOAL)
    assert found.canonicals == ("https://news.example/a",)


@pytest.mark.parametrize(
    ("css", "is_kept"),
    [
        ("member-goal { min-height: 9em }", True),
        ("@media print { p { color: red } MEMBER-GOAL:not(:defined) { color: red; height: 9em } }", True),
        ("@media (width < 600px) { member-goal { aspect-ratio: 2 } }", True),
        ("member-goal { color: red } p { height: 9em }", False),
        ("p { height: 9em } member-goal", False),
    ],
)
def test_a_reserve_is_a_height_in_a_rule_for_the_element(css: str, is_kept: bool) -> None:
    assert read(f"<style>{css}</style>").has_own_reserve is is_kept
