"""A chat service on this machine, over TLS on a real socket: it keeps what is said and answers as a test wants."""

import json
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.intake.publisher import CERTIFICATE
from tracker import chat

HOST = "news.example"


@dataclass
class Room:
    """What was said, and how the next is answered."""

    port: int = 0
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0
    breaks: bool = False
    """End the connection without an answer."""
    heard: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    addresses: Sequence[str] = ("127.0.0.1",)
    asked: list[str] = field(default_factory=list)
    """The names that were looked up."""

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}/services/T0/B0/secret-of-the-room"

    @property
    def said(self) -> list[str]:
        return [json.loads(body)["text"] for _, _, body in self.heard]

    def resolve(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.addresses

    def door(self, **more: Any) -> chat.Door:
        trust = ssl.create_default_context(cafile=str(CERTIFICATE))
        given: dict[str, Any] = {"resolver": self.resolve, "own_port": self.port, "trust": trust, **more}
        return chat.Door("tracker (+https://us.example)", **given)


@contextmanager
def opened() -> Iterator[Room]:
    room = Room()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            room.heard.append((self.path, dict(self.headers), body))
            time.sleep(room.delay)
            if room.breaks:
                return
            self.send_response(room.status)
            for name, value in room.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    room.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield room
    finally:
        server.shutdown()
        server.server_close()
