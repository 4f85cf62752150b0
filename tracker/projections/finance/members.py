"""members.csv: the month's bridge of members, by campaign and plan (RULES 4).

The same figures as the dashboard's, over the days of a calendar month in the campaign's own zone.
"""

from collections.abc import Iterator

from tracker.core import csv_text
from tracker.core.campaign import Campaign
from tracker.core.growth import GroupBridge, Moves
from tracker.db import db
from tracker.ledger import campaigns
from tracker.projections import growth
from tracker.projections.finance.cut import Cut
from tracker.projections.finance.file import MonthFile

FIGURES = ("opening", "joined", "returned", "left", "moved_in", "moved_out", "closing")
COLUMNS = ("campaign", "plan", *FIGURES)
TOTAL = "total"
"""The plan of a campaign's last row: all members, none twice; what moved in from a plan moved out of another."""


def rows(cut: Cut) -> Iterator[list[str]]:
    """Campaigns that had begun by the month's end, by name; of each its plans, then the total."""
    told = sorted(campaigns.every(db.session()), key=lambda one: one.slug)
    for campaign in told:
        if campaign.starts_on <= cut.last_on:
            yield from _rows(campaign, cut)


def _rows(campaign: Campaign, cut: Cut) -> Iterator[list[str]]:
    found = growth.bridge_by(campaign, "plan", cut.first_on, cut.last_on, cut.now)
    plans = [one for one in found if one.moves != Moves(0)]
    for one in sorted(plans, key=lambda one: one.key):
        yield [csv_text.safe(campaign.slug), csv_text.safe(_plan(one.key)), *_cells(one.moves)]
    yield [csv_text.safe(campaign.slug), TOTAL, *_cells(total(plans))]


def total(plans: list[GroupBridge]) -> Moves:
    """All plans of one campaign together."""
    sums = {figure: sum(getattr(one.moves, figure) for one in plans) for figure in FIGURES if figure != "closing"}
    return Moves(**sums)


def _plan(key: str) -> str:
    """Staff may call a plan what they like; `total` is ours."""
    return f"“{key}”" if key == TOTAL else key


def _cells(moves: Moves) -> list[str]:
    return [str(getattr(moves, figure)) for figure in FIGURES]


FILE = MonthFile("members.csv", COLUMNS, rows, sums=FIGURES, total="plan")
