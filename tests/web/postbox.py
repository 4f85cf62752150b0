"""A real mail server of the tests, which keeps what it takes and can be told to answer badly."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller


class Postbox:
    """Every letter that was handed over; `answer` is what the next ones are answered with."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answer = "250 taken"
        self.breaks = False
        """Take the words and end the connection without an answer."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        if self.answer.startswith("2"):
            letter = message_from_bytes(envelope.original_content, policy=default)
            assert isinstance(letter, EmailMessage)
            self.letters.append(letter)
        if self.breaks:
            server.transport.abort()
        return self.answer

    def to(self, address: str) -> list[EmailMessage]:
        return [letter for letter in self.letters if letter["To"] == address]


@contextmanager
def opened() -> Iterator[tuple[Postbox, str]]:
    """(the postbox, its address as MAIL_URL)"""
    box = Postbox()
    port = _free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box, f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        return int(asking.getsockname()[1])
