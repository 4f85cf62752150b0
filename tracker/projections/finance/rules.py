"""Which rules a month was made by, and what they were applied to: kept with every closing."""

from typing import Any
from zoneinfo import ZoneInfo

from tracker.db import db
from tracker.ledger import campaigns
from tracker.projections import asking

VERSION = "1"
"""Raised by whoever makes the same books give other files: closed months keep theirs."""

_PRODUCTS = """
    SELECT id, fields ->> 'revenue' AS revenue, CAST(fields ->> 'membership_months' AS int) AS membership_months
    FROM stripe_object WHERE kind = 'product' AND fields IS NOT NULL ORDER BY id
"""


def inputs(zone: ZoneInfo) -> dict[str, Any]:
    """What is no booking and yet decides what the files say (RULES 7), as it is now."""
    return {
        "zone": zone.key,
        "campaigns": [
            {
                "slug": campaign.slug,
                "zone": campaign.timezone,
                "products": list(campaign.products),
                "donation_products": list(campaign.donation_products),
                "grace_days": campaign.grace_days,
            }
            for campaign in sorted(campaigns.every(db.session()), key=lambda one: one.slug)
        ],
        "products": [dict(row) for row in asking.rows(_PRODUCTS, None)],
    }
