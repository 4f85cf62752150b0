"""A house with a readership behind it: everything that a panel can tell has happened, the same in every run."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import time_machine
from staff_house import House
from werkzeug.serving import make_server

from tests.projections.purses import Purse
from tests.projections.worlds import NOW, World, campaign, edit
from tracker import flow
from tracker.core.campaign import Plan
from tracker.db import db
from tracker.ledger import landmarks
from tracker.ledger.annotations import AnnotationRow
from tracker.ledger.articles import ToldArticle

FORESEEN = (40, 12, 11)
"""Forecasts were made so many days ago, besides today's."""
PLANS = (
    Plan("monthly", {"en": "Monthly", "uk": "Щомісячний"}),
    Plan("yearly", {"en": "Yearly", "uk": "Річний"}),
)


def lived_in(house: House, seed: int = 7, persons: int = 60) -> None:
    """Fill the house with that many persons; call it while the clock stands at `NOW`."""
    with house.app.app_context():
        session = db.session()
        told = replace(campaign("Europe/Kyiv"), name="Year end", goal=60, plans=PLANS)
        told = replace(told, donation_products=("prod_gift",))
        world = World(session, random.Random(seed), told)
        world.begin()
        world.attention()
        for number in range(persons):
            world.person(f"p{number}")
        world.follow()
        edit(world, persons)
        purse = Purse(world)
        for _ in range(40):
            purse.edit()
        world.follow()
        for name in (landmarks.LEDGER_WHOLE, landmarks.AS_OF):
            landmarks.put(session, name, NOW)
        session.add_all(
            [
                _note(date(2026, 10, 5), date(2026, 10, 5), "The new site", "note"),
                _note(date(2026, 11, 9), date(2026, 11, 15), "Autumn drive", "drive"),
                _note(date(2026, 12, 1), date(2026, 12, 1), "Giving Tuesday", "drive"),
                _article("/war", "The river at night", "World", "Olena Koval", "Ivan Bondar"),
                _article("/art", "A stage without a roof", "Culture", "Olena Koval"),
            ]
        )
        session.commit()
        foresee(house)


def foresee(house: House) -> None:
    """The forecasts of some days, each made on its day."""
    for days in (*FORESEEN, 0):
        with time_machine.travel(NOW - timedelta(days=days), tick=False):
            flow.foresee(house.app.extensions["line"])


def _note(first: date, last: date, text: str, kind: str) -> AnnotationRow:
    return AnnotationRow(
        campaign="year-end",
        first_on=first,
        last_on=last,
        text=text,
        kind=kind,
        is_shared=True,
        created_by="editor@paper.example",
        created_at=NOW,
        changed_at=NOW,
    )


def _article(key: str, title: str, section: str, *authors: str) -> ToldArticle:
    told = {"title": title, "section": section, "authors": list(authors)}
    return ToldArticle(key=key, **told, told_at=NOW, told_by="editor@paper.example")


@contextmanager
def served(house: House) -> Iterator[str]:
    """The address of the house while a real server runs."""
    server = make_server("127.0.0.1", 0, house.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
