"""Coverage worked out from the ledger: person by person as facts change, or everybody anew, with one result.

With a person's coverage change the read models that follow from it (rows.py), and the tally by the difference.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.core.calendar import local_day
from tracker.core.campaign import Campaign
from tracker.ledger import campaigns, holdings, landmarks, people
from tracker.projections import corrections, received, tally
from tracker.projections.rows import PARTS, STRETCHES, TABLES, Covered, Table, read_part, work_out

BATCH = 500
LOCK = 7_340_001
"""Advisory lock: a rebuild excludes, and waits for, those who catch up."""


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


def rebuild(session: Session, now: datetime, new: str | None = None) -> int:
    """Work out everybody and all money anew from the ledger, in one transaction; answers how many persons.

    `new`: a campaign of which nobody was shown a number yet: nothing of it is a correction. Caller commits.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    before = corrections.closings(session, now)
    before.pop(new or "", None)
    total = received.rebuild(session)
    for name in (*(table.name for table in TABLES), "tally"):
        session.execute(text(f"DELETE FROM {name}"))  # noqa: S608  our names
    everybody = people.all_persons(session)
    for persons in _batches(everybody):
        covered = _work_out_all(session, persons)
        _insert(session, covered)
        for one in covered:
            tally.add(total, one.campaign.slug, one.part)
    _copy(session, "tally", tally.COLUMNS, tally.rows(total))
    corrections.note_closings(session, before, now)
    landmarks.clear(session, landmarks.REBUILD_DUE)
    return len(everybody)


def live_hash(session: Session) -> str:
    """SHA-256 over every row of the live projection, in a fixed order."""
    digests: Digests = defaultdict(hashlib.sha256)
    for campaign in campaigns.every(session):
        for table in TABLES:
            by_person = f'person_id COLLATE "C", {table.order}'
            _feed(
                digests[campaign.slug, table.name], _kept(session, table.name, table.columns, campaign, by_person)
            )
        by_key = 'measure COLLATE "C", day, key COLLATE "C"'
        _feed(digests[campaign.slug, "tally"], _kept(session, "tally", tally.COLUMNS, campaign, by_key))
    return _joined(digests)


def _kept(
    session: Session, table: str, columns: Sequence[str], campaign: Campaign, order: str
) -> Iterable[Sequence[object]]:
    sql = f"SELECT {', '.join(columns)} FROM {table} WHERE campaign = :campaign ORDER BY {order}"  # noqa: S608  ours
    return session.execute(text(sql), {"campaign": campaign.slug})


def rebuilt_hash(session: Session) -> str:
    """The hash that a rebuild from the ledger would give, nothing written."""
    digests: Digests = defaultdict(hashlib.sha256)
    total = received.counted(session)
    running, months = campaigns.every(session), holdings.membership_months(session)
    for persons in _batches(sorted(people.all_persons(session))):
        for told in sorted(people.facts_of(session, persons), key=lambda one: one.person):
            for campaign in running:
                covered = work_out(told, campaign, months)
                tally.add(total, campaign.slug, covered.part)
                for table in TABLES:
                    _feed(digests[campaign.slug, table.name], table.rows(covered))
    for campaign in running:
        _feed(digests[campaign.slug, "tally"], tally.rows(tally.of_campaign(total, campaign.slug)))
    return _joined(digests)


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
    removed = {table.name: _remove(session, table, list(stale)) for table in TABLES}
    was = [
        corrections.Covering(row.campaign, row.starts_on, row.ends_on, stale[row.person_id])
        for row in removed[STRETCHES.name]
    ]
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
    moved = tally.totals((one.campaign.slug, one.part) for one in covered)
    for row in removed[PARTS.name]:
        tally.add(moved, row.campaign, read_part(row.part), -1)
    tally.change(session, moved)
    return persons + [person for person, main in linked.items() if main in passed_on]


def _remove(session: Session, table: Table, persons: Sequence[str]) -> list[Any]:
    """Answers the rows that were there, where somebody asks for them."""
    answer = " RETURNING *" if table in (STRETCHES, PARTS) else ""
    sql = f"DELETE FROM {table.name} WHERE person_id = ANY(:ids){answer}"  # noqa: S608  our names
    gone = session.execute(text(sql), {"ids": persons})
    return list(gone) if answer else []


def _insert(session: Session, covered: Sequence[Covered]) -> None:
    for table in TABLES:
        _copy(session, table.name, table.columns, (row for one in covered for row in table.rows(one)))


def _copy(session: Session, table: str, columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    connection: Any = session.connection().connection.driver_connection
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


Digests = dict[tuple[str, str], "hashlib._Hash"]
"""One for each campaign and table: all are fed in one reading of the ledger."""


def _joined(digests: Digests) -> str:
    whole = hashlib.sha256()
    for (campaign, table), digest in sorted(digests.items(), key=lambda pair: pair[0]):
        whole.update(f"{campaign} {table} {digest.hexdigest()}\n".encode())
    return whole.hexdigest()


def _feed(digest: "hashlib._Hash", rows: Iterable[Sequence[object]]) -> None:
    for row in rows:
        cells = (str(int(cell.timestamp())) if isinstance(cell, datetime) else str(cell) for cell in row)
        digest.update("\x1f".join(cells).encode() + b"\n")


def _batches(everybody: Sequence[str]) -> Iterator[Sequence[str]]:
    return (everybody[start : start + BATCH] for start in range(0, len(everybody), BATCH))
