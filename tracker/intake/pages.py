"""Fetches a page of a publisher for staff: only hosts of the campaigns, only public addresses, little and soon.

Whoever may name an address for a server to fetch may try to reach what stands behind its walls. So a name is
resolved once, every address it has must be a public one, and the connection goes to the very address that was
looked at, not to a second answer of the resolver; each redirect is looked at anew.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from tracker.core.findings import N_, Finding, shown

PORTS = {"http": 80, "https": 443}
MOST_HOPS = 5
SECONDS = 10.0
LARGEST = 2 * 1024 * 1024
LONGEST_URL = 2048
_PIECE = 65_536
_TRIED = 3
"""Addresses of a name that are tried, one after the other."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SAFE = "/%:@!$&'()*+,;=~?"
"""Characters of a path or query that stay as they are; letters of other scripts are encoded, as browsers do."""
_UNICAST = ipaddress.ip_network("2000::/3")
"""What of IPv6 is given out as public; `::ffff:` and `64:ff9b::`, which carry one of IPv4, are not in it."""
_SPECIAL = [
    ipaddress.ip_network(net)
    for net in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20", "2620:4f:8000::/48")
]
"""Global by some versions of Python's table, and yet no publisher's server (IANA's special-purpose registries)."""

Resolve = Callable[[str, int], Sequence[str]]


class UnfetchedError(Exception):
    """The page could not, or may not, be fetched; `finding` says why and what to do."""

    def __init__(self, text: str, **values: object) -> None:
        self.finding = Finding("url", text, values)
        super().__init__(str(self.finding))


@dataclass(frozen=True, slots=True)
class Door:
    """Whom we may ask."""

    hosts: frozenset[str]
    """Names in lower case, `name:port` for a port of its own; the campaigns' allowed_hosts."""
    agent: str
    """What we call ourselves."""
    own_port: int = 0
    """In a demonstration our own port on this machine, which may be asked; 0 anywhere else."""
    trust: ssl.SSLContext | None = None
    """None: the certificates this machine trusts."""
    seconds: float = SECONDS


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back at the end of the redirects."""

    url: str
    hops: tuple[str, ...]
    status: int
    content_type: str
    policies: tuple[str, ...]
    """Content-Security-Policy headers."""
    body: bytes
    """Unpacked, at most LARGEST bytes."""
    is_cut: bool


@dataclass(frozen=True, slots=True)
class _Deadline:
    """Time for all of it, redirects included."""

    ends: float

    @property
    def left(self) -> float:
        return max(self.ends - time.monotonic(), 0.001)

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.ends


def resolve(host: str, port: int) -> Sequence[str]:
    """The machine's own resolver. OSError where it knows no such name."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def fetch(url: str, door: Door, resolver: Resolve = resolve) -> Answer:
    """The page at `url`, redirects followed. UnfetchedError where it may not or cannot be fetched."""
    deadline = _Deadline(time.monotonic() + door.seconds)
    hops: list[str] = []
    while True:
        parts = _allowed(url, door)
        answer, location = _ask(parts, door, resolver, deadline)
        if answer.status not in _REDIRECTS or not location:
            return replace(answer, hops=tuple(hops))
        hops.append(parts.geturl())
        if len(hops) > MOST_HOPS:
            raise UnfetchedError(
                N_("It sends on more than %(most)s times, at last to %(url)s: give the article’s last address."),
                most=MOST_HOPS,
                url=shown(location),
            )
        try:
            url = urljoin(parts.geturl(), location)
        except ValueError:
            raise _no_address(location) from None


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


def _allowed(url: str, door: Door) -> SplitResult:
    """The parts of an address we may ask."""
    if len(url) > LONGEST_URL or any(ord(c) <= 32 or ord(c) == 127 for c in url):
        raise _no_address(url)
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port or PORTS.get(parts.scheme, 0)
        host = host.encode("idna").decode()
    except ValueError:
        raise _no_address(url) from None
    if parts.scheme not in PORTS or not host:
        raise _no_address(url)
    if parts.username is not None or parts.password is not None:
        raise UnfetchedError(N_("The address holds a user name or a password: give it without them."))
    is_named = f"{host}:{port}" in door.hosts
    if not is_named and host not in door.hosts:
        raise UnfetchedError(
            N_("%(host)s is none of the campaigns’ hosts: add it to allowed_hosts, or give an article’s address."),
            host=shown(host),
        )
    if not is_named and port != PORTS[parts.scheme] and port != door.own_port:
        raise UnfetchedError(
            N_("Port %(port)s is not asked: write %(host)s:%(port)s into allowed_hosts if it is meant."),
            port=port,
            host=shown(host),
        )
    name = f"[{host}]" if ":" in host else host
    netloc = name if port == PORTS[parts.scheme] else f"{name}:{port}"
    path, query = quote(parts.path or "/", safe=_SAFE), quote(parts.query, safe=_SAFE)
    return parts._replace(netloc=netloc, path=path, query=query, fragment="")


def _no_address(url: str) -> UnfetchedError:
    return UnfetchedError(
        N_("“%(url)s” is no address of a page: give one that begins with https:// or http://."), url=shown(url)
    )


