"""2,000 random worlds with damaged messages, and 400 after a longer silence, against the oracle (RULES 8).

The worlds, the damage and the oracle are those of tests/line; each process plays its share over a database of its
own. A world that differs is told with its seed and its story.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import flask_migrate

from bench.figure import Figure
from tracker import config
from tracker.app import create_app
from tracker.db import db
from tracker.local import postgres

PROCESSES = 3
"""One more than the two cores it was written on: each waits for its database a good part of the time."""
WORLDS, DEAF_WORLDS = 2_000, 400
TELL_EVERY = 100


@dataclass(frozen=True, slots=True)
class Share:
    """What one process plays."""

    folder: Path
    seeds: range
    is_deaf: bool


def figures(folder: Path, seed: int, worlds: int = WORLDS, deaf: int = DEAF_WORLDS) -> list[Figure]:
    """Play them all; the figures are the worlds that did not come out true."""
    shares = [
        Share(folder / f"{number}-{is_deaf}", range(seed + number, seed + count, PROCESSES), is_deaf)
        for is_deaf, count in ((False, worlds), (True, deaf))
        for number in range(PROCESSES)
    ]
    with ProcessPoolExecutor(PROCESSES) as pool:
        wrong = list(zip(shares, pool.map(play, shares), strict=True))
    heard = [one for share, found in wrong if not share.is_deaf for one in found]
    silent = [one for share, found in wrong if share.is_deaf for one in found]
    return [
        Figure("worlds that differ after a full sweep", len(heard), f"of {worlds}", at_most=0),
        Figure("worlds whose differing days are not flagged", len(silent), f"of {deaf}", at_most=0),
    ]


def play(share: Share) -> list[int]:
    """Play a share; answers the seeds that differ."""
    from tests.line import schedules  # the tests' own words; not needed by any other proof

    share.folder.mkdir()
    server = postgres.ensure(share.folder, throwaway=True)
    wrong = []
    try:
        app = create_app(config.load(database_url=server.url, secret_key="x" * 32, stripe_secret_key="sk_test_x"))
        with app.app_context():
            flask_migrate.upgrade()
            db.session.remove()
        for number, seed in enumerate(share.seeds, 1):
            try:
                schedules.run(app, seed, is_deaf=share.is_deaf)
            except AssertionError as error:
                wrong.append(seed)
                print(error, file=sys.stderr)
            if number % TELL_EVERY == 0:
                print(f"  {number} of {len(share.seeds)} worlds, {len(wrong)} differ", file=sys.stderr)
        with app.app_context():
            db.engine.dispose()
    finally:
        server.stop()
    return wrong
