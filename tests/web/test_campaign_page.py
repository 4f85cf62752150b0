"""The campaign's public page: a true number or none, the rules in plain words, a colour that can be read."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
import reader_site
from reader_site import Site

from tracker.core.accent import contrast
from tracker.core.campaign import Publisher


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with reader_site.running(tmp_path_factory.mktemp("campaign")) as found:
        yield found


def test_before_the_account_is_read_there_is_no_number_and_nothing_to_buy(site: Site) -> None:
    site.keep(reader_site.year_end(slug="early"))
    page, join = site.get("/c/early").text, site.get("/join/early").text
    for text in (page, join):
        assert "<progress" not in text and "goal-count" not in text
    assert "will stand here soon" in page
    assert "prices are still being loaded" in join and "<form" not in join


def test_pages_speak_a_whole_language_where_the_banner_speaks_more(site: Site) -> None:
    """A German reader sees the page in the language that it says it is in, and no German words in it."""
    german = {"headline": "Journalismus, getragen von seinen Lesern", "button": "Mitglied werden"}
    site.keep(reader_site.year_end(slug="polyglot", copy={"uk": {}, "de": german}))
    site.keep(reader_site.year_end(slug="german", copy={"de": german}))
    for slug, spoken, button in (("polyglot", "uk", "Долучитися"), ("german", "en", "Become a member")):
        for path in (f"/c/{slug}", f"/c/{slug}/method", f"/join/{slug}"):
            page = site.get(f"{path}?lang=de", headers={"Accept-Language": "de"})
            assert page.headers["Content-Language"] == spoken and f'<html lang="{spoken}"' in page.text
            assert not any(text in page.text for text in german.values()) and "lang=de" not in page.text
        assert button in site.get(f"/c/{slug}?lang=de").text


def test_the_page_shows_the_number_its_sentence_and_how_fresh_it_is(site: Site) -> None:
    site.keep(reader_site.year_end())
    site.is_whole()
    page = site.get("/c/year-end")
    assert re.search(r"<strong>0</strong> <span>of 25,000 members</span>", page.text)
    assert "as of " in page.text and 'href="/join/year-end?lang=en&amp;placement=direct"' in page.text
    assert page.headers["Cache-Control"] == "public, max-age=30"
    assert 'property="og:title" content="Journalism that answers to its readers"' in page.text


def test_a_campaign_that_is_off_falls_silent(site: Site) -> None:
    site.keep(reader_site.year_end(slug="silent", is_off=True))
    site.is_whole()
    assert "<progress" not in site.get("/c/silent").text


def test_an_ended_campaign_says_so_and_stands_still(site: Site) -> None:
    site.keep(reader_site.year_end(slug="ended", starts_on=date(2020, 1, 1), ends_on=date(2020, 12, 31)))
    site.is_whole()
    page = site.get("/c/ended").text
    assert "The campaign has ended" in page and "days left" not in page


def test_the_method_page_names_the_campaigns_own_days_zone_and_memberships(site: Site) -> None:
    site.keep(reader_site.year_end(slug="method", grace_days=21))
    page = site.get("/c/method/method").text
    for words in ("for 21 days at most", "Europe/Kyiv", "Monthly, Yearly", "31 December", "25,000 people"):
        assert words in page


@pytest.mark.parametrize("accent", ["#8a1f11", "#ffff00", "#000000", "#ffffff", "#0b6e4f", "red", "#12", "url(x)"])
def test_the_accent_can_be_read_on_both_papers_and_its_ink_on_it(site: Site, accent: str) -> None:
    site.keep(replace(reader_site.year_end(slug="look"), publisher=Publisher(accent=accent)))
    answer = site.get("/c/look/look.css")
    assert answer.headers["Content-Type"].startswith("text/css")
    colours = re.findall(r"--accent: (#[0-9a-f]{6}); --on-accent: (#[0-9a-f]{6});", answer.text)
    assert len(colours) == 2
    for (colour, ink), paper in zip(colours, ("#fbfaf7", "#161513"), strict=True):
        assert contrast(colour, paper) >= 4.5 and contrast(ink, colour) >= 4.5


def test_what_staff_wrote_cannot_break_out_of_the_page(site: Site) -> None:
    hostile = Publisher(
        name="<script>alert(1)</script>",
        logo="javascript:alert(1)",
        contact="javascript:alert(1)",
        terms_url="javascript:alert(1)",
    )
    site.keep(replace(reader_site.year_end(slug="hostile"), publisher=hostile))
    page = site.get("/c/hostile").text
    assert "<script" not in page and 'href="javascript' not in page and 'src="javascript' not in page


def test_a_logo_elsewhere_is_the_only_picture_let_in(site: Site) -> None:
    logo = Publisher(name="Courier", logo="https://cdn.courier.example/logo.svg")
    site.keep(replace(reader_site.year_end(slug="logo"), publisher=logo))
    policy = site.get("/c/logo").headers["Content-Security-Policy"]
    assert "img-src 'self' data: https://cdn.courier.example;" in policy
