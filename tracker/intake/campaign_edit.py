"""Changing one part of a campaign on a page: once, and never over somebody else's change without a look at it."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from tracker.core.campaign import Campaign
from tracker.ledger import campaigns

Part = Callable[[Campaign], Any]


class MeanwhileError(Exception):
    """Somebody changed the same part since it was read; `campaign` is as it stands now."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        super().__init__(
            f"{campaign.slug} was changed meanwhile: look at it as it stands now, then change it again"
        )


def mark(campaign: Campaign, part: Part) -> str:
    """A short name for what `part` of the campaign says; a form carries it, so that `change` can compare."""
    return sha256(msgspec.json.encode(part(campaign), order="deterministic")).hexdigest()[:16]


def change(session: Session, slug: str, part: Part, seen: str, alter: Callable[[Campaign], Campaign]) -> str:
    """ "changed", or "unchanged" where it stands so already; the caller commits.

    `seen` is the mark of what whoever changes it had before their eyes. MeanwhileError where it stands otherwise
    now; LookupError where there is no such campaign.
    """
    standing = campaigns.hold(session, slug)
    if standing is None:
        raise LookupError(f"there is no campaign {slug!r}")
    wanted = alter(standing)
    if part(wanted) == part(standing):
        return "unchanged"
    if mark(standing, part) != seen:
        raise MeanwhileError(standing)
    return campaigns.put(session, wanted)
