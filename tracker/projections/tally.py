"""The tally: each daily figure of a campaign as a sum over persons, kept by what changes (core/tally.py)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from tracker.core.tally import Part

Total = Counter[tuple[str, str, date, str]]
"""(campaign, measure, day, key) -> n"""
COLUMNS = ("campaign", "measure", "day", "key", "n")


def add(total: Total, campaign: str, part: Part, sign: int = 1) -> None:
    """Put a person's part to a total, or take it off with -1."""
    for (measure, key, day), n in part.items():
        total[campaign, measure, day, key] += sign * n


def rows(total: Total) -> list[tuple[str, str, date, str, int]]:
    """Rows of the table by primary key; what came to 0 is left out."""
    return [(*key, n) for key, n in sorted(total.items()) if n]


def change(session: Session, total: Total) -> None:
    """Add these numbers to the tally. Call it last: the rows stay locked until the transaction ends.

    Every caller takes them in one order, so workers wait for each other and never in a circle.
    """
    told = rows(total)
    if not told:
        return
    campaigns, measures, days, keys, numbers = (list(column) for column in zip(*told, strict=True))
    named = {"campaigns": campaigns, "measures": measures, "days": days, "keys": keys}
    session.execute(ADD, named | {"numbers": numbers})
    session.execute(CLEAR, named)


_GIVEN = """CAST(:campaigns AS text[]), CAST(:measures AS text[]), CAST(:days AS date[]), CAST(:keys AS text[])"""
ADD = text(f"""
    INSERT INTO tally AS t (campaign, measure, day, key, n)
    SELECT campaign, measure, day, key, n
    FROM unnest({_GIVEN}, CAST(:numbers AS bigint[]))
        WITH ORDINALITY AS given (campaign, measure, day, key, n, place) ORDER BY place
    ON CONFLICT (campaign, measure, day, key) DO UPDATE SET n = t.n + excluded.n
""")  # noqa: S608  our own text
CLEAR = text(f"""
    DELETE FROM tally t USING unnest({_GIVEN}) AS given (campaign, measure, day, key)
    WHERE (t.campaign, t.measure, t.day, t.key) = (given.campaign, given.measure, given.day, given.key) AND t.n = 0
""")  # noqa: S608  our own text


def totals(parts: Iterable[tuple[str, Part]]) -> Total:
    """The sum of many persons' parts, each with its campaign."""
    found: Total = Counter()
    for campaign, part in parts:
        add(found, campaign, part)
    return found


def of_campaign(total: Mapping[tuple[str, str, date, str], int], campaign: str) -> Total:
    """That campaign's part of a total."""
    return Counter({key: n for key, n in total.items() if key[0] == campaign})
