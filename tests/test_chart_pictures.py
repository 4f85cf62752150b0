"""Charts as pictures for mail: drawn offline where a Chromium is, and never in the way of a letter."""

import os
import struct
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.web import notice_house
from tests.web.notice_house import MONDAY, Desk, a_week, words
from tracker import chart_pictures

FIGURE: dict[str, Any] = {
    "data": [{"type": "scatter", "mode": "lines", "y": [1, 4, 9, 16]}],
    "layout": {"paper_bgcolor": "#ffffff"},
}
PNG = b"\x89PNG\r\n\x1a\n"


def size(png: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    chart_pictures._once.cache_clear()
    yield
    chart_pictures._once.cache_clear()


def program(folder: Path, script: str) -> str:
    """A stand-in for a browser that misbehaves as only a broken one would."""
    path = folder / "browser"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.browser
def test_a_figure_becomes_a_sharp_png() -> None:
    drawn = chart_pictures.drawn(FIGURE, 600, 300)
    assert drawn is not None and drawn.startswith(PNG) and size(drawn) == (1200, 600)
    assert len(drawn) < 200_000


@pytest.mark.browser
def test_no_text_of_a_figure_ends_the_script_it_stands_in() -> None:
    figure = {**FIGURE, "layout": {"title": {"text": "</script><script>document.body.textContent='x'</script>"}}}
    drawn = chart_pictures.drawn(figure, 600, 300)
    assert drawn is not None and size(drawn) == (1200, 600)


def test_without_a_chromium_there_is_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chart_pictures.drawn(FIGURE, 600, 300, "none") is None
    assert chart_pictures.drawn(FIGURE, 600, 300, "/nowhere/chromium") is None
    monkeypatch.setenv("PATH", "")
    assert chart_pictures.drawn(FIGURE, 600, 300) is None


def test_a_browser_that_draws_nothing_gives_no_picture(tmp_path: Path) -> None:
    assert chart_pictures.drawn(FIGURE, 600, 300, program(tmp_path, "echo nothing; exit 3")) is None


def test_a_browser_that_hangs_is_ended_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chart_pictures, "TIMEOUT_SECONDS", 0.5)
    held = tmp_path / "child"
    began = time.monotonic()
    assert chart_pictures.drawn(FIGURE, 600, 300, program(tmp_path, f"sleep 60 & echo $! > {held}; wait")) is None
    assert time.monotonic() - began < 5
    child = int(held.read_text())
    deadline = time.monotonic() + 5
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(child)


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return not Path(f"/proc/{process}/stat").exists() or " Z " not in Path(f"/proc/{process}/stat").read_text()


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with notice_house.running(database_url, chromium="") as found:
        campaign, rows = a_week()
        found.house.keep(*rows, campaign=campaign)
        found.passed("0:10", *(f"{percent}:10" for percent in range(10, 101, 10)))
        yield found


@pytest.mark.browser
def test_the_digest_shows_the_chart_with_its_sentence_and_loads_nothing(desk: Desk) -> None:
    desk.wish("audience")
    desk.wish("admin", "uk")
    assert desk.round(MONDAY) == 2
    for letter in desk.box.letters:
        html = letter.get_body(("html",))
        assert (
            html is not None and 'src="cid:growth"' in html.get_content() and "http" not in "".join(sources(html))
        )
        (picture,) = [part for part in letter.walk() if part.get_content_type() == "image/png"]
        assert picture["Content-ID"] == "<growth>" and picture.get_content_disposition() == "inline"
        assert size(picture.get_content()) == (1040, 560)
        assert list(letter.iter_attachments()) == []
    english = next(one for one in desk.box.letters if one["Content-Language"] == "en")
    alt = words(english).split("\n\n")[1]
    assert f'alt="{alt}"' in words(english, "html")


def sources(html: EmailMessage) -> list[str]:
    return [part.split('"')[0] for part in html.get_content().split('src="')[1:]]
