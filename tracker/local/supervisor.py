"""Starts what `make run` needs, in order, watches over it, and ends all of it again.

The order itself is the caller's: `run` hands a `Board` to its function, which starts servers and processes through
it and passes on what each needs of the ones before. Then the board restarts what dies until a signal comes.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TypeVar

from tracker.local import life
from tracker.local.children import Child, Process, ending
from tracker.local.output import Printer
from tracker.local.ports import port_is_free
from tracker.local.runfile import AlreadyRunningError, RunFile
from tracker.local.server import LocalServerError, Server

T = TypeVar("T")
LOOK_SECONDS = 0.05
STILL_SECONDS = 10.0
SERVER_PAUSE_SECONDS = 1.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StartError(Exception):
    """Something did not start; the text says what, and how it ended."""


class _StopAsked(BaseException):
    """A signal asks us to end."""


class Board:
    """What runs, and the verbs that start it. Made by `run`; every method belongs to the main thread."""

    def __init__(self, run_file: RunFile, printer: Printer) -> None:
        self._run_file = run_file
        self._printer = printer
        self._children: dict[str, Child] = {}
        self._servers: dict[str, tuple[Server, Callable[[], Server]]] = {}
        self._server_next_at = 0.0
        self._signals: list[int] = []
        self._is_careful = False
        self._is_stopping = False

    def say(self, text: str) -> None:
        """Print a line of our own."""
        self._printer.say(text)

    def tell(self, name: str, url: str) -> None:
        """Put an address into `run.json`."""
        self._run_file.held["urls"][name] = url
        self._run_file.write()

    def server(self, name: str, ensure: Callable[[], Server]) -> Server:
        """Start or find a server; when it dies later, `ensure` is called again and has to answer the same URL."""
        return self.step(name, lambda: self._carefully(lambda: self._keep(name, ensure)))

    def step(self, name: str, do: Callable[[], T]) -> T:
        """Do one thing in this process and say how long it took."""
        began = time.monotonic()
        done = do()
        self._done(name, began)
        return done

    def command(self, name: str, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        """Run a command to its end. Raises StartError unless it exits with 0."""
        began = time.monotonic()
        child = self._start(Process(name, command, env or {}, restarts=False))
        self._wait(name, lambda: child.popen.poll() is not None, None)
        code = child.popen.wait()
        child.stop(lambda: True)
        self._forget(name)
        if code:
            raise StartError(f"{name} {ending(code)}")
        self._done(name, began)

    def process(self, process: Process) -> None:
        """Start a process and go on at once; `ready` waits for it."""
        self._start(process)

    def ready(self, *names: str) -> None:
        """Wait until these processes answer. Raises StartError when one ends first or takes too long."""
        for name in names:
            began = time.monotonic()
            child = self._children[name]

            def is_settled(waited: Child = child) -> bool:
                return waited.popen.poll() is not None or waited.look_ready()

            in_time = self._wait(name, is_settled, child.process.ready_seconds)
            code = child.popen.poll()
            if code is not None and not child.is_ready:
                raise StartError(f"{name} {ending(code)} before it was ready")
            if not in_time:
                raise StartError(f"{name} is not ready after {child.process.ready_seconds:g} s")
            self._done(name, began)

    def watch(self) -> None:
        """Restart what dies, until a signal comes."""
        while True:
            self._obey()
            self._tend()
            time.sleep(LOOK_SECONDS)

    def _start(self, process: Process) -> Child:
        child = self._carefully(lambda: self._children.setdefault(process.name, Child(process, self._printer)))
        self._note_child(process.name, child)
        return child

    def _forget(self, name: str) -> None:
        del self._children[name]
        self._run_file.held["processes"].pop(name, None)
        self._run_file.write()

    def _wait(self, name: str, is_done: Callable[[], bool], seconds: float | None) -> bool:
        began = time.monotonic()
        still_at = began + STILL_SECONDS
        while not is_done():
            now = time.monotonic()
            if seconds is not None and now > began + seconds:
                return False
            if now > still_at:
                self.say(f"  {name}: still at it after {now - began:.0f} s")
                still_at += STILL_SECONDS
            self._obey()
            self._tend(is_ready_only=True)
            time.sleep(LOOK_SECONDS)
        return True

    def _tend(self, *, is_ready_only: bool = False) -> None:
        for name, child in self._children.items():
            if is_ready_only and not (child.is_ready and child.process.restarts):
                continue
            if self._carefully(child.tend):
                self._note_child(name, child)
        if time.monotonic() > self._server_next_at:
            for name, (server, ensure) in list(self._servers.items()):
                if not life.is_alive(server.pid):
                    self._revive(name, server, ensure)

    def _revive(self, name: str, server: Server, ensure: Callable[[], Server]) -> None:
        self.say(f"{name} ended; starting it again")
        try:
            self._carefully(server.stop)
            self._carefully(lambda: self._keep(name, ensure))
        except LocalServerError as error:
            self.say(f"{name}: {error}")
            self._server_next_at = time.monotonic() + SERVER_PAUSE_SECONDS

    def _keep(self, name: str, ensure: Callable[[], Server]) -> Server:
        server = ensure()
        self._servers[name] = (server, ensure)
        self._run_file.held["servers"][name] = {"pid": server.pid, "url": server.url}
        self._run_file.write()
        return server

    def _note_child(self, name: str, child: Child) -> None:
        self._run_file.held["processes"][name] = child.popen.pid
        self._run_file.write()

    def _done(self, name: str, began: float) -> None:
        self.say(f"  {name:<24}{time.monotonic() - began:6.1f} s")

    def _carefully(self, do: Callable[[], T]) -> T:
        """Finish a start before a signal may end us, so that nothing starts unrecorded."""
        self._is_careful = True
        try:
            return do()
        finally:
            self._is_careful = False
            self._obey()

    def on_signal(self, number: int, _frame: FrameType | None) -> None:
        """The handler of every stopping signal; only the first interrupts, so that stopping is never cut short."""
        self._signals.append(number)
        if len(self._signals) == 1 and not self._is_careful:
            self._obey()

    def _obey(self) -> None:
        if self._signals and not self._is_stopping:
            raise _StopAsked

    def stop(self) -> None:
        """End everything, last started first. Ctrl-C once more shortens the drain."""
        self._is_stopping = True
        asked = max(1, self._signals.count(signal.SIGINT))
        for child in reversed(self._children.values()):
            child.stop(lambda: self._signals.count(signal.SIGINT) > asked)
        for server, _ in reversed(self._servers.values()):
            server.stop()
        self._run_file.close()


def run(compose: Callable[[Board], None], *, var_dir: Path, ports: Sequence[int] = ()) -> int:
    """Start what `compose` asks for and watch over it until a signal.

    Answers the exit code: 0 after Ctrl-C, SIGTERM or SIGHUP; 1 when something did not start; 2 when a port is
    taken or another run holds `var_dir` (both looked at before anything is started).
    """
    printer = Printer()
    try:
        run_file = RunFile(var_dir)
    except AlreadyRunningError as error:
        print(error, file=sys.stderr)
        return 2
    taken = next((port for port in ports if not port_is_free(port)), None)
    if taken is not None:
        run_file.close()
        print(f"port {taken} is in use: set PORT=... or stop the other program", file=sys.stderr)
        return 2
    life.end_with_make()
    board = Board(run_file, printer)
    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        for number in SIGNALS:
            signal.signal(number, board.on_signal)
        compose(board)
        board.watch()
    except _StopAsked:
        printer.say("stopping; Ctrl-C once more ends what still finishes its work at once")
    except (StartError, LocalServerError, subprocess.CalledProcessError) as error:
        printer.say(f"stopping: {error}")
        return 1
    finally:
        board.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0
