"""Offline memberships, receipts and pledges: recorded once by their reference, withdrawn, never changed (RULES 1).

Telling the same again changes nothing; a pledge told again with the day of its payment is fulfilled; anything else
under a known reference is refused with what is recorded and what was found. The caller commits.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.core.calendar import local_day
from tracker.core.facts import Offline
from tracker.core.findings import N_, Finding, is_storable, shown
from tracker.core.offline import Told, cells_of, difference, is_fulfilled_by
from tracker.db import as_json
from tracker.ledger import campaigns, months, people

BATCH = 10_000
RECORDED, WITHDRAWN = "Offline", "OfflineWithdrawn"
"""The reasons in the corrections log where one of these moves a past day."""


class OfflineError(Exception):
    """It cannot be recorded or withdrawn; `findings` say why, each with the place of its row among those told."""

    def __init__(self, findings: Sequence[tuple[int, Finding]]) -> None:
        super().__init__("; ".join(str(finding) for _, finding in findings))
        self.findings = list(findings)


@dataclass(frozen=True, slots=True)
class Record:
    """A fact as it stands recorded."""

    fact: Offline
    recorded_at: datetime
    recorded_by: str
    withdrawn_at: datetime | None
    """Since when it counts no more."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What telling some rows comes to."""

    new: list[Told] = field(default_factory=list)
    fulfilled: list[Told] = field(default_factory=list)
    """Pledges whose money came."""
    unchanged: list[Told] = field(default_factory=list)
    findings: list[tuple[int, Finding]] = field(default_factory=list)


def todays(session: Session, now: datetime) -> dict[str, date]:
    """The campaigns there are, each with the present day in its zone: what reading a row asks for."""
    return {one.slug: local_day(now, one.zone) for one in campaigns.every(session)}


def find(session: Session, reference: str) -> Record | None:
    """The record of that reference, or None; also for a text that cannot be one."""
    return _known(session, [reference]).get(reference) if is_storable(reference) else None


def judge(session: Session, told: Sequence[Told]) -> Judged:
    """What recording these rows would do; their references are unlike each other. Nothing is written."""
    known = _known(session, [row.fact.reference for row in told])
    judged = Judged()
    for place, row in enumerate(told):
        recorded = known.get(row.fact.reference)
        if recorded is None:
            judged.new.append(row)
        elif recorded.withdrawn_at is not None:
            judged.findings.append((place, _is_withdrawn(recorded)))
        elif recorded.fact == row.fact:
            judged.unchanged.append(row)
        elif is_fulfilled_by(recorded.fact, row.fact):
            judged.fulfilled.append(row)
        else:
            judged.findings.append((place, _differs(recorded.fact, row.fact)))
    return judged


def record(session: Session, told: Sequence[Told], by: str, now: datetime, zone: ZoneInfo) -> Judged:
    """Record all rows or, where one does not fit, none: OfflineError. Persons they touch are marked stale.

    A receipt is booked in the month in which it was paid, or in the running one of `zone` where that is closed,
    once and for ever (RULES 7).
    The lock keeps two who tell the same reference at once from both finding it unknown; readers go on.
    """
    session.execute(text("LOCK TABLE offline_record IN SHARE ROW EXCLUSIVE MODE"))
    judged = judge(session, told)
    if judged.findings:
        raise OfflineError(judged.findings)
    home = months.homes(session, zone, now)
    for start in range(0, len(judged.new), BATCH):
        facts = [row.fact for row in judged.new[start : start + BATCH]]
        rows = [asdict(fact) | {"booked_month": _month(fact, home)} for fact in facts]
        session.execute(ADD, {"rows": as_json(rows), "by": by, "now": now})
    for start in range(0, len(judged.fulfilled), BATCH):
        part = judged.fulfilled[start : start + BATCH]
        paid = {"references": [r.fact.reference for r in part], "days": [r.fact.paid_on for r in part]}
        session.execute(FULFIL, paid | {"months": [_month(r.fact, home) for r in part]})
    _keep_emails(session, [*judged.new, *judged.fulfilled], is_news=True)
    _keep_emails(session, judged.unchanged, is_news=False)
    _mark(session, [row.fact.person_ref for row in (*judged.new, *judged.fulfilled)], RECORDED)
    return judged


