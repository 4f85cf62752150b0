"""The one door for pictures of charts: a figure becomes a PNG where a Chromium is found; for mail, offline.

A browser of its own is started for each picture, with a folder of its own that goes with it, no name resolved and
an end by force after TIMEOUT_SECONDS. It runs without its sandbox only as root, where Chromium has none. It opens
a page of ours alone, in which nothing but our figure stands.
"""

import base64
import json
import logging
import os
import re
import shutil
import signal
import subprocess
import tempfile
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TIMEOUT_SECONDS = 20
SCALE = 2
"""Pixels for each of the figure's, so that letters are sharp on a phone."""
LARGEST = 1024 * 1024
_SWITCHES = """--headless --disable-gpu --no-first-run --disable-background-networking --disable-component-update
--disable-sync --disable-extensions --mute-audio --virtual-time-budget=10000 --dump-dom""".split()
_OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND"
_FOUND = re.compile(rb"data:image/png;base64,([A-Za-z0-9+/=]+)")
_log = logging.getLogger(__name__)


def program(setting: str) -> str | None:
    """The Chromium to use: the setting's, else the first on PATH; None where there is none or it is `none`."""
    if setting:
        return None if setting == "none" else shutil.which(setting)
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


def drawn(figure: dict[str, Any], width: int, height: int, setting: str = "") -> bytes | None:
    """The figure as PNG, `width` by `height` CSS pixels; None where no Chromium is, or it did not draw."""
    found = program(setting)
    plotly = find_spec("plotly")
    if found is None or plotly is None or not plotly.submodule_search_locations:
        return None
    script = Path(plotly.submodule_search_locations[0]) / "package_data" / "plotly.min.js"
    return _once(found, str(script), json.dumps(figure, sort_keys=True), width, height)


@lru_cache(maxsize=8)
def _once(found: str, script: str, figure: str, width: int, height: int) -> bytes | None:
    """A letter goes to several persons: the same picture is drawn once in a process."""
    with tempfile.TemporaryDirectory(prefix="chart-", ignore_cleanup_errors=True) as folder:
        page = Path(folder) / "chart.html"
        page.write_text(_page(Path(script).as_uri(), figure, width, height), encoding="utf-8")
        told = _run([found, *_SWITCHES, _OFFLINE, f"--user-data-dir={folder}/user", *_root(), page.as_uri()])
    match = _FOUND.search(told)
    if match is None or len(match.group(1)) > LARGEST:
        _log.warning("a chart could not be drawn for mail: the letter goes without it")
        return None
    return base64.b64decode(match.group(1))


def _page(script: str, figure: str, width: int, height: int) -> str:
    """A page that draws the figure and then holds nothing but the picture's address."""
    data = figure.replace("<", "\\u003c")  # no text of the figure may end the script
    size = f'{{format: "png", width: {width}, height: {height}, scale: {SCALE}}}'
    return (
        f'<!doctype html><meta charset="utf-8"><script src="{script}"></script><body><script>'
        f"Plotly.toImage({data}, {size}).then((url) => {{ document.body.textContent = url; }});</script>"
    )


def _root() -> list[str]:
    return ["--no-sandbox"] if os.geteuid() == 0 else []


def _run(command: list[str]) -> bytes:
    """What the browser tells; all of its processes end with the time limit."""
    try:
        browser = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return b""
    with browser:
        try:
            return browser.communicate(timeout=TIMEOUT_SECONDS)[0]
        except BaseException as error:
            os.killpg(browser.pid, signal.SIGKILL)  # not waited for yet: the number is still its own
            if isinstance(error, subprocess.TimeoutExpired):
                return b""
            raise
