"""Prepared answers of /e/: bytes, packed bytes and ready header lists; nothing is built while a reader waits."""

import gzip
import re
from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from html import escape

import msgspec

from tracker.projections import embed_files, raster

Headers = list[tuple[str, str]]

SHARED = [
    ("Access-Control-Allow-Origin", "*"),
    ("Timing-Allow-Origin", "*"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
]
STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)
SCRIPT = re.compile(rb"<script type=\"module\">(.*?)</script>", re.DOTALL)
REFUSES_GZIP = re.compile(r"gzip\s*;\s*q=0(?:\.0{0,3})?\s*(?:,|$)")
SHORT = "public, max-age=300, s-maxage=300, stale-while-revalidate=86400, stale-if-error=86400"
FOR_EVER = "public, max-age=31536000, immutable"
BRIEF = "public, max-age=10"
PICTURE_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors *"
"""An SVG opened as a page is a page; ours needs nothing, not even a style."""
SMALLEST_PACKED = 200
"""Below this gzip's own frame eats the gain."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One resource in its two encodings; plain and packed have names of their own, as strong ETags must."""

    status: str
    plain: tuple[Headers, bytes, str]
    """Headers, body, ETag with quotes ("" without one)."""
    packed: tuple[Headers, bytes, str] | None = None

    def choose(self, accepts: str, knows: str) -> tuple[str, Headers, bytes]:
        """Status, headers and body for the request's Accept-Encoding and If-None-Match."""
        use = self.packed if self.packed and _takes_gzip(accepts) else self.plain
        headers, body, etag = use
        if knows and etag and _is_known(etag, knows):
            return "304 Not Modified", [pair for pair in headers if not pair[0].startswith("Content-")], b""
        return self.status, headers, body


def _takes_gzip(accepts: str) -> bool:
    return "gzip" in accepts and (";" not in accepts or not REFUSES_GZIP.search(accepts))


def _is_known(etag: str, knows: str) -> bool:
    return any(tag.strip().removeprefix("W/") in (etag, "*") for tag in knows.split(","))


def lasting(remaining: int) -> str:
    """Cache-Control of a surface true for `remaining` more seconds: no cache may show it past that."""
    left = max(remaining, 0)
    shared = min(30, left)
    return (
        f"public, max-age={min(10, left)}, s-maxage={shared}, "
        f"stale-while-revalidate={min(20, left - shared)}, stale-if-error={min(86400, left - shared)}"
    )


def surface_answer(content_type: str, body: bytes, cache: str) -> Answer:
    """A rendered surface, or a file of ours, with its ETag, packed form and headers."""
    etag, packed, own = _pressed(content_type, body)
    shared = [
        ("Content-Type", content_type),
        ("Cache-Control", cache),
        ("Vary", "Accept-Encoding"),
        *SHARED,
        *own,
    ]
    plain = [*shared, ("ETag", f'"{etag}"'), ("Content-Length", str(len(body)))]
    if not packed:
        return Answer("200 OK", (plain, body, f'"{etag}"'))
    pressed = [
        *shared,
        ("ETag", f'"{etag}-gz"'),
        ("Content-Encoding", "gzip"),
        ("Content-Length", str(len(packed))),
    ]
    return Answer("200 OK", (plain, body, f'"{etag}"'), (pressed, packed, f'"{etag}-gz"'))


@lru_cache(maxsize=1024)
def _pressed(content_type: str, body: bytes) -> tuple[str, bytes, Headers]:
    """What is the same for the same bytes: worked out when they are first seen, not each second."""
    own: Headers = []
    if content_type.startswith("text/html"):
        own = [("Content-Security-Policy", _policy(body))]
    elif content_type == "image/svg+xml":
        own = [("Content-Security-Policy", PICTURE_POLICY)]
    elif content_type == "image/png":  # it may be drawn in another language than the one asked for
        own = [("Content-Language", raster.told(body)[0])]
    is_packed = len(body) >= SMALLEST_PACKED and content_type != "image/png"
    return sha256(body).hexdigest()[:20], gzip.compress(body, 9, mtime=0) if is_packed else b"", own


def _policy(page: bytes) -> str:
    """A frame may stand anywhere and run nothing else: its one style and one script are named by their hash."""
    style, script = _named(STYLE.search(page)), _named(SCRIPT.search(page))
    return (
        f"default-src 'none'; style-src {style}; script-src {script}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors *"
    )


def _named(found: re.Match[bytes] | None) -> str:
    return f"'sha256-{b64encode(sha256(found[1]).digest()).decode()}'" if found else "'none'"


def fixed_answers() -> dict[str, Answer]:
    """The script under its living and its immutable name, and the reserve style."""
    script, code = embed_files.script(), "text/javascript; charset=utf-8"
    return {
        "/e/v1.js": surface_answer(code, script.body, SHORT),
        f"/e/v1.{script.digest}.js": surface_answer(code, script.body, FOR_EVER),
        "/e/v1.css": surface_answer("text/css; charset=utf-8", embed_files.reserve(), SHORT),
    }


@lru_cache(maxsize=64)
def refused(status: str, kind: str, words: str, allow: str = "") -> Answer:
    """An error in words, as JSON or a bare page; the words are ours, never an echo of the request."""
    if kind == "html":
        content_type, body = (
            "text/html; charset=utf-8",
            f"<!doctype html><title>{escape(words)}</title><p>{escape(words)}".encode(),
        )
    else:
        content_type, body = "application/json", msgspec.json.encode({"error": words}) if words else b""
    lasts = BRIEF if status.startswith("404") else "no-store"
    headers = [
        ("Content-Type", content_type),
        ("Cache-Control", lasts),
        *SHARED,
        ("Content-Length", str(len(body))),
    ]
    if kind == "html":
        headers.append(("Content-Security-Policy", _policy(body)))
    if allow:
        headers.append(("Allow", allow))
    if status.startswith("204"):
        headers = [("Cache-Control", "no-store"), *SHARED]
    return Answer(status, (headers, body, ""))
