"""HTTP/1.1 on loopback with keep-alive: a thread a connection, one write an answer.

werkzeug's own server closes after each answer; the product's sweeps keep their connections.
"""

from __future__ import annotations

import io
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from tracker.sandbox.app import CUT, Application

LOOPBACK = "127.0.0.1"
_LARGEST = 1_048_576


class Handler(BaseHTTPRequestHandler):
    """Turns each request into a call of the WSGI application."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120
    server: Listener

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LARGEST:
            self.close_connection = True
            self._write("413 Content Too Large", [("Content-Type", "text/plain")], b"body over 1 MiB")
            return
        # The whole body is read before the answer, or what is left of it would be taken for the next request.
        body = self.rfile.read(length)
        head: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], problem: Any = None) -> Any:
            head[:] = [status, headers]
            return lambda data: None

        chunks = self.server.app(self._environ(body), start_response)
        self._write(head[0], head[1], b"".join(chunks))

    def _cut(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        """Promise the whole body, send half of it, hang up."""
        self.close_connection = True
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers if name != CUT)]
        self.wfile.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body[: len(body) // 2])

    do_GET = do_POST = do_DELETE = do_HEAD = _answer  # noqa: N815 - the names http.server looks for

    def _write(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        names = {name.lower() for name, _ in headers}
        if CUT.lower() in names:
            self._cut(status, headers, body)
            return
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
        if "content-length" not in names:
            lines.append(f"Content-Length: {len(body)}")
        if self.close_connection:
            lines.append("Connection: close")
        lines.append(f"Date: {self.date_time_string()}")
        sent = b"" if self.command == "HEAD" else body
        self.wfile.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + sent)

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": LOOPBACK,
            "SERVER_PORT": str(self.server.server_address[1]),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            environ.setdefault("HTTP_" + name.upper().replace("-", "_"), value)
        return environ

    def log_message(self, *args: Any) -> None:
        """Say nothing: the product's log is the interesting one."""


class Listener(ThreadingHTTPServer):
    """Knows its open connections, so that closing ends them too."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, app: Application) -> None:
        self.app = app
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__((LOOPBACK, port), Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no error of ours."""

    def end(self) -> None:
        """Stop accepting, cut what is open."""
        self.shutdown()
        self.server_close()
        with self._open_lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue
