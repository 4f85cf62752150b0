"""Views, clicks and closes of the banner, counted by day, article and placement; nothing of a reader is kept.

A flood of invented articles stays small: of a campaign's day so many pairs of article and placement are told
apart, all others are counted together (BANNER: cardinality capped).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import BigInteger, Text, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from tracker.db import Instant, Model, as_json

OTHER = "(other)"
"""The article and the placement of what is beyond the cap, or on a host that is not the publisher's."""
MOST_PAIRS = 1_000
"""Pairs of article and placement told apart in a campaign's day."""
REMEMBERED = timedelta(days=2)
"""For so long a batch is known by its id; its process tries it again within minutes or is gone."""
ONE_WRITER = 7_316_002
"""Advisory lock: who counts the pairs there are must not overlook those that are just written."""


class AttentionRow(Model):
    """Views, clicks and closes of the banner in one place on one day; see ledger/attention.py."""

    __tablename__ = "attention"
    campaign: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    article: Mapped[str] = mapped_column(Text, primary_key=True)
    placement: Mapped[str] = mapped_column(Text, primary_key=True)
    embed: Mapped[str] = mapped_column(Text, primary_key=True)
    is_bot: Mapped[bool] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)


class AttentionBatch(Model):
    """A batch that is counted already: what is tried again is not counted twice."""

    __tablename__ = "attention_batch"
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, index=True)


@dataclass(frozen=True, slots=True)
class Attention:
    """So many of one kind in one place on one day, in the campaign's zone."""

    campaign: str
    day: date
    kind: str
    """view | click | close"""
    article: str
    """Origin and path; "" where only the site is known; OTHER."""
    placement: str
    embed: str
    """The version of the script, "" where unknown."""
    is_bot: bool
    """A known bot, or a page fetched ahead of a reader who may never come."""
    count: int = 0


ADD = text("""
WITH given AS (
    SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (campaign text, day date, kind text, article text,
        placement text, embed text, is_bot boolean, count bigint)
), known AS (
    SELECT DISTINCT campaign, day, article, placement FROM attention
    WHERE (campaign, day) IN (SELECT campaign, day FROM given)
), fresh AS (
    SELECT g.campaign, g.day, article, placement,
        row_number() OVER (PARTITION BY g.campaign, g.day ORDER BY sum(count) DESC, article, placement)
            + (SELECT count(*) FROM known k WHERE k.campaign = g.campaign AND k.day = g.day) AS place
    FROM given g WHERE NOT EXISTS (SELECT FROM known k WHERE (k.campaign, k.day, k.article, k.placement)
        = (g.campaign, g.day, g.article, g.placement))
    GROUP BY g.campaign, g.day, article, placement
), kept AS (
    SELECT g.*, coalesce(f.place > :most, false) AS is_beyond
    FROM given g LEFT JOIN fresh f USING (campaign, day, article, placement)
)
INSERT INTO attention AS a (campaign, day, kind, article, placement, embed, is_bot, count)
SELECT campaign, day, kind, CASE WHEN is_beyond THEN :other ELSE article END AS shown_article,
    CASE WHEN is_beyond THEN :other ELSE placement END AS shown_placement, embed, is_bot, sum(count)
FROM kept GROUP BY campaign, day, kind, shown_article, shown_placement, embed, is_bot ORDER BY 1, 2, 3, 4, 5, 6, 7
ON CONFLICT (campaign, day, kind, article, placement, embed, is_bot) DO UPDATE SET count = a.count + excluded.count
""")


def add(session: Session, batch: str, counted: Iterable[Attention], now: datetime) -> bool:
    """Add a batch once, however often it is tried; False where it was added before. The caller commits."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ONE_WRITER})
    entered = text("INSERT INTO attention_batch (id, at) VALUES (:id, :now) ON CONFLICT DO NOTHING RETURNING id")
    if session.scalar(entered, {"id": batch, "now": now}) is None:
        return False
    session.execute(ADD, {"rows": as_json(list(counted)), "most": MOST_PAIRS, "other": OTHER})
    session.execute(text("DELETE FROM attention_batch WHERE at < :before"), {"before": now - REMEMBERED})
    return True
