"""Fetches plotly.js's basic bundle for the browser at set-up: a quarter of what the Python package carries.

Run as a script by the environment's Python: `python -I bundle.py`. Needs npm and its registry as configured here;
where either is missing the pages serve the whole bundle of the Python package, and look the same. What is fetched
is taken only with the digest written here: a registry can refuse us, not change what runs in the pages.
"""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "plotly.js-basic-dist-min"
MEMBER = "package/plotly-basic.min.js"
# The plotly.js inside the locked Python package `plotly`; a test holds both to one version.
VERSION = "4.1.1"
SHA256 = "99784e3abfb07b142a15e521a439e6d9addceadb3f79553fd24c72774f0649ba"
FOLDER = Path(sys.prefix) / "share" / "tracker"
SCRIPT = FOLDER / "plotly-basic.min.js"
BROTLI = FOLDER / "plotly-basic.min.js.br"
_SECONDS = 60
# Packs as tightly as Brotli can and reads it back; node comes with npm.
_PACK = """
const fs = require("fs"), { constants: c, ...zlib } = require("zlib"), [from, to] = process.argv.slice(-2);
const raw = fs.readFileSync(from), params = {
  [c.BROTLI_PARAM_QUALITY]: 11, [c.BROTLI_PARAM_LGWIN]: 24, [c.BROTLI_PARAM_SIZE_HINT]: raw.length };
const packed = zlib.brotliCompressSync(raw, { params });
if (!zlib.brotliDecompressSync(packed).equals(raw)) process.exit(1);
fs.writeFileSync(to, packed);
"""


class BundleError(Exception):
    """The small bundle cannot be had here; the text says why."""


def fetch() -> None:
    """Put SCRIPT and BROTLI in place, unless they are there. BundleError says why not; nothing is left half."""
    if SCRIPT.exists() and _digest(SCRIPT.read_bytes()) == SHA256 and BROTLI.exists():
        return
    npm = shutil.which("npm")
    if npm is None:
        raise BundleError("there is no npm here")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as scratch:
        fresh = Path(scratch) / SCRIPT.name
        fresh.write_bytes(taken(_packed(npm, Path(scratch))))
        packed = Path(scratch) / BROTLI.name
        if not _run([shutil.which("node") or "node", "-e", _PACK, "--", str(fresh), str(packed)], Path(scratch)):
            raise BundleError("node cannot pack it")
        packed.replace(BROTLI)  # before the script: whoever sees that one finds this one
        fresh.replace(SCRIPT)


def taken(archive: Path) -> bytes:
    """The script in npm's archive; BundleError where it is not the one we know."""
    with tarfile.open(archive) as tar:
        member = tar.extractfile(MEMBER)
        script = member.read() if member else b""
    if _digest(script) != SHA256:
        raise BundleError(f"{PACKAGE} {VERSION} came with another content than the one that was looked at")
    return script


def _packed(npm: str, folder: Path) -> Path:
    words = ["pack", "--silent", "--ignore-scripts", "--fetch-retries=1", f"{PACKAGE}@{VERSION}"]
    if not _run([npm, *words], folder):
        raise BundleError(f"npm cannot fetch {PACKAGE} {VERSION}")
    return folder / f"{PACKAGE}-{VERSION}.tgz"


def _run(command: list[str], folder: Path) -> bool:
    try:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _digest(script: bytes) -> str:
    return hashlib.sha256(script).hexdigest()


if __name__ == "__main__":
    try:
        fetch()
    except (BundleError, OSError, tarfile.TarError, KeyError) as error:
        print(f"  charts use the whole plotly.js ({error})", flush=True)
