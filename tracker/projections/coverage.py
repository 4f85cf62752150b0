"""Coverage worked out from the ledger: person by person as facts change, or everybody anew, with one result."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.core.calendar import local_day
from tracker.core.campaign import Campaign
from tracker.core.coverage import Piece, Stretch, stretches
from tracker.core.membership import pieces
from tracker.core.person import PersonFacts, Terms
from tracker.ledger import campaigns, holdings, people
from tracker.projections import corrections

BATCH = 500
LOCK = 7_340_001
"""Advisory lock: a rebuild excludes, and waits for, those who catch up."""


@dataclass(frozen=True, slots=True)
class Covered:
    """One person's coverage for one campaign."""

    campaign: Campaign
    person: str
    pieces: list[Piece]
    stretches: list[Stretch]


def work_out(told: PersonFacts, campaign: Campaign, months: Mapping[str, int]) -> Covered:
    """A person's coverage for a campaign, from all that was told of them; `months`: product -> months it buys."""
    terms = Terms(campaign.slug, frozenset(campaign.products), campaign.grace_days, campaign.zone, months)
    found = pieces(told, terms)
    found.sort(key=lambda piece: (piece.membership, piece.starts_at, piece.ends_at, piece.kind, piece.plan or ""))
    return Covered(campaign, told.person, found, stretches(found))


def catch_up(session: Session, now: datetime) -> int:
    """Work out every stale person again; answers how many there were.

    A person's mark is removed in the transaction that writes the answer; a fact that comes meanwhile waits for
    it and marks the person anew. What another worker is at is left to it. What changes of past days goes into the
    corrections log.
    """
    total = 0
    while True:
        session.execute(text("SELECT pg_advisory_xact_lock_shared(:lock)"), {"lock": LOCK})
        stale = {row.person_id: row.reason for row in session.execute(TAKE, {"limit": BATCH})}
        done = _replace(session, stale, now) if stale else []
        session.execute(text("DELETE FROM stale_person WHERE person_id = ANY(:ids)"), {"ids": done})
        session.commit()
        total += len(done)
        if not done:
            return total


TAKE = text("SELECT person_id, reason FROM stale_person LIMIT :limit FOR UPDATE SKIP LOCKED")


def is_behind(session: Session) -> bool:
    """Whether a fact has come whose person is not worked out yet."""
    return bool(session.scalars(text("SELECT EXISTS (SELECT 1 FROM stale_person)")).one())


