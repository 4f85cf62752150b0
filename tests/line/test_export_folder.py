"""`tracker export` into a folder that fills up, that another export writes to, or in which one was killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.line.conftest import House
from tests.line.test_closing import over
from tests.line.test_month_commands import desk, run

__all__ = ["desk", "over"]
ROOT = Path(__file__).parents[2]
EXPORT = """
import resource, signal, sys, time
from datetime import datetime
from tracker import clock, cli, command
from tracker.app import ROOT, create_app
from tracker.projections.finance import outgoing

now, month, out, most_bytes = sys.argv[1:]
if int(most_bytes):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(most_bytes), resource.RLIM_INFINITY))
signal.signal(signal.SIGINT, signal.default_int_handler)
clock.now = lambda: datetime.fromisoformat(now)
def slow(*given):
    print("waiting", flush=True)
    time.sleep(60)

outgoing.manifest.of_open = slow
cli.tracker(["export", month, "--out", out], obj=cli.Context(ROOT, create_app))
"""


def begun(house: House, out: Path, most_bytes: int = 0) -> subprocess.Popen[str]:
    """An export by a process of its own that has written every file and not the manifest, if it comes so far."""
    settings = house.line.settings
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": settings.database_url,
        "SECRET_KEY": settings.secret_key,
        "TIMEZONE": settings.timezone,
    }
    # A shell that starts the tests in the background has SIGINT ignored; a terminal has not.
    command = [sys.executable, "-c", EXPORT, house.now().isoformat(), "2026-11", str(out), str(most_bytes)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == ("" if most_bytes else "waiting\n")
    return process


def test_a_disk_that_is_full_is_told_in_words_and_nothing_is_left_on_it(desk: House, tmp_path: Path) -> None:
    """As the system tells it of a file that may grow no more."""
    out = tmp_path / "books"
    process = begun(desk, out, most_bytes=300)
    told = process.communicate(timeout=60)[1]
    assert process.returncode == 2 and "File too large: name a folder" in told and "with room" in told
    assert not out.exists()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_what_an_export_left_that_was_ended_is_gone_after_the_next(
    desk: House, tmp_path: Path, how: signal.Signals
) -> None:
    out = tmp_path / "books"
    process = begun(desk, out)
    process.send_signal(how)
    assert process.wait(30) != 0
    left = list(out.glob("*.csv")) if out.exists() else []
    assert left == []
    assert run(desk, "export", "2026-11", "--out", str(out)).exit_code == 0
    assert [path.name for path in out.iterdir() if path.name.startswith(".")] == []
    assert (out / "manifest.json").exists()


def test_two_exports_into_one_folder_never_mix_their_files(desk: House, tmp_path: Path) -> None:
    out = tmp_path / "books"
    process = begun(desk, out)
    try:
        done = run(desk, "export", "2026-11", "--out", str(out))
        assert done.exit_code == 1 and "another export is writing there" in done.output
        assert len(list(out.iterdir())) == 1, "the other's unfinished folder is left alone"
    finally:
        process.kill()
        process.wait(30)


def test_a_folder_s_other_contents_are_left_alone(desk: House, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / ".unfinished-poem").write_text("mine, too")
    assert run(desk, "export", "2026-11", "--out", str(tmp_path)).exit_code == 0
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / ".unfinished-poem").read_text() == "mine, too"
