"""RULES 7: a receipt outside Stripe is in one month for ever; what is taken back later is a line of its own."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import flask_migrate
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.core.facts import Offline
from tracker.core.offline import Told
from tracker.db import db
from tracker.intake import offline
from tracker.ledger import months
from tracker.projections.finance import offline as file
from tracker.projections.finance.cut import cut

NOON = datetime(2026, 12, 5, 12, 0, tzinfo=UTC)
ADA = Offline(
    "R-1", "year-end", "ada", date(2026, 11, 1), date(2027, 10, 31), 5000, "EUR", date(2026, 11, 3), "Yearly"
)


KYIV = ZoneInfo("Europe/Kyiv")


def tell(session: Session, *facts: Offline) -> None:
    offline.record(session, [Told(fact, "") for fact in facts], "eve@paper.example", NOON, KYIV)
    session.commit()


def close_november(session: Session) -> months.Version:
    november = months.Version("2026-11", 1, NOON, "fin@paper.example", "1", {})
    months.shut(session, november)
    session.commit()
    return november


def month(name: str) -> list[tuple[str, str, str]]:
    """(reference, currency, amount) of each row."""
    found = list(file.rows(cut(name, KYIV, NOON + timedelta(days=60))))
    assert all(len(row) == len(file.COLUMNS) for row in found)
    return [(row[0], row[2], row[3]) for row in found]


def test_a_receipt_stands_in_the_month_it_was_paid_in_as_it_was_told(session: Session) -> None:
    gift = replace(ADA, reference="=R", starts_on=None, ends_on=None, plan="", amount_minor=900, currency="JPY")
    free = replace(ADA, reference="R-3", amount_minor=None, currency=None, paid_on=None)
    pledge = replace(ADA, reference="R-4", paid_on=None)
    tell(session, ADA, gift, free, pledge)
    found = list(file.rows(cut("2026-11", KYIV, NOON)))
    assert found == [
        ["'=R", "2026-11-03", "JPY", "900", "year-end", "ada", "", "", "", "2026-12-05T12:00:00Z",
         "eve@paper.example"],
        ["R-1", "2026-11-03", "EUR", "50.00", "year-end", "ada", "Yearly", "2026-11-01", "2027-10-31",
         "2026-12-05T12:00:00Z", "eve@paper.example"],
    ]  # fmt: skip
    assert month("2026-12") == month("2026-10") == []


def test_one_told_after_its_month_was_closed_is_in_the_month_it_is_told_in_for_ever(session: Session) -> None:
    november = close_november(session)
    tell(session, ADA)
    assert month("2026-11") == [] and month("2026-12") == [("R-1", "EUR", "50.00")]
    months.reopen(session, november, "admin@paper.example", "a receipt came late", NOON)
    tell(session, ADA)
    assert month("2026-11") == [] and month("2026-12") == [("R-1", "EUR", "50.00")]


def test_a_pledge_is_booked_when_its_payment_is_told(session: Session) -> None:
    tell(session, replace(ADA, paid_on=None))
    close_november(session)
    tell(session, ADA)
    assert month("2026-11") == [] and month("2026-12") == [("R-1", "EUR", "50.00")]


def test_what_is_taken_back_while_its_month_is_open_is_in_no_file(session: Session) -> None:
    tell(session, ADA)
    offline.withdraw(session, "R-1", NOON, KYIV)
    assert month("2026-11") == month("2026-12") == []


def test_what_is_taken_back_later_stays_and_is_a_line_below_zero_in_that_month(session: Session) -> None:
    tell(session, ADA)
    close_november(session)
    offline.withdraw(session, "R-1", NOON, KYIV)
    offline.withdraw(session, "R-1", NOON + timedelta(days=40), KYIV)
    assert month("2026-11") == [("R-1", "EUR", "50.00")]
    assert month("2026-12") == [("R-1", "EUR", "-50.00")]
    assert month("2027-01") == []


def test_a_late_one_taken_back_in_its_own_month_leaves_nothing(session: Session) -> None:
    close_november(session)
    tell(session, ADA)
    offline.withdraw(session, "R-1", NOON, KYIV)
    assert month("2026-11") == month("2026-12") == []


@pytest.mark.usefixtures("session")
def test_what_was_told_before_months_were_kept_is_in_the_month_of_its_day() -> None:
    tell(db.session(), ADA, replace(ADA, reference="R-2"), replace(ADA, reference="R-3", paid_on=None))
    offline.withdraw(db.session(), "R-2", NOON, KYIV)
    db.session.commit()
    db.session.remove()
    try:
        flask_migrate.downgrade(revision="0013")
    finally:
        flask_migrate.upgrade()
    db.engine.dispose()
    told = db.session.execute(
        text("SELECT reference, booked_month, withdrawn_month FROM offline_record ORDER BY 1")
    )
    assert [tuple(row) for row in told] == [
        ("R-1", "2026-11", None),
        ("R-2", "2026-11", "2026-11"),
        ("R-3", None, None),
    ]
