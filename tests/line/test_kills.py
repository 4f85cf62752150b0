"""RULES 8: a worker killed by -9 at any step of a refresh loses and doubles nothing; the next one goes on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.line.conftest import House
from tracker import flow
from tracker.db import db

ROOT = Path(__file__).parents[2]
WORKER = """
import importlib, os, signal, sys
from datetime import datetime

from tracker import config, flow
from tracker.app import create_app
from tracker.intake.stripe.gateway import Gateway

place, moment, now = sys.argv[1:]
module, _, name = place.partition(":")
owner = importlib.import_module(module)
*path, name = name.split(".")
for part in path:
    owner = getattr(owner, part)
real = getattr(owner, name)

def deadly(*given, **named):
    if moment == "after":
        real(*given, **named)
    os.kill(os.getpid(), signal.SIGKILL)

settings = config.load()
app = create_app(settings)
setattr(owner, name, deadly)
with app.app_context():
    gateway = Gateway(settings.stripe_secret_key, settings.stripe_api_base)
    flow.process(flow.Line(settings, gateway, lambda: datetime.fromisoformat(now)))
"""
STEPS = {
    "claimed and committed": ("tracker.intake.stripe.refresh:_fetch", "before"),
    "the first object fetched": ("tracker.intake.stripe.gateway:Gateway.get", "after"),
    "all fetched, nothing stored": ("tracker.intake.stripe.refresh:_settle", "before"),
    "written, not committed": ("tracker.ledger.objects:write", "after"),
    "the first object committed": ("tracker.intake.stripe.refresh:_settle", "after"),
    "all objects committed": ("tracker.projections.coverage:catch_up", "before"),
    "coverage written, not committed": ("tracker.projections.coverage:_replace", "after"),
    "coverage committed": ("tracker.flow:publish", "before"),
    "the banner's bytes written, not committed": ("tracker.projections.surfaces:store", "after"),
}


def kill_a_worker(house: House, step: str) -> None:
    """Run a worker over what is marked until it is killed at that step; it must have come there."""
    settings = house.line.settings
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": settings.database_url,
        "SECRET_KEY": settings.secret_key,
        "STRIPE_SECRET_KEY": settings.stripe_secret_key,
        "STRIPE_API_BASE": settings.stripe_api_base,
    }
    command = [sys.executable, "-c", WORKER, *STEPS[step], house.now().isoformat()]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr


def joined(house: House) -> None:
    """An account that was read, then a reader who joins and whose messages are in."""
    house.connect()
    house.join("ada@example.org")
    for event in house.events():
        house.deliver(event)


def is_whole_and_single(house: House) -> None:
    """One member, one payment, one stretch, shown to readers once, and a rebuild agrees."""
    assert house.count() == 1
    assert house.scalar("SELECT count(*) FROM stretch") == 1
    assert house.scalar("SELECT count(*) - count(DISTINCT (starts_at, kind)) FROM coverage") == 0
    assert house.scalar("SELECT count(*) FROM entry") == 1
    assert house.scalar("SELECT sum(amount_minor) FROM entry") == 500
    assert house.scalar("SELECT count(*) FROM stripe_object WHERE done < wanted") == 0
    assert db.session.execute(text("SELECT count FROM published ORDER BY id")).scalars().all() == [0, 1]
    made, live = flow.verify(house.line)
    assert made == live == house.hash()


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_killed_at_any_step_is_followed_by_one_that_goes_on(house: House, step: str) -> None:
    joined(house)
    kill_a_worker(house, step)
    house.sandbox.clock.advance(seconds=1)  # who joins in this second counts from the next on
    house.process()
    is_whole_and_single(house)


@pytest.mark.parametrize("step", ["claimed and committed", "the first object committed"])
def test_what_a_killed_worker_held_is_free_again_after_its_lease(house: House, step: str) -> None:
    """Nobody steps in by hand: half a minute later the same verbs that beat calls find all of it."""
    joined(house)
    kill_a_worker(house, step)
    house.sandbox.clock.advance(seconds=31)
    flow.process(house.line)
    assert house.scalar("SELECT count(*) FROM stripe_object WHERE done < wanted") == 0
    flow.minute(house.line)
    is_whole_and_single(house)
