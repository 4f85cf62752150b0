"""The benchmark's large readership, in small: its tally, summed in SQL, is the product's, person by person."""

from collections import Counter
from datetime import UTC, date, datetime

from flask import Flask
from sqlalchemy import text

from bench import dashboard, readership
from tests.conftest import empty
from tracker.core.coverage import Kind, Piece, Renewal, Worth, stretches
from tracker.core.origins import Origin
from tracker.core.segments import segments
from tracker.core.tally import Known, Part, tallies
from tracker.db import db

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def test_the_tally_of_the_benchmark_is_the_products(projecting: Flask) -> None:
    with projecting.app_context():
        empty(projecting)
        campaign = dashboard.campaign(NOW.date())
        readership.fill(db.session(), campaign, members=200, messages=10, now=NOW)
        total: Part = Counter()
        for person in sorted(set(db.session.scalars(text("SELECT person_id FROM segment")))):
            total.update(part_of(person, campaign.starts_on))
        kept = db.session.execute(text("SELECT measure, key, day, n FROM tally"))
        found = {(row.measure, row.key, row.day): row.n for row in kept}
        renewed = ("ended", "kept")
        truth = {key: n for key, n in total.items() if n and key[0] not in renewed}
        assert found == truth
        for name, ask in dashboard.questions(campaign).items():
            assert ask() is not None, name
        db.session.remove()
        empty(projecting)


def part_of(person: str, starts_on: date) -> Part:
    rows = db.session.execute(
        text("SELECT * FROM segment WHERE person_id = :person ORDER BY starts_at"), {"person": person}
    ).all()
    worth = Worth("EUR", 500, "1")
    pieces = [
        Piece(row.membership_id, Kind.TERM, row.starts_at, row.ends_at, row.plan, None, worth=worth)
        for row in rows
    ]
    due = db.session.execute(text("SELECT * FROM renewal WHERE person_id = :person"), {"person": person}).first()
    if due is not None:
        money = due.currency, due.amount_minor
        renews = Renewal(
            due.due_at, due.until_at, due.length, due.is_first, due.standing, False, False, True, *money
        )
        # It stands beside the coverage: no piece of its own, and worth nothing.
        pieces.append(Piece(due.membership_id, Kind.FREE, due.since_at, due.due_at, None, None, renewal=renews))
    came = Origin(rows[0].article, rows[0].placement, rows[0].embed, rows[0].source, rows[0].country)
    zone = dashboard.campaign(NOW.date()).zone
    return tallies(
        Known(zone, starts_on, pieces, stretches(pieces), segments(pieces), {rows[0].membership_id: came})
    )
