"""A house in which notices leave: real rows, a real mail server, a real chat, a worker's round at any instant."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import time_machine
from flask.testing import FlaskClient
from sqlalchemy import text

from tests import chat_room
from tests.chat_room import Room
from tests.web import postbox, staff_house
from tests.web.postbox import Postbox
from tests.web.staff_house import House, csrf_of, member, pledge
from tracker import letters
from tracker.core.campaign import Campaign
from tracker.db import db
from tracker.ledger import landmarks
from tracker.ledger import notices as kept

MONDAY = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
"""08:00 in Kyiv."""
ARTICLE = "https://news.example/2026/the-river"


@dataclass
class Desk:
    """The house, its postbox and its chat."""

    house: House
    box: Postbox
    room: Room

    def round(self, now: datetime) -> int:
        """A worker's round at an instant; how many letters left."""
        line = self.house.app.extensions["line"]
        with self.house.app.app_context(), time_machine.travel(now, tick=True):
            then = type(line)(line.settings, line.gateway, lambda: now)
            return letters.post(then, self.room.door())

    def rows(self, sql: str) -> list[Any]:
        with self.house.app.app_context():
            found = db.session.execute(text(sql))
            return [tuple(row) for row in found] if found.returns_rows else db.session.commit() or []

    def wish(
        self, role: str = "audience", locale: str = "en", since: datetime = MONDAY - timedelta(days=9)
    ) -> None:
        """One of the staff who signed up."""
        ((who,),) = self.rows(f"SELECT id FROM staff_user WHERE role = '{role}'")
        with self.house.app.app_context():
            kept.wish(db.session(), "year-end", who, locale, since)
            db.session.commit()

    def chat(self, locale: str = "en", since: datetime = MONDAY - timedelta(days=9)) -> None:
        """The campaign's chat is named."""
        with self.house.app.app_context():
            kept.set_chat(db.session(), "year-end", self.room.url, locale, since)
            db.session.commit()

    def heard(self, at: datetime) -> None:
        """Stripe was checked at that instant."""
        with self.house.app.app_context():
            landmarks.put(db.session(), landmarks.AS_OF, at)
            db.session.commit()

    def passed(self, *names: str) -> None:
        """These milestones were noted long ago."""
        with self.house.app.app_context():
            for name in names:
                kept.note(db.session(), "year-end", name, MONDAY - timedelta(days=60))
            db.session.commit()

    def told_behind(self, at: datetime | None) -> None:
        """When it was last told that the count is behind its path."""
        with self.house.app.app_context():
            landmarks.put(db.session(), "behind:year-end", at)
            db.session.commit()

    def send(self, client: FlaskClient, path: str, **form: str) -> Any:
        """Send a form of the notices' page."""
        token = csrf_of(client.get("/dashboard/year-end/notices").text)
        return client.post(f"/dashboard/year-end/notices{path}", data={"csrf_token": token, **form})

    def states(self) -> list[tuple[str, str, str]]:
        return self.rows("SELECT kind, channel, state FROM letter ORDER BY id")


def a_week(campaign: Campaign | None = None) -> tuple[Campaign, list[Any]]:
    """A campaign and its rows: in the week to Monday three joined, one came back, one left; two joined before."""
    week, before = MONDAY - timedelta(days=3), MONDAY - timedelta(days=9)
    back = member("gus", week)
    back.first_at = week - timedelta(days=500)
    rows = [
        *(member(f"old{n}", datetime(2025, 12, 1, tzinfo=UTC), MONDAY + timedelta(days=99)) for n in range(3)),
        member("leaver", MONDAY - timedelta(days=200), MONDAY - timedelta(days=2)),
        member("early", before),
        member("earlier", before - timedelta(hours=5)),
        member("ada", week, pledge="plg_ada"),
        member("bo", week + timedelta(hours=1), pledge="plg_bo"),
        member("cy", week + timedelta(hours=2)),
        back,
        pledge("plg_ada", ARTICLE, state="fulfilled"),
        pledge("plg_bo", ARTICLE, state="fulfilled"),
    ]
    return campaign or staff_house.year_end(), rows


@contextmanager
def running(database_url: str, **settings: Any) -> Iterator[Desk]:
    given = {
        "mail_from": "The Dnipro Courier <members@courier.example>",
        "stripe_secret_key": "sk_test_nobody",
        "stripe_api_base": "http://127.0.0.1:9",
        "chromium": "none",
        **settings,
    }
    with ExitStack() as open_ones:
        box, url = open_ones.enter_context(postbox.opened())
        room = open_ones.enter_context(chat_room.opened())
        house = open_ones.enter_context(staff_house.running(database_url, mail_url=url, **given))
        house.is_whole(as_of=MONDAY)
        yield Desk(house, box, room)


def words(letter: EmailMessage, kind: str = "plain") -> str:
    body = letter.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")
