"""members.csv: the month's bridge by plan, the dashboard's own figures (RULES 4)."""

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from tests.line.conftest import House, year_end
from tracker import flow
from tracker.db import db
from tracker.ledger import campaigns
from tracker.projections import queries
from tracker.projections.finance import members
from tracker.projections.finance.cut import cut

KYIV = ZoneInfo("Europe/Kyiv")


def month(house: House, name: str) -> list[list[str]]:
    return list(members.rows(cut(name, KYIV, house.now())))


def later(house: House, days: int) -> None:
    house.sandbox.clock.advance(days=days)
    flow.minute(house.line)


def test_each_plan_and_the_total_close_and_a_change_of_plan_is_in_and_out(house: House) -> None:
    house.connect()
    ada, bo = house.join("ada@example.org"), house.join("bo@example.org")
    house.join("cyn@example.org", "price_yearly")
    later(house, 10)
    house.cancel(bo)
    item = house.client.v1.subscriptions.retrieve(ada)["items"].data[0].id
    house.client.v1.subscriptions.update(ada, {"items": [{"id": item, "price": "price_yearly"}]})
    later(house, 20)
    november = month(house, "2026-11")
    assert november == [
        ["year-end", "price_monthly", "0", "2", "0", "1", "0", "1", "0"],
        ["year-end", "price_yearly", "0", "1", "0", "0", "1", "0", "2"],
        ["year-end", "total", "0", "3", "0", "1", "1", "1", "2"],
    ]
    days = queries.daily(year_end(), date(2026, 11, 1), date(2026, 11, 30), house.now())
    assert [sum(getattr(day, name) for day in days) for name in ("joined", "returned", "left")] == [3, 0, 1]
    assert days[-1].closing == 2
    later(house, 30)
    opening, *_, closing = [int(cell) for cell in month(house, "2026-12")[-1][2:]]
    assert (opening, closing) == (2, 2)


def test_a_campaign_is_there_from_the_month_of_its_first_day_on(house: House) -> None:
    house.connect()
    later(house, 1)
    campaigns.put(
        db.session(), replace(year_end(slug="2027"), starts_on=date(2026, 12, 31), ends_on=date(2027, 12, 31))
    )
    campaigns.put(db.session(), year_end(slug="=1+1", starts_on=date(2026, 11, 30)))
    db.session.commit()
    assert [row[:2] for row in month(house, "2026-11")] == [["'=1+1", "total"], ["year-end", "total"]]


def test_a_plan_that_staff_call_total_is_not_the_total() -> None:
    assert members._plan("total") == "“total”" and members._plan("price_total") == "price_total"
