"""Persons who may be the same: shown to those who may decide, linked when confirmed, parted again."""

import html
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import text
from staff_house import NOON, House, csrf_of, member, running, year_end

from tracker import access, flow
from tracker.core.facts import Offline
from tracker.core.offline import Told
from tracker.db import db
from tracker.intake import offline
from tracker.ledger.tables import Contact
from tracker.projections import queries

KYIV = ZoneInfo("Europe/Kyiv")


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with running(database_url) as found, time_machine.travel(NOON, tick=True):
        found.keep(campaign=year_end())
        found.keep(*[member(name, NOON - timedelta(days=9)) for name in ("cus_a", "cus_b", "cus_c")])
        yield found


def contact(name: str, email: str | None) -> Contact:
    return Contact(customer_id=name, email=email)


def send(client: FlaskClient, path: str, **form: Any) -> Any:
    return client.post(path, data={"csrf_token": csrf_of(client.get("/people").text), **form})


def groups_of(page: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'name="shown" value="([^"]+)"', page)]


def links(house: House) -> dict[str, str]:
    with house.app.app_context():
        return {row.person_id: row.main_id for row in db.session.execute(text("SELECT * FROM person_link"))}


def log(house: House) -> list[tuple[str, dict[str, Any]]]:
    with house.app.app_context():
        lines = db.session.query(access.Audit).order_by("id")
        return [(line.action, line.detail) for line in lines if line.action != "signed in"]


def test_nobody_alike_is_said(house: House) -> None:
    client = house.client("audience")
    assert "No two persons who are counted now" in client.get("/people").text
    assert "No two persons known here" in client.get("/people?show=known").text
    assert "Nobody is linked yet" in client.get("/people/linked").text
    assert client.get("/people?show=odd").status_code == 400


def test_equal_e_mails_are_listed_those_counted_twice_apart_from_all_known(house: House) -> None:
    house.keep(contact("cus_a", "Ada@news.example"), contact("cus_b", "ada@news.example"))
    house.keep(contact("ours-1", "bob@news.example"), contact("ours-2", "bob@news.example"))
    house.keep(contact("ours-3", None), contact("ours-4", None))
    client = house.client("audience")
    counted, known = client.get("/people").text, client.get("/people?show=known").text
    assert groups_of(counted) == ['["cus_a", "cus_b"]'] and "ada@news.example" in counted
    assert groups_of(known) == ['["cus_a", "cus_b"]', '["ours-1", "ours-2"]']


def test_a_link_is_confirmed_first_then_made_logged_and_undone(house: House) -> None:
    house.keep(contact("cus_a", "ada@news.example"), contact("cus_b", "ada@news.example"))
    client = house.client("audience")
    [group] = groups_of(client.get("/people").text)
    asked = send(client, "/people/link", which="ticked", group=group)
    assert asked.status_code == 200 and "1 person will be counted as another" in asked.text and links(house) == {}
    answer = send(client, "/people/link", confirmed="yes", groups=f"[{group}]")
    assert answer.status_code == 303 and links(house) == {"cus_b": "cus_a"}
    page = client.get("/people").text
    assert "1 link was made." in page and groups_of(page) == []
    assert "cus_b" in client.get("/people/linked?q=cus_a").text
    assert "Nobody with this id" in client.get("/people/linked?q=cus_c").text
    assert "one person already" in send(client, "/people/link", one="cus_a", other="cus_b").text
    assert send(client, "/people/part", person="cus_b").status_code == 303 and links(house) == {}
    assert log(house) == [
        ("linked persons", {"links": [["cus_b", "cus_a"]]}),
        ("parted persons", {"person": "cus_b", "main": "cus_a"}),
    ]
    assert "is not linked to anybody" in send(client, "/people/part", person="cus_b").text


def test_two_are_linked_by_their_ids_and_a_slip_is_said(house: House) -> None:
    house.keep(contact("cus_a", "a@news.example"), contact("cus_c", "c@news.example"))
    client = house.client("audience")
    assert "cus_c" in send(client, "/people/link", one=" cus_c ", other="cus_a").text
    refused = send(client, "/people/link", one="cus_c", other="<b>")
    assert refused.status_code == 400 and "nobody here has the id “&lt;b&gt;”" in refused.text
    assert "Nobody was chosen" in send(client, "/people/link", which="ticked").text
    assert "a link needs two different ids" in send(client, "/people/link", one="cus_a", other="cus_a").text


def test_many_are_linked_at_once_by_page_and_all_together(house: House) -> None:
    house.keep(*[contact(f"p{n:03}-{side}", f"p{n}@news.example") for n in range(60) for side in "ab"])
    client = house.client("audience")
    page = client.get("/people?show=known").text
    assert "Link all 60" in page and len(groups_of(page)) == 50
    asked = send(client, "/people/link", which="page", shown=groups_of(page))
    assert "50 persons will be counted as others" in asked.text
    asked = send(client, "/people/link", which="every", show="known")
    assert "60 persons will be counted as others" in asked.text
    found = re.search(r'name="groups" value="([^"]+)"', asked.text)
    assert found
    send(client, "/people/link", confirmed="yes", groups=html.unescape(found.group(1)))
    assert len(links(house)) == 60 and links(house)["p000-b"] == "p000-a"
    with house.app.app_context():
        assert db.session.scalar(text("SELECT count(*) FROM stale_person")) == 120


@pytest.mark.parametrize(
    "groups", ["", "{", "[]", "{}", "null", "[1]", '["a"]', "[[1, 2]]", '[["cus_a"]]', '[["cus_a", "\\ud800"]]']
)
def test_a_forged_form_is_refused_and_breaks_nothing(house: House, groups: str) -> None:
    answer = send(house.client("audience"), "/people/link", confirmed="yes", groups=groups)
    assert answer.status_code == 400 and links(house) == {}
    assert send(house.client("audience"), "/people/link", which="ticked", group=groups).status_code == 400
    assert send(house.client("audience"), "/people/part", person="\x00").status_code == 400


def test_a_link_makes_two_members_one_and_undoing_it_makes_them_two_again(house: House) -> None:
    house.is_whole()
    with house.app.app_context():
        for number, person in enumerate(("ours-1", "ours-2")):
            days = date(2026, 11, 1), date(2027, 10, 31)
            fact = Offline(f"R-{number}", "year-end", person, *days, 5000, "EUR", date(2026, 11, 3))
            offline.record(db.session(), [Told(fact, "ada@news.example")], "eve", NOON, KYIV)
        db.session.commit()

    def count() -> int | None:
        with house.app.app_context():
            flow.follow(house.app.extensions["line"])
            found = queries.campaign("year-end")
            assert found is not None
            return queries.live_progress(found, NOON).count

    client = house.client("audience")
    assert count() == 5
    assert groups_of(client.get("/people").text) == ['["ours-1", "ours-2"]']
    send(client, "/people/link", confirmed="yes", groups='[["ours-1", "ours-2"]]')
    assert count() == 4
    send(client, "/people/part", person="ours-2")
    assert count() == 5


def test_finance_sees_no_reader(house: House) -> None:
    house.keep(contact("cus_a", "ada@news.example"), contact("cus_b", "ada@news.example"))
    for path in ("/people", "/people/linked", "/offline"):
        assert "ada@news.example" not in house.client("finance").get(path).text
