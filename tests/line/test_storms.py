"""Storms and long first readings: many messages about one object are one fetch; a killed reading goes on."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests.line.conftest import House
from tracker import flow
from tracker.db import db
from tracker.intake.stripe import gateway, refresh
from tracker.intake.stripe.gateway import Gateway
from tracker.intake.stripe.refresh import refresh_marked

ROOT = Path(__file__).parents[2]


def told(house: House, number: int, subscription: str) -> None:
    """Stripe tells that a subscription changed; each message is one of its own."""
    house.deliver(
        {
            "id": f"evt_storm_{number}",
            "object": "event",
            "type": "customer.subscription.updated",
            "api_version": "2026-10-28.endive",
            "created": int(house.now().timestamp()),
            "livemode": False,
            "data": {"object": {"id": subscription, "object": "subscription", "status": "active"}},
        }
    )


def listening(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of single objects that are asked for from now on."""
    asked: list[str] = []
    real = Gateway.get

    def get(self: Gateway, path: str, params: Any = None) -> Any:
        if path.count("/") == 3:
            asked.append(path)
        return real(self, path, params)

    monkeypatch.setattr(Gateway, "get", get)
    return asked


def test_a_thousand_messages_about_forty_objects_are_forty_fetches(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.connect()
    subscriptions = [house.join(f"reader{number}@example.org") for number in range(40)]
    house.process()
    asked: list[str] = []
    real = Gateway.get
    monkeypatch.setattr(
        Gateway, "get", lambda self, path, params=None: asked.append(path) or real(self, path, params)
    )
    for number in range(1_000):
        told(house, number, subscriptions[number % 40])
    for _ in range(25):  # as many workers' turns as there were messages about one object
        refresh_marked(db.session(), house.line.gateway, house.line.settings.zone, house.now)
    fetched = Counter(path for path in asked if path.startswith("/v1/subscriptions/"))
    assert len(fetched) == 40 and set(fetched.values()) == {1}
    assert house.scalar("SELECT count(*) FROM message") == 1_000


def test_while_a_storm_still_speaks_of_an_object_its_fetch_waits_and_then_is_one(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.connect()
    subscriptions = [house.join(f"reader{number}@example.org") for number in range(10)]
    house.process()
    house.sandbox.clock.advance(minutes=1)
    asked = listening(monkeypatch)
    for number in range(refresh.STORM):
        told(house, number, subscriptions[number % 10])
    for _ in range(3):
        flow.process(house.line, is_patient=True)
    assert asked == [], "a storm: they wait"
    house.sandbox.clock.advance(seconds=6)
    flow.process(house.line, is_patient=True)
    assert len(asked) == 10
    told(house, refresh.STORM, subscriptions[0])
    flow.process(house.line, is_patient=True)
    assert len(asked) == 11, "no storm: at once"


FIRST_READING = """
import os, signal, sys
from datetime import datetime, timedelta

from tracker import config, flow
from tracker.app import create_app
from tracker.intake.stripe import gateway, refresh
from tracker.intake.stripe.gateway import Gateway

now, pages, log = datetime.fromisoformat(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
gateway.PAGE = 2
real, stored, is_read = Gateway.page, flow.landmarks.put, False

def page(self, path, params, after=None):
    if not is_read:  # what the sweep behind it asks for is not of the first reading
        with open(log, "a") as file:
            file.write(f"{path} {after}\\n")
    return real(self, path, params, after)

def put(session, name, at, value=None):
    global pages, is_read
    stored(session, name, at, value)
    is_read = is_read or name == flow.landmarks.LEDGER_WHOLE
    if name.startswith("first:"):
        pages -= 1
        if pages == 0:
            os.kill(os.getpid(), signal.SIGKILL)

Gateway.page, flow.landmarks.put = page, put
settings = config.load()
with create_app(settings).app_context():
    line = flow.Line(settings, Gateway(settings.stripe_secret_key, settings.stripe_api_base), lambda: now)
    assert flow.load(line, now + timedelta(days=1))
"""


def read_account(house: House, pages: int, log: Path) -> int:
    """Read the account in a process that is killed after so many pages; its exit code."""
    settings = house.line.settings
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": settings.database_url,
        "SECRET_KEY": settings.secret_key,
        "STRIPE_SECRET_KEY": settings.stripe_secret_key,
        "STRIPE_API_BASE": settings.stripe_api_base,
    }
    command = [sys.executable, "-c", FIRST_READING, house.now().isoformat(), str(pages), str(log)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


def kept(house: House) -> dict[str, Any]:
    """Everything the first reading tells, whichever way it came here."""
    objects = "SELECT json_agg(o ORDER BY id) FROM (SELECT id, kind, fields, problem FROM stripe_object) o"
    entries = "SELECT json_agg(e ORDER BY id) FROM (SELECT id, net_minor, type, source_id FROM entry) e"
    found = {"objects": house.scalar(objects), "entries": house.scalar(entries)}
    return {**found, "hash": house.hash(), "count": house.count()}


def test_a_first_reading_killed_again_and_again_goes_on_and_ends_with_the_same(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscriptions = [house.join(f"reader{number}@example.org") for number in range(7)]
    house.refund(subscriptions[0])
    house.cancel(subscriptions[1])
    house.sandbox.clock.advance(minutes=1)
    log = tmp_path / "pages"
    kills, loading = 0, list[int]()
    while read_account(house, 6, log):
        kills += 1
        assert kills < 20
        loading.append(house.scalar("SELECT coalesce(sum((value ->> 'done')::int), 0) FROM sync_state"))
        db.session.rollback()
    assert kills >= 3 and loading == sorted(loading) and loading[0] > 0, "the progress is told, and only grows"
    read = Counter(log.read_text().splitlines())
    again = {page: times - 1 for page, times in read.items() if times > 1 and not page.startswith("/v1/events")}
    # the page in work when it was killed, and the one that was on its way behind it
    assert sum(again.values()) <= 2 * kills and max(again.values(), default=0) <= 2
    broken_up = kept(house)
    emptied = ", ".join(f'"{table}"' for table in db.metadata.tables if table != "campaign")
    db.session.execute(text(f"TRUNCATE {emptied}"))
    db.session.commit()
    monkeypatch.setattr(gateway, "PAGE", 100)
    house.connect()
    assert json.dumps(kept(house)) == json.dumps(broken_up)
