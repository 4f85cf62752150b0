"""An embedded PostgreSQL under `var/`: the database where no DATABASE_URL is given.

The programs are called directly, not through the wheel's Python layer: that one opens every folder above the data
to everybody and daemonises the server, so nothing could end it together with us. It listens on a socket only, in a
folder that only its owner and root can enter; so no password is needed and no port can be taken.
"""

import fcntl
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

from tracker.local import life
from tracker.local.account import account_for, let_through, make_readable
from tracker.local.binaries import Programs, find_programs
from tracker.local.server import LocalServerError, Server

DATABASE = "tracker"
PORT = 5432  # only names the socket file; nothing listens on TCP
SOCKET = f".s.PGSQL.{PORT}"
SOCKET_PATH_BYTES = 103  # Linux holds 107, macOS 103
READY_SECONDS = 60.0
LEFTOVER_SECONDS = 30.0
STOP_STEPS = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0))
THROWAWAY_STOP_STEPS = ((signal.SIGQUIT, 5.0),)
THROWAWAY = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "autovacuum_naptime": "5s"}


@dataclass(frozen=True, slots=True)
class _Home:
    """The folders of one server."""

    root: Path
    account: tuple[int, int] | None

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def sockets(self) -> Path:
        """Beside the data; in a short folder of ours under the temporary one where that path is too long."""
        near = self.root / "socket"
        if len(os.fsencode(near / SOCKET)) <= SOCKET_PATH_BYTES:
            return near
        name = f"tracker-{os.geteuid()}-{hashlib.sha256(os.fsencode(self.root)).hexdigest()[:10]}"
        short = Path(tempfile.gettempdir()) / name
        return short if len(os.fsencode(short / SOCKET)) <= SOCKET_PATH_BYTES else Path("/tmp") / name  # noqa: S108

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://{DATABASE}@/{DATABASE}?host={quote(str(self.sockets), safe='')}"


def ensure(var_dir: Path, *, throwaway: bool = False) -> Server:
    """The PostgreSQL of `var_dir`, found running or started, with an empty database `tracker` at first.

    `throwaway` gives up safety against power cuts for speed; for tests only.
    Raises LocalServerError with a cure: no programs, another major version, somebody else's folder.
    """
    root = var_dir.resolve() / "postgres"
    root.mkdir(parents=True, exist_ok=True)
    with _locked(root):
        programs = find_programs()
        _refuse_other_version(root / "data", programs.major)
        home = _Home(root, account_for(root / "data"))
        pid = _running(home)
        if pid is not None:
            return Server(home.url, pid, started=False, end=lambda: None)
        _open_folders(home, programs)
        if not home.data.exists():
            _create(home, programs, throwaway=throwaway)
        return _start(home, programs, throwaway=throwaway)


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _refuse_other_version(data: Path, major: int) -> None:
    marker = data / "PG_VERSION"
    try:
        found = marker.read_text().strip()
    except PermissionError:
        return  # somebody else's; account_for says so better
    except FileNotFoundError:
        return
    if found != str(major):
        raise LocalServerError(
            f"{data} was written by PostgreSQL {found}, and this installation runs {major}: take the data out "
            f"with pg_dump of {found}, move the folder away, start once and load it with pg_restore; "
            "or set DATABASE_URL"
        )


def _running(home: _Home) -> int | None:
    """The id of the server that answers for this directory; waits for one that is starting or stopping."""
    pid_file = home.data / "postmaster.pid"

    def is_settled() -> bool:
        pid = _pid(pid_file)
        return pid is None or _answers(home) or not _is_ours(pid, home)

    if not life.wait_until(is_settled, LEFTOVER_SECONDS):
        raise LocalServerError(
            f"process {_pid(pid_file)} holds {home.data} but does not answer: end it, then try again"
        )
    pid = _pid(pid_file)
    if pid is not None and _answers(home):
        return pid
    # PostgreSQL refuses to start over a file whose number another program carries now.
    pid_file.unlink(missing_ok=True)
    return None


