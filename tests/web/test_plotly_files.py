"""plotly.js as browsers get it: the small bundle where there is one, the whole one else, the same to the page."""

import gzip
import io
import subprocess
import sys
import tarfile
from importlib import resources
from pathlib import Path

import pytest
from flask import Flask

from tracker.local import bundle as fetched
from tracker.web import plotly_files

ROOT = Path(__file__).parents[2]
WHOLE = resources.files("plotly").joinpath("package_data/plotly.min.js").read_bytes()


def test_the_small_bundle_is_of_the_version_inside_the_python_package() -> None:
    assert plotly_files.version(WHOLE) == fetched.VERSION, "write VERSION and SHA256 anew in local/bundle.py"


def test_where_set_up_fetched_the_small_bundle_it_is_served() -> None:
    assert plotly_files.bundle().is_basic == fetched.SCRIPT.exists()
    if fetched.SCRIPT.exists():
        assert plotly_files.version(fetched.SCRIPT.read_bytes()) == fetched.VERSION
        assert len(plotly_files.bundle().script["br"]) < 330 * 1024


def test_both_bundles_are_asked_for_the_same_styles() -> None:
    whole = plotly_files.of(WHOLE, is_basic=False)
    assert whole.style == plotly_files.bundle().style and whole.style.count(b"{") > 40
    assert set(whole.script) == {"gzip"} and gzip.decompress(whole.script["gzip"]) == WHOLE


@pytest.mark.parametrize(
    ("accepts", "encoding"),
    [("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("identity", None)],
)
def test_each_browser_gets_the_tightest_packing_it_reads(accepts: str, encoding: str | None) -> None:
    app = Flask(__name__)
    app.register_blueprint(plotly_files.blueprint)
    ready = plotly_files.bundle()
    answer = app.test_client().get(f"/charts/plotly.{ready.digest}.js", headers={"Accept-Encoding": accepts})
    wanted = "gzip" if encoding == "br" and not ready.is_basic else encoding
    assert answer.headers.get("Content-Encoding") == wanted and answer.headers["Vary"] == "Accept-Encoding"
    assert answer.data == (ready.script[wanted] if wanted else gzip.decompress(ready.script["gzip"]))


def test_another_script_under_the_same_name_is_not_taken(tmp_path: Path) -> None:
    archive, script = tmp_path / "bundle.tgz", b"/* plotly.js (basic - minified) v4.1.1 */ alert()"
    with tarfile.open(archive, "w:gz") as tar:
        member = tarfile.TarInfo(fetched.MEMBER)
        member.size = len(script)
        tar.addfile(member, io.BytesIO(script))
    with pytest.raises(fetched.BundleError, match="another content"):
        fetched.taken(archive)


@pytest.mark.parametrize("has_npm", [False, True])
def test_set_up_goes_on_without_npm_or_its_registry_and_says_so(tmp_path: Path, has_npm: bool) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    if has_npm:
        (programs / "npm").write_text("#!/bin/sh\nexit 1\n")
        (programs / "npm").chmod(0o755)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    told = subprocess.run(
        [str(tmp_path / "venv" / "bin" / "python"), "-I", str(ROOT / "tracker/local/bundle.py")],
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0 and "charts use the whole plotly.js" in told.stdout
    assert ("npm cannot fetch" if has_npm else "no npm here") in told.stdout
    assert not list((tmp_path / "venv" / "share").rglob("plotly*"))
