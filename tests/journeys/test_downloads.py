"""A download arrives whole or visibly broken: the real web server, and a database that goes away on the way."""

import http.client
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from bench.processes import running, wait_for
from tests.promises.test_processes import procfile
from tracker.local.children import answers
from tracker.local.ports import LOOPBACK, any_port

pytestmark = pytest.mark.journey
LINES, LINE = 600, 4096
SITE = f"""
import os
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session
from tracker.db import db, engine_options
from tracker.web import errors
from tracker.web.sheets import csv_file, known_file

SLOWLY = "SELECT repeat('x', {LINE - 2}), pg_sleep(0.01) FROM generate_series(1, {LINES})"

def lines(session):
    for line, _ in session.execute(text(SLOWLY), execution_options={{"yield_per": 10}}):
        yield line + "\\r\\n"

def apart(engine):
    with Session(engine) as session:
        for line in lines(session):
            yield line.encode()

def make():
    app = Flask("site")
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options()
    db.init_app(app)
    app.add_url_rule("/up", view_func=lambda: "up", endpoint="up")
    kept = lambda: known_file("kept.csv", apart(db.engine), {LINES * LINE}, is_for_excel=False)
    app.add_url_rule("/kept", view_func=kept, endpoint="kept")
    made = lambda: csv_file("made.csv", lines(db.session()), is_for_excel=False)
    app.add_url_rule("/made", view_func=made, endpoint="made")
    short = lambda: known_file("short.csv", iter([b"half"]), 8, is_for_excel=False)
    app.add_url_rule("/short", view_func=short, endpoint="short")
    return app
"""


@contextmanager
def site(folder: Path, database: str) -> Iterator[int]:
    """The web process as the Procfile starts it, with a site of files whose source is the database."""
    (folder / "site_of_files.py").write_text(SITE)
    port = any_port()
    command = procfile()["web"].replace("tracker.app:create_wsgi", "site_of_files:make")
    env = {
        "DATABASE_URL": f"{database}&application_name=site",
        "PORT": str(port),
        "GRANIAN_HOST": LOOPBACK,
        "WEB_CONCURRENCY": "1",
    }
    env["PYTHONPATH"] = f"{folder}{os.pathsep}{Path.cwd()}"
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with running(["sh", "-c", f"exec {command}"], folder, env) as process:
        wait_for(process, lambda: answers(f"http://{LOOPBACK}:{port}/up"), folder, 60)
        yield port


def end_the_sending_sessions(database: str) -> int:
    """What an administrator, a failover or a crash does to the database's sessions; answers to how many."""
    with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as connection:
        ended = connection.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'site'"
        ).fetchone()
    assert ended is not None
    return int(ended[0])


def test_a_kept_file_comes_at_once_and_whole_or_with_an_error(tmp_path: Path, database_url: str) -> None:
    with site(tmp_path, database_url) as port:
        address = f"http://{LOOPBACK}:{port}/kept"
        with urllib.request.urlopen(address, timeout=60) as answer:
            assert int(answer.headers["Content-Length"]) == LINES * LINE
            assert answer.read(LINE) == b"x" * (LINE - 2) + b"\r\n"
            assert end_the_sending_sessions(database_url) == 1, "it was sent while it was read"
            with pytest.raises(http.client.IncompleteRead):
                answer.read()
        with urllib.request.urlopen(address, timeout=60) as answer:
            assert len(answer.read()) == LINES * LINE


def test_a_file_that_is_made_for_the_download_is_an_error_in_words(tmp_path: Path, database_url: str) -> None:
    with site(tmp_path, database_url) as port:
        asked = subprocess.Popen(
            ["curl", "--silent", "--fail", f"http://{LOOPBACK}:{port}/made"], stdout=subprocess.PIPE
        )
        while not end_the_sending_sessions(database_url):
            assert asked.poll() is None
        assert asked.communicate(timeout=30)[0] == b"" and asked.returncode != 0


def test_a_kept_file_that_lacks_its_end_is_never_taken_for_whole(tmp_path: Path, database_url: str) -> None:
    # So short an answer is cut before or after its head leaves, as it happens: an error to the client both ways.
    broken = (http.client.IncompleteRead, http.client.RemoteDisconnected)
    with site(tmp_path, database_url) as port, pytest.raises(broken):
        urllib.request.urlopen(f"http://{LOOPBACK}:{port}/short", timeout=30).read()
