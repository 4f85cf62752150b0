"""A connection to the public internet, and to nothing behind our walls.

Whoever may name an address for a server to ask may try to reach what stands behind its walls. So a name is
resolved once, every address it has must be a public one, and the connection goes to the very address that was
looked at, not to a second answer of the resolver.
"""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

_TRIED = 3
"""Addresses of a name that are tried, one after the other."""
_UNICAST = ipaddress.ip_network("2000::/3")
"""What of IPv6 is given out as public; `::ffff:` and `64:ff9b::`, which carry one of IPv4, are not in it."""
_SPECIAL = [
    ipaddress.ip_network(net)
    for net in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20", "2620:4f:8000::/48")
]
"""Global by some versions of Python's table, and yet nobody's server (IANA's special-purpose registries)."""

Resolve = Callable[[str, int], Sequence[str]]


class UnknownNameError(Exception):
    """The resolver knows no such name, or did not answer in time."""


class NotPublicError(Exception):
    """The name stands for an address that is not of the public internet."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """Time for all of it; `ends` is of the clock that only goes forward."""

    ends: float

    @property
    def left(self) -> float:
        """Seconds, never 0: a time limit of 0 would mean none."""
        return max(self.ends - time.monotonic(), 0.001)

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.ends


def within(seconds: float) -> Deadline:
    """So many seconds from now."""
    return Deadline(time.monotonic() + seconds)


def resolve(host: str, port: int) -> Sequence[str]:
    """The machine's own resolver. OSError where it knows no such name."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_public(address: str, *, own_machine: bool = False) -> bool:
    """Whether an IP address is one of the public internet; with `own_machine`, loopback is let in, too."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if own_machine and found.is_loopback:
        return True
    is_unicast = found in _UNICAST if found.version == 6 else not found.is_multicast
    return (
        is_unicast
        and found.is_global
        and not any(found in net for net in _SPECIAL if net.version == found.version)
    )


def addresses(
    host: str, port: int, resolver: Resolve, deadline: Deadline, *, own_machine: bool = False
) -> Sequence[str]:
    """What the name stands for, looked up once; all of it must be public (NotPublicError), or none is asked.

    UnknownNameError where it stands for nothing.
    """
    found: list[str] = []

    def look() -> None:
        with suppress(OSError, UnicodeError):
            found.extend(resolver(host, port))

    thread = threading.Thread(target=look, name="resolve", daemon=True)
    thread.start()
    thread.join(deadline.left)  # the machine's resolver knows no time limit of its own
    known = tuple(found)
    if not known:
        raise UnknownNameError(host)
    if not all(is_public(one, own_machine=own_machine) for one in known):
        raise NotPublicError(host)
    return known[:_TRIED]


@contextmanager
def connected(
    found: Sequence[str], port: int, deadline: Deadline, name: str | None, trust: ssl.SSLContext | None = None
) -> Iterator[socket.socket]:
    """A connection to one of those very addresses, ended by force when the time is over: a server may drip.

    With a `name` it speaks TLS and the certificate must be that name's; `trust` None: what this machine trusts.
    """
    held = _first(found, port, deadline)
    if name is not None:
        context = trust or ssl.create_default_context()
        held = context.wrap_socket(held, server_hostname=name, do_handshake_on_connect=False)
    timer = threading.Timer(deadline.left, _cut, [held])
    timer.daemon = True
    timer.start()
    try:
        if isinstance(held, ssl.SSLSocket):
            held.do_handshake()
        yield held
    finally:
        timer.cancel()
        held.close()


def _first(found: Sequence[str], port: int, deadline: Deadline) -> socket.socket:
    for number, address in enumerate(found):
        try:
            return socket.create_connection((address, port), deadline.left / (len(found) - number))
        except OSError:
            if number == len(found) - 1:
                raise
    raise ConnectionError("no address")


def _cut(sock: socket.socket) -> None:
    with suppress(OSError):  # it may have ended by itself
        socket.socket.shutdown(sock, socket.SHUT_RDWR)  # not TLS's own farewell, which another thread may be in
