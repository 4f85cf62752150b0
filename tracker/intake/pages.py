"""Fetches a page of a publisher for staff: only hosts of the campaigns, only public addresses, little and soon.

The connection is reach.py's, which asks public addresses alone; each redirect is looked at anew.
"""

import http.client
import ssl
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from tracker import reach
from tracker.core.findings import N_, Finding, shown
from tracker.reach import Deadline

PORTS = {"http": 80, "https": 443}
MOST_HOPS = 5
SECONDS = 10.0
LARGEST = 2 * 1024 * 1024
LONGEST_URL = 2048
_PIECE = 65_536
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SAFE = "/%:@!$&'()*+,;=~?"
"""Characters of a path or query that stay as they are; letters of other scripts are encoded, as browsers do."""

Resolve = reach.Resolve
resolve = reach.resolve
is_public = reach.is_public


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
    retry_after: str = ""
    """The header as written: when it may be asked again."""


def fetch(url: str, door: Door, resolver: Resolve = resolve) -> Answer:
    """The page at `url`, redirects followed. UnfetchedError where it may not or cannot be fetched."""
    deadline = reach.within(door.seconds)
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


def _ask(parts: SplitResult, door: Door, resolver: Resolve, deadline: Deadline) -> tuple[Answer, str]:
    """(the answer, where it sends us on)."""
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    addresses = _addresses(host, port, door, resolver, deadline)
    name = host if parts.scheme == "https" else None
    connection = http.client.HTTPConnection(host, port)
    try:
        with reach.connected(addresses, port, deadline, name, door.trust) as sock:
            connection.sock = sock
            target = parts._replace(scheme="", netloc="").geturl()
            connection.request("GET", target, headers=_headers(parts, door))
            given = connection.getresponse()
            body, is_cut = _body(given, deadline)
            policies = given.headers.get_all("Content-Security-Policy") or []
            kind, location = given.headers.get("Content-Type", ""), given.headers.get("Location", "")
            later = given.headers.get("Retry-After", "")
            answer = Answer(parts.geturl(), (), given.status, kind, tuple(policies), body, is_cut, later)
            return answer, location
    except (OSError, http.client.HTTPException, UnicodeError, ValueError, zlib.error) as error:
        raise _away(parts, error, deadline, door) from None


def _away(parts: SplitResult, error: Exception, deadline: Deadline, door: Door) -> UnfetchedError:
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


def _addresses(host: str, port: int, door: Door, resolver: Resolve, deadline: Deadline) -> Sequence[str]:
    """What the name stands for, looked up once; all of it must be public, or none is asked."""
    is_own = bool(door.own_port) and port == door.own_port
    try:
        return reach.addresses(host, port, resolver, deadline, own_machine=is_own)
    except reach.UnknownNameError:
        words = N_("The name %(host)s is not known: look at its spelling.")
    except reach.NotPublicError:
        words = N_("%(host)s stands for an address that is not public: only pages that readers reach are asked.")
    raise UnfetchedError(words, host=shown(host))


def _body(given: http.client.HTTPResponse, deadline: Deadline) -> tuple[bytes, bool]:
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
