"""A run of the product as `tracker run` starts it, seen from outside: its processes, its account, its numbers."""

import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import psycopg

from bench.house import EMBED
from bench.processes import running, wait_for
from tracker.local import life, runfile
from tracker.local.children import answers
from tracker.local.ports import LOOPBACK, any_port

TRACKER = str(Path(sys.executable).with_name("tracker"))
LOAD_SECONDS = 120.0
PROCESSES = ("web", "worker", "beat")
BROKER = "valkey"
IDLE_SECONDS = 60.0
"""The test server hangs up on a connection that was silent for two minutes."""


class AnswerError(Exception):
    """The test server answered a call of ours with an error; the text is its own."""


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What became of the messages so far."""

    accepted: frozenset[str]
    """Events that got a 2xx."""
    tried: int
    """Deliveries that are over, well or not."""
    due: int
    """Deliveries that should be on their way now."""


@dataclass
class Run:
    """A running product under `var_dir`."""

    var_dir: Path
    port: int
    _local: threading.local = field(default_factory=threading.local)

    @property
    def site(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def pids(self) -> dict[str, int]:
        """What runs now, by name; a broker that was started again has another id."""
        held = runfile.read(self.var_dir / "run.json")
        servers = {name: server["pid"] for name, server in held.get("servers", {}).items()}
        return {**held.get("processes", {}), **servers}

    @property
    def environment(self) -> dict[str, str]:
        found: dict[str, str] = json.loads((self.var_dir / "demo.json").read_text())["environment"]
        return found

    def kill(self, name: str) -> None:
        """-9 to it and all its children, as a machine out of memory does it; the run starts it again."""
        pid = self.pids[name]
        try:
            os.kill(pid, signal.SIGKILL) if name == BROKER else os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            return  # it is between two lives

    def is_up(self) -> bool:
        """All of it lives and the web process reaches database and broker."""
        pids = self.pids
        return all(life.is_alive(pids[name]) for name in (*PROCESSES, BROKER)) and answers(f"{self.site}/readyz")

    def answers(self) -> bool:
        """A web process is there."""
        return answers(f"{self.site}/healthz")

    def count(self) -> int | None:
        """The number that readers are shown; None where no web process answers."""
        try:
            with closing(HTTPConnection(LOOPBACK, self.port, timeout=2)) as wire:
                wire.request("GET", EMBED)
                found: int | None = json.loads(wire.getresponse().read()).get("count")
                return found
        except (OSError, ValueError):
            return None

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the database answers."""
        address = self.environment["DATABASE_URL"].replace("+psycopg", "")
        with psycopg.connect(address) as connection:
            return connection.execute(sql).fetchall()

    def scalar(self, sql: str) -> int:
        return int(self.rows(sql)[0][0])

    def tracker(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of the product beside the run."""
        env = {**os.environ, **self.environment}
        return subprocess.run([TRACKER, *words], env=env, capture_output=True, text=True, timeout=600)

    def stripe(self, method: str, path: str, **params: str) -> dict[str, Any]:
        """A call on the test server, over a connection that each thread keeps. AnswerError unless 200."""
        wire = self._wire()
        headers = {"Authorization": f"Bearer {self.environment['STRIPE_SECRET_KEY']}"}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        query = f"?{urlencode(params)}" if method == "GET" and params else ""
        wire.request(method, path + query, urlencode(params) if method == "POST" else None, headers)
        answer = wire.getresponse()
        said: dict[str, Any] = json.loads(answer.read())
        if answer.status != 200:
            raise AnswerError(f"{method} {path}: {answer.status} {said}")
        return said

    def _wire(self) -> HTTPConnection:
        """This thread's connection; a new one after a silence."""
        now = time.monotonic()
        if now - getattr(self._local, "used", -math.inf) >= IDLE_SECONDS:
            netloc = urlsplit(self.environment["STRIPE_API_BASE"]).netloc
            self._local.wire = HTTPConnection(netloc, timeout=60)
        self._local.used = now
        wire: HTTPConnection = self._local.wire
        return wire

    def listed(self, path: str, **params: str) -> Iterator[dict[str, Any]]:
        """Every object of a list of the test server."""
        after: dict[str, str] = {}
        while True:
            page = self.stripe("GET", path, limit="100", **params, **after)
            yield from page["data"]
            if not page["has_more"]:
                return
            after = {"starting_after": page["data"][-1]["id"]}

    def deliveries(self) -> Deliveries:
        """How the test server's deliveries stand."""
        now = self.stripe("GET", "/_test/clock")["now"]
        told = self.stripe("GET", "/_test/deliveries", limit="1000000")["deliveries"]
        return Deliveries(
            accepted=frozenset(one["event"] for one in told if one["state"] == "delivered"),
            tried=sum(1 for one in told if one["state"] != "pending"),
            due=sum(1 for one in told if one["state"] == "pending" and one["due_at"] <= now),
        )


@contextmanager
def started(folder: Path, members: int, load_seconds: float = LOAD_SECONDS) -> Iterator[Run]:
    """A run with an account of that size, read to its end in `load_seconds`; everything ends with the block."""
    found = Run(folder / "run" / "var", any_port())
    home = folder / "run"
    home.mkdir()
    command = [TRACKER, "run", "--members", str(members), "--no-readers"]
    # DATABASE_URL and the like would lead the run to somebody's own servers.
    given = dict.fromkeys(("DATABASE_URL", "REDIS_URL", "STRIPE_SECRET_KEY", "STRIPE_API_BASE", "PUBLIC_URL"), "")
    env = {**given, "PORT": str(found.port), "VAR_DIR": str(found.var_dir)}
    with running(command, home, env, stop=signal.SIGINT) as process:
        output = home / "output"
        wait_for(process, lambda: "everything is loaded" in output.read_text(errors="replace"), home, load_seconds)
        yield found
