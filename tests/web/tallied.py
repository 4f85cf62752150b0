"""Stretches that a test writes down, with all that the product keeps beside them."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from tracker.core.coverage import Kind, Piece, Stretch
from tracker.core.origins import Origin
from tracker.core.segments import segments, stood
from tracker.core.tally import Known, tallies
from tracker.ledger import campaigns, origins
from tracker.projections import tally
from tracker.projections.rows import SEGMENTS, STANDINGS, Covered
from tracker.projections.tables import CoverageSegment, CoverageStretch, PersonStanding


def follow(session: Session, written: Iterable[CoverageStretch]) -> None:
    """Segments, standings and tally of these stretches, each of another person."""
    for row in written:
        campaign = campaigns.find(session, row.campaign)
        if campaign is None:
            continue
        piece = Piece(row.membership_id, Kind.TERM, row.starts_at, row.ends_at, row.plan, row.pledge_id)
        is_first = row.starts_at == row.first_at
        whole = Stretch(
            row.starts_at, row.ends_at, is_first, row.membership_id, row.plan, row.pledge_id, row.inferred
        )
        told = origins.pledges(session, [row.pledge_id or ""]).get(row.pledge_id or "")
        came = Origin(told.article, told.placement, told.embed) if told else Origin()
        cut, where = segments([piece]), {row.membership_id: came}
        part = tallies(Known(campaign.zone, campaign.starts_on, [piece], [whole], cut, where))
        one = Covered(campaign, row.person_id, [piece], [whole], cut, stood([piece]), where, part)
        for table, model in ((SEGMENTS, CoverageSegment), (STANDINGS, PersonStanding)):
            session.add_all(model(**dict(zip(table.columns, cells, strict=True))) for cells in table.rows(one))
        tally.change(session, tally.totals([(campaign.slug, part)]))
