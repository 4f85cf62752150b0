"""The one door for chat: a message to the address that a chat service gave out, public addresses alone.

The body is `{"text": "..."}`, which Slack, Mattermost and Google Chat take as it is. Whoever knows such an address
can write into the room, so it stands in no log and in no error of ours.
"""

import http.client
import json
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from tracker import reach

PORT = 443
SECONDS = 5.0
LONGEST_URL = 2048
_READ = 4096
"""As much of an answer as is read; nothing in it is told."""


class WrongAddressError(Exception):
    """What staff gave is no address that may be asked; `why` is one of no_address, no_https, credentials, port."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class ChatError(Exception):
    """A message did not go well; `why` is an HTTP status or a word of ours, and never holds the address."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class ChatLaterError(ChatError):
    """It has not arrived, and may be tried again: no connection, 429, a server in trouble."""


class ChatRefusedError(ChatError):
    """It has not arrived, and trying again will not help."""


class ChatUnknownError(ChatError):
    """No answer came after the words were handed over: it may have arrived, so it must not be sent again."""


@dataclass(frozen=True, slots=True)
class Door:
    """How we ask."""

    agent: str
    """What we call ourselves."""
    resolver: reach.Resolve = reach.resolve
    own_port: int = 0
    """A port on this machine that may be asked; 0 but where a test listens."""
    trust: ssl.SSLContext | None = None
    """None: the certificates this machine trusts."""
    seconds: float = SECONDS


def checked(url: str, own_port: int = 0) -> SplitResult:
    """The parts of an address that may be asked. WrongAddressError for any other."""
    if len(url) > LONGEST_URL or not url.isascii() or any(ord(c) <= 32 or ord(c) == 127 for c in url):
        raise WrongAddressError("no_address")
    try:
        parts = urlsplit(url)
        port = parts.port or PORT
    except ValueError:
        raise WrongAddressError("no_address") from None
    if parts.scheme != "https":
        raise WrongAddressError("no_https")
    if not parts.hostname or len(parts.path) < 2:
        raise WrongAddressError("no_address")
    if parts.username is not None or parts.password is not None:
        raise WrongAddressError("credentials")
    if port not in {PORT, own_port}:
        raise WrongAddressError("port")
    return parts._replace(fragment="")


def masked(url: str) -> str:
    """The address as it may be shown: the host, and enough of its end to tell two apart."""
    parts = urlsplit(url)
    end = url[-4:] if len(url) > 40 else ""
    return f"https://{parts.hostname}/…{end}"


def say(url: str, text: str, door: Door) -> None:
    """Hand over a message. ChatLaterError, ChatRefusedError or ChatUnknownError where that did not go well."""
    try:
        parts = checked(url, door.own_port)
    except WrongAddressError as error:
        raise ChatRefusedError(error.why) from None
    deadline = reach.within(door.seconds)
    host, port = parts.hostname or "", parts.port or PORT
    is_own = bool(door.own_port) and port == door.own_port
    try:
        found = reach.addresses(host, port, door.resolver, deadline, own_machine=is_own)
    except reach.UnknownNameError:
        raise ChatLaterError("unknown_name") from None  # a resolver may be away, too
    except reach.NotPublicError:
        raise ChatRefusedError("not_public") from None
    handed_over = False
    try:
        with reach.connected(found, port, deadline, host, door.trust) as sock:
            handed_over = True
            status = _posted(sock, parts, text, door.agent)
    except ssl.SSLCertVerificationError:
        raise ChatLaterError("certificate") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        # What the connection itself could not do has not left; after that nobody knows.
        problem = ChatUnknownError if handed_over else ChatLaterError
        raise problem("timeout" if deadline.is_over else type(error).__name__) from None
    _agreed(status)


def _posted(sock: socket.socket, parts: SplitResult, text: str, agent: str) -> int:
    """The status that a message was answered with."""
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or PORT)
    connection.sock = sock
    headers = {
        "Host": parts.netloc,
        "User-Agent": agent,
        "Content-Type": "application/json; charset=utf-8",
        "Accept": "*/*",
        "Connection": "close",
    }
    target = parts._replace(scheme="", netloc="").geturl()
    connection.request("POST", target, json.dumps({"text": text}, ensure_ascii=False).encode(), headers)
    given = connection.getresponse()
    given.read(_READ)
    return given.status


def _agreed(status: int) -> None:
    """2xx is taken; 429 and 5xx are for later; a redirect is not followed, for it may lead anywhere."""
    if 200 <= status < 300:
        return
    problem = ChatLaterError if status == 429 or status >= 500 else ChatRefusedError
    raise problem(str(status))
