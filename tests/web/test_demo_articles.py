"""The demo's articles are read as a publisher's are: on this machine, by the command and the worker's task."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from werkzeug.serving import make_server

from tests.conftest import empty
from tests.line.conftest import year_end
from tracker import cli, config, flow, tasks, web
from tracker.app import ROOT, create_app
from tracker.db import db
from tracker.intake import articles, pledges
from tracker.ledger import campaigns, landmarks
from tracker.local.ports import any_port
from tracker.projections.articles import cards
from tracker.sandbox.articles import ARTICLES

BEGUN = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SHOWN = [one for one in ARTICLES if one.days_before in (37, 16)]


@dataclass
class Paper:
    """The demo's pages on a port of this machine."""

    app: Flask
    here: str
    given: dict[str, str]

    def command(self, *words: str) -> Result:
        def make_app(settings: config.Settings, **_: Any) -> Flask:
            return create_app(settings, needed={})

        return CliRunner(env=self.given).invoke(cli.tracker, ["articles", *words], obj=cli.Context(ROOT, make_app))


@pytest.fixture
def paper(database_url: str) -> Iterator[Paper]:
    port = any_port()
    here = f"http://127.0.0.1:{port}"
    given = {"DATABASE_URL": database_url, "DEMO": "true", "PORT": str(port), "PUBLIC_URL": here}
    settings = config.load(
        database_url=database_url,
        secret_key="x" * 32,
        stripe_secret_key="sk_test_demo",
        demo=True,
        port=port,
        public_url=here,
    )
    app = create_app(settings)
    web.init_app(app)
    with app.app_context():
        campaigns.put(db.session(), year_end(allowed_hosts=("127.0.0.1", "localhost")))
        landmarks.put(db.session(), landmarks.CONNECTED, BEGUN)
        rows = [
            {
                "id": f"plg_{number:024}",
                "created": int(BEGUN.timestamp()),
                "article": here + one.path(BEGUN.date()),
            }
            for number, one in enumerate(SHOWN)
        ]
        pledges.import_pledges(db.session(), "year-end", rows, BEGUN)
        db.session.commit()
    server = make_server("127.0.0.1", port, web.embed_first(app), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Paper(app, here, given)
    server.shutdown()
    server.server_close()
    thread.join(10)
    empty(app)
    with app.app_context():
        db.engine.dispose()


def test_the_command_reads_the_demo_s_articles_as_the_story_has_them(paper: Paper) -> None:
    done = paper.command("--json")
    assert json.loads(done.stdout) == {"known": 2, "gone": 0, "unreadable": 0, "waiting": 0}, done.output
    with paper.app.app_context():
        found = cards(paper.here + one.path(BEGUN.date()) for one in SHOWN)
    told = sorted((card.title, card.section, card.authors) for card in found.values())
    assert told == sorted((one.title, one.section, (one.author,)) for one in SHOWN)
    day = found[paper.here + SHOWN[1].path(BEGUN.date())].published_on
    assert day == BEGUN.date() - timedelta(days=16)
    assert paper.command().output == "0 read, 0 gone, 0 not readable, 0 still due\n"


def test_the_worker_s_task_does_the_same_and_one_process_looks_at_a_time(paper: Paper) -> None:
    with paper.app.app_context():
        with flow.alone(db.session(), articles.ONE_LOOKS) as granted:
            assert granted
            tasks.articles()
            busy = paper.command()
        assert busy.exit_code == 1 and "looking at articles just now" in busy.output
        assert cards(paper.here + one.path(BEGUN.date()) for one in SHOWN) == {}
        tasks.articles()
        assert len(cards(paper.here + one.path(BEGUN.date()) for one in SHOWN)) == 2
