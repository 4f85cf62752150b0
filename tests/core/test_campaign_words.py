"""What staff may write into a campaign, by file or on a page, and the colour that readers can read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core import accent
from tracker.core.campaign_words import PLACES, wrong_paths, wrong_sections, wrong_texts
from tracker.intake import campaign_file

FILE = """
slug = "year-end"
name = "Ten members"
goal = 10
starts_on = 2026-01-01
ends_on = 2026-12-31
products = ["prod_member"]
"""


@pytest.mark.parametrize(
    "text", ["", "Join us", "Help us reach {goal} by {deadline}: {count} are here", "<b>Join</b> & stay", "100 %"]
)
def test_a_text_may_say_anything_with_the_placeholders_there_are(text: str) -> None:
    assert wrong_texts({"appeal": text}) == []


@pytest.mark.parametrize(
    ("text", "found"), [("{gaol}", "{gaol}"), ("{goal", "{goal"), ("goal}", "}"), ("{}", "{}"), ("{{goal}}", "{}")]
)
def test_an_unknown_placeholder_is_refused_with_those_there_are(text: str, found: str) -> None:
    told = str(wrong_texts({"appeal": f"Reach {text} now"})[0])
    assert told == f"{found} is no placeholder; there are " + ", ".join(f"{{{place}}}" for place in PLACES)


def test_a_text_of_another_name_or_too_long_is_refused() -> None:
    assert [one.column for one in wrong_texts({"title": "x", "button": "x" * 301, "appeal": "\x00"})] == [
        "title",
        "button",
        "appeal",
    ]


def test_quiet_rules_are_beginnings_of_paths_and_names_of_sections() -> None:
    assert wrong_paths(["/obituaries/", "/"]) == [] and wrong_sections(["Obituaries", "Some & other"]) == []
    assert len(wrong_paths(["obituaries", "https://news.example/", "/a b", "/a?b", "/" + "a" * 200])) == 5
    assert len(wrong_sections(["/obituaries", " ", "x" * 101])) == 3


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('[copy.en]\nappeal = "{gaol}"', "copy.en.appeal: {gaol} is no placeholder"),
        ('[copy.en]\ntitle = "x"', "copy.en.title: this is not a text we show"),
        ('quiet_paths = ["obituaries"]', "“obituaries” is no path"),
        ('quiet_sections = ["/obituaries"]', "“/obituaries” is no section"),
        ('[publisher]\naccent = "red"', "“red” is no colour; write it as #rrggbb, such as #8a1f11"),
    ],
)
def test_a_campaign_s_file_is_asked_the_same(lines: str, words: str) -> None:
    with pytest.raises(campaign_file.CampaignFileError) as refused:
        campaign_file.read(FILE + lines, "Europe/Kyiv")
    assert words in str(refused.value)


@given(st.integers(0, 0xFFFFFF))
def test_whatever_the_colour_what_is_shown_reaches_wcag_aa_and_so_do_the_words_on_it(number: int) -> None:
    for shade in accent.shades(f"#{number:06x}"):
        assert shade.on_paper >= 4.5 and shade.of_ink >= 4.5, shade


def test_a_colour_that_is_shown_otherwise_is_told() -> None:
    told = str(accent.adjusted("#ffee00"))
    assert told.startswith("#ffee00 is shown as #") and "on light paper and as #ffee00 on dark" in told
