"""Stripe's messages as a benchmark sends them: signed, of the usual length, about any object."""

import hashlib
import hmac
import json
import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Self, cast

from tracker import clock
from tracker.local.ports import LOOPBACK

TYPES = {"subscription": "customer.subscription.updated", "invoice": "invoice.updated"}
USUAL_LENGTH = 2_500
"""Bytes of Stripe's usual events, more or less."""
WAIT_SECONDS = 30
EVENT = json.dumps(
    {
        "id": "%(event)s",
        "object": "event",
        "type": "%(type)s",
        "api_version": "2026-10-28.endive",
        "created": "%(at)d",
        "livemode": False,
        "data": {"object": {"id": "%(object)s", "object": "%(kind)s", "description": "x" * USUAL_LENGTH}},
    }
).replace('"%(at)d"', "%(at)d")
HEAD = (
    "POST /stripe/webhook HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
    "Content-Length: {length}\r\nStripe-Signature: t={seconds},v1={mark}\r\n\r\n"
)


def body(event_id: str, object_id: str, kind: str = "subscription") -> bytes:
    """A change of that object, told now."""
    names = {"event": event_id, "type": TYPES[kind], "at": int(clock.now().timestamp()), "kind": kind}
    names["object"] = object_id
    return (EVENT % names).encode()


def request(message: bytes, secret: str) -> bytes:
    """The whole delivery of a message, signed now."""
    seconds = int(clock.now().timestamp())
    mark = hmac.digest(secret.encode(), b"%d." % seconds + message, hashlib.sha256).hex()
    return HEAD.format(length=len(message), seconds=seconds, mark=mark).encode() + message


class Wire:
    """One open connection to the web process; a context manager.

    Not `http.client`, which costs a message as much as the process that stores it, on the same two cores.
    """

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection((LOOPBACK, port), WAIT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def fileno(self) -> int:
        """For a selector."""
        return self._socket.fileno()

    def post(self, message: bytes, secret: str) -> None:
        """Send one signed message and read its answer; RuntimeError unless it is 200."""
        self.send(request(message, secret))
        self.receive()

    def send(self, request: bytes) -> None:
        """Send what `request` made."""
        self._socket.sendall(request)

    def receive(self) -> None:
        """Read the answer to the message sent last; RuntimeError unless it is 200."""
        said = self._answer()
        if not said.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"a message was not stored: {said[:500]!r}")

    def _answer(self) -> bytes:
        said = b""
        while b"\r\n\r\n" not in said:
            said += self._more()
        head, _, rest = said.lower().partition(b"\r\n\r\n")
        length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        while len(rest) < length:
            rest += self._more()
        return said

    def _more(self) -> bytes:
        part = self._socket.recv(65_536)
        if not part:
            raise RuntimeError("the web process ended the connection")
        return part


def flood(port: int, requests: Iterator[bytes], lanes: int, seconds: float) -> int:
    """Send them over that many connections, on each the next as soon as the last is answered; how many were.

    One thread for all: as many threads as connections cost more than what they measure.
    """
    answered = 0
    with ExitStack() as open_wires, selectors.DefaultSelector() as waiting:
        for _ in range(lanes):
            waiting.register(open_wires.enter_context(Wire(port)), selectors.EVENT_READ)
        until, under_way = time.monotonic() + seconds, lanes
        for key in waiting.get_map().values():
            cast(Wire, key.fileobj).send(next(requests))
        while under_way:
            ready = waiting.select(WAIT_SECONDS)
            if not ready:
                raise RuntimeError(f"no message was answered for {WAIT_SECONDS} seconds")
            for key, _ in ready:
                wire = cast(Wire, key.fileobj)
                wire.receive()
                answered += 1
                coming = next(requests, None) if time.monotonic() < until else None
                if coming is None:
                    under_way -= 1
                else:
                    wire.send(coming)
    return answered
