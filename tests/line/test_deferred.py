"""RULES 7: deferred revenue of what the test server books: it closes every month, to the cent."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.line.conftest import House
from tracker import flow
from tracker.projections.finance import deferred
from tracker.projections.finance.cut import cut

KYIV = ZoneInfo("Europe/Kyiv")


def month(house: House, name: str, now: datetime | None = None) -> dict[str, tuple[str, ...]]:
    """The file's rows by currency and product: opening, billed, recognised, refunded, closing."""
    found = deferred.rows(cut(name, KYIV, now or house.now()))
    return {f"{row[0]} {row[1]}": tuple(row[2:]) for row in found}


def later(house: House, **span: Any) -> None:
    house.sandbox.clock.advance(**span)
    flow.minute(house.line)


def test_a_month_paid_for_is_earned_by_day_and_the_rest_on_its_last(house: House) -> None:
    house.connect()
    house.join("ada@example.org")  # 3 November to 3 December: 30 days at 0.16, the last at 0.36
    later(house, days=35)
    assert month(house, "2026-11") == {"EUR prod_member": ("0.00", "5.00", "4.48", "0.00", "0.52")}
    assert month(house, "2026-12")["EUR prod_member"][:2] == ("0.52", "5.00")
