"""Limits: by address at the doors that strangers may knock at, sign-in, join and the beacon; by size for files."""

import ipaddress

from flask import Flask, request
from flask_limiter import Limiter

_SOCKETS = ("redis+socket://", "unix://")

_PATIENCE = {"socket_connect_timeout": 1, "socket_timeout": 1}
"""Seconds; counting must not make a reader wait."""

LARGEST_FILE = 5 * 1024 * 1024
"""What a page takes as a file; the command takes more."""
LARGEST_FORM = 2 * LARGEST_FILE
"""A file on its way back from its preview: encoded, signed."""


def network(address: str) -> str:
    """Whom a limit is about: an address, of IPv6 its /64, for whoever has one has all of these 2**64."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((int(found), 64), strict=False))
    return address


limiter = Limiter(lambda: network(request.remote_addr or ""), strategy="fixed-window", headers_enabled=True)


def init_app(app: Flask) -> None:
    """Count in Redis or Valkey where one is set, so that all web processes share the count; else in memory.

    A broker that is down must not close the join page: each process then counts by itself.
    """
    app.config.update(
        RATELIMIT_STORAGE_URI=storage(app.config["TRACKER"].redis_url),
        RATELIMIT_STORAGE_OPTIONS=_PATIENCE if app.config["TRACKER"].redis_url else {},
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
        RATELIMIT_KEY_PREFIX="tracker",
    )
    limiter.init_app(app)
    app.before_request(_sizes)


def _sizes() -> None:
    """Before the guard reads a form for its token: nobody makes us read more than a page can mean."""
    if request.path.startswith("/offline/file"):
        request.max_content_length = request.max_form_memory_size = LARGEST_FORM


def storage(redis_url: str) -> str:
    """The address of REDIS_URL in the limiter's own spelling."""
    for scheme in _SOCKETS:
        if redis_url.startswith(scheme):
            return "redis+unix://" + redis_url.removeprefix(scheme)
    return redis_url or "memory://"
