"""How a question of SQL is put: only what it asks for is handed to it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from tracker.core.campaign import Campaign
from tracker.db import db


def rows(sql: str, campaign: Campaign | None, **values: Any) -> list[Mapping[str, Any]]:
    """The answer's rows; a campaign's own values are there under their names."""
    if campaign is not None:
        values |= {"campaign": campaign.slug, "starts": campaign.starts_at, "zone": campaign.timezone}
        values |= {"members": list(campaign.products), "donations": list(campaign.donation_products)}
        values |= {"first_day": campaign.starts_on}
    asked = {name: value for name, value in values.items() if f":{name}" in sql}
    return [dict(row) for row in db.session().execute(text(sql), asked).mappings()]


def one(sql: str, campaign: Campaign | None, **values: Any) -> dict[str, Any]:
    """The first row of an answer that always has one."""
    return dict(rows(sql, campaign, **values)[0])
