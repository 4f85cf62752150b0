"""A bounded load of GET requests to this machine: `wrk` where it is on PATH, else a small client of ours.

Both keep their connections open and ask again as soon as the answer is there. Ours costs about as much as the
servers it asks, so ratios measured with it lean towards 1; CPU seconds a request do not.
"""

import json
import re
import selectors
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass

from tracker.local.ports import LOOPBACK

CONNECTIONS = 32
CLIENTS = 2
LONGEST_ANSWER = 1 << 20


@dataclass(frozen=True, slots=True)
class Load:
    """What came back in how long."""

    requests: int
    seconds: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def generator() -> str:
    """Who asks."""
    return "wrk" if shutil.which("wrk") else "a Python client"


def get(port: int, path: str, seconds: float) -> Load:
    """Ask this machine's `port` for `path` from all connections for so long; RuntimeError for any other answer
    than 200."""
    if shutil.which("wrk"):
        return _wrk(f"http://{LOOPBACK}:{port}{path}", seconds)
    share = CONNECTIONS // CLIENTS
    command = [sys.executable, "-m", "bench.load", str(port), path, str(share), str(seconds)]
    clients = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(CLIENTS)]
    told = [client.communicate()[0] for client in clients]
    if any(client.returncode for client in clients):
        raise RuntimeError(f"the client could not load {path}; its words stand above")
    return Load(sum(json.loads(one) for one in told), seconds)


def _wrk(url: str, seconds: float) -> Load:
    whole = max(1, round(seconds))
    command = ["wrk", "-t", str(CLIENTS), "-c", str(CONNECTIONS), "-d", f"{whole}s", url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m),", said)
    if not found or "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"wrk did not get what it asked for:\n{said}")
    unit = {"ms": 0.001, "s": 1.0, "m": 60.0}[found[3]]
    return Load(int(found[1]), float(found[2]) * unit)


def client(port: int, path: str, connections: int, seconds: float) -> int:
    """One process of the load; answers how many whole answers came."""
    request = f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}\r\nAccept: */*\r\n\r\n".encode()
    length = _length(port, request)
    watched = selectors.DefaultSelector()
    missing: dict[socket.socket, int] = {}
    for _ in range(connections):
        wire = socket.create_connection((LOOPBACK, port), timeout=5)
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        watched.register(wire, selectors.EVENT_READ)
        missing[wire] = length
        wire.sendall(request)
    whole, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        for key, _ in watched.select(1.0):
            wire = key.fileobj  # type: ignore[assignment]
            got = len(wire.recv(65536))
            if not got:
                raise RuntimeError("the server closed a connection that was to stay open")
            left = missing[wire] - got
            if left == 0:
                whole, left = whole + 1, length
                wire.sendall(request)
            elif left < 0:
                raise RuntimeError("an answer was longer than the first one")
            missing[wire] = left
    for wire in missing:
        wire.close()
    return whole


def _length(port: int, request: bytes) -> int:
    """Bytes of a whole answer, head and body; RuntimeError unless it is a 200 with a Content-Length."""
    with socket.create_connection((LOOPBACK, port), timeout=5) as wire:
        wire.sendall(request)
        got = b""
        while b"\r\n\r\n" not in got and len(got) < LONGEST_ANSWER:
            part = wire.recv(65536)
            if not part:
                break
            got += part
    head = got.partition(b"\r\n\r\n")[0]
    found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    if not head.startswith(b"HTTP/1.1 200") or not found:
        raise RuntimeError(f"not the answer that was asked for: {head[:200]!r}")
    return len(head) + 4 + int(found[1])


if __name__ == "__main__":
    print(client(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
