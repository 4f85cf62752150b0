"""Makes `.venv` from the locked requirements, again only when they change.

Run as a script by the machine's own Python, before anything is installed: `python -I install.py run|dev`.
Installing is uv's work, itself locked and fetched by pip, because it takes seconds where pip takes half a minute;
pip does the whole where uv cannot be had. Indexes, certificates and proxies are pip's as configured here.
"""

import ast
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
LOCKS = ROOT / "requirements"
BUNDLE = Path(__file__).with_name("bundle.py")
PIP = ["install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-compile", "--no-deps"]
NO_VENV = (
    "this Python has no pip to make a virtual environment with: on Debian or Ubuntu `apt install python3-venv`, "
    "or set PYTHON= to another Python 3.11 or later"
)
# pip's setting: uv's variable for it, and what stands between its values there.
SETTINGS = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "no-index": ("UV_NO_INDEX", " "),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "proxy": ("ALL_PROXY", " "),
}


class InstallError(Exception):
    """The environment cannot be made; the text says what to do."""


def main(kind: str) -> int:
    """Bring `.venv` to the state of `requirements/KIND.txt`; the exit code."""
    with _locked():
        stamp = VENV / f".installed-{kind}"
        state = _state(kind)
        if PYTHON.exists() and stamp.exists() and stamp.read_text() == state:
            return 0
        try:
            _install(kind)
        except InstallError as error:
            print(error, file=sys.stderr)
            return 1
        stamp.write_text(state)
    return 0


@contextmanager
def _locked() -> Iterator[None]:
    """Two `make` at once wait for each other."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _state(kind: str) -> str:
    """Changes when the lock, the project's own metadata, its place or the Python do, or npm comes."""
    read = [LOCKS / f"{kind}.txt", LOCKS / "uv.txt", ROOT / "pyproject.toml", Path(__file__), BUNDLE]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in read))
    digest.update(f"{ROOT} {sys.version} {shutil.which('npm') is None}".encode())
    return digest.hexdigest()


def _install(kind: str) -> None:
    print(f"Installing what requirements/{kind}.txt locks into .venv", flush=True)
    with _told("virtual environment"):
        _make_venv()
    bundle = subprocess.Popen([str(PYTHON), "-I", str(BUNDLE)])  # bounded by itself, and needs no package
    with _told("uv, the installer"):
        has_uv = _fetch_uv()
    lock = ["--require-hashes", "-r", str(LOCKS / f"{kind}.txt")]
    ours = ["--no-build-isolation", "-e", str(ROOT)]
    if has_uv:
        with _told("packages"):
            env = _uv_environment()
            has_uv = _uv(lock, env) and _uv(ours, env)
    if not has_uv:
        print("  uv does not work here; pip takes over, give it a minute", flush=True)
        with _told("packages, by pip"):
            _pip([*PIP, *lock], "the packages cannot be installed")
            _pip([*PIP, *ours], "tracker itself cannot be installed")
    with _told("plotly.js for browsers"):
        bundle.wait()  # whatever came of it: without it the charts are only heavier


@contextmanager
def _told(name: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    print(f"  {name:<24}{time.monotonic() - began:6.1f} s", flush=True)


def _make_venv() -> None:
    if (VENV / "pyvenv.cfg").exists() and not _is_of_this_python():
        shutil.rmtree(VENV)
    if (
        not PYTHON.exists()
        and subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(VENV)]).returncode
    ):
        raise InstallError(NO_VENV)