def _ask(parts: SplitResult, door: Door, resolver: Resolve, deadline: _Deadline) -> tuple[Answer, str]:
    """(the answer, where it sends us on)."""
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    addresses = _addresses(host, port, door, resolver, deadline)
    connection = http.client.HTTPConnection(host, port)
    try:
        with _connected(parts, addresses, port, door, deadline) as sock:
            connection.sock = sock
            target = parts._replace(scheme="", netloc="").geturl()
            connection.request("GET", target, headers=_headers(parts, door))
            given = connection.getresponse()
            body, is_cut = _body(given, deadline)
            policies = given.headers.get_all("Content-Security-Policy") or []
            kind, location = given.headers.get("Content-Type", ""), given.headers.get("Location", "")
            answer = Answer(parts.geturl(), (), given.status, kind, tuple(policies), body, is_cut)
            return answer, location
    except (OSError, http.client.HTTPException, UnicodeError, ValueError, zlib.error) as error:
        raise _away(parts, error, deadline, door) from None


def _away(parts: SplitResult, error: Exception, deadline: _Deadline, door: Door) -> UnfetchedError:
    host = shown(parts.hostname or "")
    if deadline.is_over or isinstance(error, TimeoutError):
        words = N_("%(host)s did not answer whole within %(seconds)s seconds: try again, or ask who runs it.")
        return UnfetchedError(words, host=host, seconds=round(door.seconds))
    if isinstance(error, ssl.SSLError):
        why = getattr(error, "verify_message", "") or error.reason or ""
        words = N_("%(host)s has no certificate that we trust (%(why)s): readers’ browsers refuse it, too.")
        return UnfetchedError(words, host=host, why=shown(str(why)))
    words = N_("%(host)s does not answer as a web server does (%(why)s): look whether the page opens for you.")
    return UnfetchedError(words, host=host, why=shown(type(error).__name__))


def _headers(parts: SplitResult, door: Door) -> dict[str, str]:
    """Who we are and what we take; no cookie, no credentials, nothing of whoever asked."""
    return {
        "Host": parts.netloc,
        "User-Agent": door.agent,
        "Accept": "text/html,application/xhtml+xml",
        "Accept-Encoding": "gzip",
        "Connection": "close",
    }


def _addresses(host: str, port: int, door: Door, resolver: Resolve, deadline: _Deadline) -> Sequence[str]:
    """What the name stands for, looked up once; all of it must be public, or none is asked."""
    found: list[str] = []
    trouble: list[Exception] = []

    def look() -> None:
        try:
            found.extend(resolver(host, port))
        except (OSError, UnicodeError) as error:
            trouble.append(error)

    thread = threading.Thread(target=look, name="resolve", daemon=True)
    thread.start()
    thread.join(deadline.left)  # the machine's resolver knows no time limit of its own
    if not found:
        raise UnfetchedError(N_("The name %(host)s is not known: look at its spelling."), host=shown(host))
    is_own = bool(door.own_port) and port == door.own_port
    if not all(is_public(one, own_machine=is_own) for one in found):
        raise UnfetchedError(
            N_("%(host)s stands for an address that is not public: only pages that readers reach are asked."),
            host=shown(host),
        )
    return found[:_TRIED]


@contextmanager
def _connected(
    parts: SplitResult, addresses: Sequence[str], port: int, door: Door, deadline: _Deadline
) -> Iterator[socket.socket]:
    """A connection to one of those very addresses, ended by force when the time is over: a server may drip."""
    held = _first(addresses, port, deadline)
    if parts.scheme == "https":
        trust = door.trust or ssl.create_default_context()
        held = trust.wrap_socket(held, server_hostname=parts.hostname, do_handshake_on_connect=False)
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


def _first(addresses: Sequence[str], port: int, deadline: _Deadline) -> socket.socket:
    for number, address in enumerate(addresses):
        try:
            return socket.create_connection((address, port), deadline.left / (len(addresses) - number))
        except OSError:
            if number == len(addresses) - 1:
                raise
    raise ConnectionError("no address")


def _cut(sock: socket.socket) -> None:
    with suppress(OSError):  # it may have ended by itself
        socket.socket.shutdown(sock, socket.SHUT_RDWR)  # not TLS's own farewell, which another thread may be in


def _body(given: http.client.HTTPResponse, deadline: _Deadline) -> tuple[bytes, bool]:
    """(the body unpacked, whether there was more than LARGEST); packed bytes are unpacked piece by piece."""
    packing = given.headers.get("Content-Encoding", "identity").strip().lower()
    if packing not in ("gzip", "x-gzip", "identity", ""):
        raise ValueError(f"Content-Encoding {packing}")
    unpack = zlib.decompressobj(wbits=31) if packing.endswith("gzip") else None
    held = bytearray()
    while piece := given.read1(_PIECE):
        if deadline.is_over:
            raise TimeoutError
        held += unpack.decompress(piece, LARGEST + 1 - len(held)) if unpack else piece
        if len(held) > LARGEST:
            return bytes(held[:LARGEST]), True
    if deadline.is_over:
        raise TimeoutError
    if given.length:
        raise http.client.IncompleteRead(bytes(held), given.length)
    return bytes(held), False
