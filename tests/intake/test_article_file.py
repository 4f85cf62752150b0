"""What staff tell of articles in a CSV: errors by line, all or nothing, twice once, and it wins over the page."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.conftest import empty
from tracker import access, cli, config
from tracker.app import ROOT, create_app
from tracker.core.article_card import ArticleCard
from tracker.db import db
from tracker.intake import article_file
from tracker.ledger import articles
from tracker.ledger.articles import Due
from tracker.projections.articles import cards

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SNOW, SHIP = "https://news.example/snow", "https://news.example/ship"
HEADER = "url,title,section,authors,published_on"
TOLD = f"{SNOW}?utm=x,Snow,City,Nadia Orel|Petro Lan,2026-11-18"


def take(session: Session, *lines: str, dry_run: bool = False) -> article_file.Report:
    data = "\n".join([HEADER, *lines]).encode()
    return article_file.run(session, data, "eve@news.example", NOON, dry_run=dry_run)


def test_a_row_is_kept_under_the_address_that_views_and_pledges_have(session: Session) -> None:
    assert take(session, TOLD).figures == {"new": 1, "changed": 0, "unchanged": 0}
    card = ArticleCard("Snow", "City", ("Nadia Orel", "Petro Lan"), date(2026, 11, 18))
    assert cards([SNOW]) == {SNOW: card}


def test_the_same_file_twice_changes_nothing_and_a_corrected_row_takes_the_place_of_the_first(
    session: Session,
) -> None:
    take(session, TOLD)
    assert take(session, TOLD, TOLD).figures == {"new": 0, "changed": 0, "unchanged": 2}
    assert take(session, f"{SNOW},Snow falls,,,").figures == {"new": 0, "changed": 1, "unchanged": 0}
    assert cards([SNOW]) == {SNOW: ArticleCard("Snow falls")}


def test_what_staff_told_wins_cell_by_cell_whichever_came_first(session: Session) -> None:
    page = ArticleCard("Page", "Science", ("Robot",), date(2026, 1, 1), "en")
    articles.know(session, [SNOW, SHIP], NOON)
    articles.keep(session, SNOW, page, None)
    take(session, f"{SNOW},Told,,Nadia Orel,", f"{SHIP},,City,,2026-11-18")
    articles.begin(session, Due(SHIP, 0, NOON), NOON, None)
    articles.keep(session, SHIP, page, None)
    assert cards([SNOW, SHIP]) == {
        SNOW: ArticleCard("Told", "Science", ("Nadia Orel",), date(2026, 1, 1), "en"),
        SHIP: ArticleCard("Page", "City", ("Robot",), date(2026, 11, 18), "en"),
    }


def test_an_article_of_which_nothing_is_known_has_no_card(session: Session) -> None:
    articles.know(session, [SNOW], NOON)
    assert cards([SNOW, SHIP]) == {}


def test_every_error_is_told_by_line_and_column_and_nothing_is_kept(session: Session) -> None:
    wrong = [
        "ftp://news.example/x,Title,,,",
        f"{SHIP},,,,",
        f"{SHIP},{'x' * 301},{'y' * 101},{'z' * 101},18.11.2026",
        f"{SHIP},Ship,,{'|'.join(map(str, range(11)))},2026-02-30",
        f"{SNOW},Otherwise,,,",
        f"{SNOW},Snow",
    ]
    report = take(session, TOLD, *wrong)
    assert [(one.line, one.finding.column) for one in report.errors] == [
        (3, "url"),
        (4, "title"),
        *[(5, column) for column in ("title", "section", "authors", "published_on")],
        *[(6, column) for column in ("authors", "published_on")],
        (7, "url"),
        (8, ""),
    ]
    assert str(report.errors[0]) == (
        "line 3, column url: “ftp://news.example/x” is no address of an article; write it whole, such as "
        "https://news.example/2026/snow"
    )
    assert session.scalar(text("SELECT count(*) FROM told_article")) == 0


def test_a_file_without_rows_or_with_another_header_is_told_why(session: Session) -> None:
    assert [str(one) for one in take(session).errors] == ["line 1: no row under the header; fill in at least one"]
    report = article_file.run(session, b"link,title,section,authors,published_on\n", "eve", NOON)
    assert "there are url,title,section,authors,published_on" in str(report.errors[0])


def test_hostile_cells_are_kept_as_text(session: Session) -> None:
    take(session, f"{SNOW},<script>alert(1)</script>,'; DROP TABLE article; --,{{{{7*7}}}},")
    card = cards([SNOW])[SNOW]
    assert (card.title, card.section, card.authors) == (
        "<script>alert(1)</script>",
        "'; DROP TABLE article; --",
        ("{{7*7}}",),
    )


@pytest.fixture
def desk(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("STRIPE_SECRET_KEY", "")
    path, app = tmp_path / "articles.csv", create_app(config.load(database_url=database_url), needed={})

    def run(*lines: str, options: tuple[str, ...] = ()) -> Result:
        path.write_text("\n".join([HEADER, *lines]), encoding="utf-8")
        words = ("articles", "import", str(path), *options)
        return CliRunner().invoke(cli.tracker, words, obj=cli.Context(ROOT, create_app))

    yield app, run
    empty(app)
    with app.app_context():
        db.engine.dispose()


def test_the_command_keeps_logs_and_tells(desk: Any) -> None:
    app, run = desk
    dry = run(TOLD, options=("--dry-run", "--json"))
    assert json.loads(dry.stdout) == {"new": 1, "changed": 0, "unchanged": 0, "dry_run": True, "errors": []}
    with app.app_context():
        assert cards([SNOW]) == {} and db.session.query(access.Audit).count() == 0
    done = run(TOLD)
    assert done.exit_code == 0 and "1 new, 0 changed, 0 unchanged" in done.output
    with app.app_context():
        assert cards([SNOW])[SNOW].title == "Snow"
        [line] = db.session.query(access.Audit)
        assert (line.who, line.action, line.detail["new"]) == ("command line", "imported articles", 1)
    wrong = run(f"{SHIP},,,,")
    assert wrong.exit_code == 1 and "line 2, column title: nothing is told" in wrong.stderr
    assert "nothing was changed, 1 errors" in wrong.stderr
