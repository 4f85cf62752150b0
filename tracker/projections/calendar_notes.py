"""What stands on a campaign's calendar: staff's notes and drives, and the drives of its file.

Every function needs an application context; days are whole days in the campaign's zone.
"""

from dataclasses import dataclass
from datetime import date

from tracker.core.annotations import Annotation, Drive, Kind, annotation_of, drive_of
from tracker.core.campaign import Campaign
from tracker.db import db
from tracker.ledger import annotations as stored


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the calendar."""

    told: Annotation
    number: int | None
    """Its number for whoever changes it; None for a drive of the campaign's file, which is changed there."""
    is_for_all: bool
    """It stands on the calendar of every campaign."""
    created_by: str


def entries(campaign: Campaign, first: date = date.min, last: date = date.max) -> list[Entry]:
    """All that touches the days from `first` to `last`, in the order of its first day."""
    kept = stored.between(db.session(), campaign.slug, first, last)
    found = [Entry(one.told, one.id, one.campaign is None, one.created_by) for one in kept]
    from_file = [Entry(annotation_of(one), None, False, "") for one in campaign.drives]
    found += [one for one in from_file if one.told.first_on <= last and one.told.last_on >= first]
    return sorted(found, key=lambda one: (one.told.first_on, one.told.last_on, one.told.text))


def annotations(campaign: Campaign, first: date, last: date, *, shared_only: bool = False) -> list[Annotation]:
    """The notes and drives that touch the days from `first` to `last`; `shared_only`: what strangers may read."""
    return [one.told for one in entries(campaign, first, last) if one.told.is_shared or not shared_only]


def drives(campaign: Campaign) -> list[Drive]:
    """Every drive, past and planned, for the forecast: each once, also when the file and the calendar tell it."""
    told = [drive_of(one.told) for one in entries(campaign) if one.told.kind is Kind.DRIVE]
    by_days: dict[tuple[str, date, date], Drive] = {}
    for one in told:
        known = by_days.setdefault((one.name, one.first_on, one.last_on), one)
        if known.lift is None:
            by_days[one.name, one.first_on, one.last_on] = one
    return list(by_days.values())
