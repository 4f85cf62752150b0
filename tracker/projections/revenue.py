"""Recurring revenue at the close of days and months, from the tally (core/recurring.py); and money raised.

Recurring revenue is exact until it is shown.

Every function needs an application context. Days are in the campaign's zone; one that has not closed is left out.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from fractions import Fraction

from tracker.core.campaign import Campaign, local_day
from tracker.core.growth import Revenue
from tracker.core.recurring import MOVES, value
from tracker.core.tally import REVENUE
from tracker.projections.asking import rows

MEASURES = [f"{REVENUE}{move}" for move in MOVES]

BEFORE = """
    SELECT key, CAST(sum(n) AS bigint) AS n FROM tally
    WHERE campaign = :campaign AND measure = ANY(:measures) AND day < :first GROUP BY key
"""
MOVED = """
    SELECT CASE WHEN :by_month THEN CAST(date_trunc('month', day) AS date) ELSE day END AS first, measure, key,
        CAST(sum(n) AS bigint) AS n
    FROM tally WHERE campaign = :campaign AND measure = ANY(:measures) AND day BETWEEN :first AND :last
    GROUP BY 1, 2, 3
"""


def by_day(campaign: Campaign, first: date, last: date, now: datetime) -> list[Revenue]:
    """A row for each closed day from `first` to `last` and each currency that there was any of by then."""
    last = min(last, local_day(now, campaign.zone) - timedelta(days=1))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return _told(campaign, first, last, days, by_month=False)


def by_month(campaign: Campaign, first: date, last: date, now: datetime) -> list[Revenue]:
    """A row for each month from that of `first` on, `last` its last day, as far as its days have closed."""
    first, last = first.replace(day=1), min(last, local_day(now, campaign.zone) - timedelta(days=1))
    months = []
    month = first
    while month <= last:
        months.append(month)
        month = (month + timedelta(days=31)).replace(day=1)
    return _told(campaign, first, last, months, by_month=True)


def _told(campaign: Campaign, first: date, last: date, steps: list[date], *, by_month: bool) -> list[Revenue]:
    standing: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows(BEFORE, campaign, measures=MEASURES, first=first):
        currency, length = row["key"].split("/")
        standing[currency][length] += row["n"]
    moved: dict[date, dict[str, dict[str, Counter[str]]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows(MOVED, campaign, measures=MEASURES, first=first, last=last, by_month=by_month):
        currency, length = row["key"].split("/")
        by_move = moved[row["first"]][currency]
        by_move.setdefault(row["measure"].removeprefix(REVENUE), Counter())[length] += row["n"]
    told = []
    for step in steps:
        for currency in sorted(standing.keys() | moved[step].keys()):
            moves = {move: value(amounts) for move, amounts in sorted(moved[step][currency].items())}
            told.append(_step(step, currency, standing[currency], moves))
            for amounts in moved[step][currency].values():
                standing[currency].update(amounts)
    return told


def _step(step: date, currency: str, standing: Counter[str], moves: Mapping[str, Fraction]) -> Revenue:
    opening = value(standing)
    return Revenue(step, currency, opening, moves, opening + sum(moves.values(), Fraction(0)))
