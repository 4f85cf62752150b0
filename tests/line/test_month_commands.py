"""`tracker export`, `close-month`, `reopen-month`: exit 0 well, 1 a problem, 2 wrong use; nothing half-written."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import text

from tests.line.conftest import House
from tests.line.test_closing import over, red
from tracker import cli
from tracker.app import ROOT
from tracker.db import db
from tracker.projections.finance import outgoing

__all__ = ["over"]


@pytest.fixture
def desk(over: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """November is over, and somebody is at the command line."""
    monkeypatch.setenv("DATABASE_URL", over.line.settings.database_url)
    with time_machine.travel(over.now(), tick=False):
        yield over


def run(house: House, *words: str) -> Result:
    def make_app(*_: Any, **__: Any) -> Flask:
        return house.app

    return CliRunner().invoke(cli.tracker, words, obj=cli.Context(ROOT, make_app))


def log(house: House) -> list[tuple[str, str, dict[str, Any]]]:
    rows = db.session.execute(text("SELECT who, action, detail FROM audit ORDER BY id"))
    return [(row.who, row.action, row.detail) for row in rows]


def test_an_export_writes_every_file_and_a_manifest_that_fits_them(desk: House, tmp_path: Path) -> None:
    done = run(desk, "export", "2026-11", "--out", str(tmp_path / "deep" / "books"))
    folder = tmp_path / "deep" / "books"
    assert done.exit_code == 0, done.output
    assert "2026-11 is open, not closed" in done.stderr
    told = json.loads((folder / "manifest.json").read_text())
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["manifest.json", *(one["name"] for one in told["files"])]
    )
    for one in told["files"]:
        assert hashlib.sha256((folder / one["name"]).read_bytes()).hexdigest() == one["sha256"]
    assert log(desk) == [("command line", "exported month", {"month": "2026-11", "state": "open"})]


def test_a_closed_month_is_exported_as_it_was_and_every_step_is_in_the_log(desk: House, tmp_path: Path) -> None:
    closed = run(desk, "close-month", "2026-11", "--json")
    assert closed.exit_code == 0, closed.output
    told = json.loads(closed.stdout)
    assert (told["month"], told["state"], told["version"]) == ("2026-11", "closed", 1)
    assert run(desk, "close-month", "2026-11").exit_code == 0
    assert run(desk, "export", "2026-11", "--out", str(tmp_path / "one")).exit_code == 0
    again = run(desk, "reopen-month", "2026-11", "--reason", "the wrong products")
    assert again.exit_code == 0 and "2026-11: open, version 1" in again.output
    old = run(desk, "export", "2026-11", "--out", str(tmp_path / "two"), "--version", "1")
    assert old.exit_code == 0, old.output
    for one in (*told["files"], {"name": "manifest.json"}):
        assert (tmp_path / "one" / one["name"]).read_bytes() == (tmp_path / "two" / one["name"]).read_bytes()
    assert [action for _, action, _ in log(desk)] == [
        "closed month",
        "closed month",
        "exported month",
        "reopened month",
        "exported month",
    ]
    assert log(desk)[3][2] == {"month": "2026-11", "version": 1, "reason": "the wrong products"}
    assert log(desk)[4][2] == {"month": "2026-11", "state": "reopened"}


def test_a_red_month_is_told_check_by_check_with_what_to_do(desk: House) -> None:
    done = run(desk, "close-month", "2026-12")
    assert done.exit_code == 1
    assert "2026-12 cannot be closed yet: 3 of" in done.stderr
    assert "month_over: The month runs until the end of 2026-12-31 in Europe/Kyiv. Close it when" in done.stderr
    told = json.loads(run(desk, "close-month", "2026-12", "--json").stdout)
    assert [one["name"] for one in told["red"]] == red(desk, "2026-12") and all(one["cure"] for one in told["red"])
    assert log(desk) == []


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("export", "2026-13", "--out", "x"), 2, "no month"),
        (("export", "2027-01", "--out", "x"), 2, "has not begun"),
        (("export", "2026-11", "--out", "x", "--version", "1"), 1, "it was never closed"),
        (("export", "2026-11"), 2, "--out"),
        (("close-month", "November"), 2, "no month"),
        (("close-month", "2027-01"), 2, "has not begun"),
        (("reopen-month", "2026-11"), 2, "--reason"),
        (("reopen-month", "2026-11", "--reason", "x"), 1, "nothing to reopen"),
        (("reopen-month", "2026-11", "--reason", " "), 1, "Say why"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_written(
    desk: House, tmp_path: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    done = run(desk, *(str(tmp_path / "x") if word == "x" and words[0] == "export" else word for word in words))
    assert (done.exit_code, told in done.output) == (code, True), done.output
    assert list(tmp_path.iterdir()) == [] and log(desk) == []


@pytest.mark.parametrize("is_there", [False, True])
def test_an_export_that_breaks_leaves_the_folder_as_it_was(
    desk: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    out = tmp_path / "books"
    if is_there:
        assert run(desk, "export", "2026-11", "--out", str(out)).exit_code == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()} if is_there else {}

    def broken(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(outgoing.manifest, "of_open", broken)
    assert run(desk, "export", "2026-11", "--out", str(out)).exit_code != 0
    assert ({path.name: path.read_bytes() for path in out.iterdir()} if is_there else {}) == before
    assert out.exists() is is_there and len(log(desk)) == is_there


def test_a_folder_that_cannot_be_written_to_is_wrong_use(desk: House, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run(desk, "export", "2026-11", "--out", str(tmp_path / "file" / "books"))
    assert done.exit_code == 2 and "name a folder that can be written to" in done.output
