"""The files the banner is made of, packed: comments and indentation stay with us, not with the reader."""

from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256, sha384
from pathlib import Path

PACKED = "v1.min.js"
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
    """A style without its comment lines and indentation; a source of ours puts nothing else on such lines."""
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("/*"))


@lru_cache
def style() -> str:
    """The banner's look, for the script's shadow tree and for the frame alike."""
    return packed(_read("goal.css")).replace("\n", "")


@lru_cache
def frame_style() -> str:
    """The look with what only the frame's page needs."""
    return style() + packed(_read("frame.css")).replace("\n", "")


@lru_cache
def frame_script() -> str:
    """What the frame tells the page around it; it stands in the frame, a file would cost a request."""
    return packed((FOLDER / "frame.js").read_text())


@lru_cache
def reserve() -> bytes:
    """/e/v1.css: keeps the banner's place in an article before anything has loaded."""
    return packed(_read("v1.css")).encode()


@lru_cache
def script() -> Script:
    """/e/v1.js with the look in it: one request less. Small because `pack` made it so ahead of time."""
    body = _read(PACKED).partition("\n")[2].encode()
    integrity = "sha384-" + b64encode(sha384(body).digest()).decode()
    return Script(body, sha256(body).hexdigest()[:10], integrity)


def source() -> str:
    """The script with the look in it as it is written, before packing."""
    look = style().replace("\\", "\\\\").replace("`", "\\`")
    return _read("v1.js").replace("GOAL_CSS", look)


def mark() -> str:
    """The first line of the packed script; it names the source, so that a stale one is seen without a packer."""
    digest = sha256(source().encode()).hexdigest()[:16]
    return f"// made of {digest} by make embed: change v1.js and goal.css instead"


def pack() -> None:
    """Write the packed script anew, with a minifier that only developers need."""
    import minify

    (FOLDER / PACKED).write_text(f"{mark()}\n{minify.string('text/javascript', source())}\n")


def _read(name: str) -> str:
    return (FOLDER / name).read_text()
