"""Money raised, kept up by what changes: a row for each counted booking, and the tally of every day (RULES 4).

One worker at a time is at it: two marks may lead to the same booking.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.core.calendar import local_day
from tracker.core.campaign import Campaign
from tracker.core.purposes import COUNTED, purpose
from tracker.ledger import campaigns, purposes
from tracker.projections import tally

LOCK = 7_340_005
"""Advisory lock of the one who works out money; taken after coverage.LOCK by who takes both."""
MARKS = 500
PAGE = 5_000
MEASURES = tuple(f"received:{one}" for one in COUNTED)
"""Of the tally: minor units a day, with the currency as key."""

Row = tuple[Any, ...]
"""COLUMNS of one booking for one campaign."""
COLUMNS = ("campaign", "entry_id", "received_at", "day", "currency", "purpose", "amount_minor")


def catch_up(session: Session) -> int:
    """Work out again what is marked; answers how many marks there were.

    A mark is removed in the transaction that writes the answer; a fact that comes meanwhile marks anew.
    """
    total = 0
    while True:
        session.execute(WAIT, {"lock": LOCK})
        marks = list(session.scalars(TAKE, {"limit": MARKS}))
        running = campaigns.every(session)
        tally.change(session, _replace(session, running, purposes.entries(session, marks)))
        for campaign in running:
            if purposes.of_campaign(campaign.slug) in marks:
                tally.change(session, _begin_anew(session, campaign))
        session.execute(text("DELETE FROM stale_purpose WHERE key = ANY(:keys)"), {"keys": marks})
        session.commit()
        total += len(marks)
        if len(marks) < MARKS:
            return total


WAIT = text("SELECT pg_advisory_xact_lock(:lock)")
TAKE = text("SELECT key FROM stale_purpose LIMIT :limit FOR UPDATE SKIP LOCKED")


def is_behind(session: Session) -> bool:
    """Whether a fact has come whose money is not worked out yet."""
    return bool(session.scalars(text("SELECT EXISTS (SELECT 1 FROM stale_purpose)")).one())


def rebuild(session: Session) -> tally.Total:
    """Work out every booking anew; answers the daily sums, which the caller puts into an empty tally."""
    session.execute(WAIT, {"lock": LOCK})
    # What a campaign's own mark asks for is done here; other marks may come of facts that are not seen yet.
    session.execute(text("DELETE FROM stale_purpose WHERE starts_with(key, :kind)"), {"kind": purposes.CAMPAIGN})
    session.execute(text("DELETE FROM received"))
    return _all(session, campaigns.every(session), is_kept=True)


def counted(session: Session) -> tally.Total:
    """The daily sums that a rebuild would give, nothing written."""
    return _all(session, campaigns.every(session), is_kept=False)


def _all(session: Session, running: Sequence[Campaign], *, is_kept: bool) -> tally.Total:
    total: tally.Total = Counter()
    for ids in _pages(session):
        rows = _work_out(session, running, ids)
        if is_kept:
            _insert(session, rows)
        _add(total, rows)
    return total


def _pages(session: Session) -> Iterator[list[str]]:
    after = ""
    while ids := purposes.every_entry(session, after, PAGE):
        yield ids
        after = ids[-1]


def _replace(session: Session, running: Sequence[Campaign], ids: Sequence[str]) -> tally.Total:
    """Write these entries anew; answers by how much the days change."""
    moved: tally.Total = Counter()
    if ids:
        _add(moved, [tuple(row) for row in session.execute(REMOVE, {"ids": list(ids)})], -1)
        rows = _work_out(session, running, ids)
        _insert(session, rows)
        _add(moved, rows)
    return moved


REMOVE = text(f"DELETE FROM received WHERE entry_id = ANY(:ids) RETURNING {', '.join(COLUMNS)}")  # noqa: S608  ours


def _begin_anew(session: Session, campaign: Campaign) -> tally.Total:
    """All entries of a campaign whose products or zone changed; answers by how much the days change."""
    session.execute(text("DELETE FROM received WHERE campaign = :campaign"), {"campaign": campaign.slug})
    moved = _all(session, [campaign], is_kept=True)
    kept = session.execute(KEPT, {"campaign": campaign.slug, "measures": list(MEASURES)})
    for measure, day, key, n in kept:
        moved[campaign.slug, measure, day, key] -= n
    return moved


KEPT = text("SELECT measure, day, key, n FROM tally WHERE campaign = :campaign AND measure = ANY(:measures)")


def _work_out(session: Session, running: Sequence[Campaign], ids: Sequence[str]) -> list[Row]:
    rows: list[Row] = []
    booked = purposes.booked(session, ids)
    for campaign in running:
        zone, members, donations = campaign.zone, set(campaign.products), set(campaign.donation_products)
        for one in booked:
            found = purpose(one.bought, members, donations)
            if found is not None:
                day = local_day(one.created_at, zone)
                rows.append(
                    (campaign.slug, one.id, one.created_at, day, one.currency, found, one.amount_minor),
                )
    return rows


def _add(total: tally.Total, rows: Sequence[Row], sign: int = 1) -> None:
    for campaign, _, _, day, currency, found, amount_minor in rows:
        total[campaign, f"received:{found}", day, currency] += sign * amount_minor


def _insert(session: Session, rows: Sequence[Row]) -> None:
    if rows:
        session.execute(
            INSERT, dict(zip(COLUMNS, (list(column) for column in zip(*rows, strict=True)), strict=True))
        )


INSERT = text(f"""
    INSERT INTO received ({", ".join(COLUMNS)})
    SELECT * FROM unnest(CAST(:campaign AS text[]), CAST(:entry_id AS text[]), CAST(:received_at AS timestamptz[]),
        CAST(:day AS date[]), CAST(:currency AS text[]), CAST(:purpose AS text[]), CAST(:amount_minor AS bigint[]))
""")  # noqa: S608  our own text
