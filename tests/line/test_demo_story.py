"""The demo's story is read by the product like any account: its members are counted, past views written once."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import stripe

from tests.conftest import empty
from tests.line.conftest import NOV_3, House, year_end
from tracker import clock, config, demo_history, flow
from tracker.app import create_app
from tracker.db import db
from tracker.intake.stripe.gateway import Gateway
from tracker.ledger import campaigns
from tracker.sandbox.seed import fill
from tracker.sandbox.server import Sandbox

MEMBERS = 250
SITE = "http://127.0.0.1:8000"


@pytest.fixture
def house(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A publisher whose Stripe account holds the demo's story up to 3 November."""
    with Sandbox(now=NOV_3) as sandbox:
        fill(sandbox.world, year=2026, timezone="Europe/Kyiv", members=MEMBERS, say=lambda _: None)
        settings = config.load(
            database_url=database_url,
            secret_key="x" * 32,
            stripe_secret_key=sandbox.api_key,
            stripe_api_base=sandbox.url,
            public_url=SITE,
        )
        monkeypatch.setattr(clock, "now", lambda: datetime.fromtimestamp(sandbox.clock.now(), UTC))
        app = create_app(settings)
        app.extensions["line"] = flow.Line(settings, Gateway(sandbox.api_key, sandbox.url), clock.now)
        with app.app_context():
            campaigns.put(db.session(), year_end())
            db.session.commit()
            client = stripe.StripeClient(sandbox.api_key, base_addresses={"api": sandbox.url})
            yield House(app, sandbox, client)
        empty(app)
        with app.app_context():
            db.engine.dispose()


def load(house: House) -> list[str]:
    said: list[str] = []
    demo_history.load(house.line.settings, "year-end", said.append)
    return said


def test_trials_changes_of_plan_and_all_the_product_counts_the_members_that_were_invented(house: House) -> None:
    house.connect()
    house.process()
    assert house.count() == MEMBERS
    invoices = house.client.v1.invoices.list({"limit": 100}).auto_paging_iter()
    told = {(one.billing_reason, one.total == 0) for one in invoices}
    assert {("subscription_update", False), ("subscription_create", True)} <= told


def test_a_renewal_after_a_change_of_plan_or_a_trial_goes_on_from_its_own_day(house: House) -> None:
    house.connect()
    house.sandbox.clock.advance(days=40)
    invoices = house.client.v1.invoices.list({"limit": 100, "created": {"gt": int(NOV_3.timestamp())}})
    renewed = [one for one in invoices.auto_paging_iter() if one.billing_reason == "subscription_cycle"]
    assert len(renewed) > 20
    for invoice in renewed:
        [line] = invoice.lines.data
        span = timedelta(seconds=line.period.end - line.period.start).days
        assert span in ((28, 29, 30, 31) if line.amount == 500 else (365, 366))


def test_the_days_before_the_start_get_views_that_are_marked_and_every_pledge_was_clicked(house: House) -> None:
    house.connect()
    house.process()
    said = load(house)
    assert any("invented views recorded" in words for words in said)
    assert house.scalar("SELECT string_agg(DISTINCT embed, ',') FROM attention") == "v0"
    assert house.scalar("SELECT max(day) FROM attention") == date(2026, 11, 2)
    assert house.scalar("SELECT count(DISTINCT day) FROM attention") == demo_history.DAYS_SEEN
    assert house.scalar("SELECT bool_and(article LIKE 'http://127.0.0.1:8000/demo/%') FROM attention")
    unclicked = """
        SELECT count(*) FROM (SELECT (created_at AT TIME ZONE 'Europe/Kyiv')::date AS day, article, placement,
            count(*) AS n FROM pledge WHERE article IS NOT NULL AND article <> '' GROUP BY 1, 2, 3) p
        LEFT JOIN attention a ON (a.day, a.article, a.placement, a.kind) = (p.day, p.article, p.placement, 'click')
        WHERE p.day BETWEEN '2026-08-05' AND '2026-11-02' AND coalesce(a.count, 0) < p.n
    """
    assert house.scalar(unclicked) == 0
    views, clicks = (
        house.scalar(f"SELECT sum(count) FROM attention WHERE kind = '{kind}'") for kind in ("view", "click")
    )
    assert views > 50 * clicks > 0


def test_a_second_start_writes_no_view_twice(house: House) -> None:
    house.connect()
    house.process()
    load(house)
    before = house.scalar("SELECT sum(count) FROM attention")
    house.sandbox.clock.advance(days=3)
    assert not any("views" in words for words in load(house))
    assert house.scalar("SELECT sum(count) FROM attention") == before


def test_its_products_say_how_their_money_is_earned(house: House) -> None:
    products = house.client.v1.products.list({"limit": 100}).auto_paging_iter()
    told = {one.id: one.metadata.to_dict().get("revenue") for one in products}
    assert told == {"prod_member": "exchange", "prod_gift": "contribution"}
