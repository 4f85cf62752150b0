"""`tracker import`: exit 0 well, 1 errors in the file, 2 wrong use; JSON where a program reads it (CONTRACT)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from tests.conftest import empty
from tests.line.conftest import year_end
from tracker import access, cli, clock, config
from tracker.app import ROOT, create_app
from tracker.core.offline import COLUMNS
from tracker.db import db
from tracker.ledger import campaigns, landmarks

GOOD = "year-end,ada,2026-01-01,2026-12-31,50.00,EUR,2026-01-03,R-1,,,,ada@news.example"


class Desk:
    """Somebody at the command line, with a folder and a database."""

    def __init__(self, folder: Path, app: Any) -> None:
        self.folder, self.app = folder, app

    def take(self, *lines: str, options: tuple[str, ...] = ()) -> Result:
        path = self.folder / "members.csv"
        path.write_text("\n".join([",".join(COLUMNS), *lines]), encoding="utf-8")
        return self.run("import", str(path), *options)

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(cli.tracker, words, obj=cli.Context(ROOT, create_app))

    def scalar(self, sql: str) -> Any:
        with self.app.app_context():
            return db.session.scalar(text(sql))


@pytest.fixture
def desk(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("STRIPE_SECRET_KEY", "")
    app = create_app(config.load(database_url=database_url), needed={})
    with app.app_context():
        campaigns.put(db.session(), year_end())
        db.session.commit()
    yield Desk(tmp_path, app)
    empty(app)
    with app.app_context():
        db.engine.dispose()


def test_a_good_file_is_recorded_logged_and_told(desk: Desk) -> None:
    done = desk.take(GOOD)
    assert done.exit_code == 0 and "1 new, 0 unchanged, 0 fulfilled" in done.output
    assert desk.scalar("SELECT recorded_by FROM offline_record WHERE reference = 'R-1'") == "command line"
    with desk.app.app_context():
        [line] = db.session.query(access.Audit)
        assert (line.who, line.action) == ("command line", "imported offline file")
        assert line.detail == {"file": "members.csv", "new": 1, "unchanged": 0, "fulfilled": 0}
    assert "0 new, 1 unchanged, 0 fulfilled" in desk.take(GOOD).output


def test_the_count_follows_at_once_without_a_word_to_stripe(desk: Desk) -> None:
    with desk.app.app_context():
        landmarks.put(db.session(), landmarks.WHOLE, clock.now())
        db.session.commit()
    running = GOOD.replace("2026-12-31", "2150-01-01")
    desk.take(running, running.replace("ada", "bob").replace("50.00,EUR,2026-01-03,R-1", ",,,R-2"))
    shown = json.loads(desk.run("progress", "year-end", "--at", "2026-06-30T12:00:00Z", "--json").stdout)
    assert (shown["count"], shown["offline"], shown["complimentary"]) == (1, 1, 1)
    assert desk.scalar("SELECT count(*) FROM stale_person") == 0


def test_a_dry_run_changes_nothing_and_says_so(desk: Desk) -> None:
    done = desk.take(GOOD, options=("--dry-run", "--json"))
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {"new": 1, "unchanged": 0, "fulfilled": 0, "dry_run": True, "errors": []}
    assert "a dry run: nothing was changed" in desk.take(GOOD, options=("--dry-run",)).output
    assert desk.scalar("SELECT count(*) FROM offline_record") == 0
    assert desk.scalar("SELECT count(*) FROM audit") == 0


def test_errors_are_told_by_line_and_column_and_nothing_is_changed(desk: Desk) -> None:
    done = desk.take(GOOD, GOOD.replace("R-1", "R-2").replace("50.00", "50,00"), GOOD.replace("R-1", "R-3") + ",")
    assert done.exit_code == 1
    assert "line 3: 13 cells where the header has 12" in done.stderr and "nothing was changed" in done.stderr
    done = desk.take(GOOD.replace("EUR", "euro"), options=("--json",))
    message = "“euro” is no currency that Stripe knows; write its code, such as EUR"
    assert done.exit_code == 1
    assert json.loads(done.stdout)["errors"] == [{"line": 2, "column": "currency", "message": message}]
    assert desk.scalar("SELECT count(*) FROM offline_record") == 0


def test_wrong_use_is_told_apart_from_a_wrong_file(desk: Desk) -> None:
    assert desk.run("import", "nowhere.csv").exit_code == 2
    assert desk.run("import").exit_code == 2
    assert desk.run("import", str(desk.folder)).exit_code == 2
