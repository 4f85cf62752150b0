"""The offline records for those who look after them: searched, by what they are, a page at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from tracker.core import offline as cells
from tracker.core.facts import Offline
from tracker.intake.offline import Record
from tracker.ledger.tables import Contact, OfflineRecord

PAGE = 50
STATES = ("membership", "receipt", "pledge", "withdrawn")
_PROMISED = and_(OfflineRecord.amount_minor.is_not(None), OfflineRecord.paid_on.is_(None))
_COUNTS = OfflineRecord.withdrawn_at.is_(None)
_OF: Mapping[str, ColumnElement[bool]] = {
    "membership": and_(_COUNTS, ~_PROMISED, OfflineRecord.starts_on.is_not(None)),
    "receipt": and_(_COUNTS, ~_PROMISED, OfflineRecord.starts_on.is_(None)),
    "pledge": and_(_COUNTS, _PROMISED),
    "withdrawn": OfflineRecord.withdrawn_at.is_not(None),
}
"""The same parting as tracker.core.offline.kind, for what is stored."""


@dataclass(frozen=True, slots=True)
class Row:
    """A record as the list shows it."""

    record: Record
    email: str
    """Empty where none is known or the person was erased."""

    @property
    def state(self) -> str:
        """One of STATES."""
        return "withdrawn" if self.record.withdrawn_at else cells.kind(self.record.fact).value


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of what was asked for."""

    rows: list[Row]
    total: int
    """On all pages."""
    counts: dict[str, int]
    """By state, of all there is, whatever was searched for."""

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


def listing(session: Session, search: str = "", state: str = "", page: int = 1) -> Listing:
    """The latest recorded first. `search` is a part of a reference or person's id, or a whole e-mail address."""
    wanted = [_OF[state]] if state in _OF else []
    if search:
        wanted.append(_matches(search))
    emails = select(OfflineRecord, Contact.email).outerjoin(
        Contact, Contact.customer_id == OfflineRecord.person_ref
    )
    total = session.scalar(
        select(func.count())
        .select_from(OfflineRecord)
        .outerjoin(Contact, Contact.customer_id == OfflineRecord.person_ref)
        .where(*wanted)
    )
    latest = emails.where(*wanted).order_by(OfflineRecord.recorded_at.desc(), OfflineRecord.reference)
    latest = latest.execution_options(populate_existing=True)
    rows: Any = session.execute(latest.limit(PAGE).offset((max(page, 1) - 1) * PAGE))
    return Listing([Row(_record(row), email or "") for row, email in rows], total or 0, _counts(session))


def _record(row: OfflineRecord) -> Record:
    fact = Offline(**{one.name: getattr(row, one.name) for one in fields(Offline)})
    return Record(fact, row.recorded_at, row.recorded_by, row.withdrawn_at)


def _matches(search: str) -> ColumnElement[bool]:
    return or_(
        OfflineRecord.reference.icontains(search, autoescape=True),
        OfflineRecord.person_ref.icontains(search, autoescape=True),
        func.lower(Contact.email) == search.lower(),
    )


def _counts(session: Session) -> dict[str, int]:
    found = session.execute(
        select(*[func.count().filter(condition).label(name) for name, condition in _OF.items()])
    )
    return dict(found.mappings().one())
