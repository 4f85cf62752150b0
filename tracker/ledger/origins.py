"""Where persons' memberships came from: the pledges behind them, and the countries of their billing addresses."""

from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.core.person import Pledged


def pledges(session: Session, pledge_ids: Iterable[str]) -> dict[str, Pledged]:
    """By id; a pledge that is not ours is left out."""
    rows = session.execute(
        text("SELECT id, campaign, article, placement, embed FROM pledge WHERE id = ANY(:ids)"),
        {"ids": sorted(set(pledge_ids))},
    )
    return {row[0]: Pledged(*row[1:]) for row in rows}


def countries(session: Session, customers: Iterable[str]) -> dict[str, str]:
    """Customer -> ISO code, where the billing address tells one."""
    rows = session.execute(
        text("SELECT customer_id, country FROM contact WHERE customer_id = ANY(:ids) AND country <> ''"),
        {"ids": sorted(set(customers))},
    )
    return {row.customer_id: row.country for row in rows}
