"""Articles as staff see them: what their pages tell, and what staff told, which wins cell by cell."""

from collections.abc import Iterable

from sqlalchemy import text

from tracker.core.article_card import ArticleCard
from tracker.db import db

CARDS = """
    SELECT key, coalesce(nullif(t.title, ''), a.title, '') AS title,
        coalesce(nullif(t.section, ''), a.section, '') AS section,
        coalesce(nullif(t.authors, '{}'), a.authors, '{}') AS authors,
        coalesce(t.published_on, a.published_on) AS published_on, coalesce(a.language, '') AS language
    FROM (SELECT * FROM article WHERE key = ANY(:keys)) a
    FULL JOIN (SELECT * FROM told_article WHERE key = ANY(:keys)) t USING (key)
"""


def cards(keys: Iterable[str]) -> dict[str, ArticleCard]:
    """What is known of these articles; one of which nothing is known yet is not in it."""
    rows = db.session().execute(text(CARDS), {"keys": list(keys)}).mappings()
    found = {
        row["key"]: ArticleCard(
            title=row["title"],
            section=row["section"],
            authors=tuple(row["authors"]),
            published_on=row["published_on"],
            language=row["language"],
        )
        for row in rows
    }
    return {key: card for key, card in found.items() if card != ArticleCard()}
