"""Webhooks stored a second through the real web process, beside the same database's plain single-row commits."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg

from bench import messages
from bench.figure import Figure, percentile
from bench.house import SECRET, House

AT_ONCE = 32
"""As many as the two web processes have threads."""
MOST_MESSAGES = 40_000
"""A turn's; a rate of which nothing here comes near."""
SECONDS = 4.0
TURNS = 3
TARGET = 0.5
CALM_RATE = 50
CALM_SECONDS = 8
SAFE = ["fsync", "synchronous_commit"]
PLAIN = "CREATE TABLE IF NOT EXISTS plain (id text PRIMARY KEY, body bytea NOT NULL)"


def figures(house: House) -> list[Figure]:
    """Both rates in turns, the ratio of their medians, and how long a sender waits at a calm rate.

    RuntimeError if a message that was answered with 200 is not in the database.
    """
    with psycopg.connect(house.database, autocommit=True) as connection:
        connection.execute(PLAIN)
        rows = connection.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", (SAFE,)).fetchall()
    setting = ", ".join(" ".join(row) for row in rows)
    stored, plain, told = [], [], 0
    for turn in range(TURNS):
        sent = _send(house, turn)
        told += sent
        stored.append(sent / SECONDS)
        plain.append(_together(partial(_insert, house, turn)) / SECONDS)
    rate, plain_rate = sorted(stored)[TURNS // 2], sorted(plain)[TURNS // 2]
    waits = [wait * 1000 for wait in _calm(house)]
    _check(house, told + len(waits))
    return [
        Figure("webhooks stored", rate, "messages/s", note=f"{AT_ONCE} connections, distinct events"),
        Figure("plain single-row commits", plain_rate, "rows/s", note=f"{AT_ONCE} threads, {setting}"),
        Figure("webhooks beside plain commits", rate / plain_rate, "ratio", at_least=TARGET),
        Figure(f"acknowledgement at {CALM_RATE}/s, p50", percentile(waits, 0.5), "ms"),
        Figure(f"acknowledgement at {CALM_RATE}/s, p99", percentile(waits, 0.99), "ms"),
    ]


def _together(work: Callable[[int], int]) -> int:
    """`work` in every lane at once; the sum of what they did."""
    with ThreadPoolExecutor(AT_ONCE) as lanes:
        return sum(lanes.map(work, range(AT_ONCE)))


def _send(house: House, turn: int) -> int:
    """How many messages were stored; they are signed before the time runs."""
    names = (f"evt_bench_{turn}_{number}" for number in range(MOST_MESSAGES))
    requests = [messages.request(_event(name), SECRET) for name in names]
    return messages.flood(house.port, iter(requests), AT_ONCE, SECONDS)


def _insert(house: House, turn: int, lane: int) -> int:
    """Rows with the same bytes, each a transaction of its own."""
    until, done = time.monotonic() + SECONDS, 0
    with psycopg.connect(house.database, autocommit=True) as connection:
        while time.monotonic() < until:
            name = f"evt_bench_{turn}_{lane}_{done}"
            connection.execute("INSERT INTO plain VALUES (%s, %s)", (name, _event(name)))
            done += 1
    return done


def _calm(house: House) -> list[float]:
    """Seconds from the moment each message was due to its answer, at a steady rate from all lanes."""
    began, every = time.monotonic() + 0.2, AT_ONCE / CALM_RATE

    def lane(number: int) -> list[float]:
        waits = []
        with messages.Wire(house.port) as wire:
            for turn in range(CALM_SECONDS * CALM_RATE // AT_ONCE):
                due = began + turn * every + number / CALM_RATE
                time.sleep(max(0.0, due - time.monotonic()))
                wire.post(_event(f"evt_calm_{number}_{turn}"), SECRET)
                waits.append(time.monotonic() - due)
        return waits

    with ThreadPoolExecutor(AT_ONCE) as lanes:
        return [wait for waits in lanes.map(lane, range(AT_ONCE)) for wait in waits]


def _check(house: House, told: int) -> None:
    with psycopg.connect(house.database) as connection:
        row = connection.execute("SELECT count(*) FROM message").fetchone()
    if row is None or row[0] != told:
        raise RuntimeError(f"{told} messages were answered with 200, and {row} are stored")


def send_one(house: House, name: str) -> None:
    """One true message; RuntimeError unless it is answered with 200."""
    with messages.Wire(house.port) as wire:
        wire.post(_event(name), SECRET)


def _event(name: str) -> bytes:
    """About a subscription of its own."""
    return messages.body(name, f"sub_{name}")
