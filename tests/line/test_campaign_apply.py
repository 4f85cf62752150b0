"""`tracker campaign apply` where members exist already: the right number at once, and all of it or nothing."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.line.conftest import House, year_end
from tracker import cli, flow
from tracker.app import ROOT, create_app
from tracker.db import db
from tracker.ledger import campaigns
from tracker.projections import corrections, coverage, queries
from tracker.projections.surfaces import newer_than

FILE = """
slug = "spring"
name = "Spring"
goal = 100
metric = "{metric}"
starts_on = 2026-10-01
ends_on = 2027-03-31
timezone = "Europe/Kyiv"
products = ["{product}"]
"""


@pytest.fixture
def folder(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    settings = house.line.settings
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_x")
    yield tmp_path


def apply(folder: Path, product: str = "prod_member", metric: str = "active_members") -> Result:
    path = folder / "spring.toml"
    path.write_text(FILE.format(product=product, metric=metric), encoding="utf-8")
    done = CliRunner().invoke(cli.tracker, ["campaign", "apply", str(path)], obj=cli.Context(ROOT, create_app))
    db.session.rollback()
    return done


def test_a_second_campaign_has_the_right_number_at_once(house: House, folder: Path) -> None:
    house.join("ada@example.org")
    house.join("bo@example.org")
    house.sandbox.clock.advance(hours=1)
    house.connect()
    done = apply(folder)
    assert done.exit_code == 0 and "spring: created" in done.output, done.output
    spring = queries.campaign("spring")
    assert spring is not None
    assert queries.live_progress(spring, house.now()).count == house.count() == 2
    told = [one.body for one in newer_than(0)[1] if one.path == "/e/spring.en.json"]
    assert told and all('"2"' in json.dumps(json.loads(body)) for body in told)
    assert coverage.live_hash(db.session()) == coverage.rebuilt_hash(db.session())
    assert not coverage.is_behind(db.session())


def test_no_correction_is_logged_of_days_that_nobody_was_shown(house: House, folder: Path) -> None:
    house.join("ada@example.org")
    house.connect()
    house.sandbox.clock.advance(days=10)
    apply(folder)
    spring = queries.campaign("spring")
    assert spring is not None and corrections.of(db.session(), spring) == []


def test_other_products_of_a_campaign_that_runs_count_at_once_and_are_a_correction(
    house: House, folder: Path
) -> None:
    house.join("ada@example.org")
    house.connect()
    apply(folder)
    assert "spring: changed" in apply(folder, product="prod_other").output
    spring = queries.campaign("spring")
    assert spring is not None and queries.live_progress(spring, house.now()).count == 0
    assert "spring: unchanged" in apply(folder, product="prod_other").output


def test_a_campaign_and_its_number_come_together_or_not_at_all(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.join("ada@example.org")
    house.connect()

    def killed(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(coverage, "rebuild", killed)
    with pytest.raises(KeyboardInterrupt):
        flow.apply(house.line, year_end(slug="spring"))
    db.session.rollback()
    assert campaigns.find(db.session(), "spring") is None


def test_before_the_account_was_read_there_is_no_number(house: House, folder: Path) -> None:
    assert "spring: created" in apply(folder).output
    spring = queries.campaign("spring")
    assert spring is not None and queries.live_progress(spring, house.now()).count is None
