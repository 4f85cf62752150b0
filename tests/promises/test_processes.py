"""The commands that operators and platforms hold on to: the Procfile's lines, make's targets."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from threading import Thread

import psycopg
import pytest
import requests

from bench import house
from tracker.local import valkey
from tracker.local.children import answers
from tracker.local.life import wait_until
from tracker.local.ports import any_port

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
TARGETS = {"run", "test", "check", "bench", "prove", "audit"}
SITE = """
import time

def make():
    def site(environ, start_response):
        if environ["PATH_INFO"] == "/slow":
            open("begun", "w").close()
            time.sleep(1.5)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"answered"]
    return site
"""
TASKS = """
import os
from celery import Celery

celery = Celery("probe", broker=os.environ["REDIS_URL"])
tick = {"task": "note", "schedule": 0.2, "args": ["beat"], "options": {"queue": "sync"}}
celery.conf.beat_schedule = {"tick": tick}
celery.conf.beat_schedule_filename = "schedule"

@celery.task(name="note", ignore_result=True)
def note(queue):
    open("ran-" + queue, "w").close()
"""


def procfile() -> dict[str, str]:
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {name: command.strip() for name, _, command in (line.partition(":") for line in lines)}


def start(command: str, folder: Path, **env: str) -> subprocess.Popen[bytes]:
    """A Procfile's line as platforms run it, in a folder of its own."""
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return subprocess.Popen(
        ["/bin/sh", "-c", f"exec {command}"],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(folder), **env},
        start_new_session=True,
    )


def end(process: subprocess.Popen[bytes]) -> int:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(30)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def test_the_four_processes_are_there_and_their_programs_installed() -> None:
    commands = procfile()
    assert list(commands) == ["release", "web", "worker", "beat"]
    assert commands["release"] == "tracker db upgrade"
    assert all((BIN / command.split()[0]).exists() for command in commands.values())


def test_web_listens_where_it_is_told_and_answers_what_it_began_before_it_ends(tmp_path: Path) -> None:
    (tmp_path / "probe_site.py").write_text(SITE)
    port = any_port()
    line = procfile()["web"].replace("tracker.app:create_wsgi", "probe_site:make")
    web = start(line, tmp_path, PORT=str(port), GRANIAN_HOST="127.0.0.1", WEB_CONCURRENCY="1")
    try:
        site = f"http://127.0.0.1:{port}/"
        assert wait_until(lambda: answers(site), 30)
        got: list[bytes] = []
        slow = Thread(target=lambda: got.append(urllib.request.urlopen(f"{site}slow", timeout=20).read()))
        slow.start()
        assert wait_until((tmp_path / "begun").exists, 10)
        web.send_signal(signal.SIGTERM)
        slow.join(20)
        assert got == [b"answered"]
    finally:
        assert end(web) == 0


def test_worker_takes_every_queue_and_beat_keeps_its_file_where_told(tmp_path: Path) -> None:
    (tmp_path / "celery_worker.py").write_text(TASKS)
    server = valkey.ensure(tmp_path)
    started = [start(procfile()[name], tmp_path, REDIS_URL=server.url) for name in ("worker", "beat")]
    try:
        assert wait_until((tmp_path / "ran-beat").exists, 30)
        assert list(tmp_path.glob("schedule*"))
        send = "from celery_worker import note\n" + "\n".join(
            f"note.apply_async(['{queue}'], queue='{queue}')" for queue in ("stripe", "reports", "mail")
        )
        env = {**os.environ, "REDIS_URL": server.url}
        subprocess.run([sys.executable, "-c", send], cwd=tmp_path, env=env, check=True, timeout=30)
        for queue in ("stripe", "reports", "mail"):
            assert wait_until((tmp_path / f"ran-{queue}").exists, 20), queue
    finally:
        assert [end(process) for process in started] == [0, 0]
        server.stop()


def test_make_alone_lists_its_targets() -> None:
    told = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  make (\w+) +\S", told, re.MULTILINE)) >= TARGETS


def test_ci_runs_check_and_test() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert re.findall(r"^make (\w+)$", script.read_text(), re.MULTILINE) == ["check", "test"]


@pytest.mark.parametrize("version", [None, "3.9"])
def test_a_python_too_old_or_none_is_said_in_one_line(tmp_path: Path, version: str | None) -> None:
    found = "none"
    given = tmp_path / "python"
    if version:
        given.write_text(f'#!/bin/sh\ncase "$2" in *print*) echo {version};; *) exit 1;; esac\n')
        given.chmod(0o755)
        found = f"{given} ({version})"
    done = subprocess.run(["make", "run", f"PYTHON={given}"], cwd=ROOT, capture_output=True, text=True)
    said = done.stderr.splitlines()[0]
    assert done.returncode == 2
    assert said.startswith(f"Python 3.11 or later is needed; found: {found}.")
    assert "set PYTHON=" in said


def test_no_file_names_a_package_index() -> None:
    suspects = list((ROOT / "requirements").glob("*.txt"))
    assert suspects
    assert not [path.name for path in suspects if "://" in path.read_text()]


def test_a_web_process_that_is_asked_to_end_writes_the_views_that_it_has_counted(tmp_path: Path) -> None:
    with house.web(tmp_path) as running:
        reader = {
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"
        }
        for _ in range(20):
            seen = {"kind": "view", "campaign": "year-end"}
            site = f"http://127.0.0.1:{running.port}"
            assert requests.post(f"{site}/e/beacon", seen, headers=reader, timeout=5).status_code == 204
        os.kill(running.pid, signal.SIGTERM)
        with psycopg.connect(running.database, autocommit=True) as database:
            counted = "SELECT sum(count) FROM attention WHERE kind = 'view' AND NOT is_bot"
            assert wait_until(lambda: database.execute(counted).fetchone() == (20,), 8), "before its ten seconds"
