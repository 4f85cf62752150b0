"""`tracker rebuild` over a million stored objects: how long, in how much memory, and is it right."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import text

from bench import account
from bench.figure import Figure
from bench.processes import Finished, finished, memory, require_proc
from bench.prove.run import TRACKER
from tracker import clock, demo
from tracker.db import db
from tracker.local import postgres
from tracker.projections import coverage, queries

OBJECTS = 1_000_000
MEMBERS = 300
TARGET_SECONDS = 600.0
TARGET_MIB = 1024.0
LONGEST_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class Large:
    """An account before it is rebuilt."""

    env: dict[str, str]
    objects: int
    entries: int
    count: int
    """Of members at the instant `at`, of all copies of the account that was read."""
    at: str
    hash: str
    """Of the coverage as the product worked it out for the account that was read, multiplied with it."""


@dataclass
class Backends:
    """The most memory, in MiB, of the database's processes that serve the command."""

    watching: psycopg.Connection[Any]
    resident: float = 0.0
    """With the pages of the shared buffers that they touched."""
    own: float = 0.0
    """Without them."""

    def look(self) -> None:
        pids = [row[0] for row in self.watching.execute(SERVING)]
        self.resident = max(self.resident, sum(memory(pid, "VmHWM") for pid in pids))
        self.own = max(self.own, sum(memory(pid, "RssAnon") for pid in pids))


SERVING = """
    SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()
    AND backend_type IN ('client backend', 'parallel worker')
"""


def figures(folder: Path, objects: int = OBJECTS, members: int = MEMBERS) -> list[Figure]:
    """An account of `members` is read and multiplied until it holds `objects`, then rebuilt by the command.

    RuntimeError where the rebuild does not come to what the account that was read came to, multiplied.
    """
    require_proc()
    database = postgres.ensure(folder)
    try:
        address = database.url.replace("+psycopg", "")
        large = _made(folder, database.url, objects, members)
        with psycopg.connect(address, autocommit=True) as watching:
            backends = Backends(watching)
            rebuilt = _run(large, folder / "rebuild", backends, "rebuild", "--json")
            verified = _run(large, folder / "verify", Backends(watching), "rebuild", "--verify", "--json")
            asked = ("progress", demo.SLUG, "--at", large.at, "--json")
            told = _run(large, folder / "progress", Backends(watching), *asked)
            persons = watching.execute("SELECT count(DISTINCT person_id) FROM coverage").fetchone()
        _hold(large, rebuilt, verified, told)
    finally:
        database.stop()
    return _figures(large, rebuilt, verified, backends, persons[0] if persons else 0)


def _made(folder: Path, database: str, wanted: int, members: int) -> Large:
    env = account.read(folder, database, members)
    with account.within(account.settings(env)):
        session, at = db.session(), clock.now()
        campaign = queries.campaign(demo.SLUG)
        assert campaign is not None
        one = queries.count_at(campaign, at)
        copies = account.multiply(session, wanted)
        session.commit()
        found = Large(
            env=env,
            objects=session.scalars(text("SELECT count(*) FROM stripe_object")).one(),
            entries=session.scalars(text("SELECT count(*) FROM entry")).one(),
            count=one * copies,
            at=at.isoformat(),
            hash=coverage.live_hash(session),
        )
    with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")  # what autovacuum does in an account that grew
    return found


def _run(large: Large, folder: Path, backends: Backends, *words: str) -> Finished:
    return finished([TRACKER, *words], folder, large.env, seconds=LONGEST_SECONDS, look=backends.look)


def _hold(large: Large, rebuilt: Finished, verified: Finished, told: Finished) -> None:
    hashes = [json.loads(one.answer)[name] for one in (rebuilt, verified) for name in ("hash", "live_hash")]
    if set(hashes) != {large.hash}:
        raise RuntimeError(f"the account came to {large.hash}, its rebuild and --verify to {', '.join(hashes)}")
    count = json.loads(told.answer)["count"]
    if count != large.count:
        raise RuntimeError(f"all copies together have {large.count} members, the rebuild counted {count}")


def _figures(
    large: Large, rebuilt: Finished, verified: Finished, backends: Backends, persons: int
) -> list[Figure]:
    beside = f"{large.entries:,} balance transactions, {persons:,} persons, {large.count:,} members"
    return [
        Figure("rebuild: stored objects", large.objects, "", note=beside),
        Figure(
            "rebuild: wall", rebuilt.seconds, "s", at_most=TARGET_SECONDS, note="the command from start to end"
        ),
        Figure("rebuild: objects", large.objects / rebuilt.seconds, "/s"),
        Figure("rebuild: peak of the command", rebuilt.peak_mib, "MiB", at_most=TARGET_MIB, note="resident"),
        Figure("rebuild: peak of its database session", backends.own, "MiB", note="without shared buffers"),
        Figure("rebuild: the same with shared buffers", backends.resident, "MiB"),
        Figure("rebuild --verify: wall", verified.seconds, "s", note="gives the same hash"),
        Figure("rebuild --verify: peak of the command", verified.peak_mib, "MiB", note="resident"),
    ]
