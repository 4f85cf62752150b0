"""The one door to plotly.js: the basic bundle where set-up could fetch it, else the Python package's whole one.

Both draw all our charts. Served by us, packed before anybody asks, under names that hold a hash.
"""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

from flask import Blueprint, Response, abort, request, url_for

from tracker.local import bundle as fetched
from tracker.web.guard import public

blueprint = Blueprint("plotly_files", __name__, url_prefix="/charts")


@dataclass(frozen=True, slots=True)
class Bundle:
    """plotly.js, ready to send; the hash is part of its address."""

    digest: str
    is_basic: bool
    script: dict[str, bytes]
    """By content encoding: `gzip`, and `br` where set-up packed it."""
    style: bytes
    """The rules that plotly.js would write into the page, which our policy forbids: sent as a file instead."""
    foreign_style_id: str
    """A library in it adds a style of its own unless an element of this id is there; ours is an empty one."""


@cache
def bundle() -> Bundle:
    """Read, pack and take apart the bundle: once a process, some 0.15 s for the basic one, 0.7 s for the whole."""
    whole = resources.files("plotly").joinpath("package_data/plotly.min.js").read_bytes()
    basic = fetched.SCRIPT.read_bytes() if fetched.SCRIPT.exists() else b""
    # After an upgrade without npm the one of before may still lie there.
    is_basic = bool(basic) and version(basic) == version(whole)
    return of(basic if is_basic else whole, is_basic=is_basic)


def of(raw: bytes, *, is_basic: bool) -> Bundle:
    """A bundle of plotly.js taken apart; RuntimeError where it keeps its styles otherwise than we know."""
    text = raw.decode()
    rules = re.search(r'\{"X,X div":(?:"[^"]*"|\'[^\']*\'|[^}"\'])*\}', text)
    foreign = re.search(r'getElementById\("([0-9a-f]{64})"\)', text)
    if rules is None or foreign is None:
        raise RuntimeError("this plotly.js keeps its styles elsewhere: look at tracker/web/plotly_files.py")
    script = {"gzip": gzip.compress(raw, compresslevel=9, mtime=0)}
    if is_basic and fetched.BROTLI.exists():
        script["br"] = fetched.BROTLI.read_bytes()
    return Bundle(hashlib.sha256(raw).hexdigest()[:16], is_basic, script, _style(rules.group(0)), foreign.group(1))


def version(raw: bytes) -> str:
    """What a bundle says of itself in its first lines: "4.1.1"; empty for anything else."""
    found = re.search(rb"plotly\.js \D*v([0-9.]+)", raw[:200])
    return found.group(1).decode() if found else ""


def _style(rules: str) -> bytes:
    """The bundle's table {selector: declarations}, in which X stands for a plot and Y for a notice, as CSS."""
    lines = []
    for selector, quoted, plain in re.findall(r'(?:"([^"]+)"|\bY\b):(?:"([^"]*)"|\'([^\']*)\')', rules):
        where = (
            re.sub(r"^,", " ,", selector or "Y")
            .replace("X", ".js-plotly-plot .plotly")
            .replace("Y", ".plotly-notifier")
        )
        lines.append(f"{where}{{{quoted or plain}}}")
    return "\n".join(lines).encode()


def links() -> dict[str, str]:
    """What a page with a chart needs: `script`, `style` (addresses) and `foreign_style_id`."""
    ready = bundle()
    return {
        "script": url_for("plotly_files.file", name=f"plotly.{ready.digest}.js"),
        "style": url_for("plotly_files.file", name=f"plotly.{ready.digest}.css"),
        "foreign_style_id": ready.foreign_style_id,
    }


@blueprint.get("/<name>")
@public
def file(name: str) -> Response:
    """plotly.js or its style, under a name that holds its hash: kept by browsers for ever."""
    ready = bundle()
    if name == f"plotly.{ready.digest}.css":
        response = Response(ready.style, mimetype="text/css")
    elif name == f"plotly.{ready.digest}.js":
        encoding = request.accept_encodings.best_match([*reversed(ready.script)])
        body = ready.script[encoding] if encoding else gzip.decompress(ready.script["gzip"])
        response = Response(body, mimetype="text/javascript")
        if encoding:
            response.headers["Content-Encoding"] = encoding
        response.headers["Vary"] = "Accept-Encoding"
    else:
        abort(404)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
