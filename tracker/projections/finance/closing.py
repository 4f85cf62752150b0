"""Closing a month: what must be green, then its files frozen for ever; and reopening it as a new version.

A closing reads and freezes in one snapshot while bookings go on. At its end it waits for those under way, looks
whether something came for the month since the snapshot, and begins anew if so; the last try lets nobody book
before it has ended. So every entry is in the frozen files or in a later month, never in both or neither.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from tracker.core.findings import N_, Finding, is_one_line, is_storable
from tracker.db import db
from tracker.ledger import months
from tracker.ledger.months import Figures, Version
from tracker.projections.finance import checks, deferred, manifest, rules
from tracker.projections.finance.check import Check
from tracker.projections.finance.cut import Cut, cut
from tracker.projections.finance.drawing import Drawing
from tracker.projections.finance.files import FILES
from tracker.projections.finance.snapshot import one_snapshot

ONE_CLOSES = 7_340_014
TRIES = 3
LONGEST_REASON = 500

_LANDED = text("""
    SELECT (SELECT count(*) FROM entry WHERE booked_month <= :month AND booked_month > :shut) AS entries,
        (SELECT count(*) FROM offline_record) AS receipts,
        (SELECT count(*) FROM offline_record WHERE withdrawn_at IS NOT NULL) AS withdrawn
""")
"""What is only ever added: equal numbers, equal contents."""


class RefusedError(Exception):
    """A month cannot be closed or reopened as asked; says why and what to do, and which checks are red."""

    def __init__(self, finding: Finding, red: Sequence[Check] = ()) -> None:
        super().__init__(str(finding))
        self.finding, self.red = finding, tuple(red)


def close(month: str, zone: ZoneInfo, who: str, now: datetime) -> Version:
    """Freeze the month's files; a month that is closed stays as it is, and its version is answered.

    UnknownMonthError for a month that is none or to come, RefusedError with the red checks. Commits.
    """
    asked = cut(month, zone, now)
    with _alone() as beside:
        standing = months.standing(db.session(), month)
        for left in range(TRIES, 0, -1):
            if standing is None:
                standing = _try(asked, who, beside, is_patient=left > 1)
    if standing is None:
        raise RuntimeError("a closing that lets nobody book has ended without its month")
    return standing


def reopen(month: str, zone: ZoneInfo, who: str, reason: str, now: datetime) -> Version:
    """Open the last closed month again; its version stays readable beside what comes. Commits.

    RefusedError where it is not closed, not the last closed one, or no reason is given. What was booked later
    because the month was closed stays where it was booked (RULES 7).
    """
    asked, reason = cut(month, zone, now), _reason(reason)
    session = db.session()
    with _alone():
        session.rollback()
        months.move(session)
        standing = months.standing(session, asked.month)
        if standing is None:
            words = N_("%(month)s is not closed: there is nothing to reopen.")
            raise RefusedError(Finding("month", words, {"month": asked.month}))
        last = months.shut_through(session)
        if last != asked.month:
            words = N_("Later months are closed on top of %(month)s: reopen %(last)s first.")
            raise RefusedError(Finding("month", words, {"month": asked.month, "last": last}))
        months.reopen(session, standing, who, reason, now)
        session.commit()
        return months.versions(session, asked.month)[-1]


def _reason(given: str) -> str:
    reason = given.strip()
    if not reason:
        raise RefusedError(Finding("reason", N_("Say why the month is reopened: the reason is kept for ever.")))
    if len(reason) > LONGEST_REASON or not is_one_line(reason) or not is_storable(reason):
        words = N_("Give the reason in one line of at most %(most)s characters.")
        raise RefusedError(Finding("reason", words, {"most": LONGEST_REASON}))
    return reason


@contextmanager
def _alone() -> Iterator[Connection]:
    """One closing or reopening at a time; a connection that sees what is committed meanwhile."""
    with db.engine.connect() as beside:
        if not beside.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": ONE_CLOSES}):
            raise RefusedError(Finding("", N_("A month is being closed or reopened just now: try again later.")))
        try:
            yield beside
        finally:
            db.session().rollback()


def _try(asked: Cut, who: str, beside: Connection, *, is_patient: bool) -> Version | None:
    """The version by which the month is closed now; None where something came for it meanwhile."""
    with one_snapshot() as session:
        if not is_patient:
            months.move(session)
        version = Version(
            month=asked.month,
            version=len(months.versions(session, asked.month)) + 1,
            closed_at=asked.now,
            closed_by=who,
            rules_version=rules.VERSION,
            inputs=rules.inputs(asked.zone),
        )
        with deferred.begun(asked):
            _freeze(session, asked, version)
        landed = {"month": asked.month, "shut": months.shut_through(session) or ""}
        seen = session.execute(_LANDED, landed).one()
        months.move(session)
        if tuple(beside.execute(_LANDED, landed).one()) != tuple(seen):
            return None
        months.shut(session, version)
        session.commit()
    return version


def _refuse_red(asked: Cut, found: Sequence[Check]) -> None:
    if red := [check for check in found if not check.is_green]:
        words = N_("%(month)s cannot be closed yet: %(count)s of %(total)s checks are red.")
        values = {"month": asked.month, "count": len(red), "total": len(found)}
        raise RefusedError(Finding("month", words, values), red)


def _freeze(session: Session, asked: Cut, version: Version) -> None:
    """Every file of the month as it is in this snapshot, and the manifest that tells of them.

    RefusedError with the red checks: before anything is drawn where one is known at once, else in their place.
    """
    quick = checks.quick(asked)
    if not all(check.is_green for check in quick):
        _refuse_red(asked, [*quick, *checks.slow(asked)])
    figures = [_keep(session, asked, version, place) for place in range(len(FILES))]
    green = [*quick, *checks.slow(asked)]
    _refuse_red(asked, green)
    told = manifest.of_closing(asked, version, figures, green).encode()
    months.keep_part(session, version.month, version.version, manifest.NAME, 0, told)
    months.keep_figures(
        session,
        version.month,
        version.version,
        len(FILES),
        Figures(manifest.NAME, 0, {}, len(told), hashlib.sha256(told).hexdigest()),
    )
    months.keep_homes(session, version.month)


def _keep(session: Session, asked: Cut, version: Version, place: int) -> Figures:
    drawing = Drawing(FILES[place], asked)
    for number, piece in enumerate(drawing.pieces()):
        months.keep_part(session, version.month, version.version, FILES[place].name, number, piece)
    figures = drawing.figures()
    months.keep_figures(session, version.month, version.version, place, figures)
    return figures
