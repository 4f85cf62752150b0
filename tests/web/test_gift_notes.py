"""What readers wrote with their gifts: the audience team reads it, nobody else, and can take it away for good."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from staff_house import NOON, House, csrf_of, running

from tracker.db import db
from tracker.ledger.tables import Pledge


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with running(database_url) as found:
        yield found


def gift(name: str, note: str | None, state: str = "fulfilled") -> Pledge:
    return Pledge(
        id=name,
        campaign="year-end",
        amount_minor=2550,
        currency="EUR",
        interval="once",
        created_at=NOON,
        settled_at=NOON,
        state=state,
        note=note,
    )


def test_the_notes_of_paid_gifts_are_shown_as_text_to_the_audience_team_alone(house: House) -> None:
    house.keep(gift("plg_1", "Thank <you>\nall"), gift("plg_2", None), gift("plg_3", "unpaid words", "open"))
    page = house.client("audience").get("/gifts").text
    assert "Thank &lt;you&gt;<br>all" in page and "€25.50" in page and "unpaid words" not in page
    assert house.client("finance").get("/gifts").status_code == 403
    assert house.client().get("/gifts").status_code == 302


def test_without_notes_the_page_says_so(house: House) -> None:
    assert "Nobody has written anything" in house.client("audience").get("/gifts").text


def test_a_note_is_taken_away_for_good_and_the_gift_stays(house: House) -> None:
    house.keep(gift("plg_1", "Take this away"))
    client = house.client("audience")
    form = {"pledge": "plg_1", "csrf_token": csrf_of(client.get("/gifts").text)}
    assert client.post("/gifts/forget", data={"pledge": "plg_1"}).status_code == 400, "a form of another site"
    answer = client.post("/gifts/forget", data=form, follow_redirects=True)
    assert "The words are gone; the gift stays." in answer.text and "Take this away" not in answer.text
    assert client.post("/gifts/forget", data=form).status_code == 404
    with house.app.app_context():
        assert db.session.execute(text("SELECT note, state FROM pledge")).one() == (None, "fulfilled")
        assert "Take this away" not in str(db.session.execute(text("SELECT detail FROM audit")).all())
