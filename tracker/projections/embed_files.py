"""The files the banner is made of, packed: comments and indentation stay with us, not with the reader."""

from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256, sha384
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "static" / "e"


@dataclass(frozen=True, slots=True)
class Script:
    """The embed script as it is served."""

    body: bytes
    digest: str
    """Names the immutable copy, /e/v1.HASH.js."""
    integrity: str
    """The value of the script tag's integrity attribute."""


def packed(source: str) -> str:
    """`source` without its comment lines and indentation; a source of ours puts nothing else on such lines."""
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(("//", "/*")))


@lru_cache
def style() -> str:
    """The banner's look, for the script's shadow tree and for the frame alike."""
    return packed((FOLDER / "goal.css").read_text()).replace("\n", "")


@lru_cache
def frame_script() -> str:
    """What the frame tells the page around it; it stands in the frame, a file would cost a request."""
    return packed((FOLDER / "frame.js").read_text())


@lru_cache
def reserve() -> bytes:
    """/e/v1.css: keeps the banner's place in an article before anything has loaded."""
    return packed((FOLDER / "v1.css").read_text()).encode()


@lru_cache
def script() -> Script:
    """/e/v1.js with the look in it: one request less."""
    source = packed((FOLDER / "v1.js").read_text())
    body = source.replace("GOAL_CSS", style().replace("\\", "\\\\").replace("`", "\\`")).encode()
    integrity = "sha384-" + b64encode(sha384(body).digest()).decode()
    return Script(body, sha256(body).hexdigest()[:10], integrity)
