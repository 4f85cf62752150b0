"""What the dashboard says in words: forms that bend with their number, shares that are not rounded away, and the
way from an article's row to what it brought."""

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction

import pytest
import time_machine
from staff_house import NOON, House, member, pledge, running, year_end

from tracker.core.growth import AtRisk
from tracker.db import db
from tracker.ledger import landmarks
from tracker.ledger.articles import ToldArticle
from tracker.web import words
from tracker.web.panels import risk

RIVER = "https://news.example/2026/the-river"
DASHBOARD = "/dashboard/year-end"


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with running(database_url) as found, time_machine.travel(NOON, tick=True):
        found.keep(campaign=year_end())
        found.keep(
            *[member(f"p{n}", NOON - timedelta(days=30 + n)) for n in range(3)],
            member("bo", NOON - timedelta(days=10), pledge="plg_bo"),
            pledge("plg_bo", RIVER, state="fulfilled"),
            ToldArticle(key=RIVER, title="The river at night", told_at=NOON, told_by="editor@paper.example"),
        )
        found.is_whole()
        yield found


@pytest.mark.parametrize(("leaving", "said"), [(1, "1 of them is set to end."), (2, "2 of them are set to end.")])
def test_one_who_leaves_is_set_to_end_and_two_are(house: House, leaving: int, said: str) -> None:
    with house.app.test_request_context():
        assert risk.sentence(AtRisk(0, (), leaving, (), ())).endswith(said)


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (Fraction(0), "0%"),
        (Fraction(3, 9124), "under 0.1%"),
        (Fraction(1, 1000), "0.1%"),
        (Fraction(704, 9124), "7.7%"),
        (Fraction(20_920, 20_926), "over 99.9%"),
        (Fraction(1), "100%"),
    ],
)
def test_a_part_is_neither_nothing_nor_all(house: House, share: Fraction, said: str) -> None:
    with house.app.test_request_context():
        assert words.part(share) == said


def test_an_articles_row_leads_to_what_it_brought_and_says_its_title(house: House) -> None:
    desk = house.client("audience")
    link = f'<a href="{DASHBOARD}?article={RIVER}">The river at night</a>'
    assert link in desk.get(DASHBOARD).text
    page = desk.get(f"{DASHBOARD}?article={RIVER}").text
    assert "only The river at night" in page and "1 joined, 0 came back" in page


def test_rows_of_persons_name_article_and_country_and_their_file_has_the_address(house: House) -> None:
    desk = house.client("audience")
    page = desk.get(f"{DASHBOARD}/persons/joined?article={RIVER}").text.partition("<main")[2]
    assert "<td>The river at night</td>" in page and "Only The river at night." in page
    assert RIVER in desk.get(f"{DASHBOARD}/persons/joined.csv").text


def test_money_is_not_told_while_it_is_still_being_read(house: House) -> None:
    desk = house.client("audience")
    still = "bookings are still being read"
    assert still not in desk.get(DASHBOARD).text
    with house.app.app_context():
        landmarks.put(db.session(), landmarks.LEDGER_WHOLE, None)
        db.session.commit()
    assert still in desk.get(DASHBOARD).text


def test_the_questions_lead_to_panels_that_are_there(house: House) -> None:
    page = house.client("audience").get(DASHBOARD).text
    asked = page.partition('aria-label="On this page"')[2].partition("</nav>")[0].split('href="#')[1:]
    assert len(asked) == 7
    for place in asked:
        assert f'id="{place.partition(chr(34))[0]}"' in page
