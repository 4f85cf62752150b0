"""The one door to the plotly package: plotly.js as it carries it, served by us under names that hold its hash."""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

from flask import Blueprint, Response, abort, request, url_for

from tracker.web.guard import public

blueprint = Blueprint("plotly_files", __name__, url_prefix="/charts")


@dataclass(frozen=True, slots=True)
class Bundle:
    """plotly.js as the Python package carries it, ready to send; the hash is part of its address."""

    digest: str
    script_gzip: bytes
    style: bytes
    """The rules that plotly.js would write into the page, which our policy forbids: sent as a file instead."""
    foreign_style_id: str
    """Its map library adds a style of its own unless an element of this id is there; ours is an empty one."""


@cache
def bundle() -> Bundle:
    """Read, compress and take apart the bundle: once a process, some 0.7 s."""
    raw = resources.files("plotly").joinpath("package_data/plotly.min.js").read_bytes()
    text = raw.decode()
    rules = re.search(r'\{"X,X div":(?:"[^"]*"|\'[^\']*\'|[^}"\'])*\}', text)
    foreign = re.search(r'getElementById\("([0-9a-f]{64})"\)', text)
    if rules is None or foreign is None:
        raise RuntimeError("this plotly.js keeps its styles elsewhere: look at tracker/web/plotly_files.py")
    packed = gzip.compress(raw, compresslevel=9, mtime=0)
    return Bundle(hashlib.sha256(raw).hexdigest()[:16], packed, _style(rules.group(0)), foreign.group(1))


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
        is_packed = "gzip" in request.headers.get("Accept-Encoding", "")
        body = ready.script_gzip if is_packed else gzip.decompress(ready.script_gzip)
        response = Response(body, mimetype="text/javascript")
        if is_packed:
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
    else:
        abort(404)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
