"""The product as `tracker run` starts it, with few members and real processes, and the words of the journeys."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.journeys import traces
from tracker.local import life, runfile
from tracker.local.ports import any_port

ROOT = Path(__file__).parents[2]
TRACKER = str(Path(sys.executable).with_name("tracker"))
MEMBERS = 200
START_SECONDS = 180.0
STOP_SECONDS = 60.0
LOADED = "everything is loaded ("
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """A machine where nothing is set: a search path, an empty home, an empty temporary folder."""
    for name in ("home", "temporary"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "temporary"),
        "VAR_DIR": str(folder / "var"),
        "PYTHONDONTWRITEBYTECODE": "1",
        **settings,
    }


def tracker(env: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """A command of the product, run to its end."""
    return subprocess.run([TRACKER, *words], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)


@dataclass
class House:
    """A run of the product; `start` and `stop` may follow each other, the folder stays."""

    folder: Path
    port: int = field(default_factory=any_port)
    process: subprocess.Popen[bytes] | None = None
    names_before: set[str] = field(default_factory=lambda: traces.names(ROOT))
    _staff: dict[str, requests.Session] = field(default_factory=dict)

    @property
    def site(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def var_dir(self) -> Path:
        return self.folder / "var"

    @property
    def env(self) -> dict[str, str]:
        return environment(self.folder, PORT=str(self.port), WEB_CONCURRENCY="1", WORKER_CONCURRENCY="1")

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    @property
    def running(self) -> dict[str, Any]:
        """What the run says of itself in run.json."""
        return runfile.read(self.var_dir / "run.json")

    @property
    def kept(self) -> dict[str, Any]:
        """What the run keeps for the next: keys and sign-ins."""
        found: dict[str, Any] = json.loads((self.var_dir / "demo.json").read_text())
        return found

    def start(self) -> None:
        """Start everything; back when the whole account is read and the banner shows its number."""
        with (self.folder / "log").open("wb") as log:
            command = [TRACKER, "run", "--members", str(MEMBERS), "--no-readers"]
            self.process = life.spawn(command, last_signal=signal.SIGTERM, output=log, env=self.env, cwd=ROOT)
        life.wait_until(lambda: self._is_loaded() or self._has_ended(), START_SECONDS)
        assert not self._has_ended() and self._is_loaded(), f"the run did not come up:\n{self.log[-4000:]}"

    def _is_loaded(self) -> bool:
        return LOADED in self.log and self.count() is not None

    def _has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def stop(self) -> int:
        """Press Ctrl-C; the exit code. Whatever would be left is killed, and told by `traces`."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(STOP_SECONDS)
        finally:
            life.end(self.process, ())

    def kill(self, name: str) -> None:
        """-9 to a process of the run and to all of its children at once, as a machine out of memory does it."""
        os.killpg(self.running["processes"][name], signal.SIGKILL)

    def pids(self) -> set[int]:
        """Every process of the run, by what it says of itself and by what the system says."""
        assert self.process is not None
        said = self.running
        named = {*said["processes"].values(), *(server["pid"] for server in said["servers"].values())}
        return named | traces.family(self.process.pid) | traces.that_name(str(self.var_dir))

    def tracker(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command beside the run."""
        return tracker(self.env, *words)

    def banner(self) -> dict[str, Any]:
        """The banner's JSON, past every cache."""
        answer = requests.get(f"{self.site}/e/year-end.en.json", headers={"Cache-Control": "no-cache"}, timeout=5)
        found: dict[str, Any] = answer.json() if answer.ok else {}
        return found

    def count(self) -> int | None:
        """The number that readers are shown; None where they are shown none."""
        found: int | None = self.banner().get("count")
        return found

    def staff(self, role: str) -> requests.Session:
        """A browser without script in which somebody of that role is signed in."""
        if role not in self._staff:
            session = requests.Session()
            token = TOKEN.search(session.get(f"{self.site}/sign-in", timeout=5).text)
            assert token is not None
            form = {"csrf_token": token[1], "email": f"{role}@demo.example", "password": self.password(role)}
            entered = session.post(f"{self.site}/sign-in", form, allow_redirects=False, timeout=5)
            assert entered.status_code == 303, entered.text
            self._staff[role] = session
        return self._staff[role]

    def password(self, role: str) -> str:
        found: str = self.kept["passwords"][role]
        return found


def number(words: str | None) -> int | None:
    """The number in a text such as `1,234`; None where there is no digit."""
    digits = re.sub(r"\D", "", words or "")
    return int(digits) if digits else None


def soon(is_so: Callable[[], bool], until: float, what: str) -> None:
    """Look again and again until it is so; at the instant `until` of the monotonic clock that failed."""
    assert life.wait_until(is_so, max(0.0, until - time.monotonic())), f"not in time: {what}"