def _is_of_this_python() -> bool:
    """Whether the environment there runs, and runs the Python that we are."""
    ask = "import sys; print(sys.version)"
    try:
        told = subprocess.run([str(PYTHON), "-c", ask], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return told.stdout.strip() == sys.version.replace("\r", "").strip()


def _bundled_pip() -> Path | None:
    """The pip that comes with Python, unpacked; that saves the seconds of installing it."""
    unpacked = VENV / ".pip"
    if unpacked.exists():
        return unpacked
    spec = importlib.util.find_spec("ensurepip")  # Debian keeps it in a package of its own
    places = (
        Path(spec.origin or "" if spec else "").parent / "_bundled",
        Path(sysconfig.get_config_var("WHEEL_PKG_DIR") or "/usr/share/python-wheels"),
    )
    wheels = [wheel for place in places for wheel in sorted(place.glob("pip-*.whl"), reverse=True)]
    if not wheels:
        return None
    aside = VENV / ".pip.new"
    shutil.rmtree(aside, ignore_errors=True)
    with zipfile.ZipFile(wheels[0]) as wheel:
        wheel.extractall(aside)
    return aside.rename(unpacked)


def _pip_command() -> tuple[list[str], dict[str, str]]:
    bundled = _bundled_pip()
    if bundled:
        return [str(PYTHON), "-m", "pip"], {**os.environ, "PYTHONPATH": str(bundled)}
    outside = [sys.executable, "-m", "pip"]
    if subprocess.run([*outside, "--version"], capture_output=True).returncode:
        raise InstallError(NO_VENV)
    return [*outside, "--python", str(PYTHON)], dict(os.environ)


def _pip(words: list[str], trouble: str) -> None:
    command, env = _pip_command()
    done = subprocess.run([*command, *words], env=env, capture_output=True, text=True)
    if done.returncode:
        raise InstallError(f"{trouble}; pip says:\n{done.stderr.strip()}")


def _fetch_uv() -> bool:
    if _works():
        return True
    try:
        _pip([*PIP, "--only-binary", ":all:", "--require-hashes", "-r", str(LOCKS / "uv.txt")], "no uv")
    except InstallError as error:
        if str(error) == NO_VENV:
            raise
    return _works()


def _works() -> bool:
    locked = (LOCKS / "uv.txt").read_text().split(" ", 1)[0].partition("==")[2]
    try:
        told = subprocess.run([str(UV), "--version"], capture_output=True, text=True)
    except OSError:
        return False
    return told.stdout.split()[1:2] == [locked]


def _uv(words: list[str], env: dict[str, str]) -> bool:
    command = [str(UV), "pip", "install", "--quiet", "--no-config", "--python", str(PYTHON), "--no-deps", *words]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode:
        print(f"  {done.stderr.strip()}", flush=True)
    return done.returncode == 0


def _uv_environment() -> dict[str, str]:
    """Ours, with what pip is told on this machine said in uv's words."""
    env = {
        **os.environ,
        "UV_PYTHON_DOWNLOADS": "never",
    }
    # Every hash is locked, so a package may come from whichever index has it, as pip does it.
    env["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    told = _pip_settings()
    for name, (variable, separator) in SETTINGS.items():
        if name in told and variable not in os.environ:
            env[variable] = separator.join(told[name])
    return env


def _pip_settings() -> dict[str, list[str]]:
    """pip's settings from its files and variables, the stronger last: global, install, environment."""
    command, env = _pip_command()
    told = subprocess.run([*command, "config", "list"], env=env, capture_output=True, text=True).stdout
    found: dict[str, dict[str, list[str]]] = {"global": {}, "install": {}, ":env:": {}}
    for line in told.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.partition(".")
        if section in found:
            found[section][name] = ast.literal_eval(value).split()  # pip prints it as Python would
    return {**found["global"], **found["install"], **found[":env:"]}


def lock() -> int:
    """Write the locks anew with the newest versions that pyproject.toml allows; the exit code."""
    # Extra indexes and folders of this machine hold only the files for it; a lock names those of every platform.
    env = {name: value for name, value in _uv_environment().items() if name not in {"UV_INDEX", "UV_FIND_LINKS"}}
    command = [str(UV), "pip", "compile", "--quiet", "--no-config", "--upgrade"]
    command += ["--universal", "--generate-hashes", "--no-header", "--python-version", "3.11"]
    sources = {
        "run": ["pyproject.toml"],
        "dev": ["pyproject.toml", "--extra", "dev", "-c", "requirements/run.txt"],
        "uv": ["-"],
        "embed": ["-"],
    }
    asked = {"uv": "uv\n", "embed": "tdewolff-minify\n"}
    for name, source in sources.items():
        words = [*command, *source, "-o", f"requirements/{name}.txt"]
        done = subprocess.run(
            words, cwd=ROOT, env=env, input=asked.get(name), text=True, stdout=subprocess.DEVNULL
        )
        if done.returncode:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(lock() if sys.argv[1] == "lock" else main(sys.argv[1]))