def _pid(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _is_ours(pid: int, home: _Home) -> bool:
    return str(home.data) in life.command_line(pid)


def _answers(home: _Home) -> bool:
    """Whether somebody accepts on the socket, in a folder that only we can enter, and calls itself ready."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asked:
        try:
            asked.connect(str(home.sockets / SOCKET))
            told = (home.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
    return len(told) >= 8 and told[7].strip() == "ready"


def _open_folders(home: _Home, programs: Programs) -> None:
    home.sockets.mkdir(mode=0o700, exist_ok=True)
    if home.sockets.is_symlink() or home.sockets.stat().st_uid not in {os.geteuid(), *(home.account or ())[:1]}:
        raise LocalServerError(
            f"{home.sockets} belongs to somebody else: remove it, or set TMPDIR to another folder"
        )
    home.sockets.chmod(0o700)
    for (
        leftover
    ) in home.sockets.iterdir():  # nobody answers there; a lock file may name a stranger's number by now
        leftover.unlink()
    if home.account is None:
        return
    os.chown(home.sockets, *home.account)
    if programs.from_wheel:
        for tree in programs.trees:
            make_readable(tree)
            let_through(tree, home.account)
    let_through(home.data, home.account)
    let_through(home.sockets, home.account)


def _create(home: _Home, programs: Programs, *, throwaway: bool) -> None:
    """A new data directory with its database, made aside and moved into place: all of it or nothing."""
    aside = home.root / "data.new"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=0o700)
    if home.account:
        os.chown(aside, *home.account)
    locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8") if programs.major >= 17 else ()
    options = (
        f"--username={DATABASE}",
        "--auth-local=trust",
        "--auth-host=reject",
        "--encoding=UTF8",
        "--locale=C",
    )
    quick = ("--no-sync",) if throwaway else ()
    _run(home, [programs.path("initdb"), "-D", str(aside), *options, *locale, *quick, "--no-instructions"])
    sql = f"CREATE DATABASE {DATABASE};\n".encode()
    flags = ("-c", "fsync=off") if throwaway else ()
    _run(home, [programs.path("postgres"), "--single", "-D", str(aside), *flags, "postgres"], sql)
    aside.rename(home.data)


def _run(home: _Home, command: list[str], said: bytes = b"") -> None:
    uid, gid = home.account or (None, None)
    done = subprocess.run(
        command,
        input=said,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=_environment(),
        cwd="/",
        user=uid,
        group=gid,
        extra_groups=[] if home.account else None,
        check=False,
    )
    if done.returncode:
        words = done.stdout.decode(errors="replace").strip().splitlines()
        raise LocalServerError(f"{Path(command[0]).name} failed: {' / '.join(words[-3:])}; or set DATABASE_URL")


def _environment() -> dict[str, str]:
    """Ours without PG*: a PGPORT or PGOPTIONS meant for another server must not reach this one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C"}


def _start(home: _Home, programs: Programs, *, throwaway: bool) -> Server:
    settings = {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": f'"{home.sockets}"',  # a list: a comma in the path would part it
        "timezone": "UTC",
        "log_timezone": "UTC",
        **(THROWAWAY if throwaway else {}),
    }
    flags = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    command = [programs.path("postgres"), "-D", str(home.data), *flags]
    until = time.monotonic() + LEFTOVER_SECONDS
    while True:
        with home.log.open("wb") as log:
            process = life.spawn(
                command, last_signal=signal.SIGINT, output=log, account=home.account, env=_environment(), cwd="/"
            )
        if life.wait_ready(process, partial(_answers, home), READY_SECONDS):
            break
        life.end(process, STOP_STEPS)
        said = home.log.read_text(errors="replace").strip()
        # The sessions of a killed server notice its death within moments, a long query later.
        if "pre-existing shared memory block" not in said or time.monotonic() > until:
            words = " / ".join(said.splitlines()[-3:])
            raise LocalServerError(f"PostgreSQL does not start ({home.log}): {words}")
    steps = THROWAWAY_STOP_STEPS if throwaway else STOP_STEPS
    return Server(home.url, process.pid, started=True, end=partial(_stop, home, process, steps))


def _stop(home: _Home, process: subprocess.Popen[bytes], steps: tuple[tuple[signal.Signals, float], ...]) -> None:
    life.end(process, steps)
    shutil.rmtree(home.sockets, ignore_errors=True)
