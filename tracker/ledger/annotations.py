"""Notes and drives on the calendar, as staff wrote them; what is deleted stays, so that it can be brought back."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Numeric, Text, or_, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, Session, mapped_column

from tracker.core.annotations import Annotation, Kind
from tracker.db import Instant, Model


class AnnotationRow(Model):
    """A few words about some days of one campaign, or of all."""

    __tablename__ = "annotation"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    campaign: Mapped[str | None] = mapped_column(Text)
    """Null: it stands on the calendar of every campaign."""
    first_on: Mapped[date]
    last_on: Mapped[date]
    """The last day, whole."""
    text: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    """note | drive"""
    lift: Mapped[float | None] = mapped_column(Numeric(asdecimal=False))
    """How many times ordinary joins a drive is expected to bring; null: measured from earlier drives."""
    is_shared: Mapped[bool] = mapped_column(server_default=sql("true"))
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    deleted_at: Mapped[datetime | None] = mapped_column(Instant)
    __table_args__ = (
        CheckConstraint("first_on <= last_on", name="days"),
        CheckConstraint("kind IN ('note', 'drive')", name="kind"),
        Index("ix_annotation_days", "first_on", "last_on", postgresql_where=sql("deleted_at IS NULL")),
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """An annotation with what is known of it."""

    id: int
    campaign: str | None
    """None: of all campaigns."""
    told: Annotation
    created_by: str
    changed_at: datetime
    deleted_at: datetime | None


def add(session: Session, campaign: str | None, told: Annotation, who: str, now: datetime) -> int:
    """Write one down; its number. The caller commits."""
    row = AnnotationRow(created_by=who, created_at=now)
    _fill(row, campaign, told, now)
    session.add(row)
    session.flush()
    return row.id


def change(session: Session, number: int, campaign: str | None, told: Annotation, now: datetime) -> None:
    """Write one anew; LookupError where there is none. The caller commits."""
    _fill(_row(session, number), campaign, told, now)


def put_away(session: Session, number: int, at: datetime | None, now: datetime) -> None:
    """Delete one at that instant, or bring it back with None; LookupError where none is. The caller commits."""
    row = _row(session, number)
    row.deleted_at, row.changed_at = at, now


def find(session: Session, number: int, *, to_change: bool) -> Kept | None:
    """The annotation of that number, deleted or not; `to_change` keeps others out until the transaction ends."""
    row = session.get(AnnotationRow, number, with_for_update=to_change or None, populate_existing=True)
    return _kept(row) if row else None


def between(session: Session, campaign: str, first: date, last: date) -> list[Kept]:
    """What touches these days (both whole) of a campaign and is not deleted, in the order of their first days."""
    asked = select(AnnotationRow).where(
        AnnotationRow.deleted_at.is_(None),
        AnnotationRow.first_on <= last,
        AnnotationRow.last_on >= first,
        or_(AnnotationRow.campaign.is_(None), AnnotationRow.campaign == campaign),
    )
    return [_kept(row) for row in session.scalars(asked.order_by(AnnotationRow.first_on, AnnotationRow.id))]


def _row(session: Session, number: int) -> AnnotationRow:
    row = session.get(AnnotationRow, number)
    if row is None:
        raise LookupError(f"there is no annotation {number}")
    return row


def _fill(row: AnnotationRow, campaign: str | None, told: Annotation, now: datetime) -> None:
    row.campaign, row.changed_at = campaign, now
    row.first_on, row.last_on, row.text = told.first_on, told.last_on, told.text
    row.kind, row.lift, row.is_shared = told.kind.value, told.lift, told.is_shared


def _kept(row: AnnotationRow) -> Kept:
    told = Annotation(row.first_on, row.last_on, row.text, Kind(row.kind), row.lift, row.is_shared)
    return Kept(row.id, row.campaign, told, row.created_by, row.changed_at, row.deleted_at)
