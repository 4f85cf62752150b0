"""What articles' pages tell of themselves, when each is looked at again, and what staff told of an article.

Nothing of a reader is here: a row is an address that brought views or pledges, and what its page says to anybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from tracker.core.article_card import ArticleCard
from tracker.db import Instant, Model, as_json
from tracker.ledger import landmarks

GATHERED, GATHERED_ALL = "articles_gathered", "articles_gathered_all"
"""Landmarks: up to when new addresses were noted, and when all there are were last gone through."""


class StoredArticle(Model):
    """One article as its page told it when it was last looked at."""

    __tablename__ = "article"
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    """Origin and path, as pledges and attention have it."""
    title: Mapped[str] = mapped_column(Text, server_default="")
    section: Mapped[str] = mapped_column(Text, server_default="")
    authors: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    published_on: Mapped[date | None]
    """In the deployment's zone."""
    language: Mapped[str] = mapped_column(Text, server_default="")
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    """waiting | known | gone | unreadable: what the last look came to; what was known before stays."""
    tries: Mapped[int] = mapped_column(server_default="0")
    """Looks in a row that failed, or did not come to their end."""
    found_at: Mapped[datetime] = mapped_column(Instant)
    """When we first knew the address."""
    looked_at: Mapped[datetime | None] = mapped_column(Instant)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    """Looked at again then; null: not again by itself."""
    __table_args__ = (Index("ix_article_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),)


class ToldArticle(Model):
    """What staff told of an article; each filled cell wins over what its page tells."""

    __tablename__ = "told_article"
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    title: Mapped[str] = mapped_column(Text, server_default="")
    section: Mapped[str] = mapped_column(Text, server_default="")
    authors: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    published_on: Mapped[date | None]
    told_at: Mapped[datetime] = mapped_column(Instant)
    told_by: Mapped[str] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class Due:
    """An article that is to be looked at."""

    key: str
    tries: int
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """What staff told of the article at `key`."""

    key: str
    card: ArticleCard


UNKNOWN = """
    SELECT DISTINCT g.key FROM (
        SELECT article AS key FROM pledge WHERE CAST(:since AS timestamptz) IS NULL OR created_at >= :since
        UNION ALL
        SELECT a.article FROM campaign c JOIN attention a ON a.campaign = c.slug
            AND (CAST(:first AS date) IS NULL OR a.day >= :first)
    ) g WHERE NOT EXISTS (SELECT FROM article k WHERE k.key = g.key)
"""


def unknown(session: Session, since: datetime | None, first: date | None) -> list[str]:
    """Addresses of pledges made since then and of views from that day on that are no article yet; None: of all."""
    return list(session.scalars(text(UNKNOWN), {"since": since, "first": first}))


def gather_anew(session: Session) -> None:
    """Let the next run go through all addresses: some came that are older than the last. The caller commits."""
    landmarks.put(session, GATHERED_ALL, None)


def know(session: Session, keys: Sequence[str], now: datetime) -> None:
    """Add articles to be looked at at once; the caller commits."""
    session.execute(
        text(
            "INSERT INTO article (key, found_at, due_at) SELECT key, :now, :now"
            " FROM unnest(CAST(:keys AS text[])) AS g (key) ON CONFLICT DO NOTHING"
        ),
        {"keys": list(keys), "now": now},
    )


def due(session: Session, now: datetime, most: int) -> list[Due]:
    """What is to be looked at by now: what was never looked at first, the newest of it first."""
    rows = session.execute(
        text(
            "SELECT key, tries, found_at FROM article WHERE due_at <= :now"
            " ORDER BY looked_at IS NOT NULL, found_at DESC, key LIMIT :most"
        ),
        {"now": now, "most": most},
    )
    return [Due(*row) for row in rows]


def waiting(session: Session, now: datetime) -> int:
    """How many are to be looked at by now."""
    return int(session.scalar(text("SELECT count(*) FROM article WHERE due_at <= :now"), {"now": now}) or 0)


def again(session: Session, now: datetime) -> int:
    """Let all that could not be read be tried anew; the caller commits. How many they are."""
    found = session.scalars(
        text(
            "UPDATE article SET tries = 0, due_at = :now WHERE state IN ('gone', 'unreadable')"
            " AND (due_at IS NULL OR due_at > :now) RETURNING key"
        ),
        {"now": now},
    )
    return len(found.all())


def begin(session: Session, one: Due, now: datetime, due_at: datetime | None) -> None:
    """Note a look before it begins, as if it failed: a page that ends us is not asked for without end."""
    session.execute(
        text("UPDATE article SET tries = :tries + 1, looked_at = :now, due_at = :due_at WHERE key = :key"),
        {"key": one.key, "tries": one.tries, "now": now, "due_at": due_at},
    )


def fail(session: Session, key: str, state: str) -> None:
    """The look that began came to nothing; what was known before stays, and so does the next look's time."""
    session.execute(text("UPDATE article SET state = :state WHERE key = :key"), {"key": key, "state": state})


def rest(session: Session, origin: str, until: datetime) -> None:
    """Nothing of a site is looked at before `until`; what was to be looked at later stays."""
    session.execute(
        text("UPDATE article SET due_at = :until WHERE due_at < :until AND starts_with(key, :origin)"),
        {"until": until, "origin": f"{origin}/"},
    )


def keep(session: Session, key: str, card: ArticleCard, due_at: datetime | None) -> None:
    """The look that began found this."""
    session.execute(
        text(
            "UPDATE article SET title = :title, section = :section, authors = :authors, language = :language,"
            " published_on = :published_on, state = 'known', tries = 0, due_at = :due_at WHERE key = :key"
        ),
        {**_cells(card), "language": card.language, "key": key, "due_at": due_at},
    )


TELL = text("""
    INSERT INTO told_article AS t (key, title, section, authors, published_on, told_at, told_by)
    SELECT key, title, section, authors, published_on, :now, :by FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS g (key text, title text, section text, authors text[], published_on date)
    ON CONFLICT (key) DO UPDATE SET title = excluded.title, section = excluded.section,
        authors = excluded.authors, published_on = excluded.published_on, told_at = :now, told_by = :by
    WHERE (t.title, t.section, t.authors, t.published_on)
        IS DISTINCT FROM (excluded.title, excluded.section, excluded.authors, excluded.published_on)
""")


def tell(session: Session, told: Sequence[Told], by: str, now: datetime) -> None:
    """Keep what staff told, each row whole in place of what they told of it before; the caller commits."""
    rows = as_json([{"key": one.key, **_cells(one.card)} for one in told])
    session.execute(TELL, {"rows": rows, "by": by, "now": now})


def told(session: Session, keys: Sequence[str]) -> dict[str, ArticleCard]:
    """What staff told of these articles before."""
    rows = session.execute(
        text("SELECT key, title, section, authors, published_on FROM told_article WHERE key = ANY(:keys)"),
        {"keys": list(keys)},
    )
    return {
        key: ArticleCard(title, section, tuple(authors), published_on)
        for key, title, section, authors, published_on in rows
    }


def _cells(card: ArticleCard) -> dict[str, object]:
    return {
        "title": card.title,
        "section": card.section,
        "authors": list(card.authors),
        "published_on": card.published_on,
    }