def withdraw(session: Session, reference: str, now: datetime, zone: ZoneInfo) -> Record:
    """Take a record back: it counts no more, the row stays; once more changes nothing. OfflineError: unknown.

    Out of the books it goes in its booked month, as if it had never been there, or as a line of its own in the
    running month of `zone` where that one is closed.
    """
    found = find(session, reference)
    if found is None:
        text_ = N_("there is no record “%(found)s”; look at the reference once more")
        raise OfflineError([(0, Finding("reference", text_, {"found": shown(reference)}))])
    session.execute(text("LOCK TABLE offline_record IN SHARE ROW EXCLUSIVE MODE"))
    booked = session.scalar(BOOKED, {"reference": reference})
    month = months.homes(session, zone, now)(booked) if booked else None
    changed = session.scalars(WITHDRAW, {"reference": reference, "now": now, "month": month}).all()
    if changed:
        _mark(session, [found.fact.person_ref], WITHDRAWN)
    return Record(found.fact, found.recorded_at, found.recorded_by, found.withdrawn_at or now)


KNOWN = text("""
    SELECT reference, campaign, person_ref, starts_on, ends_on, amount_minor, currency, paid_on,
        plan, source, country, recorded_at, recorded_by, withdrawn_at
    FROM offline_record WHERE reference = ANY(:references)
""")
ADD = text("""
    INSERT INTO offline_record (reference, campaign, person_ref, starts_on, ends_on, amount_minor, currency,
        paid_on, plan, source, country, booked_month, recorded_at, recorded_by)
    SELECT reference, campaign, person_ref, starts_on, ends_on, amount_minor, currency, paid_on,
        plan, source, country, booked_month, CAST(:now AS timestamptz), :by
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS told (reference text, campaign text, person_ref text,
        starts_on date, ends_on date, amount_minor bigint, currency text, paid_on date, plan text, source text,
        country text, booked_month text)
""")
FULFIL = text("""
    UPDATE offline_record o SET paid_on = told.paid_on, booked_month = told.month
    FROM unnest(CAST(:references AS text[]), CAST(:days AS date[]), CAST(:months AS text[]))
        AS told (reference, paid_on, month)
    WHERE o.reference = told.reference
""")
BOOKED = text("SELECT booked_month FROM offline_record WHERE reference = :reference")
WITHDRAW = text("""
    UPDATE offline_record SET withdrawn_at = :now, withdrawn_month = :month
    WHERE reference = :reference AND withdrawn_at IS NULL
    RETURNING reference
""")
# Stripe's own word on its customers stands; an erased person stays erased, whatever a file brings.
KEEP_EMAILS = text("""
    INSERT INTO contact AS c (customer_id, email)
    SELECT person, email FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS told (person text, email text)
    ORDER BY person
    ON CONFLICT (customer_id) DO UPDATE SET email = excluded.email
    WHERE c.erased_at IS NULL AND (c.email IS NULL OR :is_news AND c.email <> excluded.email
        AND NOT EXISTS (SELECT 1 FROM stripe_object o WHERE o.id = c.customer_id))
""")


def _known(session: Session, references: Sequence[str]) -> dict[str, Record]:
    """Plain rows, not mapped ones: a file told again asks for all of its records at once."""
    rows = session.execute(KNOWN, {"references": list(references)})
    return {row[0]: Record(Offline(*row[:-3]), *row[-3:]) for row in rows}


def _month(fact: Offline, home: Callable[[str], str]) -> str | None:
    return home(f"{fact.paid_on:%Y-%m}") if fact.paid_on and fact.amount_minor else None


def _keep_emails(session: Session, told: Sequence[Told], *, is_news: bool) -> None:
    """The last told of a person stands; what is told again fills only a gap."""
    emails = {row.fact.person_ref: row.email for row in told if row.email}
    if emails:
        rows = [{"person": person, "email": email} for person, email in emails.items()]
        session.execute(KEEP_EMAILS, {"rows": as_json(rows), "is_news": is_news})


def _mark(session: Session, persons: Sequence[str], reason: str) -> None:
    """These persons, and those whom they are counted as, must be worked out again."""
    mains = session.scalars(
        text("SELECT main_id FROM person_link WHERE person_id = ANY(:persons)"), {"persons": list(set(persons))}
    )
    people.mark_stale(session, [*persons, *mains], reason)


def _is_withdrawn(recorded: Record) -> Finding:
    return Finding(
        "reference",
        N_("“%(found)s” was withdrawn on %(day)s; record it anew under another reference"),
        {"found": recorded.fact.reference, "day": f"{recorded.withdrawn_at:%Y-%m-%d}"},
    )


def _differs(recorded: Offline, told: Offline) -> Finding:
    was, found = cells_of(recorded), cells_of(told)
    column = difference(was, found) or ""
    return Finding(
        column,
        N_("“%(found)s”, while %(reference)s is recorded with “%(was)s”; leave it out, or withdraw it first"),
        {"found": found[column], "was": was[column], "reference": recorded.reference},
    )
