"""A publisher's web server on this machine: real sockets, answers as a test wants them, requests kept."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

CERTIFICATE = Path(__file__).with_name("news_example.pem")
"""Of news.example, signed by itself, with its key; made for these tests and worth nothing elsewhere."""

Speak = Callable[[socket.socket, str], None]


@dataclass
class Publisher:
    """Answers each path by what `paths` holds for it; every request's text is kept in `heard`."""

    port: int = 0
    paths: dict[str, bytes | Speak] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    names: list[tuple[str, int]] = field(default_factory=list)
    """What was looked up."""
    addresses: dict[str, list[str]] = field(default_factory=lambda: {"news.example": ["127.0.0.1"]})

    def resolve(self, host: str, port: int) -> Sequence[str]:
        self.names.append((host, port))
        if host not in self.addresses:
            raise OSError(f"no such name: {host}")
        return self.addresses[host]

    def url(self, path: str, host: str = "news.example", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


def page(body: bytes, *headers: str, status: str = "200 OK", kind: str = "text/html; charset=utf-8") -> bytes:
    """A whole answer as it goes over the line."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def moved(location: str) -> bytes:
    return page(b"", f"Location: {location}", status="302 Found")


@contextmanager
def serving(*, is_safe: bool = False) -> Iterator[Publisher]:
    publisher = Publisher()
    listener = socket.create_server(("127.0.0.1", 0))
    publisher.port = listener.getsockname()[1]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if is_safe else None
    if context:
        context.load_cert_chain(CERTIFICATE)
    threading.Thread(target=_accept, args=(listener, context, publisher), daemon=True).start()
    yield publisher
    listener.close()


def _accept(listener: socket.socket, context: ssl.SSLContext | None, publisher: Publisher) -> None:
    while True:
        try:
            line, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_speak, args=(line, context, publisher), daemon=True).start()


def _speak(line: socket.socket, context: ssl.SSLContext | None, publisher: Publisher) -> None:
    try:
        with context.wrap_socket(line, server_side=True) if context else line as spoken:
            told = b""
            while b"\r\n\r\n" not in told and (piece := spoken.recv(4096)):
                told += piece
            if not told:
                return
            text = told.decode()
            publisher.heard.append(text)
            answer = publisher.paths.get(text.split(" ")[1], page(b"nothing here", status="404 Not Found"))
            spoken.sendall(answer) if isinstance(answer, bytes) else answer(spoken, text)
    except OSError:
        return  # whoever asked has gone
