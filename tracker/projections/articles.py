"""Articles as staff see them: what their pages tell, and what staff told, which wins cell by cell."""

from collections.abc import Iterable

from sqlalchemy import text

from tracker.core.article_card import ArticleCard
from tracker.db import db

CARDS = """
    SELECT key, coalesce(nullif(t.title, ''), a.title, ''), coalesce(nullif(t.section, ''), a.section, ''),
        coalesce(nullif(t.authors, '{}'), a.authors, '{}'), coalesce(t.published_on, a.published_on),
        coalesce(a.language, '')
    FROM unnest(CAST(:keys AS text[])) AS g (key)
    LEFT JOIN article a USING (key) LEFT JOIN told_article t USING (key)
    WHERE a.key IS NOT NULL OR t.key IS NOT NULL
"""


def cards(keys: Iterable[str]) -> dict[str, ArticleCard]:
    """What is known of these articles; one of which nothing is known yet is not in it."""
    rows = db.session().execute(text(CARDS), {"keys": list(keys)})
    found = {
        key: ArticleCard(title, section, tuple(authors), published_on, language)
        for key, title, section, authors, published_on, language in rows
    }
    return {key: card for key, card in found.items() if card != ArticleCard()}
