"""What the supervisor's tests let run: `python board.py VAR_DIR PORT SCENE`."""

import os
import sys
from pathlib import Path

from tracker.local import supervisor, valkey
from tracker.local.children import Process

HERE = Path(__file__).parent
LISTEN = """
import http.server, os, sys
if os.fork() == 0:                      # a worker of its own that holds the port, as web servers have
    http.server.test(http.server.SimpleHTTPRequestHandler, port=int(sys.argv[1]), bind="127.0.0.1")
import time, signal
signal.signal(signal.SIGTERM, lambda *_: os.killpg(0, signal.SIGKILL))
while True: time.sleep(1)
"""
TICK = "import time\nwhile True: print('tick'); time.sleep(0.2)"
DEAF = (
    "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf')\nwhile True: time.sleep(1)"
)


def plain(board: supervisor.Board, var_dir: Path, port: int) -> None:
    board.server("valkey", lambda: valkey.ensure(var_dir))
    board.command("once", [sys.executable, "-c", "print('done once')"])
    url = f"http://127.0.0.1:{port}/"
    board.process(Process("web", [sys.executable, "-c", LISTEN, str(port)], ready=url))
    board.process(Process("worker", [sys.executable, "-c", TICK]))
    board.ready("web")
    board.tell("web", url)
    board.say("everything is up")


def dies(board: supervisor.Board, var_dir: Path, port: int) -> None:
    board.server("valkey", lambda: valkey.ensure(var_dir))
    board.process(Process("web", [sys.executable, "-c", "raise SystemExit(3)"], ready=f"http://127.0.0.1:{port}/"))
    board.ready("web")


def deaf(board: supervisor.Board, var_dir: Path, port: int) -> None:
    board.process(Process("worker", [sys.executable, "-c", DEAF], drain_seconds=0.5))
    board.say("everything is up")


if __name__ == "__main__":
    folder, scene = Path(sys.argv[1]), {"plain": plain, "dies": dies, "deaf": deaf}[sys.argv[3]]
    os.environ.pop("MAKELEVEL", None)
    sys.exit(
        supervisor.run(
            lambda board: scene(board, folder, int(sys.argv[2])), var_dir=folder, ports=[int(sys.argv[2])]
        )
    )
