"""Campaigns as staff wrote them."""

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.core.campaign import Campaign
from tracker.ledger import purposes
from tracker.ledger.tables import StoredCampaign


def put(session: Session, campaign: Campaign) -> str:
    """Create or change a campaign: "created", "changed" or "unchanged"; the caller commits."""
    fields = msgspec.to_builtins(campaign)
    row = session.get(StoredCampaign, campaign.slug)
    if row is None:
        session.add(StoredCampaign(slug=campaign.slug, starts_on=campaign.starts_on, fields=fields))
        purposes.mark(session, [purposes.of_campaign(campaign.slug)])
        return "created"
    standing = msgspec.convert(row.fields, Campaign)
    if standing == campaign:
        return "unchanged"
    row.starts_on, row.fields = campaign.starts_on, fields
    if _counts_money_by(standing) != _counts_money_by(campaign):
        purposes.mark(session, [purposes.of_campaign(campaign.slug)])
    return "changed"


def _counts_money_by(campaign: Campaign) -> tuple[object, ...]:
    """What says which bookings are counted, and on which days."""
    return campaign.products, campaign.donation_products, campaign.timezone


def every(session: Session) -> list[Campaign]:
    """All campaigns, the latest start first."""
    rows = session.scalars(select(StoredCampaign).order_by(StoredCampaign.starts_on.desc(), StoredCampaign.slug))
    return [msgspec.convert(row.fields, Campaign) for row in rows]


def products(session: Session) -> tuple[set[str], set[str]]:
    """(whose payments make a member of any campaign, whose are donations to any)."""
    known = every(session)
    return {one for each in known for one in each.products}, {
        one for each in known for one in each.donation_products
    }


def find(session: Session, slug: str) -> Campaign | None:
    """The campaign of that slug, or None."""
    row = session.get(StoredCampaign, slug)
    return msgspec.convert(row.fields, Campaign) if row else None


def hold(session: Session, slug: str) -> Campaign | None:
    """As `find`; nobody else changes it until the transaction ends."""
    row = session.get(StoredCampaign, slug, with_for_update=True, populate_existing=True)
    return msgspec.convert(row.fields, Campaign) if row else None