def rebuild(session: Session, now: datetime) -> int:
    """Work out everybody anew from the ledger, in one transaction; answers how many persons. Caller commits."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    before = corrections.closings(session, now)
    session.execute(text("DELETE FROM coverage"))
    session.execute(text("DELETE FROM stretch"))
    everybody = people.all_persons(session)
    for persons in _batches(everybody):
        _insert(session, _work_out_all(session, persons))
    corrections.note_closings(session, before, now)
    return len(everybody)


def live_hash(session: Session) -> str:
    """SHA-256 over every row of the live projection, in a fixed order."""
    digest = hashlib.sha256()
    for campaign in sorted(campaigns.every(session), key=lambda campaign: campaign.slug):
        for table, columns, order in (
            ("coverage", PIECE_COLUMNS, PIECE_ORDER),
            ("stretch", STRETCH_COLUMNS, "starts_at"),
        ):
            rows = session.execute(
                text(
                    f"SELECT {', '.join(columns)} FROM {table} WHERE campaign = :campaign"  # noqa: S608  our names
                    f' ORDER BY person_id COLLATE "C", {order}'
                ),
                {"campaign": campaign.slug},
            )
            _feed(digest, rows)
    return digest.hexdigest()


def rebuilt_hash(session: Session) -> str:
    """The hash that a rebuild from the ledger would give, nothing written."""
    digest = hashlib.sha256()
    everybody, months = sorted(people.all_persons(session)), holdings.membership_months(session)
    for campaign in sorted(campaigns.every(session), key=lambda campaign: campaign.slug):
        for rows_of in (_piece_rows, _stretch_rows):
            for persons in _batches(everybody):
                told = sorted(people.facts_of(session, persons), key=lambda one: one.person)
                for one in told:
                    _feed(digest, rows_of(work_out(one, campaign, months)))
    return digest.hexdigest()


PIECE_COLUMNS = ("campaign", "person_id", "membership_id", "starts_at", "ends_at", "kind", "plan")
PIECE_ORDER = 'membership_id COLLATE "C", starts_at, ends_at, kind COLLATE "C", plan COLLATE "C" NULLS FIRST'
STRETCH_COLUMNS = (
    "campaign",
    "person_id",
    "membership_id",
    "starts_at",
    "ends_at",
    "first_at",
    "starts_on",
    "ends_on",
    "plan",
    "pledge_id",
    "inferred",
)


def _work_out_all(session: Session, persons: Sequence[str]) -> list[Covered]:
    running, months = campaigns.every(session), holdings.membership_months(session)
    return [work_out(told, campaign, months) for told in people.facts_of(session, persons) for campaign in running]


def _replace(session: Session, stale: Mapping[str, str], now: datetime) -> list[str]:
    """Write the coverage of these persons anew; answers those whose mark is dealt with.

    Only the holder of a person's mark writes the person's coverage. Who is linked to another has none: the mark
    goes on to the other, or stays while another worker holds that one's.
    """
    linked = people.links(session, stale)
    passed_on = people.pass_on(session, {main: stale[person] for person, main in linked.items()})
    persons = [person for person in stale if person not in linked]
    covered = _work_out_all(session, persons)
    session.execute(text("DELETE FROM coverage WHERE person_id = ANY(:ids)"), {"ids": list(stale)})
    removed = session.execute(
        text("DELETE FROM stretch WHERE person_id = ANY(:ids) RETURNING campaign, person_id, starts_on, ends_on"),
        {"ids": list(stale)},
    )
    was = [corrections.Covering(row.campaign, row.starts_on, row.ends_on, stale[row.person_id]) for row in removed]
    _insert(session, covered)
    now_is = [
        corrections.Covering(
            one.campaign.slug,
            local_day(stretch.starts_at, one.campaign.zone),
            local_day(stretch.ends_at, one.campaign.zone),
            stale[one.person],
        )
        for one in covered
        for stretch in one.stretches
    ]
    corrections.note(session, was, now_is, now)
    return persons + [person for person, main in linked.items() if main in passed_on]


def _insert(session: Session, covered: Iterable[Covered]) -> None:
    every = list(covered)
    _copy(session, "coverage", PIECE_COLUMNS, (row for one in every for row in _piece_rows(one)))
    _copy(session, "stretch", STRETCH_COLUMNS, (row for one in every for row in _stretch_rows(one)))


def _copy(session: Session, table: str, columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    connection: Any = session.connection().connection.driver_connection
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _piece_rows(one: Covered) -> list[tuple[object, ...]]:
    return [
        (
            one.campaign.slug,
            one.person,
            piece.membership,
            piece.starts_at,
            piece.ends_at,
            piece.kind.value,
            piece.plan,
        )
        for piece in one.pieces
    ]


def _stretch_rows(one: Covered) -> list[tuple[object, ...]]:
    zone = one.campaign.zone
    return [
        (
            one.campaign.slug,
            one.person,
            stretch.membership,
            stretch.starts_at,
            stretch.ends_at,
            one.stretches[0].starts_at,
            local_day(stretch.starts_at, zone),
            local_day(stretch.ends_at, zone),
            stretch.plan,
            stretch.pledge,
            stretch.inferred,
        )
        for stretch in one.stretches
    ]


def _feed(digest: "hashlib._Hash", rows: Iterable[Sequence[object]]) -> None:
    for row in rows:
        cells = (str(int(cell.timestamp())) if isinstance(cell, datetime) else str(cell) for cell in row)
        digest.update("\x1f".join(cells).encode() + b"\n")


def _batches(everybody: Sequence[str]) -> Iterator[Sequence[str]]:
    return (everybody[start : start + BATCH] for start in range(0, len(everybody), BATCH))
