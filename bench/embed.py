"""The embed JSON's requests a second beside nginx with the same bytes in a file, in turns, in one run."""

import os
import shutil
import statistics
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import load
from bench.figure import Figure, MissingError
from bench.house import EMBED, House
from bench.processes import cpu_seconds, running, wait_for
from tracker.local.children import answers
from tracker.local.ports import LOOPBACK, any_port

SECONDS = 3.0
TURNS = 5
TARGET = 0.5
CONFIG = """
{user}
worker_processes 2;
daemon off;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 512; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000000;
    open_file_cache max=100;
    default_type application/json;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen {host}:{port}; root {folder}; }}
}}
"""


def require() -> None:
    """MissingError without nginx."""
    if not shutil.which("nginx"):
        raise MissingError(
            "no nginx on PATH to compare the embed with: "
            "install it (Debian: apt install nginx; macOS: brew install nginx)"
        )


def figures(folder: Path, house: House) -> list[Figure]:
    """Rates by the wall and by the CPU, ours beside nginx's; medians of the turns."""
    with _nginx(folder, house) as (port, pid):
        ours, theirs = [], []
        for _ in range(TURNS):
            ours.append(_turn(house.port, house.pid))
            theirs.append(_turn(port, pid))
    rate, cost = (statistics.median(column) for column in zip(*ours, strict=True))
    nginx_rate, nginx_cost = (statistics.median(column) for column in zip(*theirs, strict=True))
    found = [
        Figure(
            "embed JSON", rate, "requests/s", note=f"asked by {load.generator()}, {load.CONNECTIONS} connections"
        ),
        Figure("nginx, the same bytes as a file", nginx_rate, "requests/s"),
        Figure("embed JSON beside nginx", rate / nginx_rate, "ratio", at_least=TARGET),
    ]
    if cost and nginx_cost:
        found.append(Figure("embed JSON", cost * 1e6, "CPU us/request", note=f"nginx {nginx_cost * 1e6:.3g}"))
    return found


def _turn(port: int, pid: int) -> tuple[float, float]:
    """(requests a second, CPU seconds of the server a request)."""
    before = cpu_seconds(pid)
    done = load.get(port, EMBED, SECONDS)
    return done.rate, (cpu_seconds(pid) - before) / done.requests


@contextmanager
def _nginx(folder: Path, house: House) -> Iterator[tuple[int, int]]:
    """nginx with the bytes that the house serves now; its port and process group."""
    home = folder / "nginx"
    file = home / EMBED.removeprefix("/")
    file.parent.mkdir(parents=True)
    with urllib.request.urlopen(f"http://{LOOPBACK}:{house.port}{EMBED}", timeout=5) as answer:
        file.write_bytes(answer.read())
    port, user = any_port(), "user root;" if _is_root() else ""
    (home / "nginx.conf").write_text(CONFIG.format(user=user, folder=home, host=LOOPBACK, port=port))
    command = ["nginx", "-p", str(home), "-e", "stderr", "-c", str(home / "nginx.conf")]
    with running(command, home) as process:
        wait_for(process, lambda: answers(f"http://{LOOPBACK}:{port}{EMBED}"), home, 10)
        yield port, process.pid


def _is_root() -> bool:
    """Started by root, nginx would serve as an account that cannot enter our folder."""
    return os.geteuid() == 0
