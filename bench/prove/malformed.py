"""100,000 malformed bodies and headers against the real web process: 400 or 413, never 5xx, and no row."""

import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import psycopg

from bench import house, webhooks
from bench.figure import Figure
from bench.prove import rubbish
from tracker import clock
from tracker.local.ports import LOOPBACK

COUNT = 100_000
LANES = 6
CHUNK = 200
PATIENCE_SECONDS = 20.0
RESIGN_SECONDS = 120
"""A signature is good for five minutes: later requests are signed later."""


@dataclass
class Answers:
    """What came back: by status, and what should not have."""

    by_status: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def take(self, sent: rubbish.Rubbish, status: int) -> None:
        self.by_status[status] += 1
        if status not in sent.expected | {400}:
            self.wrong.append(f"{sent.kind}: {status}")


def figures(folder: Path, seed: int, count: int = COUNT) -> list[Figure]:
    """Send them all to the web process as the Procfile starts it, then one true message, then count the rows."""
    with house.web(folder) as running:
        began = time.monotonic()
        answers = storm(running.port, seed, count)
        seconds = time.monotonic() - began
        with psycopg.connect(running.database) as connection:
            rows = sum(_count(connection, table) for table in ("message", "stripe_object"))
            time.sleep(1.5)  # the tally's last write
            refused = _count(connection, "rejection", "coalesce(sum(count), 0)")
            kept = _count(connection, "rejection")
            webhooks.send_one(running, "evt_true")
            stored = _count(connection, "message")
    for line in answers.wrong[:20]:
        print(f"  wrong: {line}")
    told = ", ".join(f"{number:,} x {status}" for status, number in sorted(answers.by_status.items()))
    return [
        Figure("malformed: requests", count, "sent", note=f"seed {seed}, {count / seconds:,.0f} a second; {told}"),
        Figure("malformed: answers other than 400, 413, 405", len(answers.wrong), "answers", at_most=0),
        Figure("malformed: rows in message and stripe_object", rows, "rows", at_most=0),
        Figure("malformed: refusals counted", refused, "messages", at_least=count * 0.8),
        Figure("malformed: rows that hold the counts", kept, "rows", at_most=24),
        Figure("malformed: a true message after them is stored", stored, "rows", at_least=1, at_most=1),
    ]


def storm(port: int, seed: int, count: int) -> Answers:
    """Send them over several connections at once."""
    answers = Answers()
    with ThreadPoolExecutor(LANES) as lanes:
        for first in range(0, count, CHUNK * LANES):
            size = min(CHUNK * LANES, count - first)
            made = rubbish.all_of(seed + first, size, house.SECRET, int(clock.now().timestamp()))
            parts = [list(islice(made, CHUNK)) for _ in range(LANES)]
            for told in lanes.map(lambda part: _lane(port, part), parts):
                for sent, status in told:
                    answers.take(sent, status)
    return answers


def _lane(port: int, part: list[rubbish.Rubbish]) -> list[tuple[rubbish.Rubbish, int]]:
    """One after the other over one connection, for as long as it can be used."""
    told, wire = [], None
    for sent in part:
        wire = wire or _connect(port)
        status, is_open = _ask(wire, sent)
        told.append((sent, status))
        if not is_open:
            wire.close()
            wire = None
    if wire:
        wire.close()
    return told


def _connect(port: int) -> socket.socket:
    wire = socket.create_connection((LOOPBACK, port), timeout=PATIENCE_SECONDS)
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return wire


def _ask(wire: socket.socket, sent: rubbish.Rubbish) -> tuple[int, bool]:
    """(the status, 0 for none; whether the connection can be used again)."""
    try:
        wire.sendall(sent.request)
        if sent.hangs_up:
            wire.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # it was answered before all of it was sent; the answer can still be read
    got = b""
    try:
        while b"\r\n\r\n" not in got:
            part = wire.recv(65_536)
            if not part:
                return _status(got), False
            got += part
        head, _, rest = got.partition(b"\r\n\r\n")
        missing = 0 if sent.request.startswith(b"HEAD ") else _length(head) - len(rest)
        while missing > 0:
            missing -= len(wire.recv(65_536))
    except OSError:
        return _status(got), False
    return _status(got), not sent.is_last and b"\r\nconnection: close" not in head.lower()


def _status(got: bytes) -> int:
    words = got.split(b" ", 2)
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def _count(connection: psycopg.Connection[tuple[int]], table: str, what: str = "count(*)") -> int:
    row = connection.execute(f"SELECT {what} FROM {table}").fetchone()
    connection.commit()
    assert row is not None
    return int(row[0])
