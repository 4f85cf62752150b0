"""A server on loopback that answers as a bad day at Stripe does, or as what is not Stripe at all."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """What the next requests get."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    is_cut: bool = False
    """The connection ends without an answer."""
    missing: int = 0
    """So many bytes of the body never come."""


@dataclass
class Liar:
    """Where it listens, what it says, and what it was asked."""

    url: str
    answer: Answer = field(default_factory=Answer)
    asked: list[str] = field(default_factory=list)

    def says(self, body: Any, status: int = 200, **more: Any) -> None:
        whole = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answer = Answer(status, whole, **more)


@contextmanager
def running() -> Iterator[Liar]:
    """It listens for as long as the block lasts."""
    told: list[Liar] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer = told[0].answer
            told[0].asked.append(self.path)
            time.sleep(answer.seconds)
            self.close_connection = True
            if answer.is_cut:
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body[: len(answer.body) - answer.missing])

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    told.append(Liar(f"http://127.0.0.1:{server.server_port}"))
    try:
        yield told[0]
    finally:
        server.shutdown()
        server.server_close()
