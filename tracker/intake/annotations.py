"""What staff tell of the calendar: written down, changed, deleted, brought back; the caller commits."""

from datetime import datetime

from sqlalchemy.orm import Session

from tracker.core.annotations import Annotation
from tracker.core.findings import N_, Finding
from tracker.ledger import annotations as stored
from tracker.ledger.annotations import Kept as Kept


def add(session: Session, campaign: str | None, told: Annotation, who: str, now: datetime) -> int:
    """Write one down for a campaign, or with None for all; its number."""
    return stored.add(session, campaign, told, who, now)


def find(session: Session, campaign: str, number: int, *, to_change: bool = False) -> Kept | None:
    """That annotation, deleted or not; None where it is not on the calendar of `campaign`.

    With `to_change` nobody else changes it until the transaction ends.
    """
    found = stored.find(session, number, to_change=to_change)
    return found if found is not None and found.campaign in {None, campaign} else None


def mark(kept: Kept) -> str:
    """A short name for how it stands; a form carries it, so that `change` can compare."""
    return kept.changed_at.isoformat()


def change(
    session: Session, kept: Kept, seen: str, campaign: str | None, told: Annotation, now: datetime
) -> list[Finding]:
    """Write it anew; `seen` is the mark of what whoever changes it had before their eyes.

    Changed and deleted meanwhile are findings, and nothing is written then.
    """
    if kept.deleted_at is not None:
        return [Finding("", N_("somebody deleted it meanwhile: bring it back first, then change it"))]
    if seen != mark(kept):
        return [
            Finding("", N_("somebody changed it meanwhile: look at it as it stands now, then change it again"))
        ]
    if (kept.campaign, kept.told) != (campaign, told):
        stored.change(session, kept.id, campaign, told, now)
    return []


def delete(session: Session, kept: Kept, now: datetime) -> bool:
    """Take it off the calendar; False where somebody did before."""
    if kept.deleted_at is not None:
        return False
    stored.put_away(session, kept.id, now, now)
    return True


def bring_back(session: Session, kept: Kept, now: datetime) -> bool:
    """Undo the deletion; False where it stands on the calendar already."""
    if kept.deleted_at is None:
        return False
    stored.put_away(session, kept.id, None, now)
    return True
